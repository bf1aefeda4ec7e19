// Types as schemas, and what is said of values that do not fit. Round trips: typed_random_test.cpp.
#include "puna/chat/typed.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "puna/chat/schema.h"

namespace puna {
namespace {

struct Person {
  std::string name;
  int age = 0;
  std::string occupation;
  bool operator==(const Person&) const = default;
};

enum class Colour : std::uint8_t { red, green, blue = 40 };
enum Plain : int { plain_one = 1, plain_two };
enum class Wide : int { low = -1, high = 1'000 };
enum Old { old_a, old_b };

struct Tree {
  std::string label;
  std::vector<Tree> children;
};
struct Forest {
  std::map<std::string, Tree> trees;
};
struct OddlyNamed {
  std::optional<std::vector<OddlyNamed>> größe_2;
};

struct Point {
  double x = 0;
  double y = 0;
};
struct Order {
  int count = 1;
  std::string code;
  std::vector<int> sizes;
  std::optional<float> discount;
  int internal = 7;
};

// Not plain: it has a base and private members.
class Account : public Point {
 public:
  [[nodiscard]] const std::string& owner() const { return owner_; }

 private:
  friend struct Described<Account>;
  std::string owner_ = "nobody";
};

struct Date {
  int year = 0;
  int month = 0;
};

struct One {
  int only;
};
struct None {};
struct Most {
  bool a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z, a2, b2, c2, d2, e2, last;
};

template <class T>
struct Pair {
  T first;
  std::vector<T> rest;
};

}  // namespace

template <>
struct Described<Order> {
  static constexpr std::tuple members{member("count", &Order::count, "How many", {.min = 1, .max = 99}),
                                      member("product code", &Order::code, "As printed", {.min = 2, .max = 4}),
                                      member("sizes", &Order::sizes, {}, {.max = 3}),
                                      member("discount", &Order::discount, "Part of 1", {.min = 0, .max = 0.5})};
};
template <>
struct Described<Account> {
  static constexpr std::tuple members{member("owner", &Account::owner_), member("x", &Account::x)};
};
template <>
struct Described<Wide> {
  static constexpr std::array enumerators{Enumerator{"very low", Wide::low}, Enumerator{"high", Wide::high}};
};
template <>
struct Described<Old> {
  static constexpr std::array enumerators{Enumerator{"a", old_a}, Enumerator{"b", old_b}};
};
template <>
struct Described<Date> {
  static Json schema() { return Json::object({{"type", "string"}, {"pattern", "^[0-9]{4}-[0-9]{2}$"}}); }
  static Json to_json(const Date& date) { return format_text("{:04}-{:02}", date.year, date.month); }
  static Result<Date> from_json(const Json& json) {
    if (!json.is_string() || json.as_string().size() != 7) {
      return fail(ErrorCode::corrupt, "must be a year and a month");
    }
    return Date{.year = std::stoi(json.as_string().substr(0, 4)), .month = std::stoi(json.as_string().substr(5))};
  }
};

namespace {

template <class T>
std::string schema_text() {
  return schema_of<T>().dump();
}
template <class T>
T read(std::string_view text) {
  auto value = from_json<T>(Json::parse(text).value());
  EXPECT_TRUE(value) << text << ": " << (value ? "" : value.error().message);
  return value ? *std::move(value) : T{};
}
template <class T>
std::string problem(std::string_view text) {
  const auto value = from_json<T>(Json::parse(text).value());
  EXPECT_EQ(value ? ErrorCode::internal : value.error().code, ErrorCode::corrupt) << text;
  return value ? "fits" : value.error().message;
}

TEST(Typed, AStructIsAClosedObjectInOrderOfDeclaration) {
  EXPECT_EQ(schema_text<Person>(),
            R"({"type":"object","properties":{"name":{"type":"string"},)"
            R"("age":{"type":"integer","minimum":-2147483648,"maximum":2147483647},"occupation":{"type":"string"}},)"
            R"("required":["name","age","occupation"],"additionalProperties":false})");
  const Person john{.name = "John Smith", .age = 30, .occupation = "software engineer"};
  EXPECT_EQ(json_of(john).dump(), R"({"name":"John Smith","age":30,"occupation":"software engineer"})");
  EXPECT_EQ(read<Person>(R"({"age": 30, "occupation": "software engineer", "name": "John Smith"})"), john);
}

TEST(Typed, NamesAreFoundInEveryPlainStruct) {
  struct Local {
    bool inside_a_function;
    Pair<Person> of_a_template;
  };
  EXPECT_EQ(json_of(Local{}).dump(),
            R"({"inside_a_function":false,"of_a_template":{"first":{"name":"","age":0,"occupation":""},"rest":[]}})");
  EXPECT_EQ(json_of(One{3}).dump(), R"({"only":3})");
  EXPECT_EQ(schema_text<None>(), R"({"type":"object","properties":{},"required":[],"additionalProperties":false})");
  const Json most = schema_of<Most>();
  EXPECT_EQ(most.find("required")->as_array().size(), 32U);
  EXPECT_EQ(most.find("required")->as_array().back(), Json("last"));
}

TEST(Typed, ScalarsHaveTheLimitsOfTheirTypes) {
  EXPECT_EQ(schema_text<bool>(), R"({"type":"boolean"})");
  EXPECT_EQ(schema_text<std::string>(), R"({"type":"string"})");
  EXPECT_EQ(schema_text<double>(), R"({"type":"number"})");
  EXPECT_EQ(schema_text<float>(),
            R"({"type":"number","minimum":-3.4028234663852886e+38,"maximum":3.4028234663852886e+38})");
  EXPECT_EQ(schema_text<Json>(), "{}");
  EXPECT_EQ(schema_text<std::int8_t>(), R"({"type":"integer","minimum":-128,"maximum":127})");
  EXPECT_EQ(schema_text<std::uint16_t>(), R"({"type":"integer","minimum":0,"maximum":65535})");
  EXPECT_EQ(schema_text<std::int64_t>(),
            R"({"type":"integer","minimum":-9223372036854775808,"maximum":9223372036854775807})");
  EXPECT_EQ(schema_text<std::uint64_t>(), R"({"type":"integer","minimum":0,"maximum":18446744073709551615})");
  EXPECT_EQ(schema_text<unsigned long long>(), schema_text<std::uint64_t>());
}

TEST(Typed, IntegersAreExactToTheirLimitsAndNoFurther) {
  EXPECT_EQ(read<std::int64_t>("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(read<std::int64_t>("9223372036854775807.0"), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(read<std::uint64_t>("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(read<std::uint64_t>("9223372036854775808"), std::uint64_t{1} << 63);
  EXPECT_EQ(read<int>("5.0"), 5);
  EXPECT_EQ(read<std::uint8_t>("2e2"), 200);
  EXPECT_EQ(problem<int>("5.5"), "the value must be an integer from -2147483648 to 2147483647, not 5.5");
  EXPECT_EQ(problem<std::uint8_t>("256"), "the value must be an integer from 0 to 255, not 256");
  EXPECT_EQ(problem<std::uint8_t>("-1"), "the value must be an integer from 0 to 255, not -1");
  EXPECT_EQ(problem<std::int64_t>("9223372036854775808"),
            "the value must be an integer from -9223372036854775808 to 9223372036854775807, not 9223372036854775808");
  EXPECT_EQ(problem<std::uint64_t>("18446744073709551616"),
            "the value must be an integer from 0 to 18446744073709551615, not 1.8446744073709552e+19");
  EXPECT_EQ(problem<std::int64_t>("1e300"),
            "the value must be an integer from -9223372036854775808 to 9223372036854775807, not 1e+300");
}

TEST(Typed, NumbersMustFitTheirType) {
  EXPECT_EQ(read<float>("0.1"), 0.1F);
  EXPECT_EQ(read<double>("3"), 3.0);
  EXPECT_EQ(problem<float>("1e39"), "the value must be a number that a float can hold, not 1e+39");
  EXPECT_EQ(problem<double>("\"3\""), "the value must be a number, not \"3\"");
  EXPECT_EQ(json_of(std::nan("")).dump(), "null");
}

TEST(Typed, OptionalMembersMayBeLeftOut) {
  struct Maybe {
    std::optional<int> number = 4;
    std::optional<Json> any;
    bool operator==(const Maybe&) const = default;
  };
  EXPECT_EQ(schema_text<Maybe>(),
            R"({"type":"object","properties":{"number":{"type":"integer","minimum":-2147483648,"maximum":2147483647},)"
            R"("any":{}},"required":[],"additionalProperties":false})");
  EXPECT_EQ(read<Maybe>("{}"), (Maybe{.number = {}, .any = {}})) << "not what the member is made with";
  EXPECT_EQ(read<Maybe>(R"({"number": null})"), (Maybe{.number = {}, .any = {}}));
  EXPECT_EQ(read<Maybe>(R"({"any": null})"), (Maybe{.number = {}, .any = Json()})) << "null is a Json";
  EXPECT_EQ(json_of(Maybe{.number = {}, .any = Json()}).dump(), R"({"any":null})");
  EXPECT_EQ(problem<Maybe>(R"({"number": "4"})"),
            "at /number: must be an integer from -2147483648 to 2147483647, not \"4\"");
}

TEST(Typed, ListsMapsAndAlternatives) {
  EXPECT_EQ(schema_text<std::vector<bool>>(), R"({"type":"array","items":{"type":"boolean"}})");
  EXPECT_EQ(read<std::vector<bool>>("[true,false]"), (std::vector<bool>{true, false}));
  using Three = std::array<std::string, 3>;
  EXPECT_EQ(schema_text<Three>(), R"({"type":"array","items":{"type":"string"},"minItems":3,"maxItems":3})");
  EXPECT_EQ(problem<Three>(R"(["a","b"])"), "the value must have 3 items, not 2");
  using Ages = std::map<std::string, std::uint8_t>;
  EXPECT_EQ(schema_text<Ages>(),
            R"({"type":"object","additionalProperties":{"type":"integer","minimum":0,"maximum":255}})");
  EXPECT_EQ(problem<Ages>(R"({"a/b~": 300})"), "at /a~1b~0: must be an integer from 0 to 255, not 300");
  EXPECT_EQ(schema_text<std::vector<std::optional<bool>>>(),
            R"({"type":"array","items":{"anyOf":[{"type":"boolean"},{"type":"null"}]}})");
  EXPECT_EQ(read<std::vector<std::optional<bool>>>("[null,true]"), (std::vector<std::optional<bool>>{{}, true}));
  using Either = std::variant<std::monostate, bool, std::vector<Person>>;
  EXPECT_EQ(read<Either>("null"), Either());
  EXPECT_EQ(read<Either>("[]"), Either(std::vector<Person>()));
  EXPECT_EQ(problem<Either>(R"([{"name": 3}])"),
            "the value fits none of 3 alternatives (the value must be null, not [{\"name\":3}]; "
            "the value must be true or false, not [{\"name\":3}]; at /0/name: must be a string, not 3)");
}

TEST(Typed, EnumerationsAreReadByTheirNames) {
  EXPECT_EQ(schema_text<Colour>(), R"({"type":"string","enum":["red","green","blue"]})");
  EXPECT_EQ(schema_text<Plain>(), R"({"type":"string","enum":["plain_one","plain_two"]})");
  EXPECT_EQ(schema_text<Wide>(), R"({"type":"string","enum":["very low","high"]})");
  EXPECT_EQ(read<Wide>("\"very low\""), Wide::low);
  EXPECT_EQ(read<Old>("\"b\""), old_b);
  EXPECT_EQ(json_of(Colour::blue), Json("blue"));
  EXPECT_EQ(problem<Colour>("\"grey\""), "the value must be one of red, green, blue, not \"grey\"");
  EXPECT_EQ(problem<Colour>("0"), "the value must be one of red, green, blue, not 0");
  EXPECT_EQ(json_of(static_cast<Colour>(7)), Json(7)) << "a value without a name";
}

TEST(Typed, AStructInsideItselfIsAReference) {
  EXPECT_EQ(schema_text<Tree>(),
            R"({"type":"object","properties":{"label":{"type":"string"},"children":{"type":"array",)"
            R"("items":{"$ref":"#"}}},"required":["label","children"],"additionalProperties":false})");
  EXPECT_EQ(schema_of<Forest>()
                .find("properties")
                ->find("trees")
                ->find("additionalProperties")
                ->find("properties")
                ->find("children")
                ->dump(),
            R"({"type":"array","items":{"$ref":"#/properties/trees/additionalProperties"}})");
  EXPECT_EQ(problem<Forest>(R"({"trees":{"oak":{"label":"a","children":[{"label":1,"children":[]}]}}})"),
            "at /trees/oak/children/0/label: must be a string, not 1");
  // References are found by the checker, also through a name that a URI spells otherwise.
  using Odd = std::vector<OddlyNamed>;
  for (const auto& [text, violations] :
       {std::pair(R"([{"größe_2":[{"größe_2":[]}]}])", 0U), {R"([{"größe_2":[3]}])", 1U}}) {
    EXPECT_EQ(schema_violations(schema_of<Odd>(), Json::parse(text).value()).size(), violations) << text;
    EXPECT_EQ(from_json<Odd>(Json::parse(text).value()).has_value(), violations == 0) << text;
  }
}

TEST(Typed, ADescriptionGivesNamesTextsAndBounds) {
  EXPECT_EQ(schema_text<Order>(),
            R"({"type":"object","properties":{)"
            R"("count":{"type":"integer","minimum":1,"maximum":99,"description":"How many"},)"
            R"("product code":{"type":"string","minLength":2,"maxLength":4,"description":"As printed"},)"
            R"("sizes":{"type":"array","items":{"type":"integer","minimum":-2147483648,"maximum":2147483647},)"
            R"("maxItems":3},)"
            R"("discount":{"type":"number","minimum":0,"maximum":0.5,"description":"Part of 1"}},)"
            R"("required":["count","product code","sizes"],"additionalProperties":false})");
  const auto order = read<Order>(R"({"count": 99, "product code": "äöüß", "sizes": [1, 2, 3], "discount": null})");
  EXPECT_EQ(order.code, "äöüß") << "four characters, eight bytes";
  EXPECT_EQ(order.internal, 7) << "not listed: as it is made";
  EXPECT_EQ(problem<Order>(R"({"count": 0, "product code": "ab", "sizes": []})"),
            "at /count: must be at least 1, not 0");
  EXPECT_EQ(problem<Order>(R"({"count": 1, "product code": "äöüße", "sizes": []})"),
            "at /product code: must have at most 4 characters, not 5");
  EXPECT_EQ(problem<Order>(R"({"count": 1, "product code": "ab", "sizes": [1,2,3,4]})"),
            "at /sizes: must have at most 3 items, not 4");
  EXPECT_EQ(problem<Order>(R"({"count": 1, "product code": "ab", "sizes": [], "discount": 0.75})"),
            "at /discount: must be at most 0.5, not 0.75");
}

TEST(Typed, WhatIsNotPlainIsDescribed) {
  EXPECT_EQ(json_of(Account()).dump(), R"({"owner":"nobody","x":0.0})");
  EXPECT_EQ(read<Account>(R"({"owner":"me","x":1})").owner(), "me");
  EXPECT_EQ(schema_text<std::vector<Date>>(),
            R"({"type":"array","items":{"type":"string","pattern":"^[0-9]{4}-[0-9]{2}$"}})");
  EXPECT_EQ(json_of(Date{.year = 2026, .month = 11}), Json("2026-11"));
  EXPECT_EQ(read<std::vector<Date>>(R"(["2026-11"])").at(0).month, 11);
  EXPECT_EQ(problem<std::vector<Date>>(R"(["2026-11", 3])"), "at /1: must be a year and a month");
}

TEST(Typed, WhatIsMissingOrTooMuchIsNamed) {
  EXPECT_EQ(problem<Person>(R"({"name": "a", "age": 1})"), "at /occupation: is missing");
  EXPECT_EQ(problem<Person>(R"({"name": "a", "age": 1, "occupation": "b", "ages": 1})"),
            "at /ages: is not one of the members: name, age, occupation");
  EXPECT_EQ(problem<Person>("[]"), "the value must be an object, not []");
  EXPECT_EQ(problem<std::vector<Person>>("{}"), "the value must be a list, not {}");
  EXPECT_EQ(problem<std::string>(R"(["a long text that goes on and on and on and on and on and on"])"),
            "the value must be a string, not [\"a long text that goes on and on and on and on and on an...");
}

}  // namespace
}  // namespace puna

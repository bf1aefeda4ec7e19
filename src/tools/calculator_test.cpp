// Rules of the calculator: tables of what people write, exactness against a wider reference, and rubbish.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "puna/tools.h"
#include "tools/expression.h"

namespace puna {
namespace {

std::string answer(std::string_view expression) {
  return make_calculator()->run(Json::object({{"expression", expression}}), {}).content;
}

struct Row {
  std::string_view expression;
  std::string_view answer;
};
void expect_rows(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    EXPECT_EQ(answer(row.expression), row.answer) << row.expression;
  }
}

TEST(Calculator, SpecIsWhatTheDemoModelWasTrainedOn) {
  const auto tool = make_calculator();
  EXPECT_EQ(tool->spec().name, "calculator");
  EXPECT_EQ(tool->spec().description, "Evaluate an arithmetic expression.");
  const Json* properties = tool->spec().parameters.find("properties");
  ASSERT_NE(properties, nullptr);
  ASSERT_EQ(properties->as_object().size(), 1U);
  EXPECT_EQ(properties->find("expression")->text_or("type"), "string");
  EXPECT_EQ(*tool->spec().parameters.find("required"), Json::array({"expression"}));
}

TEST(Calculator, AnswersTheBareNumber) {
  expect_rows({{"4817 * 36", "173412"},
               {"25 / 2", "12.5"},
               {"6 / 2", "3"},
               {"7", "7"},
               {" 1+2\t*\n3 ", "7"},
               {"(1 + 2) * 3", "9"},
               {"10 - 4 - 3", "3"},
               {"100 / 10 / 2", "5"},
               {".5 + 5.", "5.5"},
               {"2e3", "2000"},
               {"1.5E-3", "0.0015"},
               {"0.1 + 0.2", "0.30000000000000004"},
               {"1 / 3", "0.3333333333333333"},
               {"1e-7", "1e-07"},
               {"0 * -1.5", "0"}});
}

TEST(Calculator, SignsPowersAndRemaindersAreThoseOfPython) {
  expect_rows({{"-2^2", "-4"},
               {"(-2)**2", "4"},
               {"2^3^2", "512"},
               {"2**-1", "0.5"},
               {"--3", "3"},
               {"2 * -3", "-6"},
               {"2^-2", "0.25"},
               {"0^0", "1"},
               {"-7 % 3", "2"},
               {"7 % -3", "-2"},
               {"-7 // 2", "-4"},
               {"7 // 2", "3"},
               {"7.5 % 2", "1.5"},
               {"-7.5 // 2", "-4"},
               {"17 % 5", "2"}});
}

TEST(Calculator, ReadsTheSignsOfPrint) {
  expect_rows(
      {{"3 \u00d7 4", "12"}, {"9 \u00f7 2", "4.5"}, {"5 \u2212 7", "-2"}, {"\u22123", "-3"}, {"1\u00a0+\u202f1", "2"}});
}

TEST(Calculator, GroupsOfThreeDigitsAreOneNumberOutsideFunctions) {
  expect_rows({{"1,000", "1000"},
               {"1,234,567.5 + 1", "1234568.5"},
               {"(12,000) * 2", "24000"},
               {"max(1, 200)", "200"},
               {"max(100,200)", "200"},
               {"min(1,2) + 1,000", "1001"}});
  expect_rows(
      {{"1,00", "error: unexpected ',' at byte 2"},
       {"1,0000", "error: unexpected ',' at byte 2"},
       {"1000,000", "error: unexpected ',' at byte 5"},
       {"1,000,00", "error: unexpected ',' at byte 6"},
       {"max(1,000)", "error: '000' at byte 7: inside a function ',' separates arguments. Write 1000, not 1,000"}});
}

TEST(Calculator, KnowsItsFunctionsAndNames) {
  expect_rows({{"sqrt(16)", "4"},
               {"SQRT(2)", "1.4142135623730951"},
               {"abs(-3.5)", "3.5"},
               {"abs(-3)", "3"},
               {"round(2.5)", "3"},
               {"round(-2.5)", "-3"},
               {"round(2.34567, 2)", "2.35"},
               {"round(5, 2)", "5"},
               {"floor(-1.5)", "-2"},
               {"ceil(1.2)", "2"},
               {"min(3, 1.5, 2)", "1.5"},
               {"max(3, 1.5, 2)", "3"},
               {"ln(e)", "1"},
               {"log(1)", "0"},
               {"log(1000, 10)", "3"},
               {"log(8, 2)", "3"},
               {"log10(100)", "2"},
               {"log2(1024)", "10"},
               {"exp(0)", "1"},
               {"sin(0) + cos(0) + tan(0)", "1"},
               {"atan(1) * 4 - pi", "0"},
               {"asin(1) * 2 - acos(-1)", "0"},
               {"e", "2.718281828459045"},
               {"sqrt(max(4, 2 * (3 + 5)))", "4"}});
}

TEST(Calculator, IntegersStayExactAsLongAsTheyFit) {
  expect_rows({{"9007199254740993 + 2", "9007199254740995"},
               {"9223372036854775807", "9223372036854775807"},
               {"3037000499 * 3037000499", "9223372030926249001"},
               {"2^62 + (2^62 - 1)", "9223372036854775807"},
               {"(-2)^63", "-9223372036854775808"},
               {"(-2)^63 % -1", "0"},
               {"9007199254740993 / 3", "3002399751580331"},
               {"9007199254740993 // 2", "4503599627370496"},
               {"9007199254740991 / 2", "4503599627370495.5"},
               {"1^9223372036854775807", "1"}});
}

TEST(Calculator, WhatDoesNotFitGoesOnAsDouble) {
  expect_rows({{"9223372036854775807 + 1", "9.223372036854776e+18"},
               {"(-2)^63 / -1", "9.223372036854776e+18"},
               {"-((-2)^63)", "9.223372036854776e+18"},
               {"abs((-2)^63)", "9.223372036854776e+18"},
               {"3^40", "1.2157665459056929e+19"},
               {"10^20 / 10^18", "100"},
               {"123456789012345678901234567890", "1.2345678901234568e+29"}});
}

TEST(Calculator, WhatCannotBeComputedIsAnError) {
  expect_rows({{"1 / 0", "error: division by zero"},
               {"1 % 0", "error: division by zero"},
               {"1 // 0.0", "error: division by zero"},
               {"0^-1", "error: division by zero"},
               {"sqrt(-1)", "error: sqrt is not defined for -1"},
               {"ln(0)", "error: ln is not defined for 0"},
               {"log(-1)", "error: log is not defined for -1"},
               {"log(2, 1)", "error: 1 cannot be the base of log"},
               {"asin(2)", "error: asin is not defined for 2"},
               {"(-8)^(1/3)", "error: not a real number"},
               {"10^400", "error: the result is too large"},
               {"exp(1000)", "error: the result is too large"},
               {"1e308 * 10", "error: the result is too large"},
               {"1e999", "error: the number '1e999' is out of range"},
               {"round(1.5, 99)", "error: round takes 0 to 15 digits, not 99"},
               {"sqrt(1, 2)", "error: sqrt takes one argument, not 2"},
               {"log(1, 2, 3)", "error: log takes one or two arguments, not 3"}});
}

TEST(Calculator, WhatCannotBeReadIsAnErrorThatSaysWhere) {
  expect_rows({{"", "error: the expression is empty"},
               {"  ", "error: the expression is empty"},
               {"1 +", "error: unexpected end of the expression"},
               {"(1", "error: unexpected end of the expression"},
               {"1)", "error: unexpected ')' at byte 2"},
               {"1 2", "error: unexpected '2' at byte 3"},
               {"2 + x", "error: unknown name 'x'"},
               {"2 = 2", "error: unexpected '=' at byte 3"},
               {"\u20ac5", "error: unexpected '\u20ac' at byte 1"},
               {"sqrt()", "error: unexpected ')' at byte 6"},
               {"sqrt(4", "error: unexpected end of the expression"},
               {"50%", "error: '%' is the remainder of a division. For percent divide by 100"},
               {"2e", "error: unexpected 'e' at byte 2"},
               {"1..2", "error: unexpected '.' at byte 3"}});
  EXPECT_TRUE(answer("import(1)").starts_with("error: unknown function 'import'. Functions: sqrt, abs,"));
  EXPECT_TRUE(utf8::is_valid(answer("\xff\xfe")));
  EXPECT_TRUE(answer(std::string("1\0+1", 4)).starts_with("error: unexpected"));
}

TEST(Calculator, LengthAndDepthAreBounded) {
  EXPECT_EQ(answer(std::string(2'001, '1')), "error: the expression is too long (2001 bytes; at most 2000)");
  constexpr std::string_view kTooDeep = "error: the expression is nested too deep (at most 100 levels)";
  EXPECT_EQ(answer(std::string(1'000, '(')), kTooDeep);
  EXPECT_EQ(answer(std::string(1'000, '-') + "1"), kTooDeep);
  std::string tower = "1";
  for (int i = 0; i < 500; ++i) {
    tower += "^1";
  }
  EXPECT_EQ(answer(tower), kTooDeep);
  EXPECT_EQ(answer(std::string(99, '(') + "1" + std::string(99, ')')), "1");
  std::string arguments = "max(1";
  for (int i = 0; i < 64; ++i) {
    arguments += ",1";
  }
  EXPECT_EQ(answer(arguments + ")"), "error: 'max' has too many arguments");
}

// A random expression, its exact value in a wider type, and whether it and every part of it fits 64 bits.
struct Generated {
  std::string text;
  __extension__ __int128 value = 0;
  bool fits = true;
};
class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  Generated make(int depth) {
    if (depth == 0 || random_.next() % 4 == 0) {
      const auto value = static_cast<std::int64_t>(random_.next() >> (1 + random_.next() % 63));
      return {.text = std::to_string(value), .value = value};
    }
    const Generated left = make(depth - 1);
    const Generated right = make(depth - 1);
    Generated made;
    made.fits = left.fits && right.fits;
    if (!made.fits) {
      return made;
    }
    constexpr std::string_view kSigns = "+-*%";
    const char sign = kSigns[random_.next() % kSigns.size()];
    if (sign == '%' && right.value == 0) {
      made.fits = false;
      return made;
    }
    made.text = format_text("({} {} {})", left.text, sign, right.text);
    made.value = sign == '+'   ? left.value + right.value
                 : sign == '-' ? left.value - right.value
                 : sign == '*' ? left.value * right.value
                               : ((left.value % right.value) + right.value) % right.value;
    made.fits = made.value >= std::numeric_limits<std::int64_t>::min() &&
                made.value <= std::numeric_limits<std::int64_t>::max();
    return made;
  }

 private:
  Random random_;
};

TEST(Calculator, EqualsExactArithmeticWhereverEveryStepFits) {
  constexpr std::uint64_t kSeed = 20'261;
  Generator generator(kSeed);
  int compared = 0;
  for (int i = 0; i < 5'000; ++i) {
    const Generated made = generator.make(4);
    if (made.fits && made.text.size() <= tools::kExpressionBytesMax) {
      ++compared;
      ASSERT_EQ(answer(made.text), std::to_string(static_cast<std::int64_t>(made.value)))
          << made.text << " seed " << kSeed;
    }
  }
  EXPECT_GT(compared, 1'000);
}

TEST(Calculator, QuotientsReadBackAsTheNearestDouble) {
  Random random(77);
  for (int i = 0; i < 2'000; ++i) {
    const auto a = static_cast<std::int64_t>(random.next() >> 20);
    const auto b = static_cast<std::int64_t>(random.next() >> 30) + 1;
    const std::string text = answer(format_text("{} / {}", a, b));
    EXPECT_EQ(std::stod(text), static_cast<double>(a) / static_cast<double>(b)) << a << " / " << b;
  }
}

TEST(Calculator, RubbishIsNeverMoreThanAnError) {
  constexpr std::string_view kAlphabet = "0123456789.,+-*/%^()eE pisqrtmaxlog\xc3\x97\xe2\x88\x92\xff";
  Random random(4);
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (std::uint64_t length = random.next() % 24; length > 0; --length) {
      text += kAlphabet[random.next() % kAlphabet.size()];
    }
    const auto result = make_calculator()->run(Json::object({{"expression", text}}), {});
    ASSERT_FALSE(result.content.empty()) << text;
    ASSERT_EQ(result.is_error, result.content.starts_with("error: ")) << text;
    ASSERT_TRUE(utf8::is_valid(result.content)) << text;
  }
}

}  // namespace
}  // namespace puna

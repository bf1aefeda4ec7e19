#include "bench/bombs.h"

#include <functional>

namespace puna::bench {
namespace {

std::string repeated(std::string_view text, std::size_t count) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) {
    all += text;
  }
  return all;
}

// One text after the other, each made from its number.
std::string joined(std::size_t count, std::string_view separator, const std::function<std::string(std::size_t)>& make) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) {
    all += (i == 0 ? "" : std::string(separator)) + make(i);
  }
  return all;
}

std::string rules(std::size_t count, const std::function<std::string(std::size_t)>& body) {
  return joined(count, "\n", [&](std::size_t i) { return format_text("r{} ::= {}", i, body(i)); }) +
         format_text("\nr{} ::= \"z\"\nroot ::= r0\n", count);
}

Bomb gbnf(std::string name, std::string text) {
  return {.name = "GBNF: " + std::move(name), .format = format::Gbnf{.text = std::move(text)}};
}
Bomb pattern(std::string name, std::string text) {
  return {.name = "pattern: " + std::move(name), .format = format::Pattern{.pattern = std::move(text)}};
}
Bomb schema(std::string name, Json text) {
  return {.name = "schema: " + std::move(name), .format = format::Schema{.schema = std::move(text)}};
}

Json of(std::string_view text) { return Json::parse(text).value_or(Json()); }

Json listed(std::size_t count, const std::function<Json(std::size_t)>& make) {
  Json::Array items;
  for (std::size_t i = 0; i < count; ++i) {
    items.push_back(make(i));
  }
  return Json(std::move(items));
}

Json members(std::size_t count, const std::function<Json(std::size_t)>& make, std::string_view name = "m") {
  Json object = Json::object();
  for (std::size_t i = 0; i < count; ++i) {
    object.set(format_text("{}{}", name, i), make(i));
  }
  return object;
}

Json nested(std::size_t depth, Json inner, const std::function<Json(Json)>& wrap) {
  for (std::size_t i = 0; i < depth; ++i) {
    inner = wrap(std::move(inner));
  }
  return inner;
}

Json with(std::string_view keyword, Json value) {
  Json object = Json::object();
  object.set(keyword, std::move(value));
  return object;
}

std::string letter(std::size_t i) { return std::string(1, static_cast<char>('a' + (i % 26))); }

// A string that has this letter `behind` characters before another: its automaton remembers every one of them.
std::string remembers(std::size_t i, int behind) { return format_text("{}.{{{}}}x", letter(i), behind); }

Json object_of(std::size_t i) {
  return of(format_text(R"({{"type": "object", "required": ["k"], "properties": {{"k": {{"type": "string"}},
        "m{}": {{"type": "integer"}}}}}})",
                        i));
}

Json remembering(std::size_t i) { return with("pattern", remembers(i, 12)); }

std::vector<Bomb> logic_bombs() {
  Json chain = members(5'000, [](std::size_t i) { return with("$ref", format_text("#/$defs/m{}", i + 1)); });
  chain.set("m5000", of(R"({"type": "null"})"));
  Json cycle = members(1'000, [](std::size_t i) { return with("$ref", format_text("#/$defs/m{}", (i + 1) % 1'000)); });
  Json doubling = members(60, [](std::size_t i) {
    const Json next = with("$ref", format_text("#/$defs/m{}", i + 1));
    return with("anyOf", Json::array({next, with("items", next)}));
  });
  doubling.set("m60", of(R"({"type": "null"})"));
  return {
      schema("oneOf of 200 objects", with("oneOf", listed(200, object_of))),
      schema("oneOf of 200 objects that differ in a constant",
             with("oneOf",
                  listed(200,
                         [](std::size_t i) {
                           return of(format_text(
                               R"({{"type": "object", "required": ["k"], "properties": {{"k": {{"const": {}}}}}}})",
                               i));
                         }))),
      schema("oneOf of 20 patterns", with("oneOf", listed(20, remembering))),
      schema("anyOf of 200 objects", with("anyOf", listed(200, object_of))),
      schema("a product of four anyOf of 50",
             with("allOf", listed(4, [&](std::size_t) { return with("anyOf", listed(50, object_of)); }))),
      schema("twenty conditions",
             with("allOf", listed(20,
                                  [](std::size_t i) {
                                    return of(format_text(
                                        R"({{"if": {{"required": ["m{0}"]}}, "then": {{"required": ["n{0}"]}},
                   "else": {{"required": ["o{0}"]}}}})",
                                        i));
                                  }))),
      schema(
          "a hundred dependencies",
          with("dependentRequired", members(100, [](std::size_t i) { return Json::array({format_text("n{}", i)}); }))),
      schema("references, 5,000 behind each other", Json::object({{"$ref", "#/$defs/m0"}, {"$defs", chain}})),
      schema("references in a circle", Json::object({{"$ref", "#/$defs/m0"}, {"$defs", cycle}})),
      schema("a reference to itself", of(R"({"$ref": "#"})")),
      schema("a reference to itself in allOf and not",
             of(R"({"allOf": [{"$ref": "#"}], "not": {"not": {"$ref": "#"}}})")),
      schema("references that double", Json::object({{"$ref", "#/$defs/m0"}, {"$defs", doubling}})),
      schema("allOf of 1,000 lengths",
             with("allOf", listed(1'000,
                                  [](std::size_t i) {
                                    return of(format_text(R"({{"minLength": {}, "maxLength": {}}})", i, 100'000 - i));
                                  }))),
      schema("allOf of 30 patterns that remember", with("allOf", listed(30, remembering))),
      schema("allOf in allOf, 30 deep",
             nested(30, of(R"({"minLength": 3})"),
                    [](const Json& inner) { return with("allOf", Json::array({inner, of(R"({"maxLength": 9})")})); })),
      schema("not in not, 60 deep",
             nested(60, of(R"({"minimum": 3})"), [](Json inner) { return with("not", std::move(inner)); })),
      schema("not of anyOf of 200 objects", with("not", with("anyOf", listed(200, object_of)))),
      schema("anyOf, a tree of 4,096 leaves",
             nested(12, of(R"({"minimum": 3})"),
                    [](const Json& inner) { return with("anyOf", Json::array({inner, with("items", inner)})); })),
  };
}

std::vector<Bomb> value_bombs() {
  return {
      schema("an enum of 20,000 texts",
             with("enum", listed(20'000, [](std::size_t i) { return Json(format_text("value {}", i * 7919)); }))),
      schema("an enum of 20,000 numbers",
             with("enum", listed(20'000, [](std::size_t i) { return Json(static_cast<std::int64_t>(i * 7919)); }))),
      schema("an enum of 5,000 objects",
             with("enum", listed(5'000, [](std::size_t i) { return with("k", static_cast<std::int64_t>(i)); }))),
      schema(
          "an enum without 5,000 texts",
          Json::object(
              {{"type", "string"},
               {"not",
                with("enum", listed(5'000, [](std::size_t i) { return Json(format_text("value {}", i * 7919)); }))}})),
      schema("pattern with nested counters", with("pattern", "^(([a-z]{1,60}-?){1,60}/?){1,60}$")),
      schema("pattern and length", of(R"({"pattern": "^(a|bc){3,}$", "minLength": 1000, "maxLength": 100000})")),
      schema("pattern of lookaheads and length",
             of(R"x({"pattern": "^(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])(?!.*(.{3})x).{8,64}$", "maxLength": 40})x")),
      schema("fifty patterns of names",
             with("patternProperties",
                  members(
                      50, [](std::size_t i) { return with("minimum", static_cast<std::int64_t>(i)); }, ".*a.*"))),
      schema("seven patterns of names that cut each other",
             with("patternProperties",
                  members(
                      7, [](std::size_t i) { return with("minimum", static_cast<std::int64_t>(i)); }, "a.{9}"))),
      schema("a text of a billion characters", of(R"({"type": "string", "minLength": 1000000000})")),
      schema("steps of a ten-millionth", of(R"({"multipleOf": 0.0000001, "minimum": 0, "maximum": 1e15})")),
      schema("steps of 9,973", of(R"({"type": "integer", "multipleOf": 9973, "minimum": 0, "maximum": 19000000})")),
      schema("bounds far apart", of(R"({"minimum": -1.2345e300, "maximum": 1.2345e300})")),
  };
}

std::vector<Bomb> container_bombs() {
  return {
      schema("a list of a billion items", of(R"({"type": "array", "minItems": 1000000000})")),
      schema("a million items that count",
             of(R"({"type": "array", "contains": {"minimum": 3}, "minContains": 1000000})")),
      schema("5,000 items, each its own",
             with("prefixItems",
                  listed(5'000, [](std::size_t i) { return with("const", static_cast<std::int64_t>(i)); }))),
      schema("5,000 members, all required",
             Json::object({{"properties", members(5'000, [](std::size_t) { return of(R"({"type": "string"})"); })},
                           {"required", listed(5'000, [](std::size_t i) { return Json(format_text("m{}", i)); })}})),
      schema("lists in lists, 60 deep",
             nested(60, of(R"({"type": "integer"})"), [](Json inner) { return with("items", std::move(inner)); })),
      schema("objects in objects, 30 deep, each beside a reference",
             nested(30, of(R"({"type": "integer"})"),
                    [](Json inner) {
                      return Json::object({{"$ref", "#/$defs/x"},
                                           {"properties", Json::object({{"a", inner}})},
                                           {"$defs", Json::object({{"x", Json(true)}})}});
                    })),
  };
}

}  // namespace

std::vector<Bomb> gbnf_bombs() {
  return {
      gbnf("left recursion", "root ::= root \"a\" | \"a\""),
      gbnf("left recursion through 5,000 rules",
           rules(5'000, [](std::size_t i) { return format_text("r{} \"a\" | \"b\"", i == 4'999 ? 0 : i + 1); })),
      gbnf("left recursion behind what may be empty", "root ::= x root \"a\" | \"b\"\nx ::= \"c\"? y\ny ::= \"d\"*"),
      gbnf("60,000 nested parentheses", "root ::= " + repeated("(", 60'000) + "\"a\"" + repeated(")", 60'000)),
      gbnf("190 nested repetitions", "root ::= " + repeated("(", 190) + "\"a\"" + repeated(")*", 190)),
      gbnf("190 nested repetitions of a rule",
           "root ::= " + repeated("(", 190) + "x" + repeated(")*", 190) + "\nx ::= \"a\"?"),
      gbnf("loops of nothing", "root ::= ((\"\"*)* | (\"a\"?)*)* x*\nx ::= y* | \"\"\ny ::= \"\" | \"b\"?"),
      gbnf("a repetition of a repetition of a repetition", "root ::= (((\"a\"{1000}){1000}){1000})"),
      gbnf("the same, at least one less", "root ::= (((\"a\"{999,1000}){999,1000}){999,1000})"),
      gbnf("the same of rules", "root ::= x{999,1000}\nx ::= y{999,1000}\ny ::= z{999,1000}\nz ::= \"a\" | \"a\" z"),
      gbnf("counters of rules that overlap",
           "root ::= x{1,1000} y{1,1000} x{1,1000}\nx ::= y{1,100}\ny ::= \"a\"{1,9}"),
      gbnf("5,000 rules in a row", rules(5'000, [](std::size_t i) { return format_text("\"a\" r{}", i + 1); })),
      gbnf("5,000 rules that stand for each other",
           rules(5'000, [](std::size_t i) { return format_text("r{}", i + 1); })),
      gbnf("5,000 rules, each twice the next",
           rules(5'000, [](std::size_t i) { return format_text("r{0} r{0}", i + 1); })),
      gbnf("5,000 rules, each the next or not",
           rules(5'000, [](std::size_t i) { return format_text("r{} | \"{}\"", i + 1, letter(i)); })),
      gbnf("250 rules, each one of all that follow", rules(250,
                                                           [](std::size_t i) {
                                                             return joined(250 - i, " | ", [i](std::size_t k) {
                                                               return format_text("r{}", i + k + 1);
                                                             });
                                                           })),
      gbnf("deep alternation", "root ::= " + repeated("(\"a\" | \"b\" ", 190) + repeated(")", 190)),
      gbnf("5,000 alternatives of one letter",
           "root ::= " +
               joined(5'000, " | ", [](std::size_t i) { return "\"" + repeated("a", 1 + (i % 20)) + "\" \"a\""; })),
      gbnf("every split of a text", "root ::= \"a\" root root | \"a\""),
      gbnf("every split of a text, ten ways", "root ::= x x x x x x x x x x\nx ::= \"a\" x | \"a\"?"),
      gbnf("12,000 rules in a row", rules(12'000, [](std::size_t i) { return format_text("\"a\" r{}", i + 1); })),
      gbnf("classes of all scripts", "root ::= ([^a] [^b] [^c] [^d] | [\\x00-\\U0010FFFF]{2,9})*"),
  };
}

std::vector<Bomb> pattern_bombs() {
  return {
      pattern("a repetition of a repetition of a repetition", "((((a{1000}){1000}){1000}))"),
      pattern("the same, at least one less", "((a{999,1000}){999,1000}){999,1000}"),
      pattern("the same of two letters", "(((a|b){3,1000}c?){3,1000}d?){3,1000}"),
      pattern("nested counters", "(((a{1,50}b?){1,50}c?){1,50}d?){1,50}"),
      pattern("nested stars", "((((a*)*b*)*c*)*d*)*e"),
      pattern("60,000 nested parentheses", repeated("(", 60'000) + "a" + repeated(")", 60'000)),
      pattern("a letter 200 before the end", ".*a.{200}"),
      pattern("a letter 20 before the end, twenty times", repeated("(.*a.{20})", 20)),
      pattern("twenty lookaheads for a letter each",
              joined(20, "", [](std::size_t i) { return "(?=.*" + letter(i) + ")"; }) + ".*"),
      pattern("twenty lookaheads that remember",
              joined(20, "", [](std::size_t i) { return "(?=.*" + remembers(i, 20) + ")"; }) + ".*"),
      pattern("twenty lookaheads for what must not come",
              joined(20, "", [](std::size_t i) { return "(?!.*" + remembers(i, 10) + ")"; }) + ".*"),
      pattern("lookaheads in lookaheads", repeated("(?=.*a.*(?!b", 50) + "." + repeated("))", 50) + ".*"),
      pattern("900 words", joined(900, "|", [](std::size_t i) { return format_text("word{}tail", i * 7919); })),
      pattern("1,500 words behind anything",
              ".*(" + joined(1'500, "|", [](std::size_t i) { return format_text("w{}t", i * 7919); }) + ").*"),
      pattern("alternatives that begin alike",
              "(" + joined(170, "|", [](std::size_t i) { return repeated("a", i + 1) + "?"; }) + ")*b"),
      pattern("300 times perhaps an a, 300 times an a", repeated("a?", 300) + repeated("a", 300)),
      pattern("letters of all scripts", "(\\p{L}{1,1000}\\p{N}{1,1000}){1,1000}"),
      pattern("a counter of a million", "(ab|a|b){1000000}"),
      pattern("overlapping counters", "(.{1,1000}x){1,1000}(.{1,1000}y){1,1000}"),
  };
}

std::vector<Bomb> schema_bombs() {
  std::vector<Bomb> all = logic_bombs();
  for (const auto& more : {value_bombs(), container_bombs()}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

}  // namespace puna::bench

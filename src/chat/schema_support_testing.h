// Tests only: for each keyword of JSON Schema, schemas with values that fit and values that do not. What our code does
// with them is docs/schema-support.md.
#pragma once

#include <string_view>
#include <vector>

namespace puna::testing {

struct SupportExample {
  std::string_view schema;
  std::vector<std::string_view> fit;
  std::vector<std::string_view> unfit;  // none: the keyword says nothing about values
};

struct SupportRow {
  std::string_view keyword;
  std::string_view remark;
  std::vector<SupportExample> examples;
};

// clang-format off

// Keywords that are about any value, about numbers and about strings.
inline std::vector<SupportRow> scalar_rows() {
  return {
      {"type", "also a list of types",
       {{R"({"type": "integer"})", {"3", "-12"}, {"3.5", "\"3\"", "null"}},
        {R"({"type": "number"})", {"3", "-1.5e+3"}, {"\"3\"", "[3]"}},
        {R"({"type": ["object", "null"]})", {"{}", R"({"a": [1]})", "null"}, {"[]", "0"}}}},
      {"enum", "",
       {{R"({"enum": ["a", 1, null, {"k": [1]}]})", {R"("a")", "1", "null", R"({"k": [1]})"}, {R"("b")", "2", "{}"}}}},
      {"const", "",
       {{R"({"const": "x\"y"})", {R"("x\"y")"}, {R"("x")", "1"}},
        {R"({"const": {"k": [1, true]}})", {R"({"k": [1, true]})"}, {R"({"k": [1]})"}}}},
      {"minimum", "bounded numbers are written without an exponent",
       {{R"({"type": "integer", "minimum": -3})", {"-3", "20"}, {"-4"}},
        {R"({"minimum": 0.25})", {"0.25", "1", "\"any\""}, {"0.24", "-1"}}}},
      {"maximum", "", {{R"({"maximum": 10.5})", {"10.5", "-100"}, {"10.51", "11"}}}},
      {"exclusiveMinimum", "a number, or draft 4's `true` beside `minimum`",
       {{R"({"exclusiveMinimum": 3})", {"3.01", "4"}, {"3", "2"}},
        {R"({"minimum": 3, "exclusiveMinimum": true})", {"3.01"}, {"3"}}}},
      {"exclusiveMaximum", "a number, or draft 4's `true` beside `maximum`",
       {{R"({"exclusiveMaximum": 3})", {"2.99", "-4"}, {"3", "4"}},
        {R"({"maximum": 3, "exclusiveMaximum": true})", {"2.99"}, {"3"}}}},
      {"multipleOf", "enforced where the last digits decide or the bounds leave at most 2,000 values",
       {{R"({"type": "integer", "multipleOf": 5})", {"0", "-15"}, {"12"}},
        {R"({"multipleOf": 0.01})", {"1.25", "3"}, {"1.255"}},
        {R"({"type": "integer", "multipleOf": 7, "minimum": 0, "maximum": 100})", {"49"}, {"50"}},
        {R"({"multipleOf": 7})", {"49"}, {"50"}}}},
      {"minLength", "in characters", {{R"({"minLength": 2})", {R"("ab")", R"("éü")", "1"}, {R"("a")", R"("é")"}}}},
      {"maxLength", "in characters", {{R"({"maxLength": 2})", {R"("")", R"("éü")", R"("\n\n")"}, {R"("abc")"}}}},
      {"pattern", "RE2's syntax and lookahead, found anywhere in the string",
       {{R"({"pattern": "^[a-z]+[0-9]{2}$"})", {R"("ab12")", "1"}, {R"("ab1")", R"("AB12")"}},
        {R"({"pattern": "\\p{Lu}"})", {R"("xÉ")"}, {R"("xé")"}},
        {R"x({"pattern": "^(?!un)safe|^s(?=afe)"})x", {R"("safe")"}, {R"("unsafe")"}},
        {R"({"pattern": "(a)\\1"})", {}, {}},
        {R"({"pattern": "(?<=x)y"})", {}, {}},
        {R"({"pattern": "\\bword\\b"})", {}, {}}}},
  };
}

// Each format has a row of its own.
inline std::vector<SupportRow> format_rows() {
  return {
      {"date", "RFC 3339, with the days of each month",
       {{R"({"format": "date"})", {R"("2024-02-29")", "3"}, {R"("2023-02-29")", R"("2024-13-01")"}}}},
      {"time", "", {{R"({"format": "time"})", {R"("23:59:60Z")", R"("08:30:06.28+01:00")"}, {R"("24:00:00Z")", R"("08:30")"}}}},
      {"date-time", "",
       {{R"({"format": "date-time"})", {R"("2024-02-29T10:00:00Z")"}, {R"("2024-02-29 10:00:00Z")", R"("2024-02-30T10:00:00Z")"}}}},
      {"duration", "", {{R"({"format": "duration"})", {R"("P3DT4H")", R"("P2W")"}, {R"("P")", R"("P1H")"}}}},
      {"email", "", {{R"({"format": "email"})", {R"("joe.b@example.org")"}, {R"("joe")", R"(".joe@example.org")"}}}},
      {"uuid", "", {{R"({"format": "uuid"})", {R"("2eb8aa08-aa98-11ea-b4aa-73b441d16380")"}, {R"("2eb8aa08aa9811eab4aa73b441d16380")"}}}},
      {"uri", "", {{R"({"format": "uri"})", {R"("https://a.example/b?c#d")", R"("urn:x:y")"}, {R"("//a.example")", R"("a b")"}}}},
      {"uri-reference", "", {{R"({"format": "uri-reference"})", {R"("//a.example/b")", R"("#c")"}, {R"("a b")", R"("\\a")"}}}},
      {"ipv4", "", {{R"({"format": "ipv4"})", {R"("192.168.0.1")"}, {R"("256.0.0.1")", R"("1.2.3")"}}}},
      {"ipv6", "", {{R"({"format": "ipv6"})", {R"("::ffff:192.168.0.1")", R"("fe80::a")"}, {R"("12345::")", R"("1::2::3")"}}}},
      {"hostname", "at most 253 characters", {{R"({"format": "hostname"})", {R"("www.a-b.example")"}, {R"("-a.example")", R"("a_b")"}}}},
      {"json-pointer", "", {{R"({"format": "json-pointer"})", {R"("/a~1b/0")", R"("")"}, {R"("a")", R"("/~2")"}}}},
      {"relative-json-pointer", "", {{R"({"format": "relative-json-pointer"})", {R"("1/a")"}, {R"("/a")"}}}},
      {"regex", "", {{R"({"format": "regex"})", {R"("a+")"}, {R"("(")"}}}},
      {"idn-email", "", {{R"({"format": "idn-email"})", {R"("실례@실례.테스트")"}, {R"("a")"}}}},
      {"idn-hostname", "", {{R"({"format": "idn-hostname"})", {R"("실례.테스트")"}, {R"("a b")"}}}},
      {"iri", "", {{R"({"format": "iri"})", {R"("http://ƒøø.ßår/")"}, {R"("/abc")"}}}},
      {"iri-reference", "", {{R"({"format": "iri-reference"})", {R"("/âππ")"}, {R"("\\a")"}}}},
      {"uri-template", "", {{R"({"format": "uri-template"})", {R"("/d/{term}")"}, {R"("/d/{term")"}}}},
  };
}

// Keywords about objects and arrays.
inline std::vector<SupportRow> container_rows() {
  return {
      {"properties", "members in any order",
       {{R"({"properties": {"a": {"type": "integer"}, "b": {}}})", {R"({"b": "x", "a": 1})", "{}", "3"}, {R"({"a": "x"})"}}}},
      {"required", "", {{R"({"required": ["a", "b"]})", {R"({"b": 1, "c": 2, "a": 3})"}, {R"({"a": 1})", "{}"}}}},
      {"additionalProperties", "",
       {{R"({"properties": {"a": {}}, "additionalProperties": false})", {R"({"a": 1})", "{}"}, {R"({"b": 1})"}},
        {R"({"patternProperties": {"^x": {}}, "additionalProperties": {"type": "null"}})", {R"({"x1": 1, "b": null})"}, {R"({"b": 1})"}}}},
      {"patternProperties", "patterns as for `pattern`; also where several match one name",
       {{R"({"patternProperties": {"^n": {"type": "integer"}, "z$": {"minimum": 5}}})", {R"({"n": 1, "nz": 5, "x": "y"})"}, {R"({"n1": "y"})", R"({"nz": 4})"}}}},
      {"propertyNames", "checked where the names' schema has anyOf, oneOf or if",
       {{R"({"propertyNames": {"maxLength": 2}})", {R"({"ab": 1})"}, {R"({"abc": 1})"}},
        {R"({"propertyNames": {"enum": ["a", "b"]}})", {R"({"a": 1})"}, {R"({"c": 1})"}},
        {R"({"propertyNames": {"anyOf": [{"const": "a"}, {"minLength": 3}]}})", {R"({"a": 1, "abc": 2})"}, {R"({"b": 1})"}}}},
      {"minProperties", "above 1, and where members that are not listed may come, also checked: one name may come twice",
       {{R"({"minProperties": 1})", {R"({"a": 1})"}, {"{}"}},
        {R"({"properties": {"a": {}, "b": {}, "c": {}}, "additionalProperties": false, "minProperties": 2})", {R"({"a": 1, "c": 1})"}, {R"({"b": 1})", "{}"}},
        {R"({"minProperties": 2})", {R"({"a": 1, "b": 1})"}, {R"({"a": 1})", R"({"a": 1, "a": 2})"}}}},
      {"maxProperties", "", {{R"({"maxProperties": 2})", {R"({"a": 1, "b": 1})", "{}"}, {R"({"a": 1, "b": 1, "c": 1})"}}}},
      {"dependentRequired", "", {{R"({"dependentRequired": {"a": ["b"]}})", {R"({"a": 1, "b": 2})", R"({"c": 1})"}, {R"({"a": 1})"}}}},
      {"dependentSchemas", "",
       {{R"({"dependentSchemas": {"a": {"properties": {"b": {"type": "null"}}}}})", {R"({"a": 1, "b": null})", R"({"b": 1})"}, {R"({"a": 1, "b": 1})"}}}},
      {"dependencies", "until draft 7",
       {{R"({"dependencies": {"a": ["b"], "c": {"maxProperties": 1}}})", {R"({"a": 1, "b": 1})", R"({"c": 1})"}, {R"({"a": 1})", R"({"c": 1, "d": 1})"}}}},
      {"items", "a schema, or a list until draft 2019-09",
       {{R"({"items": {"type": "integer"}})", {"[]", "[1, 2]"}, {"[1, \"2\"]"}},
        {R"({"items": [{"type": "string"}, {"type": "null"}]})", {"[\"a\", null, 3]", "[\"a\"]"}, {"[1]", "[\"a\", 1]"}}}},
      {"additionalItems", "until draft 2019-09",
       {{R"({"items": [{"type": "string"}], "additionalItems": false})", {"[\"a\"]", "[]"}, {"[\"a\", 1]"}}}},
      {"prefixItems", "", {{R"({"prefixItems": [{"type": "string"}], "items": {"type": "null"}})", {"[\"a\", null]", "[]"}, {"[1]", "[\"a\", 1]"}}}},
      {"minItems", "", {{R"({"minItems": 2})", {"[1, 2]", "{}"}, {"[1]"}}}},
      {"maxItems", "", {{R"({"maxItems": 2})", {"[1, 2]", "[]"}, {"[1, 2, 3]"}}}},
      {"uniqueItems", "a grammar cannot compare items", {{R"({"uniqueItems": true})", {"[1, 2]"}, {"[1, 1]"}}}},
      {"contains", "a second one beside the first is checked",
       {{R"({"contains": {"type": "integer"}})", {"[\"a\", 1]"}, {"[\"a\"]", "[]"}},
        {R"({"allOf": [{"contains": {"const": 1}}, {"contains": {"const": 2}}]})", {"[1, 2]"}, {"[1]", "[2]"}}}},
      {"minContains", "", {{R"({"contains": {"type": "integer"}, "minContains": 2})", {"[1, \"a\", 2]"}, {"[1, \"a\"]"}}}},
      {"maxContains", "",
       {{R"({"contains": {"type": "integer"}, "maxContains": 1})", {"[\"a\", 1]"}, {"[1, 2]"}},
        {R"({"contains": {"uniqueItems": true}, "maxContains": 1})", {"[[1], [2, 2]]"}, {"[[1], [2]]"}}}},
      {"unevaluatedProperties", "",
       {{R"({"allOf": [{"properties": {"a": {}}}], "unevaluatedProperties": false})", {R"({"a": 1})"}, {R"({"b": 1})"}}}},
      {"unevaluatedItems", "", {{R"({"prefixItems": [{}], "unevaluatedItems": false})", {"[1]"}, {"[1, 2]"}}}},
  };
}

// Schemas made of schemas, and references.
inline std::vector<SupportRow> logic_rows() {
  return {
      {"allOf", "exact, also of patterns and lengths",
       {{R"({"allOf": [{"minLength": 2}, {"pattern": "^a"}, {"type": "string"}]})", {R"("ab")"}, {R"("a")", R"("ba")", "1"}}}},
      {"anyOf", "", {{R"({"anyOf": [{"type": "string"}, {"minimum": 3, "type": "number"}]})", {R"("a")", "3"}, {"2", "null"}}}},
      {"oneOf", "enforced where the branches exclude each other or their opposites can be written",
       {{R"({"oneOf": [{"minimum": 2}, {"maximum": 5}], "type": "integer"})", {"1", "6"}, {"3"}},
        {R"({"oneOf": [{"properties": {"k": {"const": 1}}, "required": ["k"]}, {"properties": {"k": {"const": 2}}, "required": ["k"]}]})", {R"({"k": 1})", R"({"k": 2})"}, {R"({"k": 3})", "{}"}},
        {R"({"oneOf": [{"type": "array", "uniqueItems": true}, {"maxItems": 2}], "type": "array"})", {"[1, 2, 3]", "[1, 1]"}, {"[1, 2]"}}}},
      {"not", "enforced where the opposite can be written",
       {{R"({"not": {"type": "string"}})", {"1", "null"}, {R"("a")"}},
        {R"({"not": {"properties": {"a": {"const": 1}}, "required": ["a"]}})", {R"({"a": 2})", "{}"}, {R"({"a": 1})", "3"}},
        {R"({"not": {"multipleOf": 3}})", {"4"}, {"6"}},
        {R"({"not": {"oneOf": [{"minimum": 2}, {"maximum": 5}]}})", {"3"}, {"1", "6"}}}},
      {"if", "with `then` or `else`; enforced where the opposite can be written",
       {{R"({"if": {"required": ["a"]}, "then": {"required": ["b"]}})", {R"({"a": 1, "b": 1})", "{}"}, {R"({"a": 1})"}},
        {R"({"type": "array", "if": {"uniqueItems": true}, "else": {"maxItems": 2}})", {"[1, 2, 3]", "[1, 1]"}, {"[1, 1, 1]"}}}},
      {"then", "", {{R"({"if": {"type": "integer"}, "then": {"minimum": 3}})", {"3", "2.5", R"("a")"}, {"2"}}}},
      {"else", "", {{R"({"if": {"type": "integer"}, "else": {"type": "null"}})", {"3", "null"}, {"2.5", R"("a")"}}}},
      {"$ref", "inside the document, recursive ones too; until draft 7 nothing stands beside it",
       {{R"({"$ref": "#/$defs/n", "maximum": 4, "$defs": {"n": {"type": "integer"}}})", {"4"}, {"5", R"("a")"}},
        {R"({"properties": {"next": {"$ref": "#"}}, "additionalProperties": false})", {R"({"next": {"next": {}}})"}, {R"({"next": {"x": 1}})"}},
        {R"({"$schema": "http://json-schema.org/draft-07/schema#", "$ref": "#/definitions/n", "maximum": 4, "definitions": {"n": {"type": "integer"}}})", {"5"}, {R"("a")"}},
        {R"({"$ref": "https://elsewhere.example/schema.json"})", {}, {}}}},
      {"$defs", "", {{R"({"items": {"$ref": "#/$defs/a~1b"}, "$defs": {"a/b": {"type": "null"}}})", {"[null]"}, {"[1]"}}}},
      {"definitions", "until draft 7", {{R"({"$ref": "#/definitions/a", "definitions": {"a": {"type": "null"}}})", {"null"}, {"1"}}}},
      {"$id", "names a part of the document", {{R"({"$id": "https://a.example/s/", "$ref": "t", "$defs": {"x": {"$id": "t", "type": "null"}}})", {"null"}, {"1"}}}},
      {"id", "until draft 4", {{R"({"items": {"$ref": "#i"}, "definitions": {"x": {"id": "#i", "type": "null"}}})", {"[null]"}, {"[1]"}}}},
      {"$anchor", "", {{R"({"$ref": "#a", "$defs": {"x": {"$anchor": "a", "type": "null"}}})", {"null"}, {"1"}}}},
      {"$dynamicRef", "", {{R"({"$dynamicRef": "#a", "$defs": {"x": {"$dynamicAnchor": "a", "type": "null"}}})", {"null"}, {"1"}}}},
      {"$dynamicAnchor", "also a plain anchor", {{R"({"$ref": "#a", "$defs": {"x": {"$dynamicAnchor": "a", "type": "null"}}})", {"null"}, {"1"}}}},
      {"$recursiveRef", "draft 2019-09; with `$recursiveAnchor` at the root or nowhere",
       {{R"({"properties": {"next": {"$recursiveRef": "#"}}, "additionalProperties": false})", {R"({"next": {"next": {}}})"}, {R"({"next": {"x": 1}})"}},
        {R"({"$recursiveAnchor": true, "type": ["object", "null"], "additionalProperties": {"$ref": "list"}, "$defs": {"x": {"$id": "list", "$recursiveAnchor": true, "type": "array", "items": {"$recursiveRef": "#"}}}})", {R"({"a": [{"b": []}, null]})"}, {R"({"a": [[]]})", "[]"}},
        {R"({"$ref": "list", "$defs": {"x": {"$id": "list", "$recursiveAnchor": true, "items": {"$recursiveRef": "#"}}}})", {}, {}}}},
      {"nullable", "OpenAPI 3.0", {{R"({"type": "integer", "nullable": true})", {"1", "null"}, {R"("a")"}}}},
  };
}

// Keywords that say nothing about values.
inline std::vector<SupportRow> note_rows() {
  const auto row = [](std::string_view keyword, std::string_view schema) {
    return SupportRow{keyword, "", {{schema, {"null", "1", R"("a")", "[1]", R"({"a": 1})"}, {}}}};
  };
  return {{"$schema", "a dialect of somebody's own may give keywords another meaning",
           {{R"({"$schema": "https://json-schema.org/draft/2020-12/schema"})", {"null", "1", "[1]"}, {}},
            {R"({"$schema": "https://elsewhere.example/dialect"})", {}, {}}}},
          row("$vocabulary", R"({"$vocabulary": {"https://json-schema.org/draft/2020-12/vocab/core": true}})"),
          row("$comment", R"({"$comment": "x"})"),
          row("$recursiveAnchor", R"({"$recursiveAnchor": true})"),
          row("title", R"({"title": "x"})"),
          row("description", R"({"description": "x"})"),
          row("default", R"({"default": {"type": "integer"}})"),
          row("examples", R"({"examples": [{"$ref": "#/nowhere"}]})"),
          row("deprecated", R"({"deprecated": true})"),
          row("readOnly", R"({"readOnly": true})"),
          row("writeOnly", R"({"writeOnly": true})"),
          row("contentEncoding", R"({"contentEncoding": "base64"})"),
          row("contentMediaType", R"({"contentMediaType": "application/json"})"),
          row("contentSchema", R"({"contentMediaType": "application/json", "contentSchema": {"type": "integer"}})"),
          row("x-anything", R"({"x-anything": 1})")};
}

// clang-format on

}  // namespace puna::testing

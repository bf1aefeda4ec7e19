// See action_grammar.h.
#include "sim/action_grammar.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace puna::sim {
namespace {

std::string literal(std::string_view text) {
  std::string quoted_text = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted_text += '\\';
    }
    quoted_text += c;
  }
  return quoted_text + "\"";
}

std::string digits(char from, char to) {
  return from == to ? literal(std::string(1, from)) : format_text("[{}-{}]", from, to);
}

// Numbers of as many digits as both ends have.
std::string same_length(std::string_view low, std::string_view high) {
  if (low.size() == 1) {
    return digits(low[0], high[0]);
  }
  const std::string_view low_rest = low.substr(1);
  const std::string_view high_rest = high.substr(1);
  if (low[0] == high[0]) {
    return digits(low[0], low[0]) + " (" + same_length(low_rest, high_rest) + ")";
  }
  std::string text = digits(low[0], low[0]) + " (" + same_length(low_rest, std::string(low_rest.size(), '9')) + ")";
  if (low[0] + 1 < high[0]) {
    text += " | " + digits(static_cast<char>(low[0] + 1), static_cast<char>(high[0] - 1));
    for (std::size_t i = 0; i < low_rest.size(); ++i) {
      text += " [0-9]";
    }
  }
  return text + " | " + digits(high[0], high[0]) + " (" + same_length(std::string(high_rest.size(), '0'), high_rest) +
         ")";
}

std::string natural_rule(std::uint64_t min, std::uint64_t max) {
  const std::string low = std::to_string(min);
  const std::string high = std::to_string(max);
  std::string text;
  for (std::size_t length = low.size(); length <= high.size(); ++length) {
    const std::string from = length == low.size() ? low : "1" + std::string(length - 1, '0');
    const std::string to = length == high.size() ? high : std::string(length, '9');
    text += (text.empty() ? "" : " | ") + same_length(from, to);
  }
  return text;
}

std::uint64_t magnitude(std::int64_t value) {
  return value < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
}

std::string text_rule(std::int64_t characters_max) {
  return format_text(R"("\"" [^"\\\x7F\x00-\x1F]{{0,{}}} "\"")", characters_max);
}

std::string values_of(const Json& schema) {
  if (const Json* values = schema.find("enum")) {
    std::string text;
    for (const Json& value : values->as_array()) {
      text += (text.empty() ? "" : " | ") + literal(value.dump());
    }
    return text;
  }
  if (schema.text_or("type") == "integer") {
    return integer_rule(schema.find("minimum")->as_integer(), schema.find("maximum")->as_integer());
  }
  return text_rule(schema.find("maxLength")->as_integer());
}

// Behind the opening brace.
std::string rule_of(const ActionKind& kind) {
  std::string head = "\"action\": \"" + kind.name + "\"";
  std::string rule;
  for (const Parameter& parameter : kind.parameters) {
    head += ", \"" + parameter.name + "\": ";
    rule += literal(head) + " (" + values_of(parameter.schema) + ") ";
    head.clear();
  }
  return rule + literal(head + "}");
}

}  // namespace

std::string integer_rule(std::int64_t min, std::int64_t max) {
  std::string text;
  if (min < 0) {
    text = "\"-\" (" + natural_rule(max < 0 ? magnitude(max) : 1, magnitude(min)) + ")";
  }
  if (max >= 0) {
    text += (text.empty() ? "" : " | ") + natural_rule(min < 0 ? 0 : magnitude(min), magnitude(max));
  }
  return text;
}

std::string grammar_of(std::span<const ActionKind> kinds, int reasoning_max) {
  std::string root = "root ::= \"{\" ";
  if (reasoning_max > 0) {
    root += literal("\"reasoning\": ") + " " + text_rule(reasoning_max) + " \", \" ";
  }
  std::string choices;
  std::string rules;
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    choices += format_text("a{} | ", i);
    rules += format_text("a{} ::= ", i) + rule_of(kinds[i]) + "\n";
  }
  return root + "(" + choices + rule_of({.name = kNoop, .what = {}, .parameters = {}}) + ")\n" + rules;
}

}  // namespace puna::sim

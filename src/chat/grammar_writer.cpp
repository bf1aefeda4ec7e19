// GBNF text: literals, shared JSON rules, and one line per rule. The number rules keep what is written within what Json
// reads without loss (15 digits fit a double exactly; two digits of exponent cannot overflow), and the string rule only
// lets escapes through that form characters (no lone surrogates), so a finished value always parses.
#include "chat/grammar_writer.h"

#include "puna/chat/schema.h"

namespace puna::gbnf {

std::string literal(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += format_text("\\x{:02X}", byte);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string json_literal(const Json& value) { return literal(value.dump()); }

std::string class_member(char character) {
  const auto byte = static_cast<unsigned char>(character);
  if (character == ']' || character == '[' || character == '\\' || character == '^' || character == '-' ||
      byte < 0x20) {
    return format_text("\\x{:02X}", byte);
  }
  return std::string(1, character);
}

std::string Writer::rule(std::string_view body) {
  const auto known = names_.find(std::string(body));
  if (known != names_.end()) {
    return known->second;
  }
  std::string name = reserve();
  define(name, body);
  names_.emplace(body, name);
  return name;
}

std::string Writer::reserve() { return format_text("r{}", next_++); }

void Writer::define(std::string_view name, std::string_view body) {
  if (!is_over_bound()) {
    text_ += format_text("{} ::= {}\n", name, body);
  }
}

bool Writer::is_over_bound() const { return text_.size() > kGrammarBytesMax; }

std::string Writer::space() { return rule(R"("" | " " | "\n" [ \t]{0,16})"); }

std::string Writer::json_string() {
  const std::string hex = rule("[0-9a-fA-F]");
  const std::string unit =
      rule(format_text("[0-9abcefABCEF] {0} {0} {0} | [dD] [0-7] {0} {0} | "
                       "[dD] [89abAB] {0} {0} \"\\\\u\" [dD] [c-fC-F] {0} {0}",
                       hex));
  const std::string character = rule(format_text(R"([^"\\\x00-\x1F] | "\\" (["\\/bfnrt] | "u" {}))", unit));
  return rule(format_text(R"("\"" {}* "\"")", character));
}

std::string Writer::json_integer() { return rule(R"("-"? ("0" | [1-9] [0-9]{0,14}))"); }

std::string Writer::json_number() {
  return rule(format_text(R"({} ("." [0-9]{{1,15}})? ([eE] [-+]? [0-9]{{1,2}})?)", json_integer()));
}

std::string Writer::any_object(int depth) {
  if (depth <= 0) {
    return rule("\"{}\"");
  }
  const std::string pair = rule(format_text(R"({} ":" " "? {})", json_string(), any_value(depth - 1)));
  return rule(format_text(R"("{{" {0} ({1} ("," {0} {1})* {0})? "}}")", space(), pair));
}

std::string Writer::any_array(int depth) {
  if (depth <= 0) {
    return rule("\"[]\"");
  }
  return rule(format_text(R"("[" {0} ({1} ("," {0} {1})* {0})? "]")", space(), any_value(depth - 1)));
}

std::string Writer::any_value(int depth) {
  const std::string scalars = rule(format_text(R"({} | {} | "true" | "false" | "null")", json_string(), json_number()));
  return depth <= 0 ? scalars : rule(format_text("{} | {} | {}", scalars, any_object(depth), any_array(depth)));
}

Result<Grammar> Writer::finish(std::string_view root_body) const {
  Grammar grammar{.gbnf = format_text("root ::= {}\n", root_body) + text_};
  if (grammar.gbnf.size() > kGrammarBytesMax) {
    return fail(ErrorCode::limit, format_text("the grammar is larger than {} bytes", kGrammarBytesMax),
                "make the schemas smaller, or offer fewer tools");
  }
  return grammar;
}

}  // namespace puna::gbnf

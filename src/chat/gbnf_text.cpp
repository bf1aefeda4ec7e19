// Formats as GBNF text, for servers that take such.
#include <utility>

#include "chat/pattern_tree.h"
#include "puna/chat/output_format.h"

namespace puna {
namespace {

using pattern::Node;
using Kind = Node::Kind;

std::string hex(char32_t point, int digits) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string text;
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
    text += kHex[(point >> static_cast<unsigned>(shift)) & 15U];
  }
  return text;
}

// A character inside of quotes or brackets. Only letters and digits stand for themselves.
std::string character(char32_t point) {
  const bool is_plain =
      (point >= 'a' && point <= 'z') || (point >= 'A' && point <= 'Z') || (point >= '0' && point <= '9');
  if (is_plain) {
    return {static_cast<char>(point)};
  }
  return point < 0x80 ? "\\x" + hex(point, 2) : point < 0x10000 ? "\\u" + hex(point, 4) : "\\U" + hex(point, 8);
}

std::string one_of(const CodePoints& points) {
  std::string text = "[";
  for (const auto& [first, last] : points.ranges()) {
    text += character(first) + (first == last ? "" : "-" + character(last));
  }
  return text + "]";
}

class Writer {
 public:
  // In a sequence: what holds weaker stands in parentheses.
  Result<std::string> write(const Node& node) {
    switch (node.kind) {
      case Kind::one:
        return one_of(node.points);
      case Kind::sequence:
        return joined(node, " ");
      case Kind::either: {
        PUNA_TRY(const std::string options, joined(node, " | "));
        return "(" + options + ")";
      }
      case Kind::repeat: {
        PUNA_TRY(const std::string part, write(node.parts.front()));
        return "(" + part + ")" + times(node);
      }
      case Kind::start:
      case Kind::end:
        return std::string("\"\"");  // the answer is matched from end to end anyway
      case Kind::ahead:
      case Kind::not_ahead:
        break;
    }
    return fail(ErrorCode::invalid_argument, "a pattern with lookahead cannot be written as a GBNF grammar",
                "write it without, or use a local model");
  }

 private:
  Result<std::string> joined(const Node& node, std::string_view between) {
    std::string text;
    for (const Node& part : node.parts) {
      PUNA_TRY(const std::string written, write(part));
      text += (text.empty() ? "" : std::string(between)) + written;
    }
    return text.empty() ? "\"\"" : std::move(text);
  }
  static std::string times(const Node& node) {
    const bool is_endless = node.max == RegexPool::kEndless;
    if (is_endless && node.min < 2) {
      return node.min == 0 ? "*" : "+";
    }
    return "{" + std::to_string(node.min) + "," + (is_endless ? "" : std::to_string(node.max)) + "}";
  }
};

std::string choices_text(const std::vector<std::string>& texts) {
  std::string grammar;
  for (const std::string& text : texts) {
    grammar += grammar.empty() ? "root ::= \"" : " | \"";
    for (std::size_t at = 0; at < text.size();) {
      grammar += character(next_character(text, at));
    }
    grammar += '"';
  }
  return grammar;
}

}  // namespace

Result<std::string> gbnf_from(const OutputFormat& format) {
  if (const auto* gbnf = std::get_if<format::Gbnf>(&format)) {
    if (gbnf->root != "root") {
      return fail(ErrorCode::invalid_argument,
                  format_text("a grammar that is sent begins with the rule root, not {}", printable(gbnf->root)));
    }
    PUNA_TRY_VOID(grammar_from_gbnf(gbnf->text));
    return gbnf->text;
  }
  if (const auto* choice = std::get_if<format::Choice>(&format)) {
    PUNA_TRY_VOID(grammar_from_choices(choice->texts));
    return choices_text(choice->texts);
  }
  if (const auto* pattern = std::get_if<format::Pattern>(&format)) {
    PUNA_TRY_VOID(grammar_from_regex(pattern->pattern));
    PUNA_TRY(const Node node, pattern::parse(pattern->pattern));
    PUNA_TRY(const std::string text, Writer().write(node));
    return "root ::= " + text;
  }
  return fail(ErrorCode::invalid_argument, "a JSON Schema is sent as it is, not as a GBNF grammar");
}

}  // namespace puna

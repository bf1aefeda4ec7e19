// What an answer must look like: JSON that fits a schema, a grammar, a regular expression, one of some texts.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "puna/base.h"

namespace puna {

class Grammar;  // puna/base/grammar.h

inline constexpr std::size_t kGbnfBytesMax = std::size_t{256} * 1024;
inline constexpr int kGbnfDepthMax = 200;  // of parentheses
inline constexpr std::size_t kGbnfRulesMax = 20'000;
inline constexpr std::uint32_t kGbnfRepeatMax = 100'000;

namespace format {
struct Schema {  // JSON that fits it; a closed object where it lists members and says nothing about others
  Json schema;
};
struct Gbnf {
  std::string text;
  std::string root = "root";
};
struct Pattern {  // the whole answer matches: RE2's syntax, and lookahead
  std::string pattern;
};
struct Choice {  // one of these
  std::vector<std::string> texts;
};
}  // namespace format
using OutputFormat = std::variant<format::Schema, format::Gbnf, format::Pattern, format::Choice>;

// GBNF, as llama.cpp reads it; an alternative may also begin on a line of its own. <text> is the vocabulary's token
// with that text. Errors  invalid_argument  not well formed, a rule that is not there, left recursion, a token by
// number, or nothing
//                           that matches; the message names line and reason
//         limit             larger than the bounds
[[nodiscard]] Result<std::shared_ptr<const Grammar>> grammar_from_gbnf(std::string_view text,
                                                                       std::string_view root = "root");

// The whole output matches the regular expression (RE2's syntax, and lookahead).
// Errors  invalid_argument, limit  as the message says
[[nodiscard]] Result<std::shared_ptr<const Grammar>> grammar_from_regex(std::string_view pattern);

// The output is one of these texts.
// Errors  invalid_argument  none, or an empty one
[[nodiscard]] Result<std::shared_ptr<const Grammar>> grammar_from_choices(std::span<const std::string> choices);

// A format that is no schema as GBNF with the rule root, for servers that take such.
// Errors  invalid_argument  a schema, a pattern with lookahead, another root, or as the functions above
//         limit             as above
[[nodiscard]] Result<std::string> gbnf_from(const OutputFormat& format);

}  // namespace puna

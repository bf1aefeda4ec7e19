// Parses GBNF into its bare shape: which rule refers to which, what can be empty. Used by gbnf_check.cpp only.
//
// Invariant: every stated limit of gbnf_check.h holds while parsing, so memory and stack stay bounded.
// Source: the language as libllama 0.7 accepts it, tried against the library (gbnf_check_test).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/gbnf_check.h"

namespace puna::engine {

struct GbnfSymbol {
  std::size_t rule = 0;   // index into the rules; kNoRule for a terminal
  bool optional = false;  // may be left out where it stands
  bool repeats = false;   // may occur more than once where it stands
  static constexpr std::size_t kNoRule = static_cast<std::size_t>(-1);
};
using GbnfSequence = std::vector<GbnfSymbol>;

struct GbnfRule {
  std::string name;
  bool defined = false;
  std::vector<GbnfSequence> alternatives;
};

struct GbnfShape {
  std::vector<GbnfRule> rules;
  GbnfTokens tokens;
};

class GbnfParser {
 public:
  explicit GbnfParser(std::string_view text) : text_(text) {}
  // Errors  invalid_argument
  [[nodiscard]] Result<GbnfShape> parse();

  // An error at the present line; also used for findings about a whole rule.
  [[nodiscard]] std::unexpected<Error> refuse(std::string_view reason) const;

 private:
  // One item and what libllama will make of it when it is repeated.
  struct Item {
    GbnfSymbol symbol;
    std::uint64_t elements = 1;  // that a repetition copies
    std::uint64_t rules = 1;     // that libllama counts against its own limit
    bool empty = false;          // "" adds nothing, and nothing can be repeated
  };

  [[nodiscard]] Result<void> parse_rule();
  [[nodiscard]] Result<void> parse_alternatives(std::size_t rule, int depth);
  [[nodiscard]] Result<GbnfSequence> parse_sequence(int depth);
  [[nodiscard]] Result<Item> parse_item(int depth);
  [[nodiscard]] Result<Item> parse_literal();
  [[nodiscard]] Result<Item> parse_class();
  [[nodiscard]] Result<Item> parse_token();
  [[nodiscard]] Result<Item> parse_group(int depth);
  [[nodiscard]] Result<char32_t> parse_character();
  [[nodiscard]] Result<void> parse_repetition(Item& item, bool nested);
  [[nodiscard]] Result<std::uint64_t> parse_count();
  [[nodiscard]] Result<std::size_t> rule_named(std::string_view name);
  [[nodiscard]] Result<void> count_rules(std::uint64_t more);
  [[nodiscard]] Result<void> count_elements(std::uint64_t more);

  [[nodiscard]] bool at_end() const { return position_ >= text_.size(); }
  [[nodiscard]] char here() const { return at_end() ? '\0' : text_[position_]; }
  void skip_space(bool lines_too);
  [[nodiscard]] std::string_view name();

  std::string_view text_;
  std::size_t position_ = 0;
  GbnfShape shape_;
  std::unordered_map<std::string, std::size_t> rule_of_;
  std::uint64_t rules_ = 0;
  std::uint64_t elements_ = 0;
  std::size_t alternatives_ = 0;
};

}  // namespace puna::engine

// Writes GBNF rules: names them, keeps equal bodies once, and stays within kGrammarBytesMax. Owns its text.
//
// Invariants: every rule is on one line and no alternative is empty but for "", so that the text parses the same in
// every reader; a rule only names rules that were added before it, or that were reserved and are defined later. Source:
// GBNF as read by libllama's llama_sampler_init_grammar.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

#include "puna/base.h"

namespace puna::gbnf {

// The text as a GBNF string literal, quotes included.
[[nodiscard]] std::string literal(std::string_view text);
// The JSON form of the text (quotes and escapes included) as a GBNF literal.
[[nodiscard]] std::string json_literal(const Json& value);
// A character for use inside [...].
[[nodiscard]] std::string class_member(char character);

class Writer {
 public:
  // The name of a rule with this body: an old one when there is one.
  [[nodiscard]] std::string rule(std::string_view body);
  // A new name, to be defined later by define().
  [[nodiscard]] std::string reserve();
  void define(std::string_view name, std::string_view body);

  // White space between JSON tokens: nothing, a space, or a newline and some indentation. Never endless.
  [[nodiscard]] std::string space();
  // A shared rule of JSON itself.
  [[nodiscard]] std::string json_string();
  [[nodiscard]] std::string json_integer();
  [[nodiscard]] std::string json_number();
  // Any value, any object and any array that nest at most `depth` deep.
  [[nodiscard]] std::string any_value(int depth);
  [[nodiscard]] std::string any_object(int depth);
  [[nodiscard]] std::string any_array(int depth);

  // The grammar whose root has this body.
  // Errors  limit  more text than kGrammarBytesMax
  [[nodiscard]] Result<Grammar> finish(std::string_view root_body) const;

  // True once the bound is passed: callers stop early, finish() reports it.
  [[nodiscard]] bool is_over_bound() const;

 private:
  std::string text_;
  std::unordered_map<std::string, std::string> names_;  // body to name
  std::size_t next_ = 0;
};

}  // namespace puna::gbnf

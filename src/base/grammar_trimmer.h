// Prepares a grammar for matching: what can never match is removed, so that no prefix of a text leads nowhere, and a
// rule that begins with itself is refused, because a matcher would follow it for ever.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "puna/base/grammar.h"

namespace puna {

class GrammarTrimmer {
 public:
  explicit GrammarTrimmer(Grammar& grammar) : grammar_(grammar) {}
  [[nodiscard]] Result<void> run();

 private:
  using Flags = std::vector<bool>;  // by expression

  // The least set of expressions with a property that follows from that of their parts.
  [[nodiscard]] Flags least(const std::function<bool(const Grammar::Expr&, const Flags&)>& has) const;
  [[nodiscard]] bool can_match(const Grammar::Expr& expr, const Flags& matching) const;
  [[nodiscard]] bool can_be_empty(const Grammar::Expr& expr, const Flags& empty) const;
  void remove(const Flags& matching);
  [[nodiscard]] Result<void> refuse_left_recursion(const Flags& empty) const;

  Grammar& grammar_;
};

}  // namespace puna

#include "puna/base/grammar.h"

#include <algorithm>
#include <utility>

#include "base/grammar_trimmer.h"

namespace puna {

ExprId Grammar::add(Expr expr) {
  const ExprId id{static_cast<std::uint32_t>(exprs_.size())};
  if (const auto* text = std::get_if<expr::Text>(&expr)) {
    const auto [known, added] = texts_.try_emplace(static_cast<std::uint32_t>(text->regex), id);
    if (!added) {
      return known->second;
    }
  }
  exprs_.push_back(std::move(expr));
  return id;
}

RuleId Grammar::declare(std::string name) {
  rules_.push_back({.name = std::move(name), .is = never()});
  return RuleId{static_cast<std::uint32_t>(rules_.size() - 1)};
}

Result<void> Grammar::finish(ExprId root) {
  root_ = root;
  if (exprs_.size() > kExprsMax || regexes.is_full()) {
    return fail(ErrorCode::limit, "the grammar is too large");
  }
  return GrammarTrimmer(*this).run();
}

std::string control_token(std::string_view text) { return kControlMark + std::string(text) + kControlMark; }

}  // namespace puna

// Tests only: whether a whole text matches a grammar.
#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "puna/base/grammar_matcher.h"

namespace puna::testing {

class TextMatcher {
 public:
  explicit TextMatcher(std::shared_ptr<const Grammar> grammar)
      : grammar_(std::move(grammar)),
        pool_(std::make_unique<RegexPool>()),
        matcher_(std::make_unique<GrammarMatcher>(*grammar_, *pool_)) {}

  [[nodiscard]] bool matches(std::string_view text) {
    return matcher_->may_end(matcher_->next(matcher_->start(), text));
  }
  // Whether some text that matches begins like this.
  [[nodiscard]] bool begins(std::string_view text) {
    return matcher_->next(matcher_->start(), text) != GrammarMatcher::State::dead;
  }

 private:
  std::shared_ptr<const Grammar> grammar_;
  std::unique_ptr<RegexPool> pool_;
  std::unique_ptr<GrammarMatcher> matcher_;
};

}  // namespace puna::testing

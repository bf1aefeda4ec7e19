// Tests only: random texts that a grammar lets through.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "puna/base.h"
#include "puna/base/grammar_matcher.h"

namespace puna::testing {

class Walker {
 public:
  // `words` are tried often: what ends strings, values and calls.
  Walker(std::shared_ptr<const Grammar> grammar, std::vector<std::string> words)
      : grammar_(std::move(grammar)),
        words_(std::move(words)),
        pool_(std::make_unique<RegexPool>()),
        matcher_(std::make_unique<GrammarMatcher>(*grammar_, *pool_)) {
    std::erase(words_, "");
  }

  // Empty: it found no end in `bytes_max` bytes.
  std::optional<std::string> walk(Random& random, std::size_t bytes_max) {
    std::string text;
    GrammarMatcher::State state = matcher_->start();
    while (text.size() < bytes_max) {
      if (matcher_->may_end(state) && random.next() % 3 == 0) {
        return text;
      }
      std::string step = text.size() * 2 > bytes_max || random.next() % 3 == 0 ? word(random, state) : std::string();
      if (step.empty()) {
        step = byte(random, state);
      }
      if (step.empty()) {
        return matcher_->may_end(state) ? std::optional(text) : std::nullopt;
      }
      text += step;
      state = matcher_->next(state, step);
    }
    return matcher_->may_end(state) ? std::optional(text) : std::nullopt;
  }

 private:
  std::string word(Random& random, GrammarMatcher::State state) {
    const std::size_t first = random.next() % words_.size();
    for (std::size_t i = 0; i < words_.size(); ++i) {
      const std::string& each = words_[(first + i) % words_.size()];
      if (matcher_->next(state, each) != GrammarMatcher::State::dead) {
        return each;
      }
    }
    return {};
  }

  std::string byte(Random& random, GrammarMatcher::State state) {
    const ByteSet set = matcher_->next_bytes(state);
    std::string plain;
    std::string all;
    for (unsigned byte = 0; byte < 256; ++byte) {
      if (set.has(static_cast<std::uint8_t>(byte)) &&
          matcher_->next(state, static_cast<std::uint8_t>(byte)) != GrammarMatcher::State::dead) {
        all += static_cast<char>(byte);
        if (byte >= ' ' && byte < 0x7F) {
          plain += static_cast<char>(byte);
        }
      }
    }
    const std::string& from = plain.empty() || random.next() % 10 == 0 ? all : plain;
    return from.empty() ? std::string() : std::string(1, from[random.next() % from.size()]);
  }

  std::shared_ptr<const Grammar> grammar_;
  std::vector<std::string> words_;
  std::unique_ptr<RegexPool> pool_;
  std::unique_ptr<GrammarMatcher> matcher_;
};

// As the reader gets it: a control token is its text.
inline std::string shown(std::string text) {
  std::erase(text, '\xFF');
  return text;
}

}  // namespace puna::testing

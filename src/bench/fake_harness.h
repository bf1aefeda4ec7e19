// Test support: weights without a model, a guard that says what the test wrote down, a sink that keeps everything.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bench/guard.h"
#include "puna/bench.h"
#include "puna/engine/weights.h"

namespace puna::bench {

// Says what the test wrote down, from settle() on, then calm for ever.
class ScriptedGuard final : public RoundGuard {
 public:
  explicit ScriptedGuard(std::deque<bool> loud = {}, bool always_loud = false)
      : loud_(std::move(loud)), always_loud_(always_loud) {}
  void settle() override { ++settled; }
  [[nodiscard]] std::optional<std::string> disturbance() override {
    bool loud = always_loud_;
    if (settled > 0 && !loud_.empty()) {
      loud = loud_.front();
      loud_.pop_front();
    }
    return loud ? std::optional<std::string>("a test is loud") : std::nullopt;
  }
  int settled = 0;

 private:
  std::deque<bool> loud_;
  bool always_loud_;
};

// A vocabulary of 64 letters, the first of which is a control token and the second half a character.
class LetterWeights final : public Weights {
 public:
  [[nodiscard]] const ModelFacts& facts() const override { return facts_; }
  [[nodiscard]] Result<std::vector<Token>> tokenize(std::span<const PromptPart> /*parts*/,
                                                    const Known& /*known*/) const override {
    return std::vector<Token>{};
  }
  [[nodiscard]] std::string piece(Token token) const override { return token == 1 ? "\xC3" : "a"; }
  [[nodiscard]] bool is_control(Token token) const override { return token == 0; }
  [[nodiscard]] bool ends_generation(Token token) const override { return token == 0; }
  [[nodiscard]] int vocabulary_tokens() const override { return 64; }

  ModelFacts facts_{.window_trained_tokens = 100};
};

class KeepingSink final : public BenchSink {
 public:
  void on_header(const Json& header) override { headers.push_back(header); }
  void on_result(const BenchResult& result) override { results.push_back(result); }
  void on_progress(std::string_view line) override { progress.emplace_back(line); }

  std::vector<Json> headers;
  std::vector<BenchResult> results;
  std::vector<std::string> progress;
};

}  // namespace puna::bench

// Test support: the engine's step driven by hand on a fake library. Shared by engine_core_test and
// engine_pressure_test.
#pragma once

#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/engine_core.h"
#include "engine/fake_backend.h"
#include "engine/fake_weights.h"

namespace puna::engine::test {

struct Output {
  std::string text;
  std::vector<Token> tokens;
  std::optional<piece::Finished> finished;
  std::optional<Error> error;
  std::vector<piece::Prefill> prefills;
};

// One generation's caller side.
struct Caller {
  std::shared_ptr<Generation::Stream> stream;

  // All that arrived so far; never waits.
  Output drain() const {
    Output output;
    stream->fail({.code = ErrorCode::unavailable, .message = "test: nothing more", .hint = {}});
    for (;;) {
      auto piece = stream->next({});
      if (!piece) {
        output.error = piece.error();
        return output;
      }
      if (auto* text = std::get_if<piece::Text>(&*piece)) {
        output.text += text->text;
        output.tokens.insert(output.tokens.end(), text->tokens.begin(), text->tokens.end());
      } else if (auto* prefill = std::get_if<piece::Prefill>(&*piece)) {
        output.prefills.push_back(*prefill);
      } else {
        output.finished = std::get<piece::Finished>(*piece);
      }
    }
  }
};

class EngineCoreTest : public testing::Test {
 protected:
  void open(fake::Settings settings, EngineOptions options = {}, int sequences_max = 0) {
    options.sequences_max = sequences_max == 0 ? settings.lanes : sequences_max;
    options_ = with_defaults(options, weights_.facts(), 1);
    options_.saved_bytes_max = options.saved_bytes_max < 0 ? 1 << 20 : options.saved_bytes_max;
    settings_ = settings;
    backend_ = std::make_unique<fake::FakeBackend>(std::move(settings));
    core_ = std::make_unique<EngineCore>(*backend_, weights_, options_, Clock::system(), counters_);
  }

  Caller submit(std::vector<Token> prompt, int tokens_max, Sampling sampling = {.temperature = 0.0F},
                std::unique_ptr<TokenFilter> filter = nullptr, std::vector<std::string> stop = {}) {
    return submit(GenerationRequest{.prompt = std::move(prompt),
                                    .sampling = std::move(sampling),
                                    .stop = std::move(stop),
                                    .tokens_max = tokens_max},
                  std::move(filter));
  }

  Caller submit(GenerationRequest request, std::unique_ptr<TokenFilter> filter = nullptr,
                std::shared_ptr<Pin::State> pin = nullptr) {
    const std::size_t output_max = Sequence::output_max_of(request, request.prompt.size(), options_.window_tokens);
    auto sampling = effective(request.sampling);
    EXPECT_TRUE(sampling) << sampling.error().message;
    auto plan = plans_.make(*sampling, weights_);
    EXPECT_TRUE(plan) << plan.error().message;
    Caller caller{.stream = std::make_shared<Generation::Stream>(
                      output_max, request.stop, [this](Token token) { return weights_.bytes(token); },
                      StreamExtras{.sampling = *sampling})};
    ++counters_.waiting;
    auto sequence = std::make_unique<Sequence>(std::move(request), std::move(filter), caller.stream,
                                               options_.window_tokens, *std::move(plan));
    sequence->pin = std::move(pin);
    hand_over(std::move(sequence));
    return caller;
  }

  virtual void hand_over(std::unique_ptr<Sequence> sequence) { core_->submit(std::move(sequence)); }

  void run_to_end() {
    for (int i = 0; i < 100'000 && core_->step(); ++i) {
    }
    EXPECT_TRUE(core_->idle());
    EXPECT_EQ(backend_->calls().violation, "");
  }

  std::string expected(const std::vector<Token>& prompt, int count) const {
    return fake::expected_text(settings_.next, prompt, count);
  }

  fake::FakeWeights weights_;
  PlanMaker plans_;
  fake::Settings settings_;
  EngineOptions options_;
  Counters counters_;
  std::unique_ptr<fake::FakeBackend> backend_;
  std::unique_ptr<EngineCore> core_;
};

}  // namespace puna::engine::test

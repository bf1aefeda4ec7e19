// One generation as the engine thread sees it: what to compute, how to choose, where the output goes.
//
// Owned by EngineCore, first in the waiting line, then among the running ones. Invariant while running:
// tokens[0, computed) are what the lane holds.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "engine/backend.h"
#include "engine/output_text.h"
#include "engine/scheduler.h"
#include "engine/stream.h"

namespace puna::engine {

struct Sequence {
  // Requires a request that was checked: see check_request().
  Sequence(GenerationRequest request, std::unique_ptr<TokenFilter> token_filter,
           std::shared_ptr<Generation::Stream> output, int output_tokens_max)
      : tokens(std::move(request.prompt)),
        prompt_tokens(tokens.size()),
        sampling(request.sampling),
        filter(std::move(token_filter)),
        text(std::move(request.stop)),
        stream(std::move(output)),
        output_max(output_tokens_max) {}

  [[nodiscard]] std::int64_t output_count() const { return static_cast<std::int64_t>(tokens.size() - prompt_tokens); }

  SequenceNumber number = 0;  // in the order of arrival
  std::vector<Token> tokens;  // prompt, then output
  std::size_t prompt_tokens;
  std::size_t computed = 0;
  LaneId lane{};

  Sampling sampling;
  std::unique_ptr<TokenFilter> filter;  // may be null
  OutputText text;
  std::shared_ptr<Generation::Stream> stream;
  int output_max;

  bool started = false;  // it ran before, and waits again because memory ran short
  Usage usage;
  std::chrono::steady_clock::time_point began;  // when it left the waiting line for the first time
  std::chrono::steady_clock::time_point first_logits;
};

}  // namespace puna::engine

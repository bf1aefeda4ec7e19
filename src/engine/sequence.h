// One generation as the engine thread sees it: what to compute, how to choose, where the output goes.
//
// Owned by EngineCore, first in the waiting line, then among the running ones. Invariant while running:
// tokens[0, computed) are what the lane holds.
#pragma once

#include <algorithm>
#include <chrono>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "engine/backend.h"
#include "engine/sampler_plan.h"
#include "engine/scheduler.h"
#include "engine/stop_matcher.h"
#include "engine/stream.h"
#include "puna/base/seam.h"

namespace puna::engine {

struct Sequence {
  static constexpr std::size_t kNowhere = std::numeric_limits<std::size_t>::max();

  // Requires a request that was checked. window_tokens: the engine's. sampler_plan: of request.sampling.
  Sequence(GenerationRequest request, std::unique_ptr<TokenFilter> token_filter,
           std::shared_ptr<Generation::Stream> output, int engine_window_tokens,
           SamplerPlan sampler_plan = {.greedy = true})
      : agent(request.agent),
        random_key(random_key_of(request)),
        tokens(std::move(request.prompt)),
        media(std::move(request.media)),
        prompt_tokens(tokens.size()),
        window_tokens(static_cast<std::size_t>(window_of(request, engine_window_tokens))),
        output_max(output_max_of(request, prompt_tokens, engine_window_tokens)),
        fills_window(request.tokens_max == 0 || static_cast<std::size_t>(request.tokens_max) > output_max),
        published(prompt_tokens),
        plan(std::move(sampler_plan)),
        state(plan),
        filter(std::move(token_filter)),
        forces_text(filter != nullptr && request.forced_text && !request.logit_hashes &&
                    output->wants_probabilities() == 0),
        watched(request.watched),
        stops(request.stop),
        stream(std::move(output)),
        deadline(request.deadline) {
    tokens.reserve(prompt_tokens + output_max);
  }

  [[nodiscard]] static int window_of(const GenerationRequest& request, int engine_window_tokens) {
    return request.window_tokens == 0 ? engine_window_tokens : std::min(request.window_tokens, engine_window_tokens);
  }
  // How many tokens it may generate: what was asked for, or what is left of the window.
  [[nodiscard]] static std::size_t output_max_of(const GenerationRequest& request, std::size_t prompt_tokens,
                                                 int engine_window_tokens) {
    const std::size_t left = static_cast<std::size_t>(window_of(request, engine_window_tokens)) - prompt_tokens;
    return request.tokens_max == 0 ? left : std::min(left, static_cast<std::size_t>(request.tokens_max));
  }
  [[nodiscard]] static std::uint64_t random_key_of(const GenerationRequest& request) {
    const std::uint64_t agent = Random::mix(request.sampling.seed, static_cast<std::uint64_t>(request.agent));
    return Random::mix(agent, request.turn);
  }
  [[nodiscard]] std::size_t output_count() const { return tokens.size() - prompt_tokens; }

  // Appends text that is certain, as far as tokens may be generated. False: there is none.
  bool add_forced(std::span<const Token> forced) noexcept {
    const std::size_t room = output_max - output_count();
    if (forced.empty()) {
      return false;
    }
    is_cut = forced.size() > room;
    forced_at = tokens.size();
    tokens.insert(tokens.end(), forced.begin(),
                  forced.begin() + static_cast<std::ptrdiff_t>(std::min(forced.size(), room)));
    return true;
  }

  // How many of the tokens from `position` on, before `end`, are of one kind: words, or one medium's.
  [[nodiscard]] std::size_t same_kind(std::size_t position, std::size_t end) const {
    const auto run = run_from(position);
    if (run == media.end()) {
      return end - position;
    }
    return (position < run->begin ? std::min(end, run->begin) : std::min(end, run->begin + run->tokens)) - position;
  }
  // The vector in a medium's token's place; null for a word.
  [[nodiscard]] const float* vector_at(std::size_t position) const {
    const auto run = run_from(position);
    if (run == media.end() || position < run->begin) {
      return nullptr;
    }
    const std::size_t width = run->vectors->size() / run->tokens;
    return run->vectors->data() + (position - run->begin) * width;
  }

  AgentId agent;
  std::uint64_t random_key;     // the numbers of this generation: a function of it and the token's index
  SequenceNumber number = 0;    // in the order of arrival
  std::uint64_t line_turn = 0;  // its place in the waiting line
  std::vector<Token> tokens;    // prompt, then output; room for all of them
  std::vector<MediaRun> media;  // of the prompt, in order
  std::size_t prompt_tokens;
  std::size_t window_tokens;
  std::size_t output_max;
  bool fills_window;  // output_max is where the window ends, not what was asked for
  std::size_t computed = 0;
  std::size_t published;             // tokens[prompt_tokens, published) were given to the reader
  std::size_t forced_at = kNowhere;  // where the tokens begin that were forced since something was last sampled
  bool is_cut = false;               // it has less of the certain text than the filter has
  LaneId lane{};
  std::vector<std::size_t> marks;  // positions ahead at which the lane is marked, the nearest last

  SamplerPlan plan;                     // how tokens are chosen
  SamplerState state;                   // stays with the sequence while it waits
  std::unique_ptr<TokenFilter> filter;  // may be null
  bool forces_text;                     // what the filter leaves no choice about is not sampled
  bool watched;                         // see GenerationRequest
  StopMatcher stops;
  std::shared_ptr<Generation::Stream> stream;
  std::optional<std::chrono::steady_clock::time_point> deadline;
  std::shared_ptr<Pin::State> pin;  // set: computes its prompt, generates nothing, and its lane stays

  bool started = false;  // it ran before, and waits again because memory ran short
  Usage usage;
  std::chrono::steady_clock::time_point began;  // when it left the waiting line for the first time
  std::optional<std::chrono::steady_clock::time_point> first_logits;

 private:
  // The first that ends behind the position.
  [[nodiscard]] std::vector<MediaRun>::const_iterator run_from(std::size_t position) const {
    return std::ranges::upper_bound(media, position, {}, [](const MediaRun& run) { return run.begin + run.tokens; });
  }
};

}  // namespace puna::engine

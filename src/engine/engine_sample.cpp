// EngineCore's sampling: from logits to tokens and the reasons to stop.
#include <xxhash.h>

#include <limits>
#include <utility>

#include "engine/engine_core.h"
#include "engine/log_probabilities.h"
#include "engine/no_memory.h"

namespace puna::engine {
namespace {

std::uint64_t hash_of(std::span<const float> logits) { return XXH3_64bits(logits.data(), logits.size_bytes()); }

}  // namespace

void EngineCore::sample() {
  constexpr std::size_t kNoRow = std::numeric_limits<std::size_t>::max();
  const auto each = [this](const Slice& slice) {
    const std::size_t row = logits_row_[index_of(slice.lane)];
    if (row == kNoRow || running_[index_of(slice.lane)] == nullptr) {
      return;
    }
    if (!if_memory_allows([&] { sample_sequence(running(slice.lane), row); })) {
      fail_sequence(running(slice.lane), out_of_memory());
    }
  };
  for (const Slice& slice : plan_.decode) {
    each(slice);
  }
  for (const Slice& slice : plan_.prefill) {
    each(slice);
  }
}

void EngineCore::sample_sequence(Sequence& sequence, std::size_t row) {
  if (sequence.output_count() == 0) {
    sequence.first_logits = clock_.now();
  }
  const std::span<const float> logits = backend_.logits(row);
  if (logits.empty()) {
    return fail_sequence(sequence, {.code = ErrorCode::internal, .message = "the library gave no logits", .hint = {}});
  }
  const std::uint64_t key = Random::mix(sequence.random_key, sequence.output_count());
  auto choice = sampler_.choose(logits, sequence.plan, sequence.state, sequence.tokens, key, sequence.filter.get());
  if (!choice) {
    // A vocabulary without an end token cannot say that the grammar is complete; running out of tokens says it.
    const bool complete =
        sampler_.refusal() == Sampler::Refusal::nothing_allowed && !vocabulary_ends_ && sequence.output_count() > 0;
    return complete ? finish(sequence, FinishReason::grammar_end) : fail_sequence(sequence, std::move(choice).error());
  }
  counters_.tokens_rejected += choice->rejected;
  take_token(sequence, choice->token, logits);
}

void EngineCore::take_token(Sequence& sequence, Token token, std::span<const float> logits) {
  ++sequence.usage.output_tokens;
  ++counters_.tokens_decoded;
  if (weights_.ends_generation(token)) {
    return finish(sequence, FinishReason::end_of_turn);
  }
  sequence.tokens.push_back(token);
  if (sequence.filter) {
    if (auto accepted = sequence.filter->accept(token); !accepted) {
      return fail_sequence(sequence, std::move(accepted).error());
    }
  }
  probabilities_.resize(sequence.stream->wants_probabilities());
  if (!probabilities_.empty()) {
    log_probabilities(logits, token, probabilities_);
  }
  sequence.stream->push(token, sequence.stream->wants_logit_hashes() ? hash_of(logits) : 0, probabilities_);
  if (sequence.stops.feed(weights_.bytes(token))) {
    return finish(sequence, FinishReason::stop_string);
  }
  if (sequence.output_count() >= sequence.output_max) {
    return finish(sequence, sequence.fills_window ? FinishReason::window_full : FinishReason::tokens_max);
  }
  // The scheduler already counts it as decoding: its next row is this token.
}

}  // namespace puna::engine

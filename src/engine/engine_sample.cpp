// EngineCore's sampling: from logits to tokens and the reasons to stop.
#include <xxhash.h>

#include <algorithm>
#include <utility>

#include "engine/engine_core.h"
#include "engine/log_probabilities.h"
#include "engine/no_memory.h"

namespace puna::engine {
namespace {

std::uint64_t hash_of(std::span<const float> logits) { return XXH3_64bits(logits.data(), logits.size_bytes()); }

}  // namespace

void EngineCore::sample() {
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
  if (!sequence.first_logits) {
    sequence.first_logits = clock_.now();
    if (!publish(sequence, 0)) {
      return;
    }
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
  counters_.choices_refused += choice->rejected > 0 ? 1 : 0;
  take_token(sequence, choice->token, logits);
}

void EngineCore::take_token(Sequence& sequence, Token token, std::span<const float> logits) {
  if (weights_.ends_generation(token)) {
    ++sequence.usage.output_tokens;
    ++counters_.tokens_decoded;
    return finish(sequence, FinishReason::end_of_turn);
  }
  if (sequence.filter) {
    if (auto accepted = sequence.filter->accept(token); !accepted) {
      return fail_sequence(sequence, std::move(accepted).error());
    }
  }
  const std::size_t before = sequence.tokens.size();
  sequence.forced_at = Sequence::kNowhere;
  if (!sequence.forces_text || !sequence.add_forced(sequence.filter->forced(token))) {
    sequence.tokens.push_back(token);
  }
  probabilities_.resize(sequence.stream->wants_probabilities());
  if (!probabilities_.empty()) {
    log_probabilities(logits, token, probabilities_);
  }
  if (!publish(sequence, 1, sequence.stream->wants_logit_hashes() ? hash_of(logits) : 0, probabilities_)) {
    return;
  }
  if (const std::size_t taken = sequence.tokens.size() - before; taken > 1) {
    scheduler_.set_reply_rows(sequence.lane, static_cast<int>(taken));
  }
  // Else the scheduler already counts it as decoding: its next row is this token.
}

// Hands the reader what it has not seen; so many of these tokens were sampled, the others forced. False: the generation
// has ended: at a stop string, at a limit, or because its text is whole.
bool EngineCore::publish(Sequence& sequence, std::int64_t sampled, std::uint64_t logit_hash,
                         std::span<const TokenProbability> probabilities) {
  const std::size_t before = sequence.published;
  bool stopped = false;
  while (!stopped && sequence.published < sequence.tokens.size()) {
    const Token token = sequence.tokens[sequence.published++];
    sequence.stream->push(token, logit_hash, probabilities);
    stopped = sequence.stops.feed(weights_.bytes(token));
  }
  const auto tokens = static_cast<std::int64_t>(sequence.published - before);
  sequence.usage.output_tokens += tokens;
  sequence.usage.forced_tokens += tokens - sampled;
  counters_.tokens_decoded += tokens;
  counters_.tokens_forced += tokens - sampled;
  if (stopped) {
    finish(sequence, FinishReason::stop_string);
  } else if (sequence.forces_text && !sequence.is_cut && sequence.filter->is_complete()) {
    finish(sequence, vocabulary_ends_ ? FinishReason::end_of_turn : FinishReason::grammar_end);
  } else if (sequence.output_count() >= sequence.output_max) {
    finish(sequence, sequence.fills_window ? FinishReason::window_full : FinishReason::tokens_max);
  } else {
    return true;
  }
  return false;
}

}  // namespace puna::engine

// EngineCore's sampling: from logits to tokens, text and the reasons to stop.
#include <utility>

#include "engine/engine_core.h"

namespace puna::engine {

void EngineCore::sample(const Plan& plan) {
  const auto each = [this](const Slice& slice) {
    const auto row = logits_row_.find(slice.sequence);
    if (row != logits_row_.end()) {
      sample_sequence(*running_.at(slice.sequence), row->second);
    }
  };
  for (const Slice& slice : plan.decode) {
    each(slice);
  }
  for (const Slice& slice : plan.prefill) {
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
  auto choice =
      sampler_.choose(logits, sequence.sampling, sequence.tokens, sequence.output_count(), sequence.filter.get());
  if (!choice) {
    // A vocabulary without an end token cannot say that the grammar is complete; running out of tokens says it.
    const bool complete =
        sampler_.refusal() == Sampler::Refusal::nothing_allowed && !vocabulary_ends_ && sequence.output_count() > 0;
    return complete ? finish(sequence, FinishReason::grammar_end) : fail_sequence(sequence, std::move(choice).error());
  }
  counters_.tokens_rejected += choice->rejected;
  take_token(sequence, choice->token);
}

void EngineCore::take_token(Sequence& sequence, Token token) {
  sequence.tokens.push_back(token);
  ++sequence.usage.output_tokens;
  ++counters_.tokens_decoded;
  if (weights_.ends_generation(token)) {
    return finish(sequence, FinishReason::end_of_turn);
  }
  if (sequence.filter) {
    if (auto accepted = sequence.filter->accept(token); !accepted) {
      return fail_sequence(sequence, std::move(accepted).error());
    }
  }
  piece::Text text = sequence.text.push(token, weights_.piece(token));
  if (!text.text.empty() || !text.tokens.empty()) {
    sequence.stream->push(std::move(text));
  }
  if (sequence.text.stopped()) {
    return finish(sequence, FinishReason::stop_string);
  }
  if (sequence.output_count() >= sequence.output_max) {
    return finish(sequence, FinishReason::tokens_max);
  }
  if (static_cast<int>(sequence.tokens.size()) >= options_.window_tokens) {
    return finish(sequence, FinishReason::window_full);
  }
  // The scheduler already counts it as decoding: its next row is this token.
}

}  // namespace puna::engine

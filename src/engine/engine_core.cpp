// Admission, planning, retirement. Decoding and sampling are in engine_decode.cpp and engine_sample.cpp.
#include "engine/engine_core.h"

#include <algorithm>
#include <utility>

namespace puna::engine {
namespace {

bool any_token_ends(const EngineWeights& weights) {
  for (Token token = 0; token < weights.vocabulary_tokens(); ++token) {
    if (weights.ends_generation(token)) {
      return true;
    }
  }
  return false;
}

}  // namespace

EngineCore::EngineCore(Backend& backend, const EngineWeights& weights, const EngineOptions& options, const Clock& clock,
                       Counters& counters)
    : backend_(backend),
      weights_(weights),
      options_(options),
      clock_(clock),
      counters_(counters),
      ledger_(backend.shape().lanes, backend.shape().shares_prefix),
      scheduler_(options.batch_tokens),
      sampler_(weights.vocabulary_tokens(), weights.suppressed()),
      vocabulary_ends_(any_token_ends(weights)) {}

void EngineCore::submit(std::unique_ptr<Sequence> sequence) {
  sequence->number = next_number_++;
  waiting_.push_back(std::move(sequence));
}

bool EngineCore::step() {
  drop_cancelled();
  admit();
  Plan plan = scheduler_.plan();
  if (plan.empty() || dead_) {
    return false;
  }
  if (decode(plan)) {
    ++counters_.steps;
    sample(plan);
  }
  return true;
}

void EngineCore::drop_cancelled() {
  const auto dropped = std::erase_if(waiting_, [](const auto& sequence) { return sequence->stream->cancelled(); });
  counters_.generations_cancelled += static_cast<std::int64_t>(dropped);
  counters_.waiting -= static_cast<int>(dropped);
  std::vector<SequenceNumber> gone;
  for (const auto& [number, sequence] : running_) {
    if (sequence->stream->cancelled()) {
      gone.push_back(number);
    }
  }
  for (const SequenceNumber number : gone) {
    ++counters_.generations_cancelled;
    retire(number);
  }
}

// First come, first served, as long as lanes are free.
void EngineCore::admit() {
  while (!waiting_.empty() && !short_of_room_) {
    const auto placement = ledger_.place(waiting_.front()->tokens);
    if (!placement) {
      return;
    }
    std::unique_ptr<Sequence> sequence = std::move(waiting_.front());
    waiting_.pop_front();
    --counters_.waiting;
    start(std::move(sequence), *placement);
  }
}

// Makes the lane hold the reused prefix and nothing else. Returns how many tokens that are.
std::size_t EngineCore::prepare_lane(const KvLedger::Placement& placement) {
  const LaneId lane = placement.lane;
  if (placement.share_from) {
    backend_.clear(lane);
    ledger_.clear(lane);
    backend_.share_prefix(*placement.share_from, lane, static_cast<std::int32_t>(placement.share_tokens));
    ledger_.append(lane, ledger_.tokens(*placement.share_from).first(placement.share_tokens));
    return placement.share_tokens;
  }
  if (placement.keep < ledger_.tokens(lane).size()) {
    const bool removed = placement.keep > 0 && backend_.remove_from(lane, static_cast<std::int32_t>(placement.keep));
    if (!removed) {
      backend_.clear(lane);
    }
    ledger_.truncate(lane, removed ? placement.keep : 0);
  }
  return ledger_.tokens(lane).size();
}

void EngineCore::start(std::unique_ptr<Sequence> sequence, const KvLedger::Placement& placement) {
  sequence->computed = prepare_lane(placement);
  sequence->lane = placement.lane;
  ledger_.take(placement.lane);
  ++counters_.sequences_busy;
  counters_.tokens_reused += static_cast<std::int64_t>(sequence->computed);
  if (!std::exchange(sequence->started, true)) {
    sequence->began = clock_.now();
    sequence->usage.prompt_tokens = static_cast<std::int64_t>(sequence->prompt_tokens);
    sequence->usage.cached_tokens = static_cast<std::int64_t>(sequence->computed);
    sequence->stream->push(piece::Prefill{.tokens_done = sequence->usage.cached_tokens,
                                          .tokens_total = sequence->usage.prompt_tokens,
                                          .tokens_cached = sequence->usage.cached_tokens});
  }
  scheduler_.add(sequence->number, static_cast<int>(sequence->tokens.size() - sequence->computed));
  const SequenceNumber number = sequence->number;
  running_.emplace(number, std::move(sequence));
}

void EngineCore::leave_lane(Sequence& sequence) {
  scheduler_.remove(sequence.number);
  ledger_.release(sequence.lane);
  --counters_.sequences_busy;
}

// The lane keeps its tokens, for the next prompt that begins with them.
void EngineCore::retire(SequenceNumber number) {
  const auto entry = running_.find(number);
  leave_lane(*entry->second);
  running_.erase(entry);
  short_of_room_ = false;
}

void EngineCore::finish(Sequence& sequence, FinishReason reason) {
  if (!sequence.text.stopped()) {
    piece::Text rest = sequence.text.finish();
    if (!rest.text.empty() || !rest.tokens.empty()) {
      sequence.stream->push(std::move(rest));
    }
  }
  const auto micro = [](auto duration) { return std::chrono::duration_cast<std::chrono::microseconds>(duration); };
  sequence.usage.prefill_time = micro(sequence.first_logits - sequence.began);
  sequence.usage.decode_time = micro(clock_.now() - sequence.first_logits);
  const auto stream = sequence.stream;
  const Usage usage = sequence.usage;
  ++counters_.generations_finished;
  retire(sequence.number);  // counts are complete before the reader can see the end
  stream->push(piece::Finished{.reason = reason, .usage = usage});
}

void EngineCore::fail_sequence(Sequence& sequence, Error error) {
  const auto stream = sequence.stream;
  retire(sequence.number);
  stream->fail(std::move(error));
}

void EngineCore::fail_all(const Error& error) {
  for (const auto& sequence : waiting_) {
    sequence->stream->fail(error);
  }
  counters_.waiting -= static_cast<int>(waiting_.size());
  waiting_.clear();
  while (!running_.empty()) {
    fail_sequence(*running_.begin()->second, error);
  }
}

}  // namespace puna::engine

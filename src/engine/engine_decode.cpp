// EngineCore's decode: from a plan to computed rows, and what happens when the cache is full or the library fails.
#include <algorithm>
#include <format>

#include "engine/engine_core.h"

namespace puna::engine {

void EngineCore::add_rows(const Slice& slice) {
  const Sequence& sequence = *running_.at(slice.sequence);
  const std::size_t end = sequence.computed + static_cast<std::size_t>(slice.rows);
  for (std::size_t position = sequence.computed; position < end; ++position) {
    const bool last = position + 1 == sequence.tokens.size();
    if (last) {
      logits_row_[slice.sequence] = rows_.size();
    }
    rows_.push_back({.token = sequence.tokens[position],
                     .position = static_cast<std::int32_t>(position),
                     .lane = sequence.lane,
                     .wants_logits = last});
  }
}

void EngineCore::build_rows(const Plan& plan) {
  rows_.clear();
  logits_row_.clear();
  for (const Slice& slice : plan.decode) {
    add_rows(slice);
  }
  for (const Slice& slice : plan.prefill) {
    add_rows(slice);
  }
}

// True: the plan's rows are computed (the plan may have become smaller). False: nothing can be sampled in this step.
bool EngineCore::decode(Plan& plan) {
  while (!plan.empty()) {
    build_rows(plan);
    switch (backend_.decode(rows_)) {
      case DecodeStatus::ok:
        failures_ = 0;
        note_computed(plan);
        return true;
      case DecodeStatus::no_room:
        if (!make_room(plan)) {
          return false;
        }
        break;
      case DecodeStatus::aborted:
        resync(plan);
        return false;
      case DecodeStatus::failed:
        resync(plan);
        dead_ = ++failures_ >= kDecodeFailuresMax;
        if (dead_) {
          fail_all({.code = ErrorCode::unavailable,
                    .message = std::format("the model library failed {} times in a row", failures_),
                    .hint = "run `puna doctor`; the log (-v) has the library's own messages"});
        }
        return false;
    }
  }
  return false;
}

// Frees something; each call empties a lane, shrinks the plan or parks a sequence, so decode()'s loop is bounded.
// False: there is nothing left to decode in this step.
bool EngineCore::make_room(Plan& plan) {
  if (const auto lane = ledger_.coldest_idle()) {
    backend_.clear(*lane);
    ledger_.clear(*lane);
    return true;
  }
  if (plan.shrink()) {
    return true;
  }
  if (running_.size() > 1) {
    park_youngest(plan);
    return true;
  }
  Sequence& sequence = *running_.begin()->second;
  const LaneId lane = sequence.lane;
  fail_sequence(sequence, {.code = ErrorCode::limit,
                           .message = std::format("the cache of {} tokens is full at token {} of this generation",
                                                  backend_.shape().cells, sequence.computed),
                           .hint = "give a larger window, or a shorter prompt"});
  backend_.clear(lane);
  ledger_.clear(lane);
  return false;
}

// The youngest goes back to the head of the line; prompt and output so far become its new prompt. Nobody starts before
// somebody leaves, or it would come back at once and be parked again.
void EngineCore::park_youngest(Plan& plan) {
  const auto youngest = std::ranges::max_element(running_, {}, [](const auto& entry) { return entry.first; });
  std::unique_ptr<Sequence> sequence = std::move(youngest->second);
  running_.erase(youngest);
  plan.remove(sequence->number);
  leave_lane(*sequence);
  backend_.clear(sequence->lane);
  ledger_.clear(sequence->lane);
  sequence->computed = 0;
  ++counters_.waiting;
  waiting_.push_front(std::move(sequence));
  short_of_room_ = true;
}

void EngineCore::note_slice(const Slice& slice) {
  Sequence& sequence = *running_.at(slice.sequence);
  const auto rows = static_cast<std::size_t>(slice.rows);
  ledger_.append(sequence.lane, std::span(sequence.tokens).subspan(sequence.computed, rows));
  sequence.computed += rows;
}

void EngineCore::note_computed(const Plan& plan) {
  for (const Slice& slice : plan.decode) {
    note_slice(slice);
  }
  for (const Slice& slice : plan.prefill) {
    note_slice(slice);
    counters_.tokens_prefilled += slice.rows;
    const Sequence& sequence = *running_.at(slice.sequence);
    if (sequence.output_count() == 0) {
      sequence.stream->push(piece::Prefill{.tokens_done = static_cast<std::int64_t>(sequence.computed),
                                           .tokens_total = sequence.usage.prompt_tokens,
                                           .tokens_cached = sequence.usage.cached_tokens});
    }
  }
  scheduler_.computed(plan);
}

// After a decode that stopped half-way: every lane of the plan goes back to what the ledger says, or is computed anew.
void EngineCore::resync(const Plan& plan) {
  const auto restore = [this](const Slice& slice) {
    Sequence& sequence = *running_.at(slice.sequence);
    const auto held = static_cast<std::int32_t>(sequence.computed);
    if (backend_.length(sequence.lane) == held) {
      return;
    }
    const bool removed = held > 0 && backend_.length(sequence.lane) > held && backend_.remove_from(sequence.lane, held);
    if (removed && backend_.length(sequence.lane) == held) {
      return;
    }
    backend_.clear(sequence.lane);
    ledger_.clear(sequence.lane);
    sequence.computed = 0;
    scheduler_.remove(slice.sequence);
    scheduler_.add(slice.sequence, static_cast<int>(sequence.tokens.size()));
  };
  std::ranges::for_each(plan.decode, restore);
  std::ranges::for_each(plan.prefill, restore);
}

}  // namespace puna::engine

// EngineCore's decode: from a plan to computed rows, and what happens when the cache is full or the library fails.
#include <algorithm>

#include "engine/engine_core.h"
#include "engine/no_memory.h"

namespace puna::engine {
void EngineCore::add_rows(const Slice& slice) {
  const Sequence& sequence = running(slice.lane);
  const std::size_t end = sequence.computed + static_cast<std::size_t>(slice.rows);
  for (std::size_t position = sequence.computed; position < end; ++position) {
    const bool last = position + 1 == sequence.tokens.size() && sequence.pin == nullptr;
    if (last) {
      logits_row_[index_of(slice.lane)] = rows_.size();
    }
    rows_.push_back({.token = sequence.tokens[position],
                     .position = static_cast<std::int32_t>(position),
                     .lane = slice.lane,
                     .wants_logits = last,
                     .vector = sequence.media.empty() ? nullptr : sequence.vector_at(position)});
  }
}

void EngineCore::build_rows() {
  rows_.clear();
  std::ranges::fill(logits_row_, kNoRow);
  std::ranges::for_each(plan_.decode, [this](const Slice& slice) { add_rows(slice); });
  std::ranges::for_each(plan_.prefill, [this](const Slice& slice) { add_rows(slice); });
}

// True: the plan's rows are computed (the plan may have become smaller). False: nothing can be sampled in this step.
bool EngineCore::decode() {
  while (!plan_.empty()) {
    build_rows();
    switch (compute_rows()) {
      case DecodeStatus::ok:
        failures_ = 0;
        note_computed();
        return true;
      case DecodeStatus::no_room:
        if (!make_room()) {
          return false;
        }
        break;
      case DecodeStatus::aborted:
        resync();
        return false;
      case DecodeStatus::failed:
        resync();
        dead_ = ++failures_ >= kDecodeFailuresMax;
        if (dead_) {
          fail_all(error_of([this] {
            return Error{.code = ErrorCode::unavailable,
                         .message = format_text("the model library failed {} times in a row", failures_),
                         .hint = "run `puna doctor`; the log (-v) has the library's own messages"};
          }));
        }
        return false;
    }
  }
  return false;
}

DecodeStatus EngineCore::compute_rows() {
  const auto began = clock_.now();
  if (guard_ != nullptr) {
    const int threads = guard_->threads(began);
    backend_.limit_threads(threads);
    counters_.threads = threads;
  }
  const DecodeStatus status = backend_.decode(rows_);
  if (status == DecodeStatus::ok) {
    const auto took = clock_.now() - began;
    step_time_.note(static_cast<int>(plan_.decode.size()), plan_.prefill_rows(), took);
    if (guard_ != nullptr) {
      guard_->note(static_cast<int>(rows_.size()), took);
    }
  }
  return status;
}

// Frees something; each call empties a lane, shrinks the plan or parks a sequence, so decode()'s loop is bounded.
// False: there is nothing left to decode in this step.
bool EngineCore::make_room() {
  if (const auto lane = ledger_.next_victim(clock_.now())) {
    give_up(*lane);
    return true;
  }
  if (plan_.shrink()) {
    return true;
  }
  if (running_count_ > 1) {
    park_youngest();
    return true;
  }
  if (!pins_.empty()) {  // a promise, but a generation that cannot go on is worse; it is saved like any other prefix
    ledger_.unpin(pins_.front().lane);
    pins_.erase(pins_.begin());
    return true;
  }
  end_the_only_one();
  return false;
}

// Requires one running sequence, which does not fit although nothing else is there.
void EngineCore::end_the_only_one() {
  Sequence& sequence = **std::ranges::find_if(running_, [](const auto& entry) { return entry != nullptr; });
  const LaneId lane = sequence.lane;
  fail_sequence(sequence, error_of([&] {
                  return Error{.code = ErrorCode::limit,
                               .message = format_text("the cache of {} tokens is full at token {} of this generation",
                                                      backend_.shape().cells, sequence.computed),
                               .hint = "give a larger window, or a shorter prompt"};
                }));
  backend_.clear(lane);
  ledger_.clear(lane);
}

// The youngest goes back to the head of the line; what it computed is saved, and restored when it comes back. Nobody
// starts before somebody leaves, or it would come back at once and be parked again.
void EngineCore::park_youngest() {
  const Sequence* youngest = nullptr;
  for (const auto& sequence : running_) {
    if (sequence != nullptr && (youngest == nullptr || sequence->number > youngest->number)) {
      youngest = sequence.get();
    }
  }
  const LaneId lane = youngest->lane;
  plan_.remove(lane);
  std::unique_ptr<Sequence> sequence = take_from(lane);
  give_up(lane);
  sequence->computed = 0;
  sequence->line_turn = 0;
  ++counters_.waiting;
  ++counters_.sequences_parked;
  line_.put_back(std::move(sequence));
  short_of_room_ = true;
}

// In a pool those who are away for long are kept as saved states: their cells would slow everybody's rows.
void EngineCore::rest_idle() {
  if (!options_.has_pool() || !abilities_.save || !abilities_.cut || running_count_ == 0) {
    return;
  }
  while (const auto lane = ledger_.next_to_rest(clock_.now(), scheduler_.prompt_rows())) {
    const auto tokens = ledger_.tokens(*lane);
    if (!saved_.has_room_for(tokens.size() * weights_.facts().kv_bytes_per_token)) {
      return;
    }
    save(*lane);
    const auto saved = saved_.best(tokens, false);
    if (!saved || saved->tokens < tokens.size()) {
      ledger_.stay(*lane);
      return;
    }
    backend_.clear(*lane);
    ledger_.clear(*lane);
  }
}

void EngineCore::note_slice(const Slice& slice) {
  Sequence& sequence = running(slice.lane);
  const auto rows = static_cast<std::size_t>(slice.rows);
  ledger_.append(slice.lane, std::span(sequence.tokens).subspan(sequence.computed, rows));
  sequence.computed += rows;
}

// Prompts end their piece of the step where the lane is to be marked.
void EngineCore::stop_at_marks() {
  for (Slice& slice : plan_.prefill) {
    const Sequence& sequence = running(slice.lane);
    if (!sequence.marks.empty() && sequence.marks.back() > sequence.computed) {
      slice.rows = std::min(slice.rows, static_cast<int>(sequence.marks.back() - sequence.computed));
    }
  }
}

// The rows of one step are all words or all media's vectors, as the library wants them. Where both wait they take
// turns.
void EngineCore::part_media() {
  bool has_media = false;
  bool has_words = !plan_.decode.empty();
  for (Slice& slice : plan_.prefill) {
    const Sequence& sequence = running(slice.lane);
    if (!sequence.media.empty()) {
      const std::size_t end = sequence.computed + static_cast<std::size_t>(slice.rows);
      slice.rows = static_cast<int>(sequence.same_kind(sequence.computed, end));
    }
    (is_media(sequence.tokens[sequence.computed]) ? has_media : has_words) = true;
  }
  if (!has_media) {
    return;
  }
  media_turn_ = !has_words || !media_turn_;
  if (media_turn_) {
    plan_.decode.clear();
  }
  std::erase_if(plan_.prefill, [this](const Slice& slice) {
    const Sequence& sequence = running(slice.lane);
    return is_media(sequence.tokens[sequence.computed]) != media_turn_;
  });
}

void EngineCore::take_mark(Sequence& sequence) {
  if (sequence.marks.empty() || sequence.computed < sequence.marks.back()) {
    return;
  }
  if_memory_allows([&] {
    if (sequence.computed == sequence.marks.back() && backend_.mark(sequence.lane, saving_)) {
      ledger_.add_mark(sequence.lane, {.tokens = sequence.computed, .bytes = saving_});
    }
  });
  sequence.marks.pop_back();
}

// Tells the reader how far its prompt is.
void EngineCore::note_prompt(Sequence& sequence) {
  sequence.stream->prefilled(
      {.tokens_done = static_cast<std::int64_t>(std::min(sequence.computed, sequence.prompt_tokens)),
       .tokens_total = sequence.usage.prompt_tokens,
       .tokens_cached = sequence.usage.cached_tokens});
}

void EngineCore::note_computed() {
  std::ranges::for_each(plan_.decode, [this](const Slice& slice) { note_slice(slice); });
  ledger_.note_rows(static_cast<std::size_t>(plan_.rows()));
  scheduler_.computed(plan_);
  for (const Slice& slice : plan_.prefill) {
    Sequence& sequence = running(slice.lane);
    const std::size_t begin = sequence.computed;
    note_slice(slice);
    counters_.tokens_prefilled +=
        static_cast<std::int64_t>(std::min(sequence.computed, std::max(begin, sequence.forced_at)) - begin);
    take_mark(sequence);
    if (!sequence.first_logits) {
      note_prompt(sequence);
    }
    if (sequence.computed == sequence.tokens.size()) {
      promised_.erase(static_cast<PrefixTree::Holder>(slice.lane));  // it is in the ledger now
      if (sequence.pin != nullptr) {
        pins_.push_back({.pin = sequence.pin, .lane = slice.lane});
        finish(sequence, FinishReason::tokens_max);
        ledger_.pin(slice.lane);
      }
    }
  }
}

// After a decode that stopped half-way: every lane of the plan goes back to what the ledger says, or is computed anew.
void EngineCore::resync() {
  const auto restore_slice = [this](const Slice& slice) {
    Sequence& sequence = running(slice.lane);
    const auto held = static_cast<std::int32_t>(sequence.computed);
    if (backend_.length(slice.lane) == held) {
      return;
    }
    const bool removed = held > 0 && backend_.length(slice.lane) > held && backend_.remove_from(slice.lane, held);
    if (removed && backend_.length(slice.lane) == held) {
      return;
    }
    backend_.clear(slice.lane);
    ledger_.clear(slice.lane);
    sequence.computed = 0;
    scheduler_.set_rows(slice.lane, static_cast<int>(sequence.tokens.size()));
    if_memory_allows([&] { promised_.put(static_cast<PrefixTree::Holder>(slice.lane), sequence.tokens); });
  };
  std::ranges::for_each(plan_.decode, restore_slice);
  std::ranges::for_each(plan_.prefill, restore_slice);
}

}  // namespace puna::engine

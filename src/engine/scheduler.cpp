// Planning and ageing.
#include "engine/scheduler.h"

#include <algorithm>

#include "puna/base/error.h"

namespace puna::engine {
namespace {

// Prompts keep at least this share of a step when decoding alone would fill it.
constexpr int kPrefillShare = 4;
// What a step without a row is worth, as a share of a step's rows.
constexpr int kAgeShare = 8;

}  // namespace

int Plan::rows() const {
  int rows = static_cast<int>(decode.size());
  for (const Slice& slice : prefill) {
    rows += slice.rows;
  }
  return rows;
}

bool Plan::shrink() {
  int rows_before = 0;
  for (const Slice& slice : prefill) {
    rows_before += slice.rows;
  }
  if (rows_before == 0 || (rows_before == 1 && decode.empty())) {
    return false;
  }
  int left = rows_before / 2;
  for (Slice& slice : prefill) {
    slice.rows = std::min(slice.rows, left);
    left -= slice.rows;
  }
  std::erase_if(prefill, [](const Slice& slice) { return slice.rows == 0; });
  return true;
}

void Plan::remove(SequenceNumber sequence) {
  const auto is_it = [sequence](const Slice& slice) { return slice.sequence == sequence; };
  std::erase_if(decode, is_it);
  std::erase_if(prefill, is_it);
}

void Scheduler::add(SequenceNumber sequence, int rows) {
  PUNA_CHECK(rows >= 1, "a sequence has at least one row to compute");
  entries_.push_back({.sequence = sequence, .remaining = rows, .last_turn = ++turn_});
}

void Scheduler::remove(SequenceNumber sequence) {
  std::erase_if(entries_, [sequence](const Entry& entry) { return entry.sequence == sequence; });
}

// Decoding entries: as in a queue, the one served longest ago first. Prompts: shortest first, shortened by waiting.
std::vector<const Scheduler::Entry*> Scheduler::in_order(bool decoding) const {
  std::vector<const Entry*> order;
  for (const Entry& entry : entries_) {
    if ((entry.remaining == 0) == decoding) {
      order.push_back(&entry);
    }
  }
  const std::int64_t age_rows = std::max(1, rows_max_ / kAgeShare);
  std::ranges::stable_sort(order, {}, [decoding, age_rows](const Entry* entry) {
    return decoding ? entry->last_turn : entry->remaining - entry->steps_waited * age_rows;
  });
  return order;
}

Plan Scheduler::plan() const {
  const auto decoding = in_order(true);
  const auto prompts = in_order(false);
  // With a single row, decoding and prompts take turns by age.
  int reserved = prompts.empty() ? 0 : rows_max_ / kPrefillShare;
  if (rows_max_ < kPrefillShare && !prompts.empty() && !decoding.empty()) {
    reserved = prompts.front()->steps_waited > decoding.front()->steps_waited ? 1 : 0;
  }
  Plan plan;
  for (const Entry* entry : decoding) {
    if (static_cast<int>(plan.decode.size()) >= rows_max_ - reserved) {
      break;
    }
    plan.decode.push_back({.sequence = entry->sequence, .rows = 1});
  }
  int left = rows_max_ - static_cast<int>(plan.decode.size());
  for (const Entry* entry : prompts) {
    const int rows = std::min(left, entry->remaining);
    if (rows == 0) {
      break;
    }
    plan.prefill.push_back({.sequence = entry->sequence, .rows = rows});
    left -= rows;
  }
  return plan;
}

void Scheduler::computed(const Plan& plan) {
  for (const Slice& slice : plan.decode) {
    std::ranges::find(entries_, slice.sequence, &Entry::sequence)->last_turn = ++turn_;
  }
  for (Entry& entry : entries_) {
    const auto is_it = [&entry](const Slice& slice) { return slice.sequence == entry.sequence; };
    const auto prompt = std::ranges::find_if(plan.prefill, is_it);
    if (prompt != plan.prefill.end()) {
      entry.remaining -= prompt->rows;
      entry.steps_waited = 0;
    } else if (std::ranges::any_of(plan.decode, is_it)) {
      entry.steps_waited = 0;
    } else {
      ++entry.steps_waited;
    }
  }
}

}  // namespace puna::engine

// Planning and ageing.
#include "engine/scheduler.h"

#include <algorithm>
#include <tuple>

#include "puna/base/error.h"

namespace puna::engine {
namespace {

// Prompts keep at least this share of a step when decoding alone would fill it.
constexpr int kPrefillShare = 4;
// What a step without a row is worth, as a share of a step's rows.
constexpr int kAgeShare = 8;

// Of a prompt that does not fit: what is left for it, without a pass that would not be full. Who is first gets
// something.
int in_passes(int rows, bool is_first) {
  const int in_full_ones = rows / kPassRows * kPassRows;
  return in_full_ones > 0 || !is_first ? in_full_ones : rows;
}

}  // namespace

int Plan::prefill_rows() const {
  int rows = 0;
  for (const Slice& slice : prefill) {
    rows += slice.rows;
  }
  return rows;
}

bool Plan::shrink() {
  const int rows_before = prefill_rows();
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

void Plan::remove(LaneId lane) {
  const auto is_it = [lane](const Slice& slice) { return slice.lane == lane; };
  std::erase_if(decode, is_it);
  std::erase_if(prefill, is_it);
}

Scheduler::Scheduler(int lanes) {
  entries_.reserve(static_cast<std::size_t>(lanes));
  order_.reserve(static_cast<std::size_t>(lanes));
}

Scheduler::Entry* Scheduler::find(LaneId lane) {
  const auto found = std::ranges::find(entries_, lane, &Entry::lane);
  return found == entries_.end() ? nullptr : &*found;
}

void Scheduler::add(LaneId lane, int rows) {
  PUNA_CHECK(rows >= 0, "rows are counted");
  PUNA_CHECK(find(lane) == nullptr, "a lane runs one sequence");
  ++turn_;
  entries_.push_back({.lane = lane, .remaining = rows, .last_turn = turn_, .arrival = turn_});
}

void Scheduler::remove(LaneId lane) {
  std::erase_if(entries_, [lane](const Entry& entry) { return entry.lane == lane; });
}

void Scheduler::set_rows(LaneId lane, int rows) {
  PUNA_CHECK(rows >= 0, "rows are counted");
  if (Entry* entry = find(lane)) {
    entry->remaining = rows;
    entry->replies = false;
  }
}

void Scheduler::set_reply_rows(LaneId lane, int rows) {
  set_rows(lane, rows);
  if (Entry* entry = find(lane)) {
    entry->replies = true;
  }
}

void Scheduler::set_followers(LaneId lane, int followers) {
  if (Entry* entry = find(lane)) {
    entry->followers = followers;
  }
}

int Scheduler::decoding() const { return static_cast<int>(std::ranges::count(entries_, 0, &Entry::remaining)); }

std::size_t Scheduler::prompt_rows() const {
  std::size_t rows = 0;
  for (const Entry& entry : entries_) {
    rows += static_cast<std::size_t>(entry.remaining);
  }
  return rows;
}

// As in a queue: the one served longest ago first.
void Scheduler::sort_decoding() {
  order_.clear();
  for (Entry& entry : entries_) {
    if (entry.remaining == 0) {
      order_.push_back(&entry);
    }
  }
  std::ranges::sort(order_, {}, &Entry::last_turn);
}

// Replies, then the shortest first, shortened by waiting and by those who wait for it.
void Scheduler::sort_prompts(int rows_max) {
  order_.clear();
  for (Entry& entry : entries_) {
    if (entry.remaining > 0) {
      order_.push_back(&entry);
    }
  }
  const std::int64_t age_rows = std::max(1, rows_max / kAgeShare);
  std::ranges::sort(order_, {}, [age_rows](const Entry* entry) {
    return std::tuple(!entry->replies, entry->remaining / (1 + entry->followers) - entry->steps_waited * age_rows,
                      entry->arrival);
  });
}

bool Scheduler::has_prompts() const { return std::ranges::any_of(entries_, &Entry::is_prompt); }

bool Scheduler::has_replies() const { return !std::ranges::all_of(entries_, &Entry::is_prompt); }

// Kept apart from replies, prompts go first until somebody who replies has waited so many steps; then everybody who
// replies gets a row, in as many steps as that takes.
bool Scheduler::is_turn_of_prompts(const StepLimits& limits) const {
  std::int64_t replies = 0;
  std::int64_t longest_wait = 0;
  for (const Entry& entry : entries_) {
    if (!entry.is_prompt()) {
      ++replies;
      longest_wait = std::max(longest_wait, entry.steps_waited);
    }
  }
  return longest_wait < limits.apart_steps || steps_without_prompts_ * limits.rows >= replies;
}

void Scheduler::plan_decoding(const StepLimits& limits, Plan& plan) {
  sort_prompts(limits.rows);
  // The first of those that may share the step.
  const Entry* beside =
      order_.empty() || (limits.apart_steps > 0 && !order_.front()->replies) ? nullptr : order_.front();
  sort_decoding();
  // With a single row, decoding and prompts take turns by age.
  int reserved = beside != nullptr ? limits.rows / kPrefillShare : 0;
  if (limits.rows < kPrefillShare && beside != nullptr && !order_.empty()) {
    reserved = beside->steps_waited > order_.front()->steps_waited ? 1 : 0;
  }
  for (const Entry* entry : order_) {
    if (static_cast<int>(plan.decode.size()) >= limits.rows - reserved) {
      break;
    }
    plan.decode.push_back({.lane = entry->lane, .rows = 1});
  }
}

void Scheduler::plan(const StepLimits& limits, Plan& plan) {
  plan.decode.clear();
  plan.prefill.clear();
  const bool prompts_alone = limits.apart_steps > 0 && has_prompts() && is_turn_of_prompts(limits);
  if (!prompts_alone) {
    plan_decoding(limits, plan);
  }
  int left = limits.rows - static_cast<int>(plan.decode.size());
  int left_for_prompts = has_replies() ? limits.prompt_rows : limits.rows;
  if (limits.apart_steps > 0 && !prompts_alone) {
    left_for_prompts = 0;
  }
  sort_prompts(limits.rows);
  for (const Entry* entry : order_) {
    int rows = std::min({left, entry->remaining, entry->replies ? left : left_for_prompts});
    if (prompts_alone && rows < entry->remaining) {
      rows = in_passes(rows, plan.prefill.empty());
    }
    if (rows == 0 || (entry->replies && prompts_alone)) {
      continue;
    }
    plan.prefill.push_back({.lane = entry->lane, .rows = rows});
    left -= rows;
    left_for_prompts -= entry->replies ? 0 : rows;
  }
}

void Scheduler::computed(const Plan& plan) {
  ++steps_without_prompts_;
  for (const Slice& slice : plan.decode) {
    Entry* entry = find(slice.lane);
    entry->last_turn = ++turn_;
    entry->planned = true;
  }
  for (const Slice& slice : plan.prefill) {
    Entry* entry = find(slice.lane);
    steps_without_prompts_ = entry->is_prompt() ? 0 : steps_without_prompts_;
    entry->remaining -= slice.rows;
    entry->replies = entry->replies && entry->remaining > 0;
    entry->planned = true;
  }
  for (Entry& entry : entries_) {
    entry.steps_waited = entry.planned ? 0 : entry.steps_waited + 1;
    entry.planned = false;
  }
}

}  // namespace puna::engine

// Decides which running sequences compute how many rows in the next step.
//
// Every decoding sequence gets its one row first, and every row of a reply that is certain and was not sampled; what is
// left of the step goes to prompts, shortest remaining first, where each step without a row counts as if the prompt had
// become shorter, so nobody starves, and a prompt that others wait for counts as short as its share for each of them.
// If there are more decoding sequences than rows they take turns, and a part of the step stays reserved for prompts.
//
// Where the library computes rows of different lanes in passes of their own unless all have as many (a part of the
// cache for each, recurrent memory), prompts and decoding may be kept apart: some steps of prompts, so that many then
// decode together, and then one of decoding.
//
// Pure: no tokens, no cache. Invariant: a plan has at most StepLimits::rows rows and at least one if any sequence was
// added. No memory is taken after construction.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/backend.h"

namespace puna::engine {

using SequenceNumber = std::uint64_t;

struct Slice {
  LaneId lane{};  // whose sequence
  int rows = 0;

  bool operator==(const Slice&) const = default;
};

struct Plan {
  std::vector<Slice> decode;  // one row each
  std::vector<Slice> prefill;

  [[nodiscard]] bool empty() const { return decode.empty() && prefill.empty(); }
  [[nodiscard]] int prefill_rows() const;
  [[nodiscard]] int rows() const { return static_cast<int>(decode.size()) + prefill_rows(); }
  // Halves the prompts' rows, for a cache that has no room for all of them. False: nothing was left to halve.
  [[nodiscard]] bool shrink();
  void remove(LaneId lane);
};

struct StepLimits {
  int rows = 1;         // of the whole step, at least 1
  int prompt_rows = 1;  // of the prompts when somebody decodes, at least 1
  int apart_steps = 0;  // so many of prompts alone, then one of decoding; 0: a step may have both
};

class Scheduler {
 public:
  explicit Scheduler(int lanes);

  // rows: how many must be computed before the sequence decodes; 0 = it decodes already.
  void add(LaneId lane, int rows);
  void remove(LaneId lane);
  // Of a sequence that was added: as add() has it.
  void set_rows(LaneId lane, int rows);
  // The same, where they are of its reply: it decodes, several rows at once.
  void set_reply_rows(LaneId lane, int rows);
  // How many others wait for this prompt.
  void set_followers(LaneId lane, int followers);

  [[nodiscard]] int decoding() const;
  [[nodiscard]] std::size_t prompt_rows() const;  // that are still to be computed
  void plan(const StepLimits& limits, Plan& plan);
  // The plan's rows were computed: prompts shrink, finished prompts decode from now on, the others age.
  void computed(const Plan& plan);

 private:
  struct Entry {
    LaneId lane{};
    int remaining = 0;  // prompt rows; 0: decoding
    int followers = 0;
    bool replies = false;  // what remains is of its reply
    std::int64_t steps_waited = 0;
    std::int64_t last_turn = 0;  // of decoding; rises with every row
    std::int64_t arrival = 0;
    bool planned = false;  // in the plan that is being noted

    [[nodiscard]] bool is_prompt() const { return remaining > 0 && !replies; }
  };
  [[nodiscard]] Entry* find(LaneId lane);
  [[nodiscard]] bool has_prompts() const;
  [[nodiscard]] bool has_replies() const;
  [[nodiscard]] bool is_turn_of_prompts(const StepLimits& limits) const;
  void sort_decoding();
  void sort_prompts(int rows_max);
  void plan_decoding(const StepLimits& limits, Plan& plan);

  std::vector<Entry> entries_;
  std::vector<Entry*> order_;
  std::int64_t turn_ = 0;
  std::int64_t steps_without_prompts_ = 0;
};

}  // namespace puna::engine

// Decides which sequences compute how many rows in the next step.
//
// Every decoding sequence gets its one row first; what is left of the step goes to prompts, shortest remaining first,
// where each step without a row counts as if the prompt had become shorter, so nobody starves. If there are more
// decoding sequences than rows they take turns, and a part of the step stays reserved for prompts.
//
// Pure: no tokens, no cache. Invariant: a plan has at most rows_max rows and at least one if any sequence was added.
#pragma once

#include <cstdint>
#include <vector>

namespace puna::engine {

using SequenceNumber = std::uint64_t;

struct Slice {
  SequenceNumber sequence = 0;
  int rows = 0;

  bool operator==(const Slice&) const = default;
};

struct Plan {
  std::vector<Slice> decode;  // one row each
  std::vector<Slice> prefill;

  [[nodiscard]] bool empty() const { return decode.empty() && prefill.empty(); }
  [[nodiscard]] int rows() const;
  // Halves the prompts' rows, for a cache that has no room for all of them. False: nothing was left to halve.
  [[nodiscard]] bool shrink();
  void remove(SequenceNumber sequence);
};

class Scheduler {
 public:
  // Requires rows_max >= 1.
  explicit Scheduler(int rows_max) : rows_max_(rows_max) {}

  // rows: how many must be computed before the sequence decodes; at least 1.
  void add(SequenceNumber sequence, int rows);
  void remove(SequenceNumber sequence);

  [[nodiscard]] Plan plan() const;
  // The plan's rows were computed: prompts shrink, finished prompts decode from now on, the others age.
  void computed(const Plan& plan);

 private:
  struct Entry {
    SequenceNumber sequence = 0;
    int remaining = 0;  // prompt rows; 0: decoding
    std::int64_t steps_waited = 0;
    std::int64_t last_turn = 0;  // of decoding; rises with every row
  };
  [[nodiscard]] std::vector<const Entry*> in_order(bool decoding) const;

  int rows_max_;
  std::vector<Entry> entries_;  // in the order of arrival
  std::int64_t turn_ = 0;
};

}  // namespace puna::engine

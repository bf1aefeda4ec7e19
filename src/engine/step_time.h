// How long steps take, learned as they happen, and how many prompt rows a step may carry beside decoding so that the
// gap between two tokens of a stream at most doubles, or triples where it stays too short to be noticed.
//
// Pure: the caller measures.
#pragma once

#include <chrono>

namespace puna::engine {

// CPUs compute rows in tiles of this many: a row more or less inside a tile costs nothing.
inline constexpr int kRowTile = 4;

class StepTime {
 public:
  using Duration = std::chrono::duration<double>;

  void note(int decode_rows, int prefill_rows, Duration took);
  // Rounded down so that decode_rows and these together fill tiles, where that leaves a tile or more; at least one row.
  [[nodiscard]] int prefill_rows_max(int decode_rows, int rows_max) const;

  // Seconds; 0 = not known yet.
  [[nodiscard]] double decode_step() const { return decode_step_; }
  [[nodiscard]] double prefill_row() const { return prefill_row_; }

 private:
  double decode_step_ = 0;  // a step without prompts
  double prefill_row_ = 0;  // one more row of a prompt
};

}  // namespace puna::engine

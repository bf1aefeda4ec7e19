// Moving averages: a step without prompts says what decoding costs, one with prompts what their rows add.
#include "engine/step_time.h"

#include <algorithm>

namespace puna::engine {
namespace {

constexpr double kLearnStepTime = 0.1;  // weight of a new measurement
// Prompts may take as long as the decoding beside them, and twice as long while tokens still come so often: nobody
// reads faster.
constexpr double kUnnoticedGapSeconds = 0.050;
constexpr int kRowsUnknown = 32;  // prompt rows beside decoding before anything was measured

void learn(double& average, double value) {
  average = average == 0 ? value : average + kLearnStepTime * (value - average);
}

}  // namespace

void StepTime::note(int decode_rows, int prefill_rows, Duration took) {
  const double seconds = std::max(took.count(), 1e-9);
  if (prefill_rows == 0) {
    learn(decode_step_, seconds);
  } else if (decode_rows == 0) {
    // By whole tiles: what three rows take says nothing against four, and else a piece would shrink row by row for
    // ever.
    const int tiles = (prefill_rows + kRowTile - 1) / kRowTile;
    learn(prefill_row_, seconds / (tiles * kRowTile));
  } else if (decode_step_ > 0) {
    // A row cannot be cheaper than nothing; a slow moment of the machine counts less than a fast one.
    const double added = std::max(seconds - decode_step_, 0.05 * seconds) / prefill_rows;
    learn(prefill_row_, prefill_row_ == 0 ? added : std::min(added, 4 * prefill_row_));
  } else if (prefill_row_ > 0) {
    learn(decode_step_, std::max(seconds - prefill_row_ * prefill_rows, 0.05 * seconds));
  }
}

int StepTime::prefill_rows_max(int decode_rows, int rows_max) const {
  int rows = kRowsUnknown;
  if (decode_step_ > 0 && prefill_row_ > 0) {
    const double seconds = std::max(decode_step_, std::min(2 * decode_step_, kUnnoticedGapSeconds - decode_step_));
    rows = static_cast<int>(std::min(seconds / prefill_row_, static_cast<double>(rows_max)));
  }
  const int least = std::clamp(rows, 1, kRowTile);
  const int tiles = (decode_rows + rows) / kRowTile * kRowTile;
  return std::clamp(tiles - decode_rows, least, std::max(least, rows_max));
}

}  // namespace puna::engine

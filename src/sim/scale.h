// Numbers as places and as words: scales, ticks at round numbers, the one way in which a report writes a number. No
// value is NaN here as everywhere in a report. Nothing depends on the locale.
#pragma once

#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace puna::sim {

inline constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();
[[nodiscard]] bool has_value(double value);  // finite

// Round numbers from below the least to above the greatest value: multiples of 1, 2 or 5 times a power of ten.
struct Ticks {
  std::vector<double> at;  // at least two, ascending
  int decimals = 0;        // that tell them apart

  [[nodiscard]] double low() const { return at.front(); }
  [[nodiscard]] double high() const { return at.back(); }
  [[nodiscard]] std::string text(double value) const;
};
// Equal or missing bounds are widened. count_max steps are wished for; where the bounds are not round, there are two
// more.
[[nodiscard]] Ticks round_ticks(double low, double high, int count_max);
// For whole numbers from first to last, both kept: at most count_max.
[[nodiscard]] std::vector<int> whole_ticks(int first, int last, int count_max);

// A straight line from values to places.
struct Scale {
  double low = 0;
  double high = 1;
  double from = 0;  // the place of low
  double to = 1;    // the place of high

  [[nodiscard]] double place(double value) const { return from + (value - low) / (high - low) * (to - from); }
};

// Over the values there are; NaN when there is none.
[[nodiscard]] double least_of(std::span<const double> values);
[[nodiscard]] double greatest_of(std::span<const double> values);
[[nodiscard]] double mean_of(std::span<const double> values);

// "0.347", "12.5", "-1,234"; "–" for no value.
[[nodiscard]] std::string number_text(double value);
[[nodiscard]] std::string count_text(double value);
[[nodiscard]] std::string mean_count_text(double value);  // "12.5"
[[nodiscard]] std::string part_text(double value);        // "76.6 %"
// A whole number as one, any other as number_text().
[[nodiscard]] std::string bound_text(double value);

}  // namespace puna::sim

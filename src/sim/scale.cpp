// See scale.h.
#include "sim/scale.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "puna/base.h"

namespace puna::sim {
namespace {

constexpr std::string_view kNothing = "–";
constexpr std::string_view kMinus = "−";

// "-1234.5" as "−1,234.5".
std::string with_groups(const std::string& digits) {
  const bool is_negative = digits.starts_with('-');
  const std::size_t begin = is_negative ? 1 : 0;
  const std::size_t point = std::min(digits.find('.'), digits.size());
  const bool is_zero = digits.find_first_of("123456789") == std::string::npos;
  std::string text(is_negative && !is_zero ? kMinus : "");
  for (std::size_t i = begin; i < digits.size(); ++i) {
    if (i > begin && i < point && (point - i) % 3 == 0) {
      text += ',';
    }
    text += digits[i];
  }
  return text;
}

std::string shown_number(double value, int decimals) {
  if (!has_value(value)) {
    return std::string(kNothing);
  }
  if (std::abs(value) >= 1e15) {
    return format_text("{:.3g}", value);
  }
  return with_groups(format_text("{:.{}f}", value, decimals));
}

double round_step(double span, int count_max) {
  const double rough = span / std::max(1, count_max);
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  for (const double step : {1.0, 2.0, 5.0}) {
    if (step * power >= rough * (1 - 1e-9)) {
      return step * power;
    }
  }
  return 10 * power;
}

template <class Better>
double extreme_of(std::span<const double> values, Better better) {
  double found = kNoValue;
  for (const double value : values) {
    if (has_value(value) && (!has_value(found) || better(value, found))) {
      found = value;
    }
  }
  return found;
}

}  // namespace

bool has_value(double value) { return std::isfinite(value); }

std::string Ticks::text(double value) const { return shown_number(value, decimals); }

Ticks round_ticks(double low, double high, int count_max) {
  if (!has_value(low) || !has_value(high)) {
    low = 0;
    high = 1;
  }
  constexpr double kMost = 1e100;  // beyond it spans overflow
  low = std::clamp(low, -kMost, kMost);
  high = std::clamp(high, -kMost, kMost);
  // What is narrower than doubles can tell apart is widened, too: ticks that do not advance would never end.
  const double least_span = std::max(1e-12, 1e-9 * std::max(std::abs(low), std::abs(high)));
  if (high - low < least_span) {
    const double widening = std::max(0.5, std::abs(low) / 10);
    low -= low >= 0 && low < widening ? low : widening;
    high += widening;
  }
  const double step = round_step(high - low, count_max);
  const double first = std::floor(low / step + 1e-9);
  const double last = std::ceil(high / step - 1e-9);
  Ticks ticks{.decimals = std::max(0, -static_cast<int>(std::floor(std::log10(step) + 1e-9)))};
  const int count = static_cast<int>(last - first) + 1;
  for (int i = 0; i < count; ++i) {
    ticks.at.push_back((first + i) * step);
  }
  return ticks;
}

std::vector<int> whole_ticks(int first, int last, int count_max) {
  const int span = last - first;
  if (span == 0) {
    return {first};
  }
  int step = 1;
  for (int power = 1; span / step + 2 > count_max; power *= 10) {
    for (const int factor : {1, 2, 5}) {
      step = factor * power;
      if (span / step + 2 <= count_max) {
        break;
      }
    }
  }
  std::vector<int> ticks{first};
  for (int at = (first / step + 1) * step; at < last; at += step) {
    if (2 * (at - ticks.back()) >= step && 2 * (last - at) >= step) {
      ticks.push_back(at);
    }
  }
  ticks.push_back(last);
  return ticks;
}

double least_of(std::span<const double> values) {
  return extreme_of(values, [](double a, double b) { return a < b; });
}

double greatest_of(std::span<const double> values) {
  return extreme_of(values, [](double a, double b) { return a > b; });
}

double mean_of(std::span<const double> values) {
  double sum = 0;
  int count = 0;
  for (const double value : values) {
    sum += has_value(value) ? value : 0;
    count += has_value(value) ? 1 : 0;
  }
  return count == 0 ? kNoValue : sum / count;
}

std::string number_text(double value) {
  const double size = std::abs(value);
  return shown_number(value, size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : 3);
}

std::string count_text(double value) { return shown_number(value, 0); }

std::string mean_count_text(double value) { return shown_number(value, 1); }

std::string part_text(double value) { return shown_number(100 * value, 1) + (has_value(value) ? " %" : ""); }

std::string bound_text(double value) { return std::trunc(value) == value ? count_text(value) : number_text(value); }

}  // namespace puna::sim

// See sim_view.h.
#include "cli/sim_view.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace puna::cli {
namespace {

constexpr std::size_t kStepsSeen = 30;  // that the time left follows from: replayed ones are soon forgotten
constexpr std::size_t kEpochsShown = 12;
constexpr int kBarColumns = 16;
constexpr std::chrono::seconds kPlainPause{10};

std::int64_t steps_done(const sim::Progress& now) { return std::int64_t{now.epoch} * now.steps + now.step + 1; }

std::string bar(double share) {
  const auto full = static_cast<int>(share * kBarColumns);
  std::string text;
  for (int i = 0; i < kBarColumns; ++i) {
    text += i < full ? "━" : "─";
  }
  return text;
}

std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

std::vector<double> newest(const std::vector<double>& values) {
  return {values.end() - static_cast<std::ptrdiff_t>(std::min(values.size(), kEpochsShown)), values.end()};
}

}  // namespace

std::string sparkline(const std::vector<double>& values, double lowest, double highest) {
  constexpr std::array<std::string_view, 8> kBlocks{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  std::string line;
  for (const double value : values) {
    const double share = highest > lowest ? (value - lowest) / (highest - lowest) : 0.5;
    line += kBlocks.at(static_cast<std::size_t>(std::clamp(share * 8, 0.0, 7.0)));
  }
  return line;
}

void SimView::update(const sim::Progress& now, Time time) {
  if (now.step == 0 && now.epoch > 0) {  // what it says of epochs is of the one that ended before
    toxicity_.push_back(now.toxicity);
    welfare_.push_back(now.welfare);
  }
  now_ = now;
  seen_.emplace_back(time, steps_done(now));
  if (seen_.size() > kStepsSeen) {
    seen_.pop_front();
  }
}

std::string SimView::time_left() const {
  const auto& [from, done_then] = seen_.front();
  const auto& [to, done] = seen_.back();
  const double each = std::chrono::duration<double>(to - from).count() /
                      static_cast<double>(std::max<std::int64_t>(1, done - done_then));
  const auto seconds = std::llround(each * static_cast<double>(std::int64_t{now_.epochs} * now_.steps - done));
  if (seconds < 60) {
    return format_text("{} s left", seconds);
  }
  return seconds < 3600 ? format_text("{}:{:02} left", seconds / 60, seconds % 60)
                        : format_text("{}:{:02} h left", seconds / 3600, seconds % 3600 / 60);
}

std::string SimView::line(int columns) const {
  const std::int64_t all = std::max<std::int64_t>(1, std::int64_t{now_.epochs} * now_.steps);
  std::vector<std::string> parts{
      bar(static_cast<double>(steps_done(now_)) / static_cast<double>(all)),
      format_text("epoch {}/{} step {}/{}", now_.epoch + 1, now_.epochs, now_.step + 1, now_.steps), time_left()};
  if (!toxicity_.empty()) {
    const std::vector<double> welfare = newest(welfare_);
    parts.push_back(format_text("toxicity {} {:.2f}", sparkline(newest(toxicity_), 0, 1), toxicity_.back()));
    parts.push_back(format_text(
        "welfare {} {:.1f}", sparkline(welfare, std::ranges::min(welfare), std::ranges::max(welfare)), welfare.back()));
  }
  if (now_.agents_asked > 0) {
    parts.push_back(format_text("{} asked", now_.agents_asked));
  }
  std::string text;
  for (const std::string& part : parts) {
    const std::size_t wanted = columns_of(text) + (text.empty() ? 0 : 2) + columns_of(part);
    if (std::cmp_greater_equal(wanted, columns)) {  // the last column stays free: some terminals go on a new line there
      break;
    }
    text += (text.empty() ? "" : "  ") + part;
  }
  return text;
}

std::optional<std::string> SimView::plain_line() {
  if (seen_.back().first - said_ < kPlainPause) {
    return std::nullopt;
  }
  said_ = seen_.back().first;
  return format_text("{}: epoch {}/{} step {}/{}, {}", scenario_, now_.epoch + 1, now_.epochs, now_.step + 1,
                     now_.steps, time_left());
}

}  // namespace puna::cli

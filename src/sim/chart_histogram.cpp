// Distributions above each other. See charts.h.
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "puna/base.h"
#include "sim/charts.h"

namespace puna::sim {
namespace {

constexpr double kStripsWidth = 420;
constexpr double kStripsLeft = 108;
constexpr double kStripsRight = 16;
constexpr double kStripHeight = 58;
constexpr double kStripGap = 16;
constexpr double kStripsTop = 14;
constexpr double kStripsBottom = 44;
constexpr int kBinsWished = 20;

class StripDrawing {
 public:
  StripDrawing(Markup& out, const Histogram& histogram) : out_(out), histogram_(histogram), bins_(bins_of(histogram)) {
    frame_.x = {.low = bins_.low(), .high = bins_.high(), .from = kStripsLeft, .to = kStripsWidth - kStripsRight};
    for (const Histogram::Strip& strip : histogram.strips) {
      counts_.push_back(count(strip.values));
      const double all = static_cast<double>(std::ranges::count_if(strip.values, has_value));
      for (const double part : counts_.back()) {
        greatest_part_ = std::max(greatest_part_, all > 0 ? part / all : 0);
      }
    }
  }

  void draw() {
    const double strips = static_cast<double>(histogram_.strips.size());
    const double height = kStripsTop + strips * (kStripHeight + kStripGap) + kStripsBottom;
    open_picture(out_, {.width = kStripsWidth, .height = height}, histogram_.text);
    frame_.y.from = height - kStripsBottom - kStripGap / 2;
    const Ticks ticks = round_ticks(bins_.low(), bins_.high(), 5);
    for (const double at : ticks.at) {
      if (at >= bins_.low() && at <= bins_.high()) {
        const double x = frame_.x.place(at);
        out_.empty("line", {{"class", "grid"}, {"x1", x}, {"y1", kStripsTop}, {"x2", x}, {"y2", frame_.y.from}});
      }
    }
    out_.line();
    for (std::size_t i = 0; i < histogram_.strips.size(); ++i) {
      strip(i);
    }
    Ticks inside = ticks;
    std::erase_if(inside.at, [&](double at) { return at < bins_.low() - 1e-9 || at > bins_.high() + 1e-9; });
    draw_bottom_axis(out_, frame_, inside, histogram_.value_name);
    close_picture(out_);
    write_folded_table(out_, "Numbers", table());
    out_.close().line();
  }

 private:
  static Ticks bins_of(const Histogram& histogram) {
    if (histogram.low < histogram.high) {
      return round_ticks(histogram.low, histogram.high, kBinsWished);
    }
    double low = kNoValue;
    double high = kNoValue;
    for (const Histogram::Strip& strip : histogram.strips) {
      low = std::fmin(low, least_of(strip.values));
      high = std::fmax(high, greatest_of(strip.values));
    }
    return round_ticks(low, high, kBinsWished);
  }
  // The last bin has its upper end, too.
  [[nodiscard]] std::vector<double> count(const std::vector<double>& values) const {
    std::vector<double> counts(bins_.at.size() - 1);
    const double width = (bins_.high() - bins_.low()) / static_cast<double>(counts.size());
    for (const double value : values) {
      if (has_value(value)) {
        const double place = std::floor((value - bins_.low()) / width + 1e-9);
        ++counts[static_cast<std::size_t>(std::clamp(place, 0.0, static_cast<double>(counts.size() - 1)))];
      }
    }
    return counts;
  }

  void strip(std::size_t number) {
    const Histogram::Strip& strip = histogram_.strips[number];
    const double all = static_cast<double>(std::ranges::count_if(strip.values, has_value));
    const double floor = kStripsTop + static_cast<double>(number + 1) * (kStripHeight + kStripGap) - kStripGap;
    out_.element("text", {{"class", "strong"}, {"x", kStripsLeft - 10}, {"y", floor - 22}, {"text-anchor", "end"}},
                 short_name(strip.name, 15));
    out_.element("text", {{"class", "quiet"}, {"x", kStripsLeft - 10}, {"y", floor - 7}, {"text-anchor", "end"}},
                 format_text("n = {}", count_text(all)));
    out_.empty("line", {{"class", "floor"}, {"x1", frame_.x.from}, {"y1", floor}, {"x2", frame_.x.to}, {"y2", floor}});
    const Scale height{.low = 0, .high = std::max(greatest_part_, 1e-9), .from = 0, .to = kStripHeight - 12};
    for (std::size_t bin = 0; bin < counts_[number].size(); ++bin) {
      const double part = all > 0 ? counts_[number][bin] / all : 0;
      if (part > 0) {
        const double left = frame_.x.place(bins_.at[bin]);
        const double tall = std::max(1.0, height.place(part));
        out_.open("rect", {{"class", "bar " + strip.style},
                           {"x", left + 0.5},
                           {"y", floor - tall},
                           {"width", frame_.x.place(bins_.at[bin + 1]) - left - 1},
                           {"height", tall}});
        out_.element("title", {},
                     format_text("{} to {}: {} ({} %)", bins_.text(bins_.at[bin]), bins_.text(bins_.at[bin + 1]),
                                 count_text(counts_[number][bin]), number_text(100 * part)))
            .close();
      }
    }
    mean(strip.values, floor);
    out_.line();
  }
  void mean(const std::vector<double>& values, double floor) {
    const double mean = mean_of(values);
    if (!has_value(mean)) {
      out_.element("text", {{"class", "quiet"}, {"x", kStripsLeft + 8}, {"y", floor - 8}}, "none");
      return;
    }
    const double x = frame_.x.place(mean);
    const bool is_right = x > (frame_.x.from + frame_.x.to) / 2;
    out_.empty("line", {{"class", "middle"}, {"x1", x}, {"y1", floor}, {"x2", x}, {"y2", floor - kStripHeight + 2}});
    out_.element("text",
                 {{"class", "halo"},
                  {"x", x + (is_right ? -5 : 5)},
                  {"y", floor - kStripHeight + 9},
                  {"text-anchor", is_right ? "end" : "start"}},
                 "mean " + number_text(mean));
  }

  [[nodiscard]] DataTable table() const {
    DataTable table{.caption = "Number of " + histogram_.counted + " by " + histogram_.value_name,
                    .columns = {{"from"}, {"to"}}};
    for (const Histogram::Strip& strip : histogram_.strips) {
      table.columns.push_back({strip.name});
    }
    for (std::size_t bin = 0; bin + 1 < bins_.at.size(); ++bin) {
      std::vector<std::string> row{bins_.text(bins_.at[bin]), bins_.text(bins_.at[bin + 1])};
      for (const std::vector<double>& counts : counts_) {
        row.push_back(count_text(counts[bin]));
      }
      table.rows.push_back(std::move(row));
    }
    return table;
  }

  Markup& out_;
  const Histogram& histogram_;
  const Ticks bins_;
  Frame frame_;
  std::vector<std::vector<double>> counts_;  // of each strip
  double greatest_part_ = 0;
};

}  // namespace

void draw_histogram(Markup& out, const Histogram& histogram) { StripDrawing(out, histogram).draw(); }

}  // namespace puna::sim

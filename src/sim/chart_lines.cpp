// A metric over epochs. See charts.h.
#include <algorithm>
#include <string>
#include <utility>

#include "puna/base.h"
#include "sim/charts.h"

namespace puna::sim {
namespace {

constexpr PictureSize kLinesSize{.width = 360, .height = 236};
constexpr double kLinesLeft = 52;
constexpr double kLinesRight = 14;
constexpr double kLinesTop = 30;  // the legend stands above
constexpr double kLinesBottom = 42;
constexpr std::size_t kDotsMax = 12;  // epochs that get a dot each
constexpr int kValueTicks = 5;

// Neighbouring epochs that have a value, [begin, end).
std::vector<std::pair<std::size_t, std::size_t>> stretches_of(const std::vector<double>& values) {
  std::vector<std::pair<std::size_t, std::size_t>> found;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!has_value(values[i])) {
      continue;
    }
    if (found.empty() || found.back().second != i) {
      found.emplace_back(i, i);
    }
    found.back().second = i + 1;
  }
  return found;
}

class LineDrawing {
 public:
  LineDrawing(Markup& out, const LineChart& chart)
      : out_(out),
        chart_(chart),
        ticks_(round_ticks(std::min(0.0, least_of(chart.low)), std::max(0.0, greatest_of(chart.high)), kValueTicks)) {
    const double epochs = static_cast<double>(chart.mean.size());
    // A single epoch stands in the middle.
    frame_.x = {.low = epochs > 1 ? 1 : 0.0,
                .high = epochs > 1 ? epochs : 2.0,
                .from = kLinesLeft,
                .to = kLinesSize.width - kLinesRight};
    frame_.y = {.low = ticks_.low(), .high = ticks_.high(), .from = kLinesSize.height - kLinesBottom, .to = kLinesTop};
  }

  void draw() {
    open_picture(out_, kLinesSize, chart_.text);
    legend();
    draw_value_axis(out_, frame_, ticks_);
    const auto stretches = stretches_of(chart_.mean);
    if (chart_.runs > 1) {
      for (const auto& [begin, end] : stretches) {
        band(begin, end);
      }
    }
    for (const auto& [begin, end] : stretches) {
      line(begin, end);
    }
    draw_whole_axis(out_, frame_, 1, static_cast<int>(chart_.mean.size()), "epoch");
    close_picture(out_);
    write_folded_table(out_, "Numbers", table());
    out_.close().line();
  }

 private:
  [[nodiscard]] double x_of(std::size_t epoch) const { return frame_.x.place(static_cast<double>(epoch) + 1); }
  [[nodiscard]] std::string point(std::size_t epoch, double value) const {
    return place_text(x_of(epoch)) + "," + place_text(frame_.y.place(value));
  }

  void legend() {
    const double y = 10;
    out_.empty("line", {{"class", "mean"}, {"x1", kLinesLeft}, {"y1", y}, {"x2", kLinesLeft + 20}, {"y2", y}});
    out_.element("text", {{"x", kLinesLeft + 26}, {"y", y + 4}},
                 chart_.runs > 1 ? format_text("mean of {} runs", chart_.runs) : "one run");
    if (chart_.runs > 1) {
      out_.empty("rect", {{"class", "band"}, {"x", kLinesLeft + 138}, {"y", y - 6}, {"width", 20}, {"height", 12}});
      out_.element("text", {{"x", kLinesLeft + 164}, {"y", y + 4}}, "least to greatest");
    }
    out_.line();
  }
  void band(std::size_t begin, std::size_t end) {
    if (end - begin == 1) {
      out_.empty("line", {{"class", "whisker"},
                          {"x1", x_of(begin)},
                          {"y1", frame_.y.place(chart_.low[begin])},
                          {"x2", x_of(begin)},
                          {"y2", frame_.y.place(chart_.high[begin])}})
          .line();
      return;
    }
    std::string points;
    for (std::size_t i = begin; i < end; ++i) {
      points += point(i, chart_.high[i]) + " ";
    }
    for (std::size_t i = end; i > begin; --i) {
      points += point(i - 1, chart_.low[i - 1]) + (i - 1 > begin ? " " : "");
    }
    out_.empty("polygon", {{"class", "band"}, {"points", points}}).line();
  }
  void line(std::size_t begin, std::size_t end) {
    std::string points;
    for (std::size_t i = begin; i < end; ++i) {
      points += (i > begin ? " " : "") + point(i, chart_.mean[i]);
    }
    if (end - begin > 1) {
      out_.empty("polyline", {{"class", "mean"}, {"points", points}}).line();
    }
    for (std::size_t i = begin; i < end && (end - begin == 1 || chart_.mean.size() <= kDotsMax); ++i) {
      out_.open("circle", {{"class", "dot"}, {"cx", x_of(i)}, {"cy", frame_.y.place(chart_.mean[i])}, {"r", 3}});
      out_.element("title", {}, format_text("epoch {}: {}", i + 1, number_text(chart_.mean[i]))).close();
    }
    out_.line();
  }
  [[nodiscard]] DataTable table() const {
    DataTable table{.caption = chart_.text.title + " by epoch", .columns = {{"epoch"}, {"value"}}};
    if (chart_.runs > 1) {
      table.columns = {{"epoch"}, {"mean"}, {"least"}, {"greatest"}};
    }
    for (std::size_t i = 0; i < chart_.mean.size(); ++i) {
      std::vector<std::string> row{std::to_string(i + 1), number_text(chart_.mean[i])};
      if (chart_.runs > 1) {
        row.push_back(number_text(chart_.low[i]));
        row.push_back(number_text(chart_.high[i]));
      }
      table.rows.push_back(std::move(row));
    }
    return table;
  }

  Markup& out_;
  const LineChart& chart_;
  const Ticks ticks_;
  Frame frame_;
};

}  // namespace

void draw_lines(Markup& out, const LineChart& chart) { LineDrawing(out, chart).draw(); }

}  // namespace puna::sim

// Agents by rounds. See charts.h.
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "puna/base.h"
#include "sim/charts.h"

namespace puna::sim {
namespace {

constexpr double kMapLeft = 146;  // names
constexpr double kMapTop = 6;
constexpr double kMapRight = 104;   // groups
constexpr double kMapBottom = 104;  // axis and key
constexpr double kMapWidth = 640;   // of the cells, at most
constexpr double kCellHeight = 16;
constexpr double kGroupGap = 5;
constexpr int kShades = 9;  // odd: the middle one is around 0
constexpr double kShadeWidth = 44;

class HeatDrawing {
 public:
  HeatDrawing(Markup& out, const HeatMap& map) : out_(out), map_(map), columns_(map.rows.front().values.size()) {
    for (const HeatMap::Row& row : map.rows) {
      for (const double value : row.values) {
        most_ = has_value(value) ? std::max(most_, std::abs(value)) : most_;
      }
    }
    most_ = round_ticks(0, most_ > 0 ? most_ : 1, 5).high();
    cell_width_ = std::clamp(kMapWidth / static_cast<double>(columns_), 4.0, 36.0);
    double y = kMapTop;
    for (std::size_t i = 0; i < map.rows.size(); ++i) {
      y += i > 0 && map.rows[i].group != map.rows[i - 1].group ? kGroupGap : 0;
      tops_.push_back(y);
      y += kCellHeight;
    }
    bottom_ = y;
  }

  void draw() {
    const double cells = cell_width_ * static_cast<double>(columns_);
    const double key = kShades * kShadeWidth + 90;
    open_picture(out_, {.width = kMapLeft + std::max(cells + kMapRight, key), .height = bottom_ + kMapBottom},
                 map_.text);
    for (std::size_t i = 0; i < map_.rows.size(); ++i) {
      row(i);
    }
    const Frame frame{.x = {.low = 1,
                            .high = std::max(2.0, static_cast<double>(columns_)),
                            .from = kMapLeft + cell_width_ / 2,
                            .to = kMapLeft + cell_width_ * (std::max(2.0, static_cast<double>(columns_)) - 0.5)},
                      .y = {.from = bottom_ + 2}};
    axis(frame);
    legend();
    close_picture(out_);
    write_folded_table(out_, "Numbers", table());
    out_.close().line();
  }

 private:
  [[nodiscard]] int shade_of(double value) const {
    const double place = std::floor((value + most_) / (2 * most_) * kShades);
    return static_cast<int>(std::clamp(place, 0.0, kShades - 1.0));
  }
  // "7" or "7 to 9".
  [[nodiscard]] std::string rounds_of(std::size_t column) const {
    const std::size_t each = static_cast<std::size_t>(map_.columns_each);
    return each == 1 ? std::to_string(column + 1) : format_text("{} to {}", column * each + 1, (column + 1) * each);
  }

  void row(std::size_t number) {
    const HeatMap::Row& row = map_.rows[number];
    const double top = tops_[number];
    out_.open("g");
    out_.open("text", {{"x", kMapLeft - 8}, {"y", top + kCellHeight - 4}, {"text-anchor", "end"}});
    out_.element("title", {}, row.name + ", " + row.group).text(short_name(row.name, 18)).close().line();
    for (std::size_t i = 0; i < row.values.size(); ++i) {
      const double value = row.values[i];
      if (has_value(value)) {
        out_.open("rect", {{"class", format_text("s{}", shade_of(value))},
                           {"x", kMapLeft + cell_width_ * static_cast<double>(i)},
                           {"y", top},
                           {"width", cell_width_ - (cell_width_ > 8 ? 1 : 0)},
                           {"height", kCellHeight - 1}});
        out_.element("title", {},
                     format_text("{}, {} {}: {}", row.name, map_.column_name, rounds_of(i), number_text(value)))
            .close();
      }
    }
    if (number == 0 || map_.rows[number - 1].group != row.group) {
      out_.element("text",
                   {{"class", "quiet"},
                    {"x", kMapLeft + cell_width_ * static_cast<double>(columns_) + 8},
                    {"y", top + kCellHeight - 4}},
                   short_name(row.group, 15));
    }
    out_.close().line();
  }
  void axis(const Frame& frame) {
    for (const int at :
         whole_ticks(1, static_cast<int>(columns_), static_cast<int>(std::clamp<std::size_t>(columns_ / 3, 3, 12)))) {
      const double x = frame.x.place(at);
      out_.empty("line", {{"class", "tick"}, {"x1", x}, {"y1", bottom_}, {"x2", x}, {"y2", bottom_ + 4}});
      out_.element("text", {{"x", x}, {"y", bottom_ + 16}, {"text-anchor", "middle"}},
                   std::to_string((at - 1) * map_.columns_each + 1));
    }
    out_.element("text", {{"class", "axis"}, {"x", kMapLeft}, {"y", bottom_ + 32}}, map_.axis_name).line();
  }
  void legend() {
    const double y = bottom_ + 62;
    out_.element("text", {{"class", "axis"}, {"x", kMapLeft}, {"y", y - 8}}, map_.value_name);
    const Ticks limits = round_ticks(-most_, most_, 10);
    for (int shade = 0; shade < kShades; ++shade) {
      out_.empty("rect", {{"class", format_text("s{}", shade)},
                          {"x", kMapLeft + shade * kShadeWidth},
                          {"y", y},
                          {"width", kShadeWidth - 1},
                          {"height", 12}});
    }
    for (const double value : {-most_, 0.0, most_}) {
      const double x = kMapLeft + (value + most_) / (2 * most_) * kShades * kShadeWidth;
      out_.element("text", {{"x", x}, {"y", y + 27}, {"text-anchor", "middle"}}, limits.text(value));
    }
    out_.line();
  }
  [[nodiscard]] DataTable table() const {
    DataTable table{.caption = map_.value_name + ", a column for each " + map_.column_name, .columns = {{"agent"}}};
    for (std::size_t i = 0; i < columns_; ++i) {
      table.columns.push_back({rounds_of(i)});
    }
    for (const HeatMap::Row& row : map_.rows) {
      std::vector<std::string> cells{row.name};
      for (const double value : row.values) {
        cells.push_back(number_text(value));
      }
      table.rows.push_back(std::move(cells));
    }
    return table;
  }

  Markup& out_;
  const HeatMap& map_;
  const std::size_t columns_;
  double most_ = 0;  // the scale is -most_ .. most_
  double cell_width_ = 0;
  std::vector<double> tops_;
  double bottom_ = 0;
};

}  // namespace

// Requires  a row, and a column
void draw_heat_map(Markup& out, const HeatMap& map) {
  PUNA_CHECK(!map.rows.empty() && !map.rows.front().values.empty(), "a heat map without cells");
  HeatDrawing(out, map).draw();
}

}  // namespace puna::sim

// The drawings of a report, as SVG. Colours are classes of report_style.cpp, so that light, dark and print differ there
// alone; nothing is said by colour alone. Every chart is a figure: the picture with a title and a description for those
// who do not see it, and its numbers as a table.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/markup.h"
#include "sim/scale.h"

namespace puna::sim {

// Cells of text; those of number columns stand on the right.
struct DataTable {
  struct Column {
    std::string name;
    bool is_number = true;
  };
  std::string caption;
  std::vector<Column> columns;  // the first one names the rows
  std::vector<std::vector<std::string>> rows;
};
void write_table(Markup& out, const DataTable& table);
// Folded away; of very many rows the first and the last.
void write_folded_table(Markup& out, std::string_view summary, const DataTable& table);

// A picture's size in its own units, which are CSS pixels where there is room.
struct PictureSize {
  double width = 0;
  double height = 0;
};
inline constexpr std::string_view kSmallPicture = "small";  // fills its place
inline constexpr std::string_view kWidePicture = "wide";    // keeps its size, and scrolls where there is no room
struct PictureText {
  int number = 0;  // one for each picture of a page: ids are made of it
  std::string title;
  std::string what;  // a sentence or two
  std::string_view kind = kSmallPicture;
};
// <figure><figcaption/><svg> ... : the caller draws, then closes the svg, adds a table, closes the figure.
void open_picture(Markup& out, const PictureSize& size, const PictureText& text);
void close_picture(Markup& out);

// A frame with two axes: a grid at the ticks, their numbers, what is counted.
struct Frame {
  Scale x;
  Scale y;
};
void draw_value_axis(Markup& out, const Frame& frame, const Ticks& ticks);
void draw_bottom_axis(Markup& out, const Frame& frame, const Ticks& ticks, std::string_view title);
void draw_whole_axis(Markup& out, const Frame& frame, int first, int last, std::string_view title);

// A metric over epochs: the mean of runs, and between which values they lie.
struct LineChart {
  PictureText text;
  std::string value_name;  // of the value axis, with its unit
  std::size_t runs = 1;
  // For each epoch; NaN is a gap.
  std::vector<double> mean, low, high;
};
void draw_lines(Markup& out, const LineChart& chart);

// Distributions above each other over the same values; heights are parts of each, on one scale.
struct Histogram {
  struct Strip {
    std::string name;
    std::string style;  // a class of colours
    std::vector<double> values;
  };
  PictureText text;
  std::string value_name;
  std::string counted;  // "interactions"
  std::vector<Strip> strips;
  // Bounds of the values where they are known, else equal.
  double low = 0;
  double high = 0;
};
void draw_histogram(Markup& out, const Histogram& histogram);

// Rows and columns of values around 0.
struct HeatMap {
  struct Row {
    std::string name;
    std::string group;  // rows of a group follow each other
    std::vector<double> values;
  };
  PictureText text;
  std::string value_name;
  std::string column_name;  // "step"
  std::string axis_name;
  int columns_each = 1;  // how many of them a column is
  std::vector<Row> rows;
};
void draw_heat_map(Markup& out, const HeatMap& map);

// Who dealt with whom, on a circle in the order of the agents.
struct DealGraph {
  struct Node {
    std::string name;
    int style = 0;  // number of a colour; see agent_style()
  };
  struct Edge {
    int a = 0;  // places of nodes; b may be kEverybody (puna/sim/world.h)
    int b = 0;
    double count = 0;
    double p = 0;  // mean; NaN: nobody knows
  };
  PictureText text;
  std::vector<Node> nodes;
  std::vector<Edge> edges;                          // each pair once
  std::vector<std::pair<std::string, int>> styles;  // what they stand for
};
void draw_graph(Markup& out, const DealGraph& graph);

// The colour of an agent's type, 0 to 8; 8 is any other text.
[[nodiscard]] int agent_style(std::string_view type);
// A type that this program knows, or "other".
[[nodiscard]] std::string known_type(std::string_view type);
// At most that many bytes, whole characters, with "…" where something is missing.
[[nodiscard]] std::string short_name(std::string_view name, std::size_t bytes_max);

}  // namespace puna::sim

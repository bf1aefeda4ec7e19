// Who dealt with whom. A circle, not a layout by forces: with sixty agents every name can still be read, an agent
// stands at the same place whatever the run, and neighbours of a type stand together. See charts.h.
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <string>
#include <utility>

#include "puna/base.h"
#include "puna/sim/world.h"
#include "sim/charts.h"

namespace puna::sim {
namespace {

constexpr double kGraphWidth = 720;
constexpr double kGraphMiddle = kGraphWidth / 2;
constexpr double kCircle = 232;
constexpr double kAbove = 128;  // the circle: names along the rays
constexpr double kAboveUpright = 44;
constexpr double kLegendRow = 22;
constexpr double kWidest = 7;
constexpr std::size_t kUprightNames = 24;  // more are written along the rays
constexpr int kHues = 5;
constexpr int kTypesInRow = 5;
constexpr std::size_t kDenseFrom = 150;

struct Spot {
  double x = 0;
  double y = 0;
};

class GraphDrawing {
 public:
  GraphDrawing(Markup& out, const DealGraph& graph)
      : out_(out),
        graph_(graph),
        edges_(graph.edges),
        is_many_(graph.nodes.size() > kUprightNames),
        middle_((is_many_ ? kAbove : kAboveUpright) + kCircle),
        legend_top_(2 * middle_ + 8) {
    for (const DealGraph::Edge& edge : edges_) {
      most_ = std::max(most_, edge.count);
    }
    // The busiest ones on top.
    std::ranges::stable_sort(edges_, {}, &DealGraph::Edge::count);
  }

  void draw() {
    const double rows = std::ceil(static_cast<double>(graph_.styles.size()) / kTypesInRow) + 2;
    open_picture(out_, {.width = kGraphWidth, .height = legend_top_ + rows * kLegendRow + 6}, graph_.text);
    out_.open("g", {{"class", edges_.size() > kDenseFrom ? "edges dense" : "edges"}}).line();
    for (const DealGraph::Edge& one : edges_) {
      edge(one);
    }
    out_.close().line();
    if (std::ranges::contains(edges_, kEverybody, &DealGraph::Edge::b)) {
      out_.empty("circle", {{"class", "all"}, {"cx", kGraphMiddle}, {"cy", middle_}, {"r", 17}});
      out_.element("text", {{"x", kGraphMiddle}, {"y", middle_ + 4}, {"text-anchor", "middle"}}, "all").line();
    }
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      node(i);
    }
    legend();
    close_picture(out_);
    write_folded_table(out_, "Numbers", table());
    out_.close().line();
  }

 private:
  // Clockwise from the top.
  [[nodiscard]] double angle_of(std::size_t node) const {
    return 2 * std::numbers::pi * static_cast<double>(node) / static_cast<double>(graph_.nodes.size());
  }
  [[nodiscard]] Spot spot_of(int node) const {
    if (node < 0) {
      return {.x = kGraphMiddle, .y = middle_};
    }
    const double angle = angle_of(static_cast<std::size_t>(node));
    return {.x = kGraphMiddle + kCircle * std::sin(angle), .y = middle_ - kCircle * std::cos(angle)};
  }
  [[nodiscard]] double width_of(double count) const { return std::max(1.0, kWidest * std::sqrt(count / most_)); }
  static std::string hue_of(double p) {
    return has_value(p) ? format_text("e{}", static_cast<int>(std::clamp(p, 0.0, 0.999) * kHues)) : "unknown";
  }
  [[nodiscard]] std::string name_of_node(int node) const {
    return node < 0 ? "all" : graph_.nodes[static_cast<std::size_t>(node)].name;
  }

  void edge(const DealGraph::Edge& edge) {
    const Spot a = spot_of(edge.a);
    const Spot b = spot_of(edge.b);
    // Bent to the middle, so that lines between neighbours do not hide behind the circle.
    const double bend = edge.b < 0 ? 1 : 0.45;
    const Spot over{.x = kGraphMiddle + bend * ((a.x + b.x) / 2 - kGraphMiddle),
                    .y = middle_ + bend * ((a.y + b.y) / 2 - middle_)};
    out_.open("path", {{"class", hue_of(edge.p)},
                       {"stroke-width", width_of(edge.count)},
                       {"d", format_text("M{} {}Q{} {} {} {}", place_text(a.x), place_text(a.y), place_text(over.x),
                                         place_text(over.y), place_text(b.x), place_text(b.y))}});
    out_.element("title", {},
                 format_text("{} and {}: {} interactions, mean p {}", name_of_node(edge.a), name_of_node(edge.b),
                             count_text(edge.count), number_text(edge.p)))
        .close()
        .line();
  }
  void node(std::size_t number) {
    const DealGraph::Node& node = graph_.nodes[number];
    const Spot spot = spot_of(static_cast<int>(number));
    const double angle = angle_of(number);
    out_.open("g");
    out_.empty(
        "circle",
        {{"class", format_text("node t{}", node.style)}, {"cx", spot.x}, {"cy", spot.y}, {"r", is_many_ ? 6 : 9}});
    const bool is_left = std::sin(angle) < -1e-9;
    const bool is_centred = !is_many_ && std::abs(std::sin(angle)) < 0.2;
    const double away = kCircle + (is_many_ ? 12 : 17);
    const double x = kGraphMiddle + away * std::sin(angle);
    const double y = middle_ - away * std::cos(angle);
    const std::string anchor = is_centred ? "middle" : is_left ? "end" : "start";
    const double turn = angle * 180 / std::numbers::pi + (is_left ? 90 : -90);
    const double down = is_centred ? (std::cos(angle) > 0 ? 0 : 10) : 4;
    const std::string place =
        is_many_ ? format_text("translate({} {}) rotate({})", place_text(x), place_text(y), place_text(turn))
                 : format_text("translate({} {})", place_text(x), place_text(y));
    out_.open("text", {{"transform", place}, {"y", down}, {"text-anchor", anchor}});
    out_.element("title", {}, node.name).text(short_name(node.name, 16)).close();
    out_.close().line();
  }

  void legend() {
    double y = legend_top_;
    for (std::size_t i = 0; i < graph_.styles.size(); ++i) {
      const double x = 40 + static_cast<double>(i % kTypesInRow) * 134;
      y = legend_top_ + std::floor(static_cast<double>(i) / kTypesInRow) * kLegendRow;
      out_.empty("circle",
                 {{"class", format_text("node t{}", graph_.styles[i].second)}, {"cx", x}, {"cy", y}, {"r", 6}});
      out_.element("text", {{"x", x + 12}, {"y", y + 4}}, short_name(graph_.styles[i].first, 18)).line();
    }
    y += kLegendRow;
    out_.element("text", {{"class", "axis"}, {"x", 34}, {"y", y + 4}}, "mean p");
    for (int hue = 0; hue < kHues; ++hue) {
      const double x = 134 + hue * 110;
      out_.open("g", {{"class", "edges"}})
          .empty("path", {{"class", format_text("e{}", hue)},
                          {"stroke-width", 5},
                          {"d", format_text("M{} {}h26", place_text(x), place_text(y))}})
          .close();
      out_.element("text", {{"x", x + 32}, {"y", y + 4}}, format_text("{:.1f} to {:.1f}", hue / 5.0, (hue + 1) / 5.0));
    }
    y += kLegendRow;
    out_.line().element("text", {{"class", "axis"}, {"x", 34}, {"y", y + 4}}, "interactions");
    double x = 134;
    for (const double part : {0.1, 0.5, 1.0}) {
      const double count = std::max(1.0, std::round(part * most_));
      out_.open("g", {{"class", "edges"}})
          .empty("path", {{"class", "sample"},
                          {"stroke-width", width_of(count)},
                          {"d", format_text("M{} {}h26", place_text(x), place_text(y))}})
          .close();
      out_.element("text", {{"x", x + 32}, {"y", y + 4}}, count_text(count));
      x += 110;
    }
    out_.line();
  }
  [[nodiscard]] DataTable table() const {
    DataTable table{.caption = "Pairs of agents, the busiest first",
                    .columns = {{"agent"}, {"and", false}, {"interactions"}, {"mean p"}}};
    for (auto edge = edges_.rbegin(); edge != edges_.rend(); ++edge) {
      table.rows.push_back(
          {name_of_node(edge->a), name_of_node(edge->b), count_text(edge->count), number_text(edge->p)});
    }
    return table;
  }

  Markup& out_;
  const DealGraph& graph_;
  std::vector<DealGraph::Edge> edges_;
  const bool is_many_;
  const double middle_;  // from above
  const double legend_top_;
  double most_ = 1;
};

}  // namespace

void draw_graph(Markup& out, const DealGraph& graph) { GraphDrawing(out, graph).draw(); }

}  // namespace puna::sim

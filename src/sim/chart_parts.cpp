// What charts share: figures, tables, axes. See charts.h.
#include <cmath>
#include <string>

#include "puna/base.h"
#include "puna/sim/scenario.h"
#include "sim/charts.h"

namespace puna::sim {
namespace {

constexpr int kTicksMax = 8;  // along the bottom

void draw_axis_title(Markup& out, const Frame& frame, std::string_view title) {
  out.element(
      "text",
      {{"class", "axis"}, {"x", (frame.x.from + frame.x.to) / 2}, {"y", frame.y.from + 32}, {"text-anchor", "middle"}},
      title);
}

void draw_bottom_tick(Markup& out, const Frame& frame, double value, const std::string& text) {
  const double x = frame.x.place(value);
  out.empty("line", {{"class", "tick"}, {"x1", x}, {"y1", frame.y.from}, {"x2", x}, {"y2", frame.y.from + 4}});
  out.element("text", {{"x", x}, {"y", frame.y.from + 16}, {"text-anchor", "middle"}}, text).line();
}

void draw_floor(Markup& out, const Frame& frame) {
  out.empty("line",
            {{"class", "floor"}, {"x1", frame.x.from}, {"y1", frame.y.from}, {"x2", frame.x.to}, {"y2", frame.y.from}})
      .line();
}

}  // namespace

void write_table(Markup& out, const DataTable& table) {
  out.open("div", {{"class", "scroll"}, {"tabindex", "0"}, {"role", "group"}, {"aria-label", "table"}});
  out.open("table").element("caption", {}, table.caption).open("thead").open("tr");
  for (const DataTable::Column& column : table.columns) {
    out.element("th", {{"scope", "col"}, {"class", column.is_number ? "number" : "name"}}, column.name);
  }
  out.close().close().line().open("tbody").line();
  for (const std::vector<std::string>& row : table.rows) {
    out.open("tr");
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i == 0) {
        out.open("th", {{"scope", "row"}}).element("bdi", {}, row[i]).close();
      } else if (table.columns[i].is_number) {
        out.element("td", {{"class", "number"}}, row[i]);
      } else {
        out.open("td").element("bdi", {}, row[i]).close();
      }
    }
    out.close().line();
  }
  out.close().close().close().line();
}

void write_folded_table(Markup& out, std::string_view summary, const DataTable& table) {
  constexpr std::size_t kEndRowsMax = 500;
  out.open("details").element("summary", {}, summary).line();
  if (table.rows.size() <= 2 * kEndRowsMax) {
    write_table(out, table);
  } else {
    out.element("p", {{"class", "note"}},
                format_text("The first and last {} of {} rows; all of them are in the run's CSV files.", kEndRowsMax,
                            table.rows.size()));
    DataTable ends{.caption = table.caption, .columns = table.columns};
    ends.rows.assign(table.rows.begin(), table.rows.begin() + kEndRowsMax);
    ends.rows.insert(ends.rows.end(), table.rows.end() - kEndRowsMax, table.rows.end());
    write_table(out, ends);
  }
  out.close().line();
}

void open_picture(Markup& out, const PictureSize& size, const PictureText& text) {
  const std::string title_id = format_text("t{}", text.number);
  const std::string what_id = format_text("d{}", text.number);
  out.open("figure", {{"class", text.kind}}).line();
  out.open("figcaption").element("h4", {}, text.title).element("p", {}, text.what).close().line();
  if (text.kind == kWidePicture) {
    out.open("div", {{"class", "picture"}, {"tabindex", "0"}, {"role", "group"}, {"aria-label", "wide picture"}});
  } else {
    out.open("div", {{"class", "picture"}});
  }
  out.open("svg", {{"xmlns", "http://www.w3.org/2000/svg"},
                   {"viewBox", format_text("0 0 {} {}", place_text(size.width), place_text(size.height))},
                   {"width", size.width},
                   {"height", size.height},
                   {"role", "img"},
                   {"aria-labelledby", title_id + " " + what_id}});
  out.element("title", {{"id", title_id}}, text.title).element("desc", {{"id", what_id}}, text.what).line();
}

void close_picture(Markup& out) { out.close().close().line(); }

void draw_value_axis(Markup& out, const Frame& frame, const Ticks& ticks) {
  for (const double at : ticks.at) {
    const double y = frame.y.place(at);
    out.empty("line", {{"class", std::abs(at) < 1e-12 ? "zero" : "grid"},
                       {"x1", frame.x.from},
                       {"y1", y},
                       {"x2", frame.x.to},
                       {"y2", y}});
    out.element("text", {{"x", frame.x.from - 6}, {"y", y + 4}, {"text-anchor", "end"}}, ticks.text(at)).line();
  }
}

void draw_bottom_axis(Markup& out, const Frame& frame, const Ticks& ticks, std::string_view title) {
  draw_floor(out, frame);
  for (const double at : ticks.at) {
    draw_bottom_tick(out, frame, at, ticks.text(at));
  }
  draw_axis_title(out, frame, title);
}

void draw_whole_axis(Markup& out, const Frame& frame, int first, int last, std::string_view title) {
  draw_floor(out, frame);
  for (const int at : whole_ticks(first, last, kTicksMax)) {
    draw_bottom_tick(out, frame, at, std::to_string(at));
  }
  draw_axis_title(out, frame, title);
}

int agent_style(std::string_view type) {
  const auto known = agent_type_named(type);
  return known ? static_cast<int>(*known) : static_cast<int>(AgentType::llm) + 1;
}

std::string known_type(std::string_view type) { return agent_type_named(type) ? std::string(type) : "other"; }

std::string short_name(std::string_view name, std::size_t bytes_max) {
  const std::string clean = utf8::sanitize(name);
  return clean.size() <= bytes_max ? clean : std::string(utf8::truncate(clean, bytes_max - 1)) + "…";
}

}  // namespace puna::sim

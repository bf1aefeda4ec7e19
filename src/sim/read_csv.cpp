// See read_csv.h.
#include "sim/read_csv.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "sim/result_files.h"
#include "sim/scale.h"

namespace puna::sim {
namespace {

struct CsvRow {
  std::vector<std::string> cells;
  std::size_t lines = 1;  // that it takes
  bool is_whole = true;   // every quote is closed
};

// Takes one row off the text.
CsvRow take_csv_row(std::string_view& text) {
  CsvRow row{.cells = {""}};
  bool is_quoted = false;
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    const char byte = text[at];
    if (is_quoted) {
      row.lines += byte == '\n' ? 1 : 0;
      const bool is_doubled = byte == '"' && at + 1 < text.size() && text[at + 1] == '"';
      is_quoted = byte != '"' || is_doubled;
      at += is_doubled ? 1 : 0;
      if (is_quoted) {
        row.cells.back() += byte;
      }
    } else if (byte == '"') {
      is_quoted = true;
    } else if (byte == ',') {
      row.cells.emplace_back();
    } else if (byte == '\n') {
      break;
    } else if (byte != '\r') {
      row.cells.back() += byte;
    }
  }
  text.remove_prefix(std::min(at + 1, text.size()));
  row.is_whole = !is_quoted;
  return row;
}

}  // namespace

Result<CsvTable> read_csv(const std::filesystem::path& file, std::string_view text) {
  CsvTable table{.file = file};
  for (std::size_t line = 1; !text.empty();) {
    CsvRow row = take_csv_row(text);
    const bool is_head = line == 1;
    if (!row.is_whole || (!is_head && row.cells.size() != table.columns.size())) {
      return damaged(file, line,
                     row.is_whole
                         ? format_text("{} cells, and the head line has {}", row.cells.size(), table.columns.size())
                         : "a quote is not closed");
    }
    if (is_head) {
      table.columns = std::move(row.cells);
    } else {
      table.rows.push_back(std::move(row.cells));
      table.lines.push_back(line);
    }
    line += row.lines;
  }
  if (table.columns.empty()) {
    return damaged(file, 1, "the head line is missing");
  }
  return table;
}

std::string_view CsvTable::text(std::size_t row, std::string_view column) const {
  const auto found = std::ranges::find(columns, column);
  return found == columns.end() ? std::string_view()
                                : std::string_view(rows[row][static_cast<std::size_t>(found - columns.begin())]);
}

Result<double> CsvTable::number(std::size_t row, std::string_view column) const {
  const std::string_view cell = text(row, column);
  if (cell.empty()) {
    return kNoValue;
  }
  double value = 0;
  const auto [end, problem] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (problem == std::errc::result_out_of_range) {
    return kNoValue;
  }
  if (problem != std::errc() || end != cell.data() + cell.size()) {
    return damaged(file, lines[row], format_text("'{}' is no number, in the column {}", printable(cell), column));
  }
  return has_value(value) ? value : kNoValue;
}

}  // namespace puna::sim

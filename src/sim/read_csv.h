// The tables that a run writes (results.h), read back: a head line, quoted cells where needed, numbers.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "puna/base.h"

namespace puna::sim {

// Invariant: every row has as many cells as there are columns; lines has the line on which each row begins, from 1.
struct CsvTable {
  std::filesystem::path file;  // for messages
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
  std::vector<std::size_t> lines;

  // A cell of a column that there is; NaN where it is empty, "nan" or infinite, or where there is no such column.
  // Errors  corrupt  it is no number; the message has file, line and column
  [[nodiscard]] Result<double> number(std::size_t row, std::string_view column) const;
  // Empty where there is no such column.
  [[nodiscard]] std::string_view text(std::size_t row, std::string_view column) const;
};

// Errors  corrupt  a row has too few or too many cells, a quote is not closed, the head line is missing
[[nodiscard]] Result<CsvTable> read_csv(const std::filesystem::path& file, std::string_view text);

}  // namespace puna::sim

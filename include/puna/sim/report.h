// What runs left in their folders, as one HTML file to look at: no script, nothing from elsewhere, light and dark.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "puna/base.h"
#include "puna/sim/world.h"

namespace puna::sim {

struct ReportOptions {
  std::string program;  // what made it, for the foot of the page; empty: not said
  bool account =
      false;  // also what ID_usage.json says: requests and cached tokens, which may differ between equal runs
};

// The page, as UTF-8. Runs of one scenario (the same text) make one section, with means over their seeds; each further
// scenario has a section of its own.
//
// The same runs give the same bytes, whatever the order and the names of their folders, the locale and the time zone:
// scenarios are ordered by id and text, runs by seed and then by a hash of their logs, and a run that was given twice
// counts once. Whatever a run holds (names, texts) is shown as text.
//
// folders   of results, or folders that hold such folders (four levels deep), or event logs. A run that has not ended
// is
//           shown as far as it went, and the page says so.
// Errors    invalid_argument  no folder
//           not_found         no such folder, no run in it, or a table of a run that ended is missing
//           corrupt           a file is damaged, or is of another run than the rest: FILE:LINE
//           io, limit         a file cannot be read, or has more than 1 GiB
// Thread    any. Cost  the event logs are read whole, one at a time.
[[nodiscard]] Result<std::string> report(std::span<const std::filesystem::path> folders,
                                         const ReportOptions& options = {}, const Worlds& worlds = Worlds::built_in());

// A file that is there whole or not at all.  Errors  io
[[nodiscard]] Result<void> write_report(const std::filesystem::path& file, std::string_view page);

}  // namespace puna::sim

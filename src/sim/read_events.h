// An event log as a RunRecord.
#pragma once

#include <filesystem>
#include <string_view>

#include "sim/result_files.h"

namespace puna::sim {

// All that the log says; a last line without an end is left out, as the run does that goes on with it.
// Errors  corrupt  a line is no event, or none that a run writes there
[[nodiscard]] Result<RunRecord> read_events(const std::filesystem::path& file, std::string_view text,
                                            const Worlds& worlds);

}  // namespace puna::sim

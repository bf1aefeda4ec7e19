// The text of an event log, line by line, and as a RunRecord.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "puna/sim/events.h"
#include "sim/result_files.h"

namespace puna::sim {

// What is wrong with an event; empty: nothing.
using Fault = std::string;

// Each event with its line; a last line without an end is left out, as the run does that goes on with it.
// Errors  corrupt  a line is no event, is out of order, says what cannot be, or `take` finds a fault
[[nodiscard]] Result<void> each_event_of(const std::filesystem::path& file, std::string_view text,
                                         const std::function<Fault(const Json& event, std::string_view line)>& take);
// When an event was that each_event_of() gave.
[[nodiscard]] StepPlace when_of(const Json& event);

// All that the log says.
// Errors  corrupt  those of each_event_of(), or an event is none that a run writes there
[[nodiscard]] Result<RunRecord> read_events(const std::filesystem::path& file, std::string_view text,
                                            const Worlds& worlds);

}  // namespace puna::sim

// Text that the model reads: made fit for a prompt, whatever a tool, a file or a model put into it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "puna/tools.h"

namespace puna::tools {

// Valid UTF-8 of at most bytes_max bytes. What is longer loses its middle, and a line in that place says how many bytes
// of the original are missing: the start of a file and the end of an error are what a model needs most.
// Requires  bytes_max >= 128.   Cost  O(bytes_max), also for a text of gigabytes.
[[nodiscard]] std::string fit_observation(std::string_view text, std::size_t bytes_max);

// The error and its hint as an observation.
[[nodiscard]] ToolResult error_observation(const Error& error);

// A name or path as it may stand in a one-line message: valid UTF-8, no control characters, at most 200 bytes.
[[nodiscard]] std::string shown(std::string_view text);

}  // namespace puna::tools

// A trace's story for people: a headline for each step, what was thought and done, what came of it, what it cost.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "cli/console.h"
#include "cli/trace_story.h"

namespace puna::cli {

struct TraceTextOptions {
  bool full = false;                 // nothing is cut, and prompts are shown
  std::optional<std::int64_t> step;  // of the user's own runs; unset: all
};
// Takes text that a terminal may have as it is: whole lines.
using TraceLine = std::function<void(std::string_view text, Style style)>;
void print_story(const TraceStory& story, const TraceTextOptions& options, const TraceLine& print);

}  // namespace puna::cli

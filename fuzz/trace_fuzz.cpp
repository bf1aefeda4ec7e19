// Any text as a trace: a story or a refusal; what is printed of it obeys no control character.
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "cli/trace_story.h"
#include "cli/trace_text.h"
#include "input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = puna::fuzz::text_of(data, size);
  auto trace = puna::read_trace(text);
  if (!trace) {
    const puna::ErrorCode code = trace.error().code;
    PUNA_CHECK(code == puna::ErrorCode::corrupt || code == puna::ErrorCode::unavailable, "a bad trace says so");
    return 0;
  }
  const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n')) + (trace->is_cut ? 1 : 0);
  PUNA_CHECK(trace->records.size() + trace->problems.size() == lines, "every line is read or named");
  const puna::cli::TraceStory story = puna::cli::story_of(trace->records, trace->problems);
  for (const bool full : {false, true}) {
    puna::cli::print_story(story, {.full = full, .step = {}}, [](std::string_view line, puna::cli::Style) {
      PUNA_CHECK(line.ends_with('\n'), "whole lines are printed");
      PUNA_CHECK(std::ranges::none_of(
                     line, [](char c) { return (c >= 0 && c < ' ' && c != '\n' && c != '\t') || c == '\x7f'; }),
                 "no control character is printed");
    });
  }
  return 0;
}

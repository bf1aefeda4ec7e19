// The two views of a run: a person's screen and JSON lines. Both are event sinks and nothing else.
#pragma once

#include <memory>

#include "cli/console.h"
#include "cli/options.h"
#include "puna/base.h"

namespace puna::cli {

// Text of the answer goes to stdout; tool cards, progress and the footer go to stderr.
// On a terminal text is shown as it comes, a chat's as Markdown where there are colours; otherwise stdout gets the
// answer alone, once, when the run ends.
[[nodiscard]] std::unique_ptr<EventSink> make_screen(Console& console, const Options& options);

// One event a line on stdout. prompt.ready only with -v, because it holds whole prompts.
[[nodiscard]] std::unique_ptr<EventSink> make_jsonl(Console& console, const Options& options);

[[nodiscard]] inline std::unique_ptr<EventSink> make_view(Console& console, const Options& options) {
  return options.jsonl ? make_jsonl(console, options) : make_screen(console, options);
}

}  // namespace puna::cli

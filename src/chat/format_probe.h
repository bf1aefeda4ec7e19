// Finds out how a template writes reasoning and calls: what stands around needles in what it renders.
#pragma once

#include <string>

#include "chat/needles.h"
#include "puna/chat/reply_format.h"

namespace puna {

struct FoundFormat {
  ReplyFormat format;         // without calls when `problem` says why
  std::string problem;        // empty: what the template renders reads back as the calls that went in
  std::string unconstrained;  // why no grammar can hold calls to this format; empty: one can, or there is no format
};

// `talk` renders in the shape that shows calls, if any does. A template that the probes cannot read gets the default
// reasoning tags and no calls.
[[nodiscard]] FoundFormat probe_format(const NeedleTalk& talk, bool shows_calls);

}  // namespace puna

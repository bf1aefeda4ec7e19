// From a rendered reply with known calls in it to the syntax that it is written in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "puna/base.h"
#include "puna/chat/reply_format.h"

namespace puna {

// The calls are to the needle tools, with the needle ids (needles.h).
struct CallSample {
  std::string_view reply;  // one call, or two with `several`; and the end of the turn
  std::string_view tail;   // what stands behind a reply of text: the end of the turn
  Json arguments;          // of each call: two, both text
  bool several = false;
  // One call whose first argument is of another type, for each: {type, value, the rendered reply}.
  struct Typed {
    std::string_view type;
    Json value;
    std::string reply;
  };
  std::vector<Typed> typed;
};

// Errors  invalid_argument  the arguments, or the place of the name, are in no form that we know; says which
[[nodiscard]] Result<CallSyntax> derive_calls(const CallSample& sample);

}  // namespace puna

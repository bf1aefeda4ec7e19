// JSON that can be read back: what is deeper than a reader goes becomes text.
#pragma once

#include "puna/base.h"

namespace puna::agent {

// The value with at most so many levels, of lists, objects and what is in them; deeper ones become their text.
[[nodiscard]] Json within_levels(Json value, int levels);

}  // namespace puna::agent

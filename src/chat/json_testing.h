// Tests only: JSON as it is written.
#pragma once

#include <string_view>

#include "puna/base.h"

namespace puna::testing {

inline Json json(std::string_view text) { return Json::parse(text).value(); }

}  // namespace puna::testing

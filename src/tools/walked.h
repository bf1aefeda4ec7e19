// The last lines of a list of files: what is not in it.
#pragma once

#include <string>

#include "puna/tools/workspace.h"

namespace puna::tools {

// "[not entered: 1 .git folder, 2 links]\n" and the like; empty when the walk saw everything.
[[nodiscard]] std::string left_out(const Workspace::Walked& walked);

}  // namespace puna::tools

// Replies of a script. Tests only.
#pragma once

#include <string>
#include <utility>

#include "puna/model.h"

namespace puna::model {

inline ScriptedReply says(std::string text) { return {.message = {.content = std::move(text)}}; }

}  // namespace puna::model

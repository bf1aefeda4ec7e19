// Where two JSON values begin to differ, for people.
#pragma once

#include <optional>
#include <string>

#include "puna/base/json.h"

namespace puna {

struct JsonDifference {
  std::string path;  // "messages[3].content, byte 120"; empty: the values themselves
  std::string was;   // cut to what stands around the difference; "nothing" where there is none
  std::string is;

  // "messages[3].content, byte 120: was "...", is "..."", on one line.
  [[nodiscard]] std::string text() const;
};

// The first place, members in the order of `was`. Nothing: they print equal bytes.
[[nodiscard]] std::optional<JsonDifference> first_difference(const Json& was, const Json& is);

}  // namespace puna

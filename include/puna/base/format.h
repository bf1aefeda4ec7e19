// std::format, compiled once. The standard's own is a template down to the last digit: each file that uses it compiles
// all of it again, two and a half seconds of an optimising build. Here the pattern is checked where it is written, and
// the work is done in one place.
#pragma once

#include <format>
#include <string>
#include <string_view>

namespace puna {

// Requires  a pattern that fits the arguments; format_text() sees to that.
[[nodiscard]] std::string format_arguments(std::string_view pattern, std::format_args arguments);

// As std::format.
template <class... Args>
[[nodiscard]] std::string format_text(std::format_string<Args...> pattern, Args&&... arguments) {
  return format_arguments(pattern.get(), std::make_format_args(arguments...));
}

}  // namespace puna

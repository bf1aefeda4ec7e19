// Test support: the line that sums a report up.
#pragma once

#include <string>

namespace puna::bench {

inline std::string last_line(const std::string& text) { return text.substr(text.rfind('\n', text.size() - 2) + 1); }

}  // namespace puna::bench

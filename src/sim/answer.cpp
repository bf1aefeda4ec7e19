// See answer.h.
#include "sim/answer.h"

namespace puna::sim {

std::string_view json_part(std::string_view text) {
  constexpr std::string_view kFence = "```";
  if (const std::size_t open = text.find(kFence); open != std::string_view::npos) {
    const std::size_t line_end = text.find('\n', open);  // behind the name of a language
    const std::size_t begin = line_end == std::string_view::npos ? open + kFence.size() : line_end + 1;
    const std::size_t close = text.find(kFence, begin);
    if (close != std::string_view::npos) {
      return text.substr(begin, close - begin);
    }
  }
  const std::size_t first = text.find('{');
  const std::size_t last = text.rfind('}');
  return first == std::string_view::npos || last == std::string_view::npos || last < first
             ? text
             : text.substr(first, last + 1 - first);
}

}  // namespace puna::sim

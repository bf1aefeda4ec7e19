#include "puna/base/format.h"

namespace puna {

std::string format_arguments(std::string_view pattern, std::format_args arguments) {
  return std::vformat(pattern, arguments);
}

}  // namespace puna

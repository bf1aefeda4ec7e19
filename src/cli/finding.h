// One line of puna doctor.
#pragma once

#include <string>

namespace puna::cli {

enum class Health : unsigned char { ok, warn, fail };

struct Finding {
  Health verdict = Health::ok;
  std::string subject;
  std::string what;
  std::string remedy;
};

}  // namespace puna::cli

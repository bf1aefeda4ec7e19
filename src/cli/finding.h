// One line of puna doctor.
#pragma once

#include <string>

namespace puna::cli {

enum class Verdict : unsigned char { ok, warn, fail };

struct Finding {
  Verdict verdict = Verdict::ok;
  std::string subject;
  std::string what;
  std::string remedy;
};

}  // namespace puna::cli

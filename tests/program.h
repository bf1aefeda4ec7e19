// Runs a program as a user's shell would, and keeps what it printed. For tests.
#pragma once

#include <string>
#include <vector>

#include "source_folder.h"

namespace puna::test {

inline const std::string kProgram = PUNA_PROGRAM;
inline const std::string kDemoModel = PUNA_SOURCE_DIR "/models/demo/puna-demo-Q8_0.gguf";

struct Ran {
  int exit_status = -1;  // 128 + signal when it was killed
  std::string out;
  std::string err;
};

// arguments[0] is the program. input is its stdin. Waits until it ends; ctest's own time-out bounds it.
[[nodiscard]] Ran run_program(const std::vector<std::string>& arguments, const std::string& input = {});

}  // namespace puna::test

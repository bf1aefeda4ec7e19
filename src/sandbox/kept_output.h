// The beginning and the end of a stream of bytes, whatever its length.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "puna/sandbox.h"

namespace puna::sandbox {

// Memory: head_bytes + 2 * tail_bytes at most.
class KeptOutput {
 public:
  KeptOutput(std::size_t head_bytes, std::size_t tail_bytes) : head_bytes_(head_bytes), tail_bytes_(tail_bytes) {}

  void add(std::string_view bytes);
  // What was kept; this is empty afterwards.
  [[nodiscard]] SandboxOutput take();

 private:
  std::size_t head_bytes_;
  std::size_t tail_bytes_;
  std::string head_;
  std::string tail_;
  std::uint64_t dropped_bytes_ = 0;
};

}  // namespace puna::sandbox

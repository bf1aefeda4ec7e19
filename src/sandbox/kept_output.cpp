#include "sandbox/kept_output.h"

#include <algorithm>

namespace puna::sandbox {

void KeptOutput::add(std::string_view bytes) {
  const std::size_t to_head = std::min(bytes.size(), head_bytes_ - head_.size());
  head_.append(bytes.substr(0, to_head));
  bytes.remove_prefix(to_head);
  if (bytes.size() > tail_bytes_) {
    const std::size_t over = bytes.size() - tail_bytes_;
    dropped_bytes_ += tail_.size() + over;
    tail_.assign(bytes.substr(over));
    return;
  }
  tail_.append(bytes);
  if (tail_.size() > 2 * tail_bytes_) {  // moved once for each tail_bytes_, not for each block
    const std::size_t over = tail_.size() - tail_bytes_;
    dropped_bytes_ += over;
    tail_.erase(0, over);
  }
}

SandboxOutput KeptOutput::take() {
  if (tail_.size() > tail_bytes_) {
    const std::size_t over = tail_.size() - tail_bytes_;
    dropped_bytes_ += over;
    tail_.erase(0, over);
  }
  SandboxOutput output{.head = std::move(head_), .tail = std::move(tail_), .dropped_bytes = dropped_bytes_};
  head_.clear();
  tail_.clear();
  dropped_bytes_ = 0;
  return output;
}

}  // namespace puna::sandbox

namespace puna {

std::string SandboxOutput::text() const {
  if (dropped_bytes == 0) {
    return printable(utf8::sanitize(head + tail));
  }
  return printable(utf8::sanitize(head)) + format_text("\n[{} bytes dropped]\n", dropped_bytes) +
         printable(utf8::sanitize(tail));
}

}  // namespace puna

// A socket that listens.
#pragma once

#include <string>
#include <utility>

#include "puna/base.h"

namespace puna::server {

// Owns a file descriptor.
class Socket {
 public:
  Socket() = default;
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket& operator=(Socket&& other) noexcept;
  ~Socket();

  [[nodiscard]] int get() const { return descriptor_; }

 private:
  int descriptor_ = -1;
};

struct Listener {
  Socket socket;     // does not wait
  std::string host;  // the address in numbers
  int port = 0;
  bool is_loopback = false;
};

// host  a name or an address; of a name, the first address is taken. port  0 = any that is free
// Errors  not_found  no such name;  unavailable  the port is taken;  invalid_argument  not loopback, where only that
//         may be;  io
enum class Reach : bool { loopback, any };
[[nodiscard]] Result<Listener> open_listener(const std::string& host, int port, Reach reach);

}  // namespace puna::server

// See listener.h.
#include "server/listener.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

namespace puna::server {
namespace {

bool is_loopback(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof(v4));
    return (ntohl(v4.sin_addr.s_addr) >> 24U) == 127;
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, &address, sizeof(v6));
  return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr) != 0;
}

Result<std::pair<sockaddr_storage, socklen_t>> resolve(const std::string& host, int port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int problem = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(problem == 0 ? found : nullptr, &::freeaddrinfo);
  if (!list || (list->ai_family != AF_INET && list->ai_family != AF_INET6)) {
    return fail(ErrorCode::not_found,
                format_text("no address for '{}': {}", printable(host), problem == 0 ? "" : ::gai_strerror(problem)),
                "--host takes an address of this machine, as 127.0.0.1");
  }
  std::pair<sockaddr_storage, socklen_t> address{{}, list->ai_addrlen};
  std::memcpy(&address.first, list->ai_addr, list->ai_addrlen);
  return address;
}

}  // namespace

Socket& Socket::operator=(Socket&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

Socket::~Socket() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
}

Result<Listener> open_listener(const std::string& host, int port, Reach reach) {
  PUNA_TRY(auto address, resolve(host, port));
  Listener listener;
  listener.is_loopback = is_loopback(address.first);
  if (reach == Reach::loopback && !listener.is_loopback) {
    return fail(ErrorCode::invalid_argument,
                format_text("'{}' can be reached from other machines, and there is no key", printable(host)),
                "give one with --api-key-file FILE, or listen on 127.0.0.1");
  }
  const auto wrong = [&](std::string_view what) {
    const int number = errno;
    return fail(number == EADDRINUSE ? ErrorCode::unavailable : ErrorCode::io,
                format_text("cannot {} {}:{}: {}", what, printable(host), port, std::strerror(number)),
                number == EADDRINUSE ? "choose another with --port, or 0 for any" : "");
  };
  listener.socket = Socket(::socket(address.first.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int descriptor = listener.socket.get();
  const int on = 1;
  auto* generic = reinterpret_cast<sockaddr*>(&address.first);
  if (descriptor < 0 || ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
      ::bind(descriptor, generic, address.second) != 0 || ::listen(descriptor, SOMAXCONN) != 0) {
    return wrong("listen on");
  }
  std::array<char, NI_MAXHOST> name{};
  std::array<char, NI_MAXSERV> service{};
  if (::getsockname(descriptor, generic, &address.second) != 0 ||
      ::getnameinfo(generic, address.second, name.data(), name.size(), service.data(), service.size(),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return wrong("name");
  }
  listener.host = name.data();
  listener.port = std::atoi(service.data());
  return listener;
}

}  // namespace puna::server

// Sockets.
#include <arpa/inet.h>
#include <linux/netlink.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdint>

#include "attempts.h"

namespace escape {
namespace {

sockaddr_in address(const char* host, int port) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  ::inet_pton(AF_INET, host, &to.sin_addr);
  return to;
}

// On its way counts: whether somebody answers is not the question.
void connect_to(const char* name, const char* host, int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  const sockaddr_in to = address(host, port);
  const bool sent =
      fd >= 0 && (::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0 || errno == EINPROGRESS);
  tell(name, sent ? 0 : -1);
  ::close(fd);
}

void send_datagram() {
  const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
  const sockaddr_in to = address("127.0.0.1", 53);
  tell("udp", fd < 0 ? -1 : ::sendto(fd, "x", 1, 0, reinterpret_cast<const sockaddr*>(&to), sizeof to));
  ::close(fd);
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo("example.org", "80", nullptr, &found);
  print("name", error == 0            ? "ok"
                : error == EAI_AGAIN  ? "EAI_AGAIN"
                : error == EAI_SYSTEM ? "EAI_SYSTEM"
                                      : "EAI_NONAME");
}

void open_socket(const char* name, int family, int type, int protocol) {
  const int fd = ::socket(family, type, protocol);
  tell(name, fd);
  ::close(fd);
}

// `path` in the file system, or with '@' in front an abstract name.
void connect_unix(const char* name, const std::string& path, int type) {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::snprintf(to.sun_path, sizeof to.sun_path, "%s", path.c_str());
  if (to.sun_path[0] == '@') {
    to.sun_path[0] = '\0';
  }
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  const int fd = ::socket(AF_UNIX, type, 0);
  if (fd < 0) {
    tell(name, -1);
    return;
  }
  tell(name, type == SOCK_DGRAM ? ::sendto(fd, "x", 1, 0, reinterpret_cast<const sockaddr*>(&to), size)
                                : ::connect(fd, reinterpret_cast<const sockaddr*>(&to), size));
  ::close(fd);
}

void listen_on_loopback() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in to = address("127.0.0.1", 0);
  tell("tcp", fd >= 0 && ::bind(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0 ? ::listen(fd, 1) : -1);
  ::close(fd);
  sockaddr_un path{};
  path.sun_family = AF_UNIX;
  std::snprintf(path.sun_path, sizeof path.sun_path, "listener");
  ::unlink("listener");
  const int local = ::socket(AF_UNIX, SOCK_STREAM, 0);
  tell("unix", local < 0 ? -1 : ::bind(local, reinterpret_cast<const sockaddr*>(&path), sizeof path));
  ::close(local);
}

}  // namespace

bool attempt_network(int row) {
  switch (row) {
    case 16:
      connect_to("listener", "127.0.0.1", std::atoi(given("HOST_PORT").c_str()));
      return true;
    case 17:
      connect_to("metadata", "169.254.169.254", 80);
      connect_to("public", "192.0.2.1", 443);
      return true;
    case 18:
      send_datagram();
      return true;
    case 19:
      open_socket("raw", AF_INET, SOCK_RAW, IPPROTO_ICMP);
      open_socket("packet", AF_PACKET, SOCK_RAW, 0);
      open_socket("netlink", AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
      return true;
    case 20:
      open_socket("vsock", AF_VSOCK, SOCK_STREAM, 0);
      open_socket("alg", AF_ALG, SOCK_SEQPACKET, 0);
      return true;
    case 21:
      connect_unix("abstract", "@" + given("HOST_ABSTRACT"), SOCK_STREAM);
      return true;
    case 22:
      connect_unix("stream", given("HOST_SOCKET"), SOCK_STREAM);
      connect_unix("datagram", given("HOST_DATAGRAM"), SOCK_DGRAM);
      return true;
    case 23:
      listen_on_loopback();
      return true;
    default:
      return false;
  }
}

}  // namespace escape

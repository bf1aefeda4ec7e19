// cpp-httplib's client, and a port from the system.
#include "bench/server_http.h"

#include <arpa/inet.h>
#include <httplib.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <format>
#include <optional>
#include <utility>

namespace puna::bench {
namespace {

constexpr auto kShortTimeout = std::chrono::seconds(5);
constexpr auto kReadTimeout = std::chrono::seconds(1800);  // a long prompt on a slow machine says nothing meanwhile
constexpr const char* kLoopback = "127.0.0.1";

}  // namespace

Result<int> free_port() {
  const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  const bool bound = probe >= 0 && ::bind(probe, any, size) == 0 && ::getsockname(probe, any, &size) == 0;
  if (probe >= 0) {
    ::close(probe);
  }
  return bound ? Result<int>(ntohs(address.sin_port)) : fail(ErrorCode::io, "no free port on loopback");
}

int http_status(int port, const std::string& path) {
  httplib::Client client(kLoopback, port);
  client.set_connection_timeout(kShortTimeout);
  client.set_read_timeout(kShortTimeout);
  const auto reply = client.Get(path);
  return reply ? reply->status : 0;
}

Result<void> http_stream(int port, const std::string& path, const std::string& body,
                         const std::function<Result<void>(std::string_view)>& on_bytes, const std::stop_token& stop) {
  httplib::Client client(kLoopback, port);
  client.set_connection_timeout(kShortTimeout);
  client.set_read_timeout(kReadTimeout);
  client.set_write_timeout(kReadTimeout);
  client.set_tcp_nodelay(true);
  std::optional<Error> failure;
  const std::stop_callback on_stop(stop, [&client] { client.stop(); });
  const auto reply =
      client.Post(path, httplib::Headers{}, body, "application/json", [&](const char* data, std::size_t size) {
        auto taken = on_bytes(std::string_view(data, size));
        if (!taken) {
          failure = std::move(taken).error();
        }
        return !failure && !stop.stop_requested();
      });
  if (stop.stop_requested()) {
    return fail(ErrorCode::cancelled, "the benchmark was stopped");
  }
  if (failure) {
    return std::unexpected(*std::move(failure));
  }
  if (!reply) {
    return fail(ErrorCode::unavailable, "the server's connection broke: " + httplib::to_string(reply.error()));
  }
  return {};
}

}  // namespace puna::bench

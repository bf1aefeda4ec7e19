// A server on loopback that says exactly the bytes that a test wants, when it wants. Tests only.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <list>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace puna::net {

// One connection, as the server sees it.
class Peer {
 public:
  Peer(int socket, std::stop_token stop) : socket_(socket), stop_(std::move(stop)) {}

  // The request: head and, as far as Content-Length says, body. Empty when the client went away.
  std::string read_request() {
    std::string request;
    while (wait(POLLIN)) {
      char bytes[65'536];
      const ssize_t count = ::recv(socket_, bytes, sizeof(bytes), 0);
      if (count <= 0) {
        break;
      }
      request.append(bytes, static_cast<std::size_t>(count));
      const std::size_t end = request.find("\r\n\r\n");
      if (end == std::string::npos) {
        continue;
      }
      const std::size_t length = request.find("Content-Length: ");
      const std::size_t body = length == std::string::npos ? 0 : std::stoul(request.substr(length + 16));
      if (request.size() >= end + 4 + body) {
        return request;
      }
    }
    return {};
  }
  // Whether the client is still there.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      if (!wait(POLLOUT)) {
        return false;
      }
      const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) {
        return false;
      }
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }
  // Whether the server goes on.
  bool pause(std::chrono::milliseconds time) const {
    const auto end = std::chrono::steady_clock::now() + time;
    while (!stop_.stop_requested() && std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return !stop_.stop_requested();
  }

 private:
  bool wait(short what) const {
    while (!stop_.stop_requested()) {
      pollfd waiting{.fd = socket_, .events = what, .revents = 0};
      if (::poll(&waiting, 1, 20) > 0) {
        return (waiting.revents & (what | POLLHUP)) != 0;
      }
    }
    return false;
  }

  int socket_;
  std::stop_token stop_;
};

// Every connection has a thread; all are gone when the server is.
class TestServer {
 public:
  using Script = std::function<void(Peer&, const std::string& request)>;

  explicit TestServer(Script script) : script_(std::move(script)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listener_, generic, size), 0);
    EXPECT_EQ(::listen(listener_, 64), 0);
    EXPECT_EQ(::getsockname(listener_, generic, &size), 0);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::jthread([this](const std::stop_token& stop) { accept(stop); });
  }
  // A server with one answer for every request.
  explicit TestServer(std::string answer)
      : TestServer([answer = std::move(answer)](Peer& peer, const std::string& /*request*/) { peer.send(answer); }) {}
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;
  ~TestServer() {
    acceptor_.request_stop();
    acceptor_.join();
    peers_.clear();
    ::close(listener_);
  }

  [[nodiscard]] std::string url(std::string_view path = "/", std::string_view host = "127.0.0.1") const {
    return "http://" + std::string(host) + ":" + std::to_string(port_) + std::string(path);
  }
  [[nodiscard]] std::string host() const { return "127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  void accept(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      pollfd waiting{.fd = listener_, .events = POLLIN, .revents = 0};
      if (::poll(&waiting, 1, 20) <= 0) {
        continue;
      }
      const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket >= 0) {
        peers_.emplace_back([this, socket](const std::stop_token& stopped) { serve(socket, stopped); });
      }
    }
  }
  void serve(int socket, const std::stop_token& stop) {
    Peer peer(socket, stop);
    const std::string request = peer.read_request();
    if (!request.empty()) {
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(request);
      }
      script_(peer, request);
    }
    ::shutdown(socket, SHUT_WR);
    char rest[1'024];
    while (!stop.stop_requested() && ::recv(socket, rest, sizeof(rest), MSG_DONTWAIT) > 0) {
    }
    ::close(socket);
  }

  Script script_;
  int listener_;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::list<std::jthread> peers_;  // the acceptor's, until it has ended
  std::jthread acceptor_;
};

// A whole answer; headers are lines with their ends.
inline std::string answer(std::string_view status, std::string_view headers, std::string_view body) {
  return "HTTP/1.1 " + std::string(status) + "\r\n" + std::string(headers) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

}  // namespace puna::net

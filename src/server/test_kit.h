// What the server's tests share: a client that sends exact bytes, models that wait, a server on a free port. Tests
// only.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "puna/server.h"

namespace puna::server {

inline constexpr std::string_view kChat = "/v1/chat/completions";

inline Json json_of(std::string_view text) {
  auto json = Json::parse(text);
  EXPECT_TRUE(json) << text;
  return json ? *std::move(json) : Json();
}

// A value inside by a path as "choices.0.message.content"; null when there is none.
inline Json at(const Json& json, std::string_view path) {
  const Json* value = &json;
  while (value != nullptr && !path.empty()) {
    const std::size_t end = std::min(path.find('.'), path.size());
    const std::string_view part = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
    if (value->is_array()) {
      std::size_t index = 0;
      std::from_chars(part.data(), part.data() + part.size(), index);
      value = index < value->as_array().size() ? &value->as_array()[index] : nullptr;
    } else {
      value = value->find(part);
    }
  }
  return value == nullptr ? Json() : *value;
}
inline std::string text_at(const Json& json, std::string_view path) {
  const Json value = at(json, path);
  return value.is_string() ? value.as_string() : value.dump();
}

struct HttpAnswer {
  int status = 0;  // 0: the connection ended without an answer
  std::string head;
  std::string body;  // chunks joined
  bool is_whole = false;

  [[nodiscard]] Json json() const { return json_of(body); }
  [[nodiscard]] bool has_header(std::string_view line) const { return head.contains(line); }
};

// One connection.
class TestClient {
 public:
  explicit TestClient(int port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  }
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;
  ~TestClient() { ::close(socket_); }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) {
        return false;
      }
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }
  // Reads until `text` was seen. False: the connection ended, or ten seconds passed.
  bool read_until(std::string_view text) {
    while (!input_.contains(text)) {
      if (!read_some()) {
        return false;
      }
    }
    return true;
  }
  [[nodiscard]] const std::string& input() const { return input_; }
  // With what has arrived by now; waits for nothing.
  [[nodiscard]] const std::string& input_now() {
    while (read_some(0)) {
    }
    return input_;
  }
  HttpAnswer answer(bool has_body = true) {
    HttpAnswer answer;
    if (!read_until("\r\n\r\n")) {
      return answer;
    }
    const std::size_t end = input_.find("\r\n\r\n");
    answer.head = input_.substr(0, end + 2);
    input_.erase(0, end + 4);
    answer.status = std::stoi(answer.head.substr(9));
    if (answer.status == 100) {
      return this->answer();
    }
    if (!has_body) {
      answer.is_whole = true;
    } else if (answer.head.contains("Transfer-Encoding: chunked")) {
      answer.is_whole = read_chunks(answer.body);
    } else if (const std::size_t length = answer.head.find("Content-Length: "); length != std::string::npos) {
      const std::size_t size = std::stoul(answer.head.substr(length + 16));
      while (input_.size() < size && read_some()) {
      }
      answer.is_whole = input_.size() >= size;
      answer.body = input_.substr(0, size);
      input_.erase(0, size);
    } else {
      while (read_some()) {
      }
      answer.body = std::exchange(input_, {});
    }
    return answer;
  }
  [[nodiscard]] bool is_closed() { return !read_some(); }

 private:
  static constexpr int kPatienceMs = 30'000;
  bool read_some(int wait_ms = kPatienceMs) {
    pollfd waiting{.fd = socket_, .events = POLLIN, .revents = 0};
    char bytes[65'536];
    if (::poll(&waiting, 1, wait_ms) <= 0) {
      return false;
    }
    const ssize_t count = ::recv(socket_, bytes, sizeof(bytes), 0);
    input_.append(bytes, count > 0 ? static_cast<std::size_t>(count) : 0);
    return count > 0;
  }
  bool read_chunks(std::string& body) {
    while (true) {
      if (!read_until("\r\n")) {
        return false;
      }
      const std::size_t size = std::stoul(input_, nullptr, 16);
      input_.erase(0, input_.find("\r\n") + 2);
      while (input_.size() < size + 2) {
        if (!read_some()) {
          return false;
        }
      }
      body += input_.substr(0, size);
      input_.erase(0, size + 2);
      if (size == 0) {
        return true;
      }
    }
  }

  int socket_;
  std::string input_;
};

inline std::string request_text(std::string_view method, std::string_view path, int port, std::string_view body = {},
                                std::string_view headers = {}) {
  std::string text = format_text("{} {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n{}", method, path, port, headers);
  if (method == "POST") {
    text += format_text("Content-Type: application/json\r\nContent-Length: {}\r\n", body.size());
  }
  return text + "\r\n" + std::string(body);
}

// Emits Prefill, says a first word, and goes on when it is let go or stopped.
class WaitingModel final : public Model {
 public:
  [[nodiscard]] Result<Reply> ask(const Request& request, EventSink& events, std::stop_token stop) override {
    std::unique_lock lock(mutex_);
    ++asked_;
    last_ = request;
    changed_.notify_all();
    if (speaks_) {
      lock.unlock();
      events.on(event::Prefill{.tokens_done = 4, .tokens_total = 4});
      events.on(event::TextDelta{.text = "Hel"});
      lock.lock();
    }
    const bool is_free = changed_.wait(lock, stop, [this] { return is_free_; });
    --asked_;
    if (!is_free) {
      ++stopped_;
      changed_.notify_all();
      return fail(ErrorCode::cancelled, "stopped");
    }
    lock.unlock();
    events.on(event::TextDelta{.text = "lo"});
    return Reply{.message = {.role = Role::assistant, .content = "Hello"},
                 .usage = {.prompt_tokens = 4, .output_tokens = 2}};
  }
  [[nodiscard]] Result<std::int64_t> count_tokens(const Request& /*request*/) override { return 4; }
  [[nodiscard]] std::string name() const override { return "waiting"; }
  [[nodiscard]] int window_tokens() const override { return 4096; }

  void say_nothing() { speaks_ = false; }
  void let_go() {
    const std::scoped_lock lock(mutex_);
    is_free_ = true;
    changed_.notify_all();
  }
  // Whether so many questions wait at once, within ten seconds.
  bool wait_for_asked(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return asked_ == count; });
  }
  bool wait_for_stopped(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return stopped_ == count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  int asked_ = 0;
  int stopped_ = 0;
  bool is_free_ = false;
  std::atomic<bool> speaks_ = true;
  Request last_;
};

// Stands still, so that answers can be compared.
class StoppedClock final : public Clock {
 public:
  [[nodiscard]] std::chrono::steady_clock::time_point now() const override { return {}; }
  [[nodiscard]] std::chrono::system_clock::time_point wall() const override {
    return std::chrono::system_clock::time_point(std::chrono::seconds(1'700'000'000));
  }
};

class TestServerRun {
 public:
  explicit TestServerRun(Model& model, ServerOptions options = {}) {
    options.port = 0;
    options.clock = &clock_;
    auto opened = Server::open(model, std::move(options));
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().message);
    server_ = opened ? *std::move(opened) : nullptr;
  }

  [[nodiscard]] Server& server() { return *server_; }
  [[nodiscard]] int port() const { return server_->port(); }
  HttpAnswer get(std::string_view path, std::string_view headers = {}) { return ask("GET", path, {}, headers); }
  HttpAnswer post(std::string_view path, std::string_view body, std::string_view headers = {}) {
    return ask("POST", path, body, headers);
  }
  HttpAnswer ask(std::string_view method, std::string_view path, std::string_view body = {},
                 std::string_view headers = {}) {
    TestClient client(port());
    client.send(request_text(method, path, port(), body, headers));
    return client.answer(method != "HEAD");
  }
  void close() { server_.reset(); }

 private:
  StoppedClock clock_;
  std::unique_ptr<Server> server_;
};

inline std::unique_ptr<ScriptedModel> scripted(std::vector<ScriptedReply> replies) {
  return ScriptedModel::create(std::move(replies), 100'000);
}
inline ScriptedReply says(std::string text) {
  return {.message = {.role = Role::assistant, .content = std::move(text)}};
}
inline ScriptedReply calls(std::string tool, Json arguments) {
  return {.message = {.role = Role::assistant,
                      .calls = {{.id = "call00001", .name = std::move(tool), .arguments = std::move(arguments)}}}};
}

}  // namespace puna::server

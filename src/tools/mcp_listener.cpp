#include "tools/mcp_listener.h"

#include <string>
#include <utility>
#include <vector>

#include "puna/net/sse.h"

namespace puna::tools {
namespace {

class Stream final : public HttpReceiver {
 public:
  using OnMessage = std::function<void(RpcMessage&&)>;
  Stream(std::size_t bytes_max, std::function<void(int status)> on_status, OnMessage on_message)
      : events_(bytes_max), on_status_(std::move(on_status)), on_message_(std::move(on_message)) {}

  [[nodiscard]] Flow on_head(const HttpHead& head) override {
    on_status_(head.status);
    return head.status == 200 ? Flow::go_on : Flow::stop;
  }
  [[nodiscard]] Flow on_body(std::string_view bytes) override {
    std::vector<ServerEvent> events;
    if (!events_.feed(bytes, events)) {
      return Flow::stop;
    }
    for (const ServerEvent& event : events) {
      if (auto message = read_rpc(event.data); message && event.type == "message") {
        on_message_(*std::move(message));
      }
    }
    return Flow::go_on;
  }

 private:
  EventReader events_;
  std::function<void(int)> on_status_;
  OnMessage on_message_;
};

}  // namespace

McpListener::McpListener(const HttpClient& client, HttpRequest request, OnMessage on_message) {
  thread_ =
      std::jthread([this, &client, sent = std::move(request), take = std::move(on_message)](std::stop_token stop) {
        Stream stream(
            sent.limits.body_bytes, [this](int status) { set(status == 200 ? State::open : State::refused); },
            [&](RpcMessage&& message) { take(std::move(message), stop); });
        if (!client.stream(sent, stream, stop)) {
          set(State::ended);
        }
      });
}

McpListener::~McpListener() {
  thread_.request_stop();
  thread_.join();
}

void McpListener::set(State state) {
  {
    const std::scoped_lock lock(mutex_);
    state_ = state;
  }
  changed_.notify_all();
}

McpListener::State McpListener::wait(std::chrono::milliseconds time, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  (void)changed_.wait_for(lock, stop, time, [this] { return state_ != State::opening; });
  return state_;
}

}  // namespace puna::tools

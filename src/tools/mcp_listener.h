// The stream on which a server of the older revisions says what belongs to no request of ours.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

#include "puna/net.h"
#include "tools/json_rpc.h"

namespace puna::tools {

// Listens from its making to its end, on a thread of its own.
class McpListener {
 public:
  enum class State : std::uint8_t { opening, open, refused, ended };
  // On the listener's thread, one at a time; `stop` is asked for when the listener ends.
  using OnMessage = std::function<void(RpcMessage&&, const std::stop_token& stop)>;

  // The client is borrowed. The request is a GET with everything that it needs.
  McpListener(const HttpClient& client, HttpRequest request, OnMessage on_message);
  McpListener(const McpListener&) = delete;
  McpListener& operator=(const McpListener&) = delete;
  ~McpListener();  // waits for on_message

  // Waits until the server has answered, for `time` at most.  Returns  refused: it has no such stream
  [[nodiscard]] State wait(std::chrono::milliseconds time, const std::stop_token& stop);

 private:
  void set(State state);

  std::mutex mutex_;
  std::condition_variable_any changed_;
  State state_ = State::opening;  // guarded by mutex_
  std::jthread thread_;           // the last member: it uses the others
};

}  // namespace puna::tools

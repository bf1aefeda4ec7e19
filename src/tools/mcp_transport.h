// How messages reach a server and come back. One request at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "puna/tools/mcp.h"
#include "tools/json_rpc.h"

namespace puna::tools {

inline constexpr std::string_view kModernRevision = "2026-07-28";
inline constexpr std::size_t kAnswersMax = 1'000;  // to requests of the server's while one of ours waits

struct RpcCall {
  std::int64_t id = 0;
  std::string_view method;
  Json params;
  std::chrono::milliseconds time{0};
  std::vector<HttpField> headers;  // beside the transport's own; of no meaning to a program
};

// What happens with messages that come while a response is waited for.
struct McpHandlers {
  std::function<void(const RpcMessage&)> on_notification;
  // To a request. May take long, which counts for no limit; not when `stop` is asked for.
  std::function<std::string(const RpcMessage&, const std::stop_token& stop)> answer;
};

// Thread  one at a time.
class McpTransport {
 public:
  McpTransport() = default;
  McpTransport(const McpTransport&) = delete;
  McpTransport& operator=(const McpTransport&) = delete;
  virtual ~McpTransport() = default;

  // A program is started; an address needs nothing.
  // Errors  not_found, unavailable, invalid_argument
  [[nodiscard]] virtual Result<void> start() = 0;
  [[nodiscard]] virtual bool is_alive() const = 0;
  // How a server that does not know a request may stay silent, as programs do.
  [[nodiscard]] virtual bool may_stay_silent() const = 0;

  // The response to this call, a result or an error of the server's. Requests of the server's are answered meanwhile.
  // Errors  unavailable  no connection, no answer in time, the server ended
  //         corrupt      an answer that is no JSON-RPC, also a refusing status without one
  //         invalid_argument  the address or the credentials are refused
  //         limit, cancelled (the server was told)
  [[nodiscard]] virtual Result<RpcMessage> request(const RpcCall& call, const McpHandlers& handlers,
                                                   const std::stop_token& stop) = 0;
  [[nodiscard]] virtual Result<void> notify(std::string_view method, const Json& params) = 0;
  // What is spoken from now on; over HTTP it stands in headers. Empty: not known yet.
  virtual void set_revision(std::string revision) = 0;
  virtual void close() = 0;
  // The user waits for the end: close() is to have little patience from now on.
  virtual void hurry() {}
};

[[nodiscard]] std::unique_ptr<McpTransport> make_stdio_transport(std::string name, McpProgram program,
                                                                 const McpOptions& options);
// Errors  invalid_argument  no URL
[[nodiscard]] Result<std::unique_ptr<McpTransport>> make_http_transport(std::string name, McpAddress address,
                                                                        const McpOptions& options);

[[nodiscard]] inline Json cancelled_params(std::int64_t id) {
  return Json::object({{"requestId", id}, {"reason", "stopped by the client"}});
}

}  // namespace puna::tools

// JSON-RPC 2.0 as MCP uses it, and messages that are lines.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "puna/base.h"

namespace puna::tools {

struct RpcError {
  std::int64_t code = 0;
  std::string message;  // one line, at most 500 bytes
  Json data;
};

struct RpcMessage {
  enum class Kind : std::uint8_t { response, request, notification };
  Kind kind = Kind::notification;
  Json id;             // of a request or response; null in errors about a message that could not be read
  std::string method;  // of a request or notification
  Json params;         // an object, an array or null
  Json result;         // of a response without error
  std::optional<RpcError> error;
};

// Errors  corrupt  not JSON, not an object, not a message of JSON-RPC 2.0
[[nodiscard]] Result<RpcMessage> read_rpc(std::string_view text);

// One line each, without its end.
[[nodiscard]] std::string rpc_request(std::int64_t id, std::string_view method, const Json& params);
[[nodiscard]] std::string rpc_notification(std::string_view method, const Json& params);
[[nodiscard]] std::string rpc_answer(const Json& id, const Json& result);
[[nodiscard]] std::string rpc_refusal(const Json& id, std::int64_t code, std::string_view message);

// Messages that end with a newline. Pieces may end anywhere: the lines are the same.
class LineReader {
 public:
  explicit LineReader(std::size_t bytes_max) : bytes_max_(bytes_max) {}
  // Appends the lines that end in these bytes, without their ends; empty lines are left out.
  // Errors  limit  a line of more than bytes_max; the reader is of no use afterwards
  [[nodiscard]] Result<void> feed(std::string_view bytes, std::vector<std::string>& lines);

 private:
  std::size_t bytes_max_;
  std::string line_;
};

}  // namespace puna::tools

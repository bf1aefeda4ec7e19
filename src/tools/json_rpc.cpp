#include "tools/json_rpc.h"

#include <utility>

#include "tools/plain_text.h"

namespace puna::tools {
namespace {

constexpr std::size_t kErrorMessageBytesMax = 500;

std::unexpected<Error> not_rpc(std::string_view why) {
  return fail(ErrorCode::corrupt, format_text("not a message of JSON-RPC 2.0: {}", why));
}

bool is_id(const Json* id) { return id != nullptr && (id->is_string() || id->is_integer()); }

Result<RpcError> read_error(const Json& error) {
  const Json* code = error.find("code");
  if (code == nullptr || !code->is_integer()) {
    return not_rpc("an error without a code");
  }
  const std::string line = collapsed(utf8::sanitize(error.text_or("message")));
  const Json* data = error.find("data");
  return RpcError{.code = code->as_integer(),
                  .message = printable(utf8::truncate(line, kErrorMessageBytesMax)),
                  .data = data == nullptr ? Json() : *data};
}

Json message(std::string_view method, const Json& params) {
  Json json = Json::object({{"jsonrpc", "2.0"}, {"method", method}});
  if (!params.is_null()) {
    json.set("params", params);
  }
  return json;
}

}  // namespace

Result<RpcMessage> read_rpc(std::string_view text) {
  PUNA_TRY(const Json json, Json::parse(text));
  if (!json.is_object() || json.text_or("jsonrpc") != "2.0") {
    return not_rpc("no \"jsonrpc\": \"2.0\"");
  }
  RpcMessage read;
  const Json* id = json.find("id");
  if (const Json* method = json.find("method")) {
    if (!method->is_string() || (id != nullptr && !is_id(id))) {
      return not_rpc("a method or an id of the wrong type");
    }
    read.kind = id == nullptr ? RpcMessage::Kind::notification : RpcMessage::Kind::request;
    read.id = id == nullptr ? Json() : *id;
    read.method = method->as_string();
    const Json* params = json.find("params");
    read.params = params == nullptr ? Json() : *params;
    return read;
  }
  read.kind = RpcMessage::Kind::response;
  const Json* result = json.find("result");
  const Json* error = json.find("error");
  if ((result == nullptr) == (error == nullptr)) {
    return not_rpc("neither method, result nor error, or two of them");
  }
  if (error != nullptr) {
    PUNA_TRY(read.error, read_error(*error));
  } else {
    read.result = *result;
  }
  if (!is_id(id) && error == nullptr) {
    return not_rpc("a result without an id");
  }
  read.id = is_id(id) ? *id : Json();
  return read;
}

std::string rpc_request(std::int64_t id, std::string_view method, const Json& params) {
  Json json = message(method, params);
  json.set("id", id);
  return json.dump();
}
std::string rpc_notification(std::string_view method, const Json& params) { return message(method, params).dump(); }
std::string rpc_answer(const Json& id, const Json& result) {
  return Json::object({{"jsonrpc", "2.0"}, {"id", id}, {"result", result}}).dump();
}
std::string rpc_refusal(const Json& id, std::int64_t code, std::string_view message) {
  return Json::object({{"jsonrpc", "2.0"}, {"id", id}, {"error", Json::object({{"code", code}, {"message", message}})}})
      .dump();
}

Result<void> LineReader::feed(std::string_view bytes, std::vector<std::string>& lines) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end);
    if (line_.size() + piece.size() > bytes_max_) {
      return fail(ErrorCode::limit, format_text("a message of more than {} bytes", bytes_max_));
    }
    line_ += piece;
    bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
    if (end != std::string_view::npos) {
      if (!trimmed(line_).empty()) {
        lines.push_back(std::move(line_));
      }
      line_.clear();
    }
  }
  return {};
}

}  // namespace puna::tools

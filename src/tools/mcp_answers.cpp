#include "tools/mcp_answers.h"

#include <array>
#include <utility>

#include "tools/mcp_elicitation.h"
#include "tools/observation.h"

namespace puna::tools {
namespace {

constexpr std::int64_t kMethodNotFound = -32601;
constexpr std::int64_t kInvalidParams = -32602;
constexpr int kQuestionsMax = 20;  // forms of one call

std::string file_url(const std::filesystem::path& path) {
  constexpr std::string_view kPlain = "-._~/";
  std::string url = "file://";
  for (const char c : path.string()) {
    const bool is_plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || kPlain.contains(c);
    url += is_plain ? std::string(1, c) : format_text("%{:02X}", static_cast<unsigned char>(c));
  }
  return url;
}

}  // namespace

Json McpAnswers::capabilities() const {
  Json all = Json::object();
  if (user_ != nullptr) {
    all.set("elicitation", Json::object({{"form", Json::object()}}));
  }
  if (!roots_.empty()) {
    all.set("roots", Json::object());
  }
  return all;
}

Json McpAnswers::roots() const {
  Json all = Json::array();
  for (const std::filesystem::path& root : roots_) {
    all.push(Json::object({{"uri", file_url(root)}, {"name", utf8::sanitize(root.filename().string())}}));
  }
  return Json::object({{"roots", std::move(all)}});
}

Result<Json> McpAnswers::answer(std::string_view method, const Json& params, const std::stop_token& stop) {
  if (method == "ping") {
    return Json::object();
  }
  if (method == "elicitation/create") {
    if (user_ == nullptr) {
      return Json::object({{"action", "decline"}});
    }
    if (++asked_ > kQuestionsMax) {
      return Json::object({{"action", "cancel"}});
    }
    return elicit(server_, params, *user_, stop);
  }
  if (method == "roots/list" && !roots_.empty()) {
    return roots();
  }
  return fail(ErrorCode::not_found, format_text("'{}' is not offered by this client", shown(method)));
}

std::string McpAnswers::reply_to(const RpcMessage& request, const std::stop_token& stop) {
  const auto result = answer(request.method, request.params, stop);
  return result
             ? rpc_answer(request.id, *result)
             : rpc_refusal(request.id, result.error().code == ErrorCode::not_found ? kMethodNotFound : kInvalidParams,
                           result.error().message);
}

}  // namespace puna::tools

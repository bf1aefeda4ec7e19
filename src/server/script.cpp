// The replies of a ScriptedModel from a file's text.
#include <algorithm>
#include <array>
#include <utility>

#include "puna/server.h"

namespace puna {
namespace {

constexpr auto kFinishes =
    std::to_array({FinishReason::end_of_turn, FinishReason::stop_string, FinishReason::tokens_max,
                   FinishReason::window_full, FinishReason::grammar_end, FinishReason::deadline});
constexpr auto kCodes =
    std::to_array({ErrorCode::invalid_argument, ErrorCode::not_found, ErrorCode::unavailable, ErrorCode::limit,
                   ErrorCode::cancelled, ErrorCode::corrupt, ErrorCode::io, ErrorCode::internal});

Result<ScriptedReply> read_reply(Json line) {
  ScriptedReply reply;
  if (const Json* error = line.find("error")) {
    const std::string_view name = error->text_or("code", "internal");
    const auto* code = std::ranges::find(kCodes, name, [](ErrorCode each) { return name_of(each); });
    if (code == kCodes.end()) {
      return fail(ErrorCode::corrupt, format_text("'{}' is no error's code", printable(name)));
    }
    reply.error = Error{.code = *code, .message = std::string(error->text_or("message", "as the script says"))};
    return reply;
  }
  if (!line.is_object()) {
    return fail(ErrorCode::corrupt, "it is no JSON object");
  }
  if (const Json* finish = line.find("finish")) {
    const auto* reason = std::ranges::find_if(
        kFinishes, [finish](FinishReason each) { return finish->is_string() && finish->as_string() == name_of(each); });
    if (reason == kFinishes.end()) {
      return fail(ErrorCode::corrupt, "'finish' is no reason to end");
    }
    reply.finish = *reason;
    std::erase_if(line.as_object(), [](const Json::Member& member) { return member.key == "finish"; });
  }
  if (line.find("role") == nullptr) {
    line.set("role", "assistant");
  }
  PUNA_TRY(std::vector<Message> messages, messages_from_json(Json::array({std::move(line)})));
  if (messages.front().role != Role::assistant) {
    return fail(ErrorCode::corrupt, "only the assistant's messages are replies");
  }
  reply.message = std::move(messages.front());
  return reply;
}

}  // namespace

Result<std::vector<ScriptedReply>> script_from_jsonl(std::string_view text) {
  std::vector<ScriptedReply> replies;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) {
      continue;
    }
    Result<ScriptedReply> reply = Json::parse(line).and_then(read_reply);
    if (!reply) {
      return fail(ErrorCode::corrupt, format_text("line {} of the script: {}", number, reply.error().message));
    }
    replies.push_back(*std::move(reply));
  }
  return replies;
}

}  // namespace puna

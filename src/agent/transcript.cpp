// The transcript as text: one message a line. Reading it back is strict, because a transcript that was half understood
// would continue another conversation than the one that was held.

#include "puna/agent.h"

namespace puna {
namespace {

Result<Message> message_from_line(std::string_view line) {
  if (line.empty()) {
    return fail(ErrorCode::corrupt, "the line is empty");
  }
  PUNA_TRY(const Json json, Json::parse(line));
  return message_from_json(json);
}

}  // namespace

std::string to_jsonl(const Transcript& transcript) {
  std::string text;
  for (const Message& message : transcript) {
    text += to_json(message).dump() + '\n';
  }
  return text;
}

Result<Transcript> transcript_from_jsonl(std::string_view text) {
  Transcript transcript;
  for (int number = 1; !text.empty(); ++number) {  // every round takes at least one byte
    const std::size_t end = text.find('\n');
    auto message = message_from_line(text.substr(0, end));
    if (!message) {
      return fail(ErrorCode::corrupt, format_text("transcript line {}: {}", number, message.error().message),
                  message.error().hint);
    }
    transcript.push_back(*std::move(message));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return transcript;
}

}  // namespace puna

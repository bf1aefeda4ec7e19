// Replies as JSON: the only judge of what was asked for, so that a model that no grammar held is read as strictly.
#include "puna/model/typed.h"

namespace puna {
namespace {

constexpr std::size_t kShownBytesMax = 200;

std::string beginning_of(const std::string& text) {
  const std::string_view begins = utf8::truncate(text, kShownBytesMax);
  return text.empty() ? "it is empty"
                      : format_text("it begins: {}{}", begins, begins.size() < text.size() ? "..." : "");
}

// What cut a reply short, and what to do about it.
std::optional<std::pair<std::string_view, std::string_view>> cut_by(FinishReason reason) {
  switch (reason) {
    case FinishReason::tokens_max:
      return std::pair("the request's limit", "allow more tokens");
    case FinishReason::window_full:
      return std::pair("the window's end", "use a larger window");
    case FinishReason::deadline:
      return std::pair("its deadline", "allow more time");
    case FinishReason::stop_string:
      return std::pair("a stop string", "ask without stop strings");
    case FinishReason::end_of_turn:
    case FinishReason::grammar_end:
      break;
  }
  return std::nullopt;
}

}  // namespace

Result<Json> json_answer(const Reply& reply, const Json& schema) {
  const std::string& text = reply.message.content;
  if (reply.lost) {
    return std::unexpected(*reply.lost);
  }
  if (const auto cut = cut_by(reply.finish)) {
    return fail(ErrorCode::limit,
                format_text("the answer was cut after {} tokens, by {}; {}", reply.usage.output_tokens, cut->first,
                            beginning_of(text)),
                std::string(cut->second));
  }
  auto answer = Json::parse(text);
  if (!answer) {
    return fail(ErrorCode::corrupt,
                format_text("the answer is no JSON ({}); {}", answer.error().message, beginning_of(text)));
  }
  if (const auto violations = schema_violations(schema, *answer); !violations.empty()) {
    return fail(ErrorCode::corrupt, format_text("the answer does not fit what was asked for: {}; {}",
                                                violations.front(), beginning_of(text)));
  }
  return answer;
}

}  // namespace puna

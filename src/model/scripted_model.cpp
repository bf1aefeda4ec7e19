// A model that answers from a list. It refuses, counts, streams, stops and cuts as a real one does, so that everything
// above it can be tried without weights.
//
// Tokens are defined, not measured: one for every four bytes, rounded up, of the compact JSON of each message and tool
// spec (prompt) or of the raw reply (output). Times are 0.
// Threads: ask() may run on several threads; the mutex guards the script and the log of requests, nothing else changes.
#include <algorithm>
#include <mutex>
#include <utility>

#include "puna/model.h"

namespace puna {
namespace {

constexpr std::size_t kTokenBytes = 4;
constexpr std::size_t kDeltaBytes = 16;  // small, so that short scripts stream too

std::int64_t tokens_of(std::size_t bytes) { return static_cast<std::int64_t>((bytes + kTokenBytes - 1) / kTokenBytes); }

Result<void> check(const Request& request) {
  if (request.messages.empty()) {
    return fail(ErrorCode::invalid_argument, "a request has no messages");
  }
  if (request.format && request.tool_choice == ToolChoice::required) {
    return fail(ErrorCode::invalid_argument, "a request has a format and must call a tool",
                "ask for the tool calls first, then for the answer in its format");
  }
  PUNA_TRY_VOID(validate(request.sampling));
  if (const auto* schema = request.format ? std::get_if<format::Schema>(&*request.format) : nullptr) {
    PUNA_TRY([[maybe_unused]] const SchemaGrammar grammar, grammar_from_schema(schema->schema));
  }
  for (const ToolSpec& tool : request.tools) {
    if (!tool.parameters.is_null()) {
      PUNA_TRY([[maybe_unused]] const SchemaGrammar grammar, grammar_from_schema(tool.parameters));
    }
  }
  return {};
}

std::int64_t prompt_tokens_of(const Request& request) {
  std::size_t bytes = 0;
  for (const Message& message : request.messages) {
    bytes += to_json(message).dump().size();
  }
  for (const ToolSpec& tool : request.tools) {
    bytes += to_json(tool).dump().size();
  }
  return tokens_of(bytes);
}

std::string raw_of(const ToolCall& call) {
  return "<tool_call>\n" + Json::object({{"name", call.name}, {"arguments", call.arguments}}).dump() + "\n</tool_call>";
}

// The bytes that are left for output, as parts of a reply take from them.
class Allowance {
 public:
  explicit Allowance(std::size_t bytes) : bytes_(bytes) {}

  // As much of the text as is left, never half a character.
  std::string take(std::string_view text) {
    const std::string_view part = utf8::truncate(text, bytes_);
    cut_ = cut_ || part.size() < text.size();
    bytes_ -= part.size();
    return std::string(part);
  }
  [[nodiscard]] bool cut() const { return cut_; }

 private:
  std::size_t bytes_;
  bool cut_ = false;
};

// A reply as far as the allowance lets it come; a call that is cut is no call but text that looks like one.
struct Written {
  Reply reply;
  std::string raw;
  bool cut = false;
};
Written write(const ScriptedReply& scripted, std::size_t bytes_max) {
  constexpr std::string_view kOpen = "<think>\n";
  constexpr std::string_view kClose = "\n</think>\n\n";
  Allowance left(bytes_max);
  Written written;
  Message& message = written.reply.message;
  message.role = Role::assistant;
  written.reply.malformed_calls = scripted.malformed_calls;
  written.reply.repairs = scripted.repairs;
  if (!scripted.message.reasoning.empty()) {
    written.raw += left.take(kOpen);
    message.reasoning = left.take(utf8::sanitize(scripted.message.reasoning));
    written.raw += message.reasoning;
    written.raw += left.take(kClose);
  }
  message.content = left.cut() ? "" : left.take(utf8::sanitize(scripted.message.content));
  written.raw += message.content;
  for (const ToolCall& call : scripted.message.calls) {
    if (left.cut()) {
      break;
    }
    std::string text = left.take(raw_of(call));
    written.raw += text;
    if (!left.cut()) {
      message.calls.push_back(call);
    } else if (!text.empty()) {
      message.content += text;
      written.reply.malformed_calls.push_back(std::move(text));
    }
  }
  written.cut = left.cut();
  return written;
}

// Names calls that have no id after their place in the conversation, so that a repeated run has the same ids.
void name_calls(const std::vector<Message>& before, std::vector<ToolCall>& calls) {
  std::size_t number = 0;
  for (const Message& message : before) {
    number += message.calls.size();
  }
  for (ToolCall& call : calls) {
    ++number;
    if (call.id.empty()) {
      call.id = format_text("call_{}", number);
    }
  }
}

// False when stop was asked for before the text was out.
template <class Delta>
bool stream(std::string_view text, EventSink& events, const std::stop_token& stop) {
  while (!text.empty()) {
    if (stop.stop_requested()) {
      return false;
    }
    const std::string_view part = utf8::truncate(text, kDeltaBytes);
    events.on(Delta{.text = std::string(part)});
    text.remove_prefix(part.size());
  }
  return !stop.stop_requested();
}

class ListModel final : public ScriptedModel {
 public:
  ListModel(std::vector<ScriptedReply> replies, int window_tokens)
      : replies_(std::move(replies)), window_tokens_(window_tokens) {}

  [[nodiscard]] Result<Reply> ask(const Request& request, EventSink& events, std::stop_token stop) override {
    PUNA_TRY(const std::int64_t prompt, accept(request));
    if (stop.stop_requested()) {
      return cancelled();
    }
    PUNA_TRY(const ScriptedReply scripted, next());
    if (scripted.error) {
      return std::unexpected(*scripted.error);
    }
    const std::int64_t room = window_tokens_ - prompt;
    const bool asked_for_less = request.tokens_max > 0 && request.tokens_max < room;
    const std::int64_t tokens_max = asked_for_less ? request.tokens_max : room;
    Written written = write(scripted, static_cast<std::size_t>(tokens_max) * kTokenBytes);
    Reply& reply = written.reply;
    name_calls(request.messages, reply.message.calls);
    reply.finish = !written.cut     ? scripted.finish
                   : asked_for_less ? FinishReason::tokens_max
                                    : FinishReason::window_full;
    reply.usage.prompt_tokens = prompt;
    reply.usage.output_tokens = std::max<std::int64_t>(1, tokens_of(written.raw.size()));  // at least the end of turn

    events.on(event::Prefill{.tokens_done = prompt, .tokens_total = prompt});
    if (!stream<event::ReasoningDelta>(reply.message.reasoning, events, stop) ||
        !stream<event::TextDelta>(reply.message.content, events, stop)) {
      return cancelled();
    }
    PUNA_TRY(reply.sampling, effective(request.sampling));
    events.on(
        event::ReplyReady{.raw = std::move(written.raw), .usage = reply.usage, .sampling = to_json(reply.sampling)});
    return std::move(reply);
  }

  [[nodiscard]] Result<std::int64_t> count_tokens(const Request& request) override {
    PUNA_TRY_VOID(check(request));
    return prompt_tokens_of(request);
  }

  [[nodiscard]] std::string name() const override { return "scripted"; }
  [[nodiscard]] int window_tokens() const override { return window_tokens_; }

  [[nodiscard]] std::vector<Request> requests() const override {
    const std::scoped_lock lock(mutex_);
    return requests_;
  }

 private:
  static std::unexpected<Error> cancelled() {
    return fail(ErrorCode::cancelled, "the scripted model was asked to stop");
  }

  // Logs the request and gives the size of its prompt.
  Result<std::int64_t> accept(const Request& request) {
    {
      const std::scoped_lock lock(mutex_);
      requests_.push_back(request);
    }
    PUNA_TRY_VOID(check(request));
    const std::int64_t prompt = prompt_tokens_of(request);
    if (prompt >= window_tokens_) {
      return fail(ErrorCode::limit,
                  format_text("the prompt has {} tokens and the window {}; one must be left for the reply", prompt,
                              window_tokens_),
                  "shorten the conversation or use a larger window");
    }
    return prompt;
  }

  Result<ScriptedReply> next() {
    const std::scoped_lock lock(mutex_);
    if (next_ == replies_.size()) {
      return fail(ErrorCode::unavailable, format_text("the script has no reply left after {}", replies_.size()));
    }
    return replies_[next_++];
  }

  const std::vector<ScriptedReply> replies_;
  const int window_tokens_;

  mutable std::mutex mutex_;
  std::size_t next_ = 0;           // guarded by mutex_
  std::vector<Request> requests_;  // guarded by mutex_
};

}  // namespace

std::unique_ptr<ScriptedModel> ScriptedModel::create(std::vector<ScriptedReply> replies, int window_tokens) {
  return std::make_unique<ListModel>(std::move(replies), window_tokens);
}

}  // namespace puna

// See window_cuts.h.
#include "agent/window_cuts.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "puna/model/typed.h"

namespace puna::agent {
namespace {

constexpr std::string_view kSummarise =
    "Before you go on: sum up this conversation in a few sentences, for yourself. Say what was asked, what was found "
    "and "
    "what is still to do; keep names and numbers exact.";
constexpr std::int64_t kSummaryTokensMax = 400;
constexpr std::int64_t kSummaryTokensMin = 60;

// Short enough to end within the tokens, with which English has three characters and more each.
Json summary_schema(std::int64_t tokens_max) {
  return Json::object(
      {{"type", "object"},
       {"properties", Json::object({{"summary", Json::object({{"type", "string"}, {"maxLength", 2 * tokens_max}})}})},
       {"required", Json::array({"summary"})},
       {"additionalProperties", false}});
}

// A summary is work behind the scenes: its text is not the agent's answer.
class Backstage final : public EventSink {
 public:
  explicit Backstage(EventSink& events) : events_(events) {}
  void on(const Event& event) override {
    if (!std::holds_alternative<event::TextDelta>(event) && !std::holds_alternative<event::ReasoningDelta>(event)) {
      events_.on(event);
    }
  }

 private:
  EventSink& events_;
};

std::string cut_mark(std::size_t bytes) {
  return format_text("[... {} bytes of this result are no longer shown]", bytes);
}

}  // namespace

std::vector<Turn> old_turns(const Transcript& transcript, std::size_t task, const std::set<std::size_t>& pinned,
                            std::size_t turns_kept) {
  std::vector<Turn> turns;
  for (std::size_t i = 0; i < transcript.size(); ++i) {
    if (transcript[i].role == Role::tool && !turns.empty()) {
      turns.back().end = i + 1;
    } else {
      turns.push_back({.begin = i, .end = i + 1});
    }
  }
  turns.resize(turns.size() - std::min(turns_kept, turns.size()));
  std::erase_if(turns, [&](const Turn& turn) {
    const auto pin = pinned.lower_bound(turn.begin);
    return transcript[turn.begin].role == Role::system || (turn.begin <= task && task < turn.end) ||
           (pin != pinned.end() && *pin < turn.end);
  });
  return turns;
}

std::size_t bytes_of(const Message& message) {
  std::size_t bytes = message.content.size() + message.reasoning.size();
  for (const ToolCall& call : message.calls) {
    bytes += call.name.size() + call.arguments.dump().size();
  }
  return bytes;
}

std::string beginning_of_result(std::string_view result, std::size_t bytes_kept) {
  const std::string_view begins = utf8::truncate(result, bytes_kept);
  return std::string(begins) + " " + cut_mark(result.size() - begins.size());
}

std::string ends_of_result(std::string_view result, std::size_t bytes_kept) {
  const std::string_view begins = utf8::truncate(result, bytes_kept / 2);
  std::size_t end = result.size() - std::min(result.size(), bytes_kept / 2);
  while (end < result.size() && (static_cast<unsigned char>(result[end]) & 0xC0U) == 0x80U) {
    ++end;
  }
  end = std::max(end, begins.size());
  return std::string(begins) + " " + cut_mark(end - begins.size()) + " " + std::string(result.substr(end));
}

std::string left_out_note(std::size_t messages, std::string_view summary) {
  std::string note = format_text("({} earlier messages of this conversation are not shown.", messages);
  return summary.empty() ? note + ")" : format_text("{} In short: {})", note, summary);
}

void add_user_text(std::vector<Message>& messages, std::string_view text) {
  if (messages.empty() || messages.back().role != Role::user) {
    messages.push_back({.role = Role::user, .content = std::string(text)});
    return;
  }
  messages.back().content += "\n\n";
  messages.back().content += text;
}

void add_user_message(std::vector<Message>& messages, const Message& message) {
  add_user_text(messages, message.content);
  const std::size_t begin = messages.back().content.size() - message.content.size();
  for (const Attachment& attachment : message.attachments) {
    messages.back().attachments.push_back({.at = begin + attachment.at, .media = attachment.media});
  }
}

Message without_media(const Message& message) {
  Message without = message;
  without.attachments.clear();
  for (auto attachment = message.attachments.rbegin(); attachment != message.attachments.rend(); ++attachment) {
    const std::string note =
        format_text("[{} {} is no longer shown]", name_of(attachment->media.kind()), attachment->media.name());
    without.content.insert(attachment->at, note);
  }
  return without;
}

Result<Summary> summary_of(Model& model, const Request& request, std::vector<Message> messages, std::int64_t tokens_max,
                           EventSink& events, const std::stop_token& stop) {
  add_user_text(messages, kSummarise);
  Request asked = request;
  asked.messages = std::move(messages);
  asked.tool_choice = ToolChoice();
  asked.format = format::Schema{summary_schema(kSummaryTokensMax)};
  PUNA_TRY(const std::int64_t tokens, model.count_tokens(asked));
  std::int64_t most = std::min(kSummaryTokensMax, tokens_max - tokens);
  if (request.tokens_max > 0) {
    most = std::min<std::int64_t>(most, request.tokens_max);
  }
  if (most < kSummaryTokensMin) {
    return Summary{};
  }
  const Json schema = summary_schema(most);
  asked.format = format::Schema{schema};
  asked.tokens_max = static_cast<int>(most);
  Backstage backstage(events);
  PUNA_TRY(const Reply reply, model.ask(asked, backstage, stop));
  Summary summary{.text = {}, .usage = reply.usage};
  if (const auto answer = json_answer(reply, schema)) {
    summary.text = std::string(answer->text_or("summary"));
  }
  return summary;
}

}  // namespace puna::agent

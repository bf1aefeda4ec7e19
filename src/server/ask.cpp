// See ask.h.
#include "server/ask.h"

#include <set>
#include <type_traits>
#include <utility>
#include <variant>

namespace puna::server {
namespace {

class EventPieces final : public EventSink {
 public:
  explicit EventPieces(Pieces& pieces) : pieces_(pieces) {}

  void on(const Event& event) override {
    if (const auto* prefill = std::get_if<event::Prefill>(&event)) {
      pieces_.on_prefill(*prefill);
    } else if (const auto* thought = std::get_if<event::ReasoningDelta>(&event)) {
      pieces_.on_reasoning(thought->text);
    } else if (const auto* text = std::get_if<event::TextDelta>(&event)) {
      pieces_.on_text(text->text);
    }
  }

 private:
  Pieces& pieces_;
};

Answer<Reply> ask_once(Served& served, Exchange& exchange, const Request& request, Pieces& pieces) {
  EventPieces events(pieces);
  Result<Reply> reply = served.model.ask(request, events, exchange.stop());
  if (!reply) {
    served.counters.cancelled += reply.error().code == ErrorCode::cancelled ? 1U : 0U;
    return std::unexpected(Refusal(std::move(reply).error()));
  }
  served.counters.add(reply->usage);
  return *std::move(reply);
}

}  // namespace

Answer<Reply> ask(Served& served, Exchange& exchange, const Question& question, Pieces& pieces) {
  if (!question.format_without_calls) {
    return ask_once(served, exchange, question.request, pieces);
  }
  Pieces nobody;
  PUNA_TRY(Reply first, ask_once(served, exchange, question.request, nobody));
  if (!first.message.calls.empty()) {
    pieces.on_reasoning(first.message.reasoning);
    pieces.on_text(first.message.content);
    return first;
  }
  Request held = question.request;
  held.format = question.format_without_calls;
  PUNA_TRY(Reply second, ask_once(served, exchange, held, pieces));
  second.usage += first.usage;
  return second;
}

Answer<void> check_history(const std::vector<Message>& messages) {
  if (messages.empty()) {
    return bad_field("messages", "has no messages");
  }
  std::set<std::string> calls;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const Message& message = messages[i];
    for (const ToolCall& call : message.calls) {
      calls.insert(call.id);
      if (!is_tool_name(call.name)) {
        return refuse(400, format_text("message {}: '{}' cannot be a tool's name", i + 1, printable(call.name)),
                      format_text("messages[{}]", i));
      }
    }
    if (message.role == Role::tool && !calls.contains(message.call_id)) {
      return refuse(400,
                    format_text("message {}: this result answers no call: no message before it has a call '{}'", i + 1,
                                printable(message.call_id)),
                    format_text("messages[{}]", i));
    }
  }
  return {};
}

bool is_cut(FinishReason reason) {
  return reason == FinishReason::tokens_max || reason == FinishReason::window_full || reason == FinishReason::deadline;
}

}  // namespace puna::server

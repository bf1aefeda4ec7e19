// POST /v1/messages and /v1/messages/count_tokens.
#include <utility>

#include "server/anthropic.h"
#include "server/openai_reply.h"
#include "server/routes.h"

namespace puna::server {
namespace {

constexpr std::string_view kPing = "event: ping\ndata: {\"type\":\"ping\"}\n\n";

class MessageStream final : public Pieces {
 public:
  MessageStream(Served& served, Exchange& exchange) : served_(served), exchange_(exchange) {}

  void on_prefill(const event::Prefill& prefill) override {
    begin({.prompt_tokens = prefill.tokens_total, .cached_tokens = prefill.tokens_cached});
  }
  void on_reasoning(std::string_view text) override { delta(Kind::thinking, text); }
  void on_text(std::string_view text) override { delta(Kind::text, text); }

  void finish(const Question& question, const Reply& reply) {
    begin(reply.usage);
    close();
    if (index_ == 0 && reply.message.calls.empty()) {
      open(Kind::text);
      close();
    }
    for (const ToolCall& call : reply.message.calls) {
      start(Json::object({{"type", "tool_use"}, {"id", call.id}, {"name", call.name}, {"input", Json::object()}}));
      send_delta(Json::object({{"type", "input_json_delta"}, {"partial_json", call.arguments.dump()}}));
      stop();
    }
    send(Json::object({{"type", "message_delta"},
                       {"delta", Json::object({{"stop_reason", anthropic_stop_reason(reply)},
                                               {"stop_sequence", anthropic_stop_sequence(question, reply)}})},
                       {"usage", anthropic_usage(reply.usage)}}));
    send(Json::object({{"type", "message_stop"}}));
  }

 private:
  enum class Kind : std::uint8_t { none, thinking, text };

  void send(const Json& event) {
    exchange_.write("event: " + std::string(event.text_or("type")) + "\ndata: " + event.dump() + "\n\n");
  }
  void begin(const Usage& usage) {
    if (std::exchange(has_begun_, true)) {
      return;
    }
    Usage start = usage;
    start.output_tokens = 0;
    send(Json::object({{"type", "message_start"},
                       {"message", Json::object({{"id", served_.new_id("msg_")},
                                                 {"type", "message"},
                                                 {"role", "assistant"},
                                                 {"model", served_.name},
                                                 {"content", Json::array()},
                                                 {"stop_reason", nullptr},
                                                 {"stop_sequence", nullptr},
                                                 {"usage", anthropic_usage(start)}})}}));
  }
  void start(Json block) {
    send(Json::object({{"type", "content_block_start"}, {"index", index_}, {"content_block", std::move(block)}}));
  }
  void send_delta(Json delta) {
    send(Json::object({{"type", "content_block_delta"}, {"index", index_}, {"delta", std::move(delta)}}));
  }
  void stop() { send(Json::object({{"type", "content_block_stop"}, {"index", index_++}})); }
  void open(Kind kind) {
    kind_ = kind;
    if (kind == Kind::text) {
      start(Json::object({{"type", "text"}, {"text", ""}}));
    } else {
      start(Json::object({{"type", "thinking"}, {"thinking", ""}, {"signature", ""}}));
    }
  }
  void close() {
    if (std::exchange(kind_, Kind::none) != Kind::none) {
      stop();
    }
  }
  void delta(Kind kind, std::string_view text) {
    if (text.empty()) {
      return;
    }
    begin({});
    if (kind_ != kind) {
      close();
      open(kind);
    }
    if (kind == Kind::text) {
      send_delta(Json::object({{"type", "text_delta"}, {"text", text}}));
    } else {
      send_delta(Json::object({{"type", "thinking_delta"}, {"thinking", text}}));
    }
  }

  Served& served_;
  Exchange& exchange_;
  Kind kind_ = Kind::none;
  int index_ = 0;
  bool has_begun_ = false;
};

}  // namespace

Handled anthropic_messages(Served& served, Call& call) {
  PUNA_TRY(const Question question, read_anthropic(call.body, served.defaults, Length::required));
  if (!question.request.watched) {
    Pieces nobody;
    PUNA_TRY(const Reply reply, ask(served, call.exchange, question, nobody));
    return anthropic_message(served.new_id("msg_"), served.name, question, reply);
  }
  call.exchange.prepare_stream(kSseType, std::string(kPing));
  MessageStream stream(served, call.exchange);
  PUNA_TRY(const Reply reply, ask(served, call.exchange, question, stream));
  stream.finish(question, reply);
  call.exchange.finish();
  return answered();
}

Handled anthropic_count_tokens(Served& served, Call& call) {
  PUNA_TRY(const Question question, read_anthropic(call.body, served.defaults, Length::none));
  PUNA_TRY(const std::int64_t tokens, served.model.count_tokens(question.request));
  return Json::object({{"input_tokens", tokens}});
}

}  // namespace puna::server

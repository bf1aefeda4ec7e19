// POST, GET and DELETE /v1/responses.
#include <optional>
#include <utility>

#include "server/fields.h"
#include "server/openai_reply.h"
#include "server/responses_request.h"
#include "server/responses_store.h"
#include "server/routes.h"

namespace puna::server {
namespace {

Json usage_of(const Usage& usage) {
  return Json::object({{"input_tokens", usage.prompt_tokens},
                       {"input_tokens_details", Json::object({{"cached_tokens", usage.cached_tokens}})},
                       {"output_tokens", usage.output_tokens},
                       {"output_tokens_details", Json::object({{"reasoning_tokens", 0}})},
                       {"total_tokens", usage.prompt_tokens + usage.output_tokens}});
}

Json text_part(std::string_view text) {
  return Json::object(
      {{"type", "output_text"}, {"annotations", Json::array()}, {"logprobs", Json::array()}, {"text", text}});
}

Json reasoning_item(const std::string& id, std::string_view status, Json content) {
  return Json::object({{"id", id},
                       {"type", "reasoning"},
                       {"status", status},
                       {"summary", Json::array()},
                       {"content", std::move(content)}});
}
Json message_item(const std::string& id, std::string_view status, Json content) {
  return Json::object(
      {{"id", id}, {"type", "message"}, {"status", status}, {"role", "assistant"}, {"content", std::move(content)}});
}
Json call_item(const std::string& id, std::string_view status, const ToolCall& call, std::string_view arguments) {
  return Json::object({{"id", id},
                       {"type", "function_call"},
                       {"status", status},
                       {"call_id", call.id},
                       {"name", call.name},
                       {"arguments", arguments}});
}

// The response object, as far as it has come.
class Draft {
 public:
  Draft(Served& served, const ResponseQuestion& question)
      : json_(Json::object({{"id", served.new_id("resp_")},
                            {"object", "response"},
                            {"created_at", served.now_seconds()},
                            {"status", "in_progress"},
                            {"error", nullptr},
                            {"incomplete_details", nullptr},
                            {"model", served.name},
                            {"output", Json::array()}})) {
    for (const auto& [key, value] : question.echo.as_object()) {
      json_.set(key, value);
    }
    json_.set("usage", nullptr);
  }

  [[nodiscard]] const Json& json() const { return json_; }
  [[nodiscard]] std::string id() const { return std::string(json_.text_or("id")); }
  void end(const Reply& reply, Json output) {
    const bool is_cut_short = is_cut(reply.finish);
    json_.set("status", is_cut_short ? "incomplete" : "completed");
    if (is_cut_short) {
      json_.set("incomplete_details", Json::object({{"reason", "max_output_tokens"}}));
    }
    json_.set("output", std::move(output));
    json_.set("usage", usage_of(reply.usage));
  }

 private:
  Json json_;
};

// The events of a stream, each numbered, and the items that they build.
class ResponseStream final : public Pieces {
 public:
  ResponseStream(Served& served, Exchange& exchange, const Draft& draft)
      : served_(served), exchange_(exchange), draft_(draft) {}

  void on_prefill(const event::Prefill& /*prefill*/) override { begin(); }
  void on_reasoning(std::string_view text) override { delta(Kind::reasoning, text); }
  void on_text(std::string_view text) override { delta(Kind::message, text); }

  void begin() {
    if (!std::exchange(has_begun_, true)) {
      send("response.created", Json::object({{"response", draft_.json()}}));
      send("response.in_progress", Json::object({{"response", draft_.json()}}));
    }
  }
  // What is open is closed, and the calls come.
  Json finish(const Reply& reply) {
    begin();
    close();
    for (const ToolCall& call : reply.message.calls) {
      add_call(call);
    }
    return std::move(items_);
  }
  void send(std::string_view type, Json members) {
    Json event = Json::object({{"type", type}, {"sequence_number", number_++}});
    for (auto& [key, value] : members.as_object()) {
      event.set(key, std::move(value));
    }
    exchange_.write("event: " + std::string(type) + "\ndata: " + event.dump() + "\n\n");
  }

 private:
  enum class Kind : std::uint8_t { none, reasoning, message };

  [[nodiscard]] Json place() const {
    return Json::object({{"item_id", id_}, {"output_index", items_.as_array().size()}, {"content_index", 0}});
  }
  [[nodiscard]] Json part(std::string_view text) const {
    if (kind_ == Kind::message) {
      return text_part(text);
    }
    return Json::object({{"type", "reasoning_text"}, {"text", text}});
  }
  [[nodiscard]] Json item(std::string_view status, Json content) const {
    return kind_ == Kind::message ? message_item(id_, status, std::move(content))
                                  : reasoning_item(id_, status, std::move(content));
  }
  void send_item(std::string_view type, Json value) {
    send(type, Json::object({{"output_index", items_.as_array().size()}, {"item", std::move(value)}}));
  }
  void open(Kind kind) {
    close();
    kind_ = kind;
    id_ = served_.new_id(kind == Kind::message ? "msg_" : "rs_");
    send_item("response.output_item.added", item("in_progress", Json::array()));
    Json added = place();
    added.set("part", part(""));
    send("response.content_part.added", std::move(added));
  }
  void delta(Kind kind, std::string_view text) {
    if (text.empty()) {
      return;
    }
    begin();
    if (kind_ != kind) {
      open(kind);
    }
    text_ += text;
    Json event = place();
    event.set("delta", text);
    if (kind == Kind::message) {
      event.set("logprobs", Json::array());
    }
    send(kind == Kind::message ? "response.output_text.delta" : "response.reasoning_text.delta", std::move(event));
  }
  void close() {
    if (kind_ == Kind::none) {
      return;
    }
    Json done = place();
    done.set("text", text_);
    if (kind_ == Kind::message) {
      done.set("logprobs", Json::array());
    }
    send(kind_ == Kind::message ? "response.output_text.done" : "response.reasoning_text.done", std::move(done));
    Json part_done = place();
    part_done.set("part", part(text_));
    send("response.content_part.done", std::move(part_done));
    Json whole = item("completed", Json::array({part(text_)}));
    send_item("response.output_item.done", whole);
    items_.push(std::move(whole));
    kind_ = Kind::none;
    text_.clear();
  }
  void add_call(const ToolCall& call) {
    const std::string id = served_.new_id("fc_");
    const std::string arguments = call.arguments.dump();
    send_item("response.output_item.added", call_item(id, "in_progress", call, ""));
    const Json where = Json::object({{"item_id", id}, {"output_index", items_.as_array().size()}});
    Json piece = where;
    piece.set("delta", arguments);
    send("response.function_call_arguments.delta", std::move(piece));
    Json done = where;
    done.set("arguments", arguments);
    send("response.function_call_arguments.done", std::move(done));
    Json whole = call_item(id, "completed", call, arguments);
    send_item("response.output_item.done", whole);
    items_.push(std::move(whole));
  }

  Served& served_;
  Exchange& exchange_;
  const Draft& draft_;
  Json items_ = Json::array();
  Kind kind_ = Kind::none;
  std::string id_;
  std::string text_;
  std::int64_t number_ = 0;
  bool has_begun_ = false;
};

Json output_of(Served& served, const Reply& reply) {
  Json items = Json::array();
  if (!reply.message.reasoning.empty()) {
    items.push(
        reasoning_item(served.new_id("rs_"), "completed",
                       Json::array({Json::object({{"type", "reasoning_text"}, {"text", reply.message.reasoning}})})));
  }
  if (!reply.message.content.empty() || reply.message.calls.empty()) {
    items.push(message_item(served.new_id("msg_"), "completed", Json::array({text_part(reply.message.content)})));
  }
  for (const ToolCall& call : reply.message.calls) {
    items.push(call_item(served.new_id("fc_"), "completed", call, call.arguments.dump()));
  }
  return items;
}

Answer<std::vector<Message>> messages_before(Served& served, const Json& body) {
  PUNA_TRY(const std::string id, text(body, "previous_response_id"));
  if (id.empty()) {
    return std::vector<Message>();
  }
  if (!served.responses->keeps_any()) {
    return bad_field("previous_response_id", "cannot be followed: this server keeps no responses");
  }
  std::optional<KeptResponse> kept = served.responses->find(id);
  if (!kept) {
    return refuse(400,
                  format_text("there is no response '{}': it was not stored, or too many came after it",
                              printable(utf8::truncate(id, 100))),
                  "previous_response_id", "previous_response_not_found");
  }
  return std::move(kept->messages);
}

void keep(Served& served, const Draft& draft, ResponseQuestion question, const Reply& reply) {
  if (question.is_stored && served.responses->keeps_any()) {
    question.messages.push_back(reply.message);
    served.responses->add(draft.id(), {.messages = std::move(question.messages), .response = draft.json()});
  }
}

Answer<KeptResponse> kept_of(Served& served, const Call& call) {
  std::optional<KeptResponse> kept = served.responses->find(call.parts.front());
  if (!kept) {
    return refuse(404, "there is no such response", "response_id");
  }
  return *std::move(kept);
}

}  // namespace

Handled create_response(Served& served, Call& call) {
  if (!call.body.is_object()) {
    return refuse(400, "the body must be a JSON object");
  }
  PUNA_TRY(const std::vector<Message> before, messages_before(served, call.body));
  PUNA_TRY(ResponseQuestion question, read_response(call.body, before, served.defaults));
  for (const std::string& type : question.ignored_tools) {
    served.note_unknown(call.exchange.request().path, "tools: " + type);
  }
  Draft draft(served, question);
  if (!question.question.request.watched) {
    Pieces nobody;
    PUNA_TRY(const Reply reply, ask(served, call.exchange, question.question, nobody));
    draft.end(reply, output_of(served, reply));
    keep(served, draft, std::move(question), reply);
    return draft.json();
  }
  call.exchange.prepare_stream(kSseType, std::string(kSsePing));
  ResponseStream stream(served, call.exchange, draft);
  PUNA_TRY(const Reply reply, ask(served, call.exchange, question.question, stream));
  Json items = stream.finish(reply);
  draft.end(reply, std::move(items));
  keep(served, draft, std::move(question), reply);
  stream.send(is_cut(reply.finish) ? "response.incomplete" : "response.completed",
              Json::object({{"response", draft.json()}}));
  call.exchange.finish();
  return answered();
}

Handled get_response(Served& served, Call& call) {
  PUNA_TRY(KeptResponse kept, kept_of(served, call));
  return std::move(kept.response);
}

Handled delete_response(Served& served, Call& call) {
  if (!served.responses->remove(call.parts.front())) {
    return refuse(404, "there is no such response", "response_id");
  }
  return Json::object({{"id", call.parts.front()}, {"object", "response"}, {"deleted", true}});
}

}  // namespace puna::server

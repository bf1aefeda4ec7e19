// One call of a model: heard while it is made, written as JSON, read back.
#include <algorithm>
#include <array>
#include <utility>

#include "model/json_member.h"
#include "puna/model/recorded_model.h"

namespace puna {
namespace {

constexpr std::array kFinishes{FinishReason::end_of_turn, FinishReason::stop_string, FinishReason::tokens_max,
                               FinishReason::window_full, FinishReason::grammar_end, FinishReason::deadline};
constexpr std::array kErrorCodes{
    ErrorCode::invalid_argument, ErrorCode::not_found, ErrorCode::unavailable, ErrorCode::limit,
    ErrorCode::cancelled,        ErrorCode::corrupt,   ErrorCode::io,          ErrorCode::internal};

std::unexpected<Error> bad_call(std::string_view what) {
  return fail(ErrorCode::corrupt, format_text("a call of the model: {}", what));
}

// ---- hearing

std::vector<Token> ids_of(std::string_view text) {
  std::vector<Token> ids;
  Token id = 0;
  bool is_open = false;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      id = id * 10 + (c - '0');
      is_open = true;
    } else if (is_open) {
      ids.push_back(std::exchange(id, 0));
      is_open = false;
    }
  }
  if (is_open) {
    ids.push_back(id);
  }
  return ids;
}

class CallListener final : public EventSink {
 public:
  CallListener(RecordedCall& call, EventSink& events) : call_(call), events_(events) {}

  void on(const Event& event) override {
    std::visit([this](const auto& e) { keep(e); }, event);
    events_.on(event);
  }

 private:
  void keep(const event::PromptReady& ready) { call_.prompt = ids_of(ready.token_ids); }
  void keep(const event::TextDelta& delta) { join(delta); }
  void keep(const event::ReasoningDelta& delta) { join(delta); }
  void keep(event::ReplyReady ready) {
    ready.usage = without_times(ready.usage);
    call_.events.emplace_back(std::move(ready));
  }
  void keep(const event::PrefixLost& lost) { call_.events.emplace_back(lost); }
  void keep(const event::Notice& notice) { call_.events.emplace_back(notice); }
  template <class Other>
  void keep(const Other& /*progress*/) {}

  template <class Delta>
  void join(const Delta& delta) {
    if (auto* last = call_.events.empty() ? nullptr : std::get_if<Delta>(&call_.events.back())) {
      last->text += delta.text;
    } else {
      call_.events.emplace_back(delta);
    }
  }

  RecordedCall& call_;
  EventSink& events_;
};

// ---- writing

Json tokens_json(std::span<const Token> tokens) {
  Json list = Json::array();
  for (const Token token : tokens) {
    list.push(std::int64_t{token});
  }
  return list;
}

Json error_json(const Error& error) {
  return Json::object({{"code", name_of(error.code)}, {"message", error.message}, {"hint", error.hint}});
}

Json reply_json(const Reply& reply) {
  Json json = Json::object({{"message", to_json(reply.message)}, {"finish", name_of(reply.finish)}});
  for (const auto& [name, texts] : {std::pair("malformed_calls", &reply.malformed_calls),
                                    {"repairs", &reply.repairs},
                                    {"violations", &reply.violations}}) {
    if (!texts->empty()) {
      Json list = Json::array();
      std::ranges::for_each(*texts, [&list](const std::string& text) { list.push(text); });
      json.set(name, std::move(list));
    }
  }
  json.set("usage", to_json(without_times(reply.usage)));
  json.set("sampling", to_json(reply.sampling));
  if (!reply.probabilities.empty()) {
    json.set("probabilities", to_json(reply.probabilities));
  }
  if (!reply.tokens.empty()) {
    json.set("tokens", tokens_json(reply.tokens));
  }
  if (reply.lost) {
    json.set("lost", error_json(*reply.lost));
  }
  return json;
}

// ---- reading

Result<std::vector<Token>> tokens_from(const Json& list) {
  std::vector<Token> tokens;
  for (const Json& token : list.is_array() ? list.as_array() : Json::Array()) {
    if (!token.is_integer() || !std::in_range<Token>(token.as_integer())) {
      return bad_call("a token that is no number");
    }
    tokens.push_back(static_cast<Token>(token.as_integer()));
  }
  return tokens;
}

Result<Error> error_from(const Json& json) {
  const auto code = std::ranges::find(kErrorCodes, json.text_or("code"), [](ErrorCode each) { return name_of(each); });
  if (code == kErrorCodes.end()) {
    return bad_call("an error without a known 'code'");
  }
  return Error{
      .code = *code, .message = std::string(json.text_or("message")), .hint = std::string(json.text_or("hint"))};
}

Usage usage_from(const Json& json) {
  static constexpr std::int64_t kTokensMax = std::int64_t{1} << 40U;
  const auto tokens = [&json](std::string_view key) {
    return std::clamp<std::int64_t>(model::integer(json, key).value_or(0), 0, kTokensMax);
  };
  return {.prompt_tokens = tokens("prompt_tokens"),
          .cached_tokens = tokens("cached_tokens"),
          .output_tokens = tokens("output_tokens"),
          .forced_tokens = tokens("forced_tokens")};
}

Reply::Probability probability_from(const Json& json) {
  const Json* log = json.find("log_probability");
  return {.token = static_cast<Token>(model::integer(json, "token").value_or(-1)),
          .text = std::string(json.text_or("text")),
          .log_probability = log != nullptr && log->is_number() ? static_cast<float>(log->as_double()) : 0};
}

std::vector<Reply::TokenProbabilities> probabilities_from(const Json& list) {
  std::vector<Reply::TokenProbabilities> all;
  for (const Json& entry : list.is_array() ? list.as_array() : Json::Array()) {
    Reply::TokenProbabilities& each = all.emplace_back();
    each.chosen = probability_from(entry);
    const Json* best = entry.find("best");
    for (const Json& other : best != nullptr && best->is_array() ? best->as_array() : Json::Array()) {
      each.best.push_back(probability_from(other));
    }
  }
  return all;
}

Result<Reply> reply_from(const Json& json) {
  static const Json kNothing;
  const auto member = [&json](std::string_view key) -> const Json& {
    const Json* found = json.find(key);
    return found == nullptr ? kNothing : *found;
  };
  Reply reply;
  PUNA_TRY(reply.message, message_from_json(member("message")));
  const auto finish =
      std::ranges::find(kFinishes, json.text_or("finish"), [](FinishReason each) { return name_of(each); });
  if (finish == kFinishes.end()) {
    return bad_call("a reply without a known 'finish'");
  }
  reply.finish = *finish;
  for (const auto& [name, texts] : {std::pair("malformed_calls", &reply.malformed_calls),
                                    {"repairs", &reply.repairs},
                                    {"violations", &reply.violations}}) {
    for (const Json& text : member(name).is_array() ? member(name).as_array() : Json::Array()) {
      texts->push_back(text.is_string() ? text.as_string() : text.dump());
    }
  }
  reply.usage = usage_from(member("usage"));
  PUNA_TRY(reply.sampling, sampling_from(member("sampling")));
  reply.probabilities = probabilities_from(member("probabilities"));
  PUNA_TRY(reply.tokens, tokens_from(member("tokens")));
  if (json.find("lost") != nullptr) {
    PUNA_TRY(reply.lost, error_from(member("lost")));
  }
  return reply;
}

Result<Event> model_event_from(const Json& json) {
  const std::string_view type = json.text_or("type");
  const std::string text(json.text_or("text"));
  const auto member = [&json](std::string_view key) { return json.find(key) == nullptr ? Json() : *json.find(key); };
  if (type == "text.delta") {
    return event::TextDelta{.text = text};
  }
  if (type == "reasoning.delta") {
    return event::ReasoningDelta{.text = text};
  }
  if (type == "notice") {
    return event::Notice{.text = text};
  }
  if (type == "prefix.lost") {
    return event::PrefixLost{.tokens_kept = model::integer(json, "tokens_kept").value_or(0),
                             .tokens_before = model::integer(json, "tokens_before").value_or(0),
                             .was = std::string(json.text_or("was")),
                             .is = std::string(json.text_or("is")),
                             .reason = std::string(json.text_or("reason"))};
  }
  if (type == "reply.ready") {
    return event::ReplyReady{.raw = std::string(json.text_or("raw")),
                             .usage = usage_from(member("usage")),
                             .sampling = member("sampling"),
                             .probabilities = member("probabilities")};
  }
  return bad_call(format_text("'{}' is no event of a model", printable(type)));
}

// The first so many of the call before.
template <class T>
Result<std::vector<T>> same_of(const Json& json, std::string_view key, const std::vector<T>* before) {
  const std::int64_t count = model::integer(json, key).value_or(0);
  if (count < 0 || std::cmp_greater(count, before == nullptr ? 0 : before->size())) {
    return bad_call(format_text("'{}' is more than the call before had", key));
  }
  return count == 0 ? std::vector<T>() : std::vector<T>(before->begin(), before->begin() + count);
}

Result<Request> whole_request(const Json& json, const RecordedCall* before) {
  Json whole = json;
  const Json* tools = json.find("tools");
  if (tools == nullptr) {
    whole.set("tools", Json::array());
  }
  PUNA_TRY(Request request, request_from_json(whole));
  if (tools == nullptr) {
    if (before == nullptr) {
      return bad_call("it has no 'tools'");
    }
    request.tools = before->request.tools;
  }
  PUNA_TRY(std::vector<Message> messages,
           same_of(json, "messages_same", before == nullptr ? nullptr : &before->request.messages));
  messages.append_range(std::move(request.messages));
  request.messages = std::move(messages);
  return request;
}

}  // namespace

Usage without_times(Usage usage) {
  usage.prefill_time = {};
  usage.decode_time = {};
  return usage;
}

RecordedCall ask_recorded(Model& model, const Request& request, EventSink& events, const std::stop_token& stop) {
  RecordedCall call{.request = request, .hash = request_hash(request)};
  CallListener listener(call, events);
  call.reply = model.ask(request, listener, stop);
  call.is_stopped = stop.stop_requested();
  return call;
}

Json to_json(const RecordedCall& call, const RecordedCall* before) {
  static const RecordedCall kNone;
  const RecordedCall& last = before == nullptr ? kNone : *before;
  const auto same = [](const auto& is, const auto& was) {
    return static_cast<std::size_t>(std::ranges::mismatch(is, was).in1 - is.begin());
  };
  Json json = Json::object({{"request_hash", call.hash}});
  const std::size_t messages_same = same(call.request.messages, last.request.messages);
  Json messages = Json::array();
  for (const Message& message : std::span(call.request.messages).subspan(messages_same)) {
    messages.push(to_json(message));
  }
  json.set("messages_same", messages_same);
  json.set("messages", std::move(messages));
  if (before == nullptr || call.request.tools != last.request.tools) {
    Json tools = Json::array();
    std::ranges::for_each(call.request.tools, [&tools](const ToolSpec& tool) { tools.push(to_json(tool)); });
    json.set("tools", std::move(tools));
  }
  const Json parameters = parameters_of(call.request);
  for (const Json::Member& member : parameters.as_object()) {
    json.set(member.key, member.value);
  }
  const std::size_t prompt_same = same(call.prompt, last.prompt);
  json.set("prompt_same", prompt_same);
  json.set("prompt", tokens_json(std::span(call.prompt).subspan(prompt_same)));
  Json events = Json::array();
  std::ranges::for_each(call.events, [&events](const Event& event) { events.push(to_json(event)); });
  json.set("events", std::move(events));
  json.set(call.reply ? "reply" : "error", call.reply ? reply_json(*call.reply) : error_json(call.reply.error()));
  if (call.is_stopped) {
    json.set("is_stopped", true);
  }
  return json;
}

Result<RecordedCall> recorded_call_from_json(const Json& json, const RecordedCall* before) {
  RecordedCall call{.hash = std::string(json.text_or("request_hash"))};
  const auto read = [&]() -> Result<void> {
    PUNA_TRY(call.request, whole_request(json, before));
    PUNA_TRY(call.prompt, same_of(json, "prompt_same", before == nullptr ? nullptr : &before->prompt));
    const Json* prompt = json.find("prompt");
    PUNA_TRY(const std::vector<Token> rest, tokens_from(prompt == nullptr ? Json() : *prompt));
    call.prompt.append_range(rest);
    const Json* events = json.find("events");
    for (const Json& event : events != nullptr && events->is_array() ? events->as_array() : Json::Array()) {
      PUNA_TRY(Event heard, model_event_from(event));
      call.events.push_back(std::move(heard));
    }
    if (const Json* error = json.find("error")) {
      PUNA_TRY(Error what, error_from(*error));
      call.reply = std::unexpected(std::move(what));
    } else if (const Json* reply = json.find("reply")) {
      PUNA_TRY(call.reply, reply_from(*reply));
    } else {
      return bad_call("it has neither 'reply' nor 'error'");
    }
    return {};
  };
  if (auto done = read(); !done) {
    Error error = std::move(done).error();
    error.code = ErrorCode::corrupt;
    return std::unexpected(std::move(error));
  }
  const Json* stopped = json.find("is_stopped");
  call.is_stopped = stopped != nullptr && stopped->is_bool() && stopped->as_bool();
  return call;
}

}  // namespace puna

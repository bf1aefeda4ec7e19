// See ollama.h.
#include "server/ollama.h"

#include <chrono>
#include <utility>

#include "server/fields.h"
#include "server/openai_request.h"

namespace puna::server {
namespace {

std::unexpected<Refusal> bad_ollama_message(std::size_t index, std::string_view what) {
  return refuse(400, format_text("message {}: {}", index + 1, what));
}

Answer<ToolCall> read_call(const Json& json, std::size_t number, std::size_t index) {
  const Json* function = field(json, "function");
  const std::string name(function == nullptr ? std::string_view() : function->text_or("name"));
  if (!is_tool_name(name)) {
    return bad_ollama_message(index, "a call needs a function's name");
  }
  const Json* arguments = field(*function, "arguments");
  return ToolCall{.id = format_text("call{:05}", number),
                  .name = name,
                  .arguments = arguments == nullptr ? Json::object() : *arguments};
}

// Calls have no ids here: a result answers the first call that has none yet, of its tool where it names one.
struct Open {
  std::vector<ToolCall> calls;

  Answer<ToolCall> take(std::string_view tool, std::size_t index) {
    for (auto call = calls.begin(); call != calls.end(); ++call) {
      if (tool.empty() || call->name == tool) {
        ToolCall found = *call;
        calls.erase(call);
        return found;
      }
    }
    return bad_ollama_message(index, "this result answers no call before it");
  }
};

// A list of base64 texts, in front of what is said, as this protocol's own server has it.
Answer<void> add_images(const Json& json, std::size_t index, Message& message) {
  const Json* images = field(json, "images");
  if (images == nullptr) {
    return {};
  }
  if (!images->is_array()) {
    return bad_ollama_message(index, "images must be a list of base64 texts");
  }
  for (std::size_t i = 0; i < images->as_array().size(); ++i) {
    const Json& image = images->as_array()[i];
    Result<Media> media = media_from_base64(image.is_string() ? image.as_string() : std::string());
    if (media && media->kind() == MediaKind::file) {
      media = fail(ErrorCode::invalid_argument, format_text("its bytes are {}", media->type()));
    }
    const Result<void> done = media ? attach(message, *std::move(media)) : std::unexpected(media.error());
    if (!done) {
      return bad_ollama_message(index, format_text("image {}: {}", i + 1, done.error().message));
    }
    message.attachments.back().at = 0;
  }
  return {};
}

Answer<Message> read_message(const Json& json, std::size_t index, std::size_t& numbers, Open& open) {
  const std::string_view role = json.text_or("role");
  Message message{.role = role == "system"      ? Role::system
                          : role == "assistant" ? Role::assistant
                          : role == "tool"      ? Role::tool
                                                : Role::user};
  if (role != "system" && role != "assistant" && role != "tool" && role != "user") {
    return bad_ollama_message(index, "role must be system, user, assistant or tool");
  }
  if (const Json* content = field(json, "content")) {
    if (!content->is_string()) {
      return bad_ollama_message(index, "content must be a text");
    }
    message.content = content->as_string();
  }
  PUNA_TRY_VOID(add_images(json, index, message));
  if (message.role == Role::tool) {
    PUNA_TRY(ToolCall call, open.take(json.text_or("tool_name", json.text_or("name")), index));
    message.call_id = std::move(call.id);
    message.tool = std::move(call.name);
  }
  if (message.role == Role::assistant) {
    message.reasoning = json.text_or("thinking");
    if (const Json* calls = field(json, "tool_calls"); calls != nullptr && calls->is_array()) {
      for (const Json& item : calls->as_array()) {
        PUNA_TRY(ToolCall call, read_call(item, ++numbers, index));
        open.calls.push_back(call);
        message.calls.push_back(std::move(call));
      }
    }
  }
  return message;
}

Answer<void> read_rest(const Json& body, const Sampling& defaults, Question& question) {
  Request& request = question.request;
  const Json* options = field(body, "options");
  if (options != nullptr && !options->is_object()) {
    return bad_field("options", "must be an object");
  }
  const Json chosen = options == nullptr ? Json::object() : *options;
  PUNA_TRY(request.sampling, read_sampling(chosen, defaults));
  PUNA_TRY(request.stop, stop_texts(chosen));
  PUNA_TRY(request.tokens_max, tokens_max(chosen, {"num_predict"}));
  if (const Json* think = field(body, "think"); think != nullptr && think->is_bool() && !think->as_bool()) {
    request.reasoning_tokens_max = 0;
  }
  if (const Json* format = field(body, "format")) {
    if (format->is_object()) {
      PUNA_TRY_VOID(set_format(question, format::Schema{*format}));
    } else if (format->is_string() && format->as_string() == "json") {
      PUNA_TRY_VOID(set_format(question, format::Schema{Json::object({{"type", "object"}})}));
    } else if (!format->is_string() || !format->as_string().empty()) {
      return bad_field("format", "must be \"json\" or a JSON Schema");
    }
  }
  PUNA_TRY(question.request.watched, flag(body, "stream", true));
  return {};
}

}  // namespace

Answer<Question> read_ollama_chat(const Json& body, const Sampling& defaults) {
  if (!body.is_object()) {
    return refuse(400, "the body must be a JSON object");
  }
  const Json* list = field(body, "messages");
  if (list == nullptr || !list->is_array()) {
    return bad_field("messages", "must be a list");
  }
  Question question;
  Open open;
  std::size_t numbers = 0;
  for (std::size_t i = 0; i < list->as_array().size(); ++i) {
    PUNA_TRY(Message message, read_message(list->as_array()[i], i, numbers, open));
    question.request.messages.push_back(std::move(message));
  }
  PUNA_TRY_VOID(check_history(question.request.messages));
  if (const Json* tools = field(body, "tools")) {
    PUNA_TRY(question.request.tools, read_tools(*tools));
  }
  PUNA_TRY_VOID(read_rest(body, defaults, question));
  return question;
}

Answer<Question> read_ollama_generate(const Json& body, const Sampling& defaults) {
  if (!body.is_object()) {
    return refuse(400, "the body must be a JSON object");
  }
  Question question;
  PUNA_TRY(std::string system, text(body, "system"));
  PUNA_TRY(std::string prompt, text(body, "prompt"));
  if (!system.empty()) {
    question.request.messages.push_back({.role = Role::system, .content = std::move(system)});
  }
  question.request.messages.push_back({.role = Role::user, .content = std::move(prompt)});
  PUNA_TRY_VOID(add_images(body, question.request.messages.size() - 1, question.request.messages.back()));
  PUNA_TRY_VOID(read_rest(body, defaults, question));
  return question;
}

Json ollama_message(const Message& message) {
  Json json = Json::object({{"role", "assistant"}, {"content", message.content}});
  if (!message.reasoning.empty()) {
    json.set("thinking", message.reasoning);
  }
  if (!message.calls.empty()) {
    Json calls = Json::array();
    for (const ToolCall& call : message.calls) {
      calls.push(Json::object({{"function", Json::object({{"name", call.name}, {"arguments", call.arguments}})}}));
    }
    json.set("tool_calls", std::move(calls));
  }
  return json;
}

void set_ollama_end(Json& line, FinishReason finish, const Usage& usage) {
  constexpr std::int64_t kNanoseconds = 1'000;
  line.set("done", true);
  line.set("done_reason", is_cut(finish) ? "length" : "stop");
  line.set("total_duration", (usage.prefill_time + usage.decode_time).count() * kNanoseconds);
  line.set("load_duration", 0);
  line.set("prompt_eval_count", usage.prompt_tokens);
  line.set("prompt_eval_duration", usage.prefill_time.count() * kNanoseconds);
  line.set("eval_count", usage.output_tokens);
  line.set("eval_duration", usage.decode_time.count() * kNanoseconds);
}

std::string utc_text(std::int64_t seconds) {
  const std::chrono::sys_seconds time{std::chrono::seconds(seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return format_text("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count());
}

}  // namespace puna::server

// See anthropic.h.
#include "server/anthropic.h"

#include <utility>

#include "server/fields.h"
#include "server/openai_request.h"

namespace puna::server {
namespace {

std::unexpected<Refusal> bad_anthropic_message(std::size_t index, std::string_view what) {
  return refuse(400, format_text("message {}: {}", index + 1, what), format_text("messages[{}]", index));
}

// A text, or a list of text blocks.
Answer<std::string> texts_of(const Json& content, std::size_t index) {
  if (content.is_string()) {
    return content.as_string();
  }
  if (!content.is_array()) {
    return bad_anthropic_message(index, "content must be a text or a list of blocks");
  }
  std::string text;
  for (const Json& block : content.as_array()) {
    const Json* piece = field(block, "text");
    if (block.text_or("type") != "text" || piece == nullptr || !piece->is_string()) {
      return bad_anthropic_message(index, format_text("a block of type '{}' cannot be read here",
                                                      printable(utf8::truncate(block.text_or("type"), 60))));
    }
    text += piece->as_string();
  }
  return text;
}

// {"source": {"type": "base64", "media_type", "data"}}; the type that it names is not believed.
Answer<void> add_source(const Json& block, std::size_t index, Message& message) {
  const Json* source = field(block, "source");
  if (source == nullptr || !source->is_object()) {
    return bad_anthropic_message(index, "an image or document needs a source");
  }
  const std::string_view type = source->text_or("type");
  const std::string_view title = block.text_or("title");
  Result<Media> media =
      type == "base64" ? media_from_base64(source->text_or("data"), title)
      : type == "url"  ? media_from_data_uri(source->text_or("url"), title)
      : type == "text"
          ? Media::create(std::string(source->text_or("data")), title)
          : fail(ErrorCode::invalid_argument, "its source must have the type base64 or text; files by id are not read");
  if (media && block.text_or("type") == "image" && media->kind() != MediaKind::image) {
    media = fail(ErrorCode::invalid_argument, format_text("the bytes of its image are {}", media->type()));
  }
  if (!media) {
    return bad_anthropic_message(index, media.error().message);
  }
  if (const Result<void> done = attach(message, *std::move(media)); !done) {
    return bad_anthropic_message(index, done.error().message);
  }
  return {};
}

std::string tool_of(const std::vector<Message>& before, std::string_view id) {
  for (const Message& message : before) {
    for (const ToolCall& call : message.calls) {
      if (call.id == id) {
        return call.name;
      }
    }
  }
  return {};
}

// One message of blocks; a user's results become messages of their own, before what the user says beside them.
struct Blocks {
  std::size_t index;
  Message& message;
  std::vector<Message>& results;
  const std::vector<Message>& before;

  Answer<void> add(const Json& block) {
    const std::string_view type = block.text_or("type");
    const bool is_assistant = message.role == Role::assistant;
    if (type == "text") {
      PUNA_TRY(const std::string text, texts_of(Json::array({block}), index));
      message.content += text;
      return {};
    }
    if (type == "thinking" && is_assistant) {
      message.reasoning += block.text_or("thinking");
      return {};
    }
    if (type == "redacted_thinking" && is_assistant) {
      return {};
    }
    if (type == "tool_use" && is_assistant) {
      const Json* input = field(block, "input");
      if (block.text_or("id").empty() || (input != nullptr && !input->is_object())) {
        return bad_anthropic_message(index, "a tool_use block needs an id, a name and an object as its input");
      }
      message.calls.push_back({.id = std::string(block.text_or("id")),
                               .name = std::string(block.text_or("name")),
                               .arguments = input == nullptr ? Json::object() : *input});
      return {};
    }
    if (type == "tool_result" && message.role == Role::user) {
      return add_result(block);
    }
    if ((type == "image" || type == "document") && message.role == Role::user) {
      return add_source(block, index, message);
    }
    return bad_anthropic_message(index, format_text("a block of type '{}' cannot be read in a message of this role",
                                                    printable(utf8::truncate(type, 60))));
  }
  Answer<void> add_result(const Json& block) {
    Message result{.role = Role::tool, .call_id = std::string(block.text_or("tool_use_id"))};
    if (const Json* content = field(block, "content")) {
      PUNA_TRY(result.content, texts_of(*content, index));
    }
    PUNA_TRY(result.is_error, flag(block, "is_error"));
    result.tool = tool_of(before, result.call_id);
    if (result.tool.empty()) {
      return bad_anthropic_message(
          index, format_text("a tool_result answers no call: none before it is '{}'", printable(result.call_id)));
    }
    results.push_back(std::move(result));
    return {};
  }
};

Answer<void> add_message(std::vector<Message>& messages, const Json& json, std::size_t index) {
  const std::string_view role = json.text_or("role");
  if (role != "user" && role != "assistant" && role != "system") {
    return bad_anthropic_message(index, "role must be user, assistant or system");
  }
  Message message{.role = role == "user" ? Role::user : role == "assistant" ? Role::assistant : Role::system};
  const Json* content = field(json, "content");
  if (content == nullptr || (!content->is_string() && !content->is_array())) {
    return bad_anthropic_message(index, "content must be a text or a list of blocks");
  }
  std::vector<Message> results;
  if (content->is_string()) {
    message.content = content->as_string();
  } else {
    Blocks blocks{.index = index, .message = message, .results = results, .before = messages};
    for (const Json& block : content->as_array()) {
      PUNA_TRY_VOID(blocks.add(block));
    }
  }
  const bool has_results = !results.empty();
  messages.insert(messages.end(), std::make_move_iterator(results.begin()), std::make_move_iterator(results.end()));
  if (!has_results || !message.content.empty() || !message.attachments.empty()) {
    messages.push_back(std::move(message));
  }
  return {};
}

Answer<std::vector<Message>> read_conversation(const Json& body) {
  std::vector<Message> messages;
  if (const Json* system = field(body, "system")) {
    if (system->is_string()) {
      messages.push_back({.role = Role::system, .content = system->as_string()});
    } else {
      Answer<std::string> text = texts_of(*system, 0);
      if (!text) {
        return bad_field("system", "must be a text or a list of text blocks");
      }
      messages.push_back({.role = Role::system, .content = *std::move(text)});
    }
  }
  const Json* list = field(body, "messages");
  if (list == nullptr || !list->is_array() || list->as_array().empty()) {
    return bad_field("messages", "must be a list of at least one message");
  }
  for (std::size_t i = 0; i < list->as_array().size(); ++i) {
    PUNA_TRY_VOID(add_message(messages, list->as_array()[i], i));
  }
  PUNA_TRY_VOID(check_history(messages));
  return messages;
}

// Tools that Anthropic runs itself have a type of their own; they cannot be called here.
Answer<std::vector<ToolSpec>> read_own_tools(const Json& list) {
  if (!list.is_array()) {
    return bad_field("tools", "must be a list");
  }
  Json functions = Json::array();
  for (const Json& tool : list.as_array()) {
    if (const std::string_view type = tool.text_or("type", "custom"); type != "custom") {
      continue;
    }
    Json function = Json::object({{"name", tool.text_or("name")}, {"description", tool.text_or("description")}});
    if (const Json* schema = field(tool, "input_schema")) {
      function.set("parameters", *schema);
    }
    functions.push(std::move(function));
  }
  return read_tools(functions);
}

Answer<void> read_choice(const Json& choice, Request& request) {
  const std::string_view type = choice.text_or("type");
  Json wanted(type);
  if (type == "tool") {
    wanted = Json::object({{"name", choice.text_or("name")}});
  }
  PUNA_TRY(request.tool_choice, read_tool_choice(wanted, request.tools));
  PUNA_TRY(const bool one_call, flag(choice, "disable_parallel_tool_use"));
  request.parallel_calls = !one_call;
  return {};
}

}  // namespace

Answer<Question> read_anthropic(const Json& body, const Sampling& defaults, Length length) {
  if (!body.is_object()) {
    return refuse(400, "the body must be a JSON object");
  }
  Question question;
  Request& request = question.request;
  PUNA_TRY(request.messages, read_conversation(body));
  if (const Json* tools = field(body, "tools")) {
    PUNA_TRY(request.tools, read_own_tools(*tools));
  }
  if (const Json* choice = field(body, "tool_choice")) {
    PUNA_TRY_VOID(read_choice(*choice, request));
  }
  if (const Json* output = field(body, "output_config")) {
    if (const Json* wanted = field(*output, "format")) {
      PUNA_TRY(std::optional<OutputFormat> format, read_response_format(*wanted));
      PUNA_TRY_VOID(set_format(question, std::move(format)));
    }
  }
  PUNA_TRY(request.sampling, read_sampling(body, defaults));
  PUNA_TRY(request.stop, stop_texts(body, "stop_sequences"));
  if (length == Length::required && field(body, "max_tokens") == nullptr) {
    return bad_field("max_tokens", "is missing");
  }
  PUNA_TRY(request.tokens_max, tokens_max(body, {"max_tokens"}));
  if (const Json* thinking = field(body, "thinking")) {
    PUNA_TRY(const auto budget, integer(*thinking, "budget_tokens", 0, 16'777'216));
    if (thinking->text_or("type") == "disabled") {
      request.reasoning_tokens_max = 0;
    } else if (budget) {
      request.reasoning_tokens_max = static_cast<int>(*budget);
    }
  }
  PUNA_TRY(question.request.watched, flag(body, "stream"));
  return question;
}

std::string_view anthropic_stop_reason(const Reply& reply) {
  return is_cut(reply.finish)                        ? "max_tokens"
         : !reply.message.calls.empty()              ? "tool_use"
         : reply.finish == FinishReason::stop_string ? "stop_sequence"
                                                     : "end_turn";
}

Json anthropic_stop_sequence(const Question& question, const Reply& reply) {
  const bool is_known = reply.finish == FinishReason::stop_string && question.request.stop.size() == 1;
  return is_known ? Json(question.request.stop.front()) : Json();
}

Json anthropic_usage(const Usage& usage) {
  return Json::object({{"input_tokens", usage.prompt_tokens - usage.cached_tokens},
                       {"cache_creation_input_tokens", 0},
                       {"cache_read_input_tokens", usage.cached_tokens},
                       {"output_tokens", usage.output_tokens}});
}

Json anthropic_message(const std::string& id, std::string_view model, const Question& question, const Reply& reply) {
  Json content = Json::array();
  if (!reply.message.reasoning.empty()) {
    content.push(Json::object({{"type", "thinking"}, {"thinking", reply.message.reasoning}, {"signature", ""}}));
  }
  if (!reply.message.content.empty() || reply.message.calls.empty()) {
    content.push(Json::object({{"type", "text"}, {"text", reply.message.content}}));
  }
  for (const ToolCall& call : reply.message.calls) {
    content.push(Json::object({{"type", "tool_use"}, {"id", call.id}, {"name", call.name}, {"input", call.arguments}}));
  }
  return Json::object({{"id", id},
                       {"type", "message"},
                       {"role", "assistant"},
                       {"model", model},
                       {"content", std::move(content)},
                       {"stop_reason", anthropic_stop_reason(reply)},
                       {"stop_sequence", anthropic_stop_sequence(question, reply)},
                       {"usage", anthropic_usage(reply.usage)}});
}

}  // namespace puna::server

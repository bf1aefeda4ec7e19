// See responses_request.h.
#include "server/responses_request.h"

#include <algorithm>
#include <utility>

#include "server/fields.h"
#include "server/openai_request.h"

namespace puna::server {
namespace {

std::unexpected<Refusal> bad_item(std::size_t index, std::string_view what) {
  return refuse(400, format_text("input item {}: {}", index + 1, what), format_text("input[{}]", index));
}

// A text, or a list of parts: texts, and what can be attached to a message.
Answer<void> read_parts(const Json& content, std::size_t index, Message& message) {
  if (content.is_string()) {
    message.content += content.as_string();
    return {};
  }
  if (!content.is_array()) {
    return bad_item(index, "its content must be a text or a list of parts");
  }
  for (const Json& part : content.as_array()) {
    if (part.text_or("type") == "refusal") {
      message.content += part.text_or("refusal");
    } else if (const Result<void> done = add_openai_part(message, part); !done) {
      return bad_item(index, done.error().message);
    }
  }
  return {};
}

// Items to messages: thoughts and calls belong to the assistant's message that they stand beside.
class Conversation {
 public:
  explicit Conversation(std::vector<Message> before) : messages_(std::move(before)) {}

  Answer<void> add(const Json& item, std::size_t index) {
    const std::string_view type = item.text_or("type", "message");
    if (type == "message") {
      return add_message(item, index);
    }
    if (type == "function_call") {
      return add_call(item, index);
    }
    if (type == "function_call_output") {
      return add_result(item, index);
    }
    if (type == "reasoning") {
      const Json* content = field(item, "content");
      if (content != nullptr) {
        Message thought{.role = Role::assistant};
        PUNA_TRY_VOID(read_parts(*content, index, thought));
        thought_ = std::move(thought.content);
      }
      return {};
    }
    return bad_item(index, format_text("the type '{}' is not known", printable(utf8::truncate(type, 60))));
  }
  [[nodiscard]] std::vector<Message> take() { return std::move(messages_); }

 private:
  Answer<void> add_message(const Json& item, std::size_t index) {
    const std::string_view role = item.text_or("role");
    Message message{.role = role == "user" ? Role::user : role == "assistant" ? Role::assistant : Role::system};
    if (role != "user" && role != "assistant" && role != "system" && role != "developer") {
      return bad_item(index, "its role must be user, assistant, system or developer");
    }
    const Json* content = field(item, "content");
    if (content == nullptr) {
      return bad_item(index, "it has no content");
    }
    PUNA_TRY_VOID(read_parts(*content, index, message));
    if (message.role == Role::assistant) {
      message.reasoning = std::exchange(thought_, {});
    }
    messages_.push_back(std::move(message));
    return {};
  }
  Answer<void> add_call(const Json& item, std::size_t index) {
    ToolCall call{.id = std::string(item.text_or("call_id")),
                  .name = std::string(item.text_or("name")),
                  .arguments = Json::object()};
    if (call.id.empty() || !is_tool_name(call.name)) {
      return bad_item(index, "a call needs a call_id and a function's name");
    }
    const std::string source(item.text_or("arguments"));
    if (Result<Json> arguments = Json::parse(source); arguments && arguments->is_object()) {
      call.arguments = *std::move(arguments);
    } else if (!source.empty()) {
      call.arguments = source;  // what the model wrote is told to it again as it was
    }
    if (messages_.empty() || messages_.back().role != Role::assistant) {
      messages_.push_back({.role = Role::assistant, .content = {}, .reasoning = std::exchange(thought_, {})});
    }
    messages_.back().calls.push_back(std::move(call));
    return {};
  }
  Answer<void> add_result(const Json& item, std::size_t index) {
    Message message{.role = Role::tool, .call_id = std::string(item.text_or("call_id"))};
    for (const Message& earlier : messages_) {
      for (const ToolCall& call : earlier.calls) {
        message.tool = call.id == message.call_id ? call.name : message.tool;
      }
    }
    if (message.tool.empty()) {
      return bad_item(index, format_text("it answers no call: none before it is '{}'", printable(message.call_id)));
    }
    const Json* output = field(item, "output");
    if (output != nullptr) {
      PUNA_TRY_VOID(read_parts(*output, index, message));
    }
    messages_.push_back(std::move(message));
    return {};
  }

  std::vector<Message> messages_;
  std::string thought_;
};

Json echoed(const Json& body) {
  Json echo = Json::object();
  const auto copy = [&](std::string_view name, const Json& otherwise) {
    const Json* value = field(body, name);
    echo.set(name, value == nullptr ? otherwise : *value);
  };
  copy("instructions", {});
  copy("max_output_tokens", {});
  copy("parallel_tool_calls", true);
  copy("previous_response_id", {});
  copy("reasoning", Json::object({{"effort", nullptr}, {"summary", nullptr}}));
  copy("store", true);
  copy("temperature", 1.0);
  copy("text", Json::object({{"format", Json::object({{"type", "text"}})}}));
  copy("tool_choice", "auto");
  copy("tools", Json::array());
  copy("top_p", 1.0);
  copy("truncation", "disabled");
  copy("metadata", Json::object());
  copy("user", {});
  return echo;
}

Answer<std::vector<ToolSpec>> own_tools(const Json& list, std::vector<std::string>& ignored) {
  if (!list.is_array()) {
    return bad_field("tools", "must be a list");
  }
  Json functions = Json::array();
  for (const Json& tool : list.as_array()) {
    if (const std::string_view type = tool.text_or("type", "function"); type == "function") {
      functions.push(field(tool, "function") == nullptr ? tool : *field(tool, "function"));
    } else {
      ignored.emplace_back(type);
    }
  }
  return read_tools(functions);
}

}  // namespace

Answer<std::vector<Message>> read_input(const Json& input, std::vector<Message> before) {
  if (input.is_string()) {
    before.push_back({.role = Role::user, .content = input.as_string()});
    return before;
  }
  if (!input.is_array()) {
    return bad_field("input", "must be a text or a list of items");
  }
  Conversation conversation(std::move(before));
  for (std::size_t i = 0; i < input.as_array().size(); ++i) {
    PUNA_TRY_VOID(conversation.add(input.as_array()[i], i));
  }
  return conversation.take();
}

Answer<ResponseQuestion> read_response(const Json& body, const std::vector<Message>& before, const Sampling& defaults) {
  if (!body.is_object()) {
    return refuse(400, "the body must be a JSON object");
  }
  ResponseQuestion response;
  Request& request = response.question.request;
  const Json* input = field(body, "input");
  if (input == nullptr) {
    return bad_field("input", "is missing");
  }
  PUNA_TRY(response.messages, read_input(*input, before));
  PUNA_TRY(std::string instructions, text(body, "instructions"));
  if (!instructions.empty()) {
    request.messages.push_back({.role = Role::system, .content = std::move(instructions)});
  }
  request.messages.insert(request.messages.end(), response.messages.begin(), response.messages.end());
  PUNA_TRY_VOID(check_history(request.messages));
  if (const Json* tools = field(body, "tools")) {
    PUNA_TRY(request.tools, own_tools(*tools, response.ignored_tools));
  }
  if (const Json* choice = field(body, "tool_choice")) {
    PUNA_TRY(request.tool_choice, read_tool_choice(*choice, request.tools));
  }
  PUNA_TRY(request.parallel_calls, flag(body, "parallel_tool_calls", true));
  const Json* shape = field(body, "text");
  if (const Json* wanted = shape == nullptr ? nullptr : field(*shape, "format")) {
    PUNA_TRY(std::optional<OutputFormat> format, read_response_format(*wanted));
    PUNA_TRY_VOID(set_format(response.question, std::move(format)));
  }
  PUNA_TRY(request.sampling, read_sampling(body, defaults));
  PUNA_TRY(request.tokens_max, tokens_max(body, {"max_output_tokens"}));
  if (const Json* reasoning = field(body, "reasoning");
      reasoning != nullptr && reasoning->text_or("effort") == "none") {
    request.reasoning_tokens_max = 0;
  }
  PUNA_TRY(response.is_stored, flag(body, "store", true));
  PUNA_TRY(response.question.request.watched, flag(body, "stream"));
  response.echo = echoed(body);
  return response;
}

}  // namespace puna::server

// Requests as JSON, and back: what a trace writes, and what a recording compares.
#include <limits>
#include <utility>

#include "model/json_member.h"
#include "puna/base/sha256.h"
#include "puna/model/recorded_model.h"

namespace puna {
namespace {

std::unexpected<Error> bad_request(std::string_view member, std::string_view what) {
  return fail(ErrorCode::invalid_argument, format_text("'{}' of a request must be {}", member, what));
}

Json texts_json(const std::vector<std::string>& texts) {
  Json list = Json::array();
  for (const std::string& text : texts) {
    list.push(text);
  }
  return list;
}

Json choice_json(const ToolChoice& choice) {
  switch (choice.kind()) {
    case ToolChoice::Kind::automatic:
      return "auto";
    case ToolChoice::Kind::none:
      return "none";
    case ToolChoice::Kind::required:
      return "required";
    case ToolChoice::Kind::named:
      return Json::object({{"name", choice.tool()}});
  }
  return nullptr;
}

Json format_json(const format::Schema& format) { return Json::object({{"schema", format.schema}}); }
Json format_json(const format::Gbnf& format) { return Json::object({{"grammar", format.text}, {"root", format.root}}); }
Json format_json(const format::Pattern& format) { return Json::object({{"pattern", format.pattern}}); }
Json format_json(const format::Choice& format) { return Json::object({{"choices", texts_json(format.texts)}}); }

Result<std::vector<std::string>> texts_from(const Json& list, std::string_view member) {
  std::vector<std::string> texts;
  if (!list.is_array()) {
    return bad_request(member, "a list of texts");
  }
  for (const Json& text : list.as_array()) {
    if (!text.is_string()) {
      return bad_request(member, "a list of texts");
    }
    texts.push_back(text.as_string());
  }
  return texts;
}

Result<ToolChoice> choice_from(const Json& json) {
  if (json.is_object() && json.find("name") != nullptr) {
    return ToolChoice::named(std::string(json.text_or("name")));
  }
  for (const ToolChoice& choice : {ToolChoice::automatic, ToolChoice::none, ToolChoice::required}) {
    if (choice_json(choice) == json) {
      return choice;
    }
  }
  return bad_request("tool_choice", "auto, none, required or {\"name\"}");
}

Result<OutputFormat> format_from(const Json& json) {
  if (const Json* schema = json.find("schema")) {
    return format::Schema{*schema};
  }
  if (json.find("grammar") != nullptr) {
    return format::Gbnf{.text = std::string(json.text_or("grammar")), .root = std::string(json.text_or("root"))};
  }
  if (json.find("pattern") != nullptr) {
    return format::Pattern{std::string(json.text_or("pattern"))};
  }
  if (const Json* choices = json.find("choices")) {
    PUNA_TRY(std::vector<std::string> texts, texts_from(*choices, "format"));
    return format::Choice{std::move(texts)};
  }
  return bad_request("format", "a schema, a grammar, a pattern or choices");
}

// An int that is not negative.
Result<int> size_from(const Json& json, std::string_view member) {
  const auto value = model::integer(json, member);
  if (!value || *value < 0 || *value > std::numeric_limits<int>::max()) {
    return bad_request(member, "a number");
  }
  return static_cast<int>(*value);
}

// Ids of agents take all of 64 bits.
Result<std::uint64_t> count_from(const Json& json, std::string_view member) {
  const Json* value = json.find(member);
  if (value != nullptr && value->is_large_integer()) {
    return value->as_large_integer();
  }
  if (value == nullptr || !value->is_integer() || value->as_integer() < 0) {
    return bad_request(member, "a number");
  }
  return static_cast<std::uint64_t>(value->as_integer());
}

Result<void> read_parameters(const Json& json, Request& request) {
  PUNA_TRY(const std::uint64_t agent, count_from(json, "agent_id"));
  request.agent = AgentId{agent};
  PUNA_TRY(request.turn, count_from(json, "turn"));
  if (const Json* choice = json.find("tool_choice")) {
    PUNA_TRY(request.tool_choice, choice_from(*choice));
  }
  if (const Json* parallel = json.find("parallel_calls"); parallel != nullptr && parallel->is_bool()) {
    request.parallel_calls = parallel->as_bool();
  }
  if (const Json* format = json.find("format")) {
    PUNA_TRY(request.format, format_from(*format));
  }
  if (const Json* sampling = json.find("sampling")) {
    PUNA_TRY(request.sampling, sampling_from(*sampling));
  }
  if (const Json* stop = json.find("stop")) {
    PUNA_TRY(request.stop, texts_from(*stop, "stop"));
  }
  PUNA_TRY(request.tokens_max, size_from(json, "tokens_max"));
  if (json.find("reasoning_tokens_max") != nullptr) {
    PUNA_TRY(request.reasoning_tokens_max, size_from(json, "reasoning_tokens_max"));
  }
  return {};
}

}  // namespace

Json parameters_of(const Request& request) {
  Json json = Json::object({{"agent_id", static_cast<std::uint64_t>(request.agent)}, {"turn", request.turn}});
  json.set("tool_choice", choice_json(request.tool_choice));
  json.set("parallel_calls", request.parallel_calls);
  if (request.format) {
    json.set("format", std::visit([](const auto& format) { return format_json(format); }, *request.format));
  }
  json.set("sampling", to_json(request.sampling));
  json.set("stop", texts_json(request.stop));
  json.set("tokens_max", request.tokens_max);
  if (request.reasoning_tokens_max) {
    json.set("reasoning_tokens_max", *request.reasoning_tokens_max);
  }
  return json;
}

Json to_json(const Request& request) {
  Json json = parameters_of(request);
  Json messages = Json::array();
  for (const Message& message : request.messages) {
    messages.push(to_json(message));
  }
  Json tools = Json::array();
  for (const ToolSpec& tool : request.tools) {
    tools.push(to_json(tool));
  }
  json.set("messages", std::move(messages));
  json.set("tools", std::move(tools));
  return json;
}

Result<Request> request_from_json(const Json& json) {
  Request request;
  PUNA_TRY_VOID(read_parameters(json, request));
  const Json* messages = json.find("messages");
  const Json* tools = json.find("tools");
  if (messages == nullptr || !messages->is_array() || tools == nullptr || !tools->is_array()) {
    return bad_request("messages' and 'tools", "lists");
  }
  for (const Json& message : messages->as_array()) {
    PUNA_TRY(Message read, message_from_json(message));
    request.messages.push_back(std::move(read));
  }
  for (const Json& tool : tools->as_array()) {
    PUNA_TRY(ToolSpec read, tool_spec_from_json(tool));
    request.tools.push_back(std::move(read));
  }
  return request;
}

std::string request_hash(const Request& request) { return sha256_hex(to_json(request).dump()); }

}  // namespace puna

#include "task.h"

#include <algorithm>
#include <cctype>

namespace puna::demo {
namespace {

// Lower case, runs of white space as one space, none at the ends.
std::string normalized(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isspace(byte) != 0) {
      if (!out.empty() && out.back() != ' ') {
        out += ' ';
      }
    } else {
      out += static_cast<char>(std::tolower(byte));
    }
  }
  if (!out.empty() && out.back() == ' ') {
    out.pop_back();
  }
  return out;
}

std::string without_spaces(std::string text) {
  std::erase(text, ' ');
  return text;
}

std::vector<std::string> strings(const Json* array) {
  std::vector<std::string> texts;
  if (array != nullptr && array->is_array()) {
    for (const Json& item : array->as_array()) {
      texts.push_back(item.is_string() ? item.as_string() : item.dump());
    }
  }
  return texts;
}

Result<ExpectedTurn> turn_from_json(const Json& json) {
  ExpectedTurn turn;
  if (const Json* final = json.find("final"); final != nullptr) {
    turn.final = {.all = strings(final->find("all")), .none = strings(final->find("none"))};
    if (const Json* equals = final->find("equals"); equals != nullptr && equals->is_string()) {
      turn.final.equals = equals->as_string();
    }
    if (const Json* value = final->find("json"); value != nullptr) {
      turn.final.json = *value;
    }
    return turn;
  }
  const Json* calls = json.find("calls");
  if (calls == nullptr || !calls->is_array() || calls->as_array().empty()) {
    return fail(ErrorCode::corrupt, "a turn has neither \"calls\" nor \"final\"");
  }
  for (const Json& call : calls->as_array()) {
    const Json* arguments = call.find("arguments");
    turn.calls.push_back(
        {.name = std::string(call.text_or("name")), .arguments = arguments != nullptr ? *arguments : Json::object()});
  }
  turn.results = strings(json.find("results"));
  return turn;
}

Result<Message> history_message(const Json& json) {
  Message message{.content = std::string(json.text_or("content")),
                  .call_id = std::string(json.text_or("tool_call_id"))};
  const std::string_view role = json.text_or("role");
  message.role = role == "system"      ? Role::system
                 : role == "assistant" ? Role::assistant
                 : role == "tool"      ? Role::tool
                                       : Role::user;
  if (const Json* calls = json.find("tool_calls"); calls != nullptr && calls->is_array()) {
    for (const Json& call : calls->as_array()) {
      const Json* arguments = call.find("arguments");
      message.calls.push_back({.id = std::string(call.text_or("id")),
                               .name = std::string(call.text_or("name")),
                               .arguments = arguments != nullptr ? *arguments : Json::object()});
    }
  }
  return message;
}

}  // namespace

Result<Task> task_from_json(const Json& json) {
  Task task{.id = std::string(json.text_or("id")), .family = std::string(json.text_or("family"))};
  const Json* heldout = json.find("heldout_wording");
  task.heldout_wording = heldout != nullptr && heldout->is_bool() && heldout->as_bool();
  const Json* messages = json.find("messages");
  const Json* turns = json.find("turns");
  if (messages == nullptr || !messages->is_array() || turns == nullptr || !turns->is_array()) {
    return fail(ErrorCode::corrupt, "task '" + task.id + "' has no \"messages\" or no \"turns\"");
  }
  for (const Json& item : messages->as_array()) {
    PUNA_TRY(Message message, history_message(item));
    task.messages.push_back(std::move(message));
  }
  if (const Json* tools = json.find("tools"); tools != nullptr && tools->is_array()) {
    for (const Json& item : tools->as_array()) {
      PUNA_TRY(ToolSpec spec, tool_spec_from_json(item));
      task.tools.push_back(std::move(spec));
    }
  }
  for (const Json& item : turns->as_array()) {
    PUNA_TRY(ExpectedTurn turn, turn_from_json(item));
    task.turns.push_back(std::move(turn));
  }
  if (const Json* schema = json.find("schema"); schema != nullptr && schema->is_object()) {
    task.schema = *schema;
  }
  return task;
}

bool is_right(const ToolCall& expected, const ToolCall& made) {
  if (expected.name != made.name || !made.arguments.is_object() || !expected.arguments.is_object() ||
      expected.arguments.as_object().size() != made.arguments.as_object().size()) {
    return false;
  }
  return std::ranges::all_of(expected.arguments.as_object(), [&made](const Json::Member& member) {
    const Json* value = made.arguments.find(member.key);
    if (value == nullptr) {
      return false;
    }
    if (member.key == "expression" && value->is_string() && member.value.is_string()) {
      return without_spaces(value->as_string()) == without_spaces(member.value.as_string());
    }
    return *value == member.value;
  });
}

bool is_right(const ExpectedFinal& expected, const std::string& answer) {
  if (expected.json) {
    const auto value = Json::parse(answer);
    return value && *value == *expected.json;
  }
  const std::string text = normalized(answer);
  if (expected.equals) {
    return text == normalized(*expected.equals);
  }
  const auto occurs = [&text](const std::string& part) { return text.contains(normalized(part)); };
  return std::ranges::all_of(expected.all, occurs) && std::ranges::none_of(expected.none, occurs);
}

}  // namespace puna::demo

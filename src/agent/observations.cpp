// See observations.h.
#include "agent/observations.h"

namespace puna {

std::string_view default_system_prompt() noexcept {
  return "You are Puna, a local agent. Use the tools when they help, then answer briefly.";
}

namespace agent {
namespace {

constexpr std::size_t kQuotedBytesMax = 400;  // a long broken call would only teach the model to break it again

}  // namespace

std::string as_json(std::string_view beginning, const Json& schema) {
  const Json* properties = schema.find("properties");
  const Json::Object members =
      properties != nullptr && properties->is_object() ? properties->as_object() : Json::Object();
  std::string names;
  std::string descriptions;
  for (std::size_t i = 0; i < members.size(); ++i) {
    names += (i == 0 ? " with " : i + 1 < members.size() ? ", " : " and ") + members[i].key;
    if (const std::string_view text = members[i].value.text_or("description"); !text.empty()) {
      descriptions += format_text("\n{}: {}", members[i].key, text);
    }
  }
  return format_text("{} as JSON{}.{}", beginning, names, descriptions);
}

std::string too_many_calls(int calls_max) {
  return format_text("too many calls in one reply. At most {} are run.", calls_max);
}

std::string fork_task(std::string_view name, std::string_view instructions, std::string_view task) {
  return format_text(
      "You are now {}, a copy of the agent that made this call. {}{}Do its task yourself and give the result as your "
      "answer.\nTask: {}",
      name, instructions, instructions.empty() ? "" : "\n", task);
}

std::string malformed_reply(const std::vector<std::string>& malformed_calls, const std::vector<ToolSpec>& tools) {
  if (malformed_calls.empty()) {
    return tools.empty() ? "error: the reply was empty. Give the answer."
                         : "error: the reply was empty. Call a tool or give the answer.";
  }
  if (tools.empty()) {
    return "error: this is not a valid tool call, and there are no tools. Give the answer.";
  }
  std::string names;
  for (const ToolSpec& tool : tools) {
    names += (names.empty() ? "" : ", ") + tool.name;
  }
  const std::string_view quoted = utf8::truncate(malformed_calls.front(), kQuotedBytesMax);
  return format_text(
      "error: this is not a valid tool call: {}{}\n"
      "Write the whole call again, in the form that the tools were given in. Tools: {}.",
      quoted, quoted.size() < malformed_calls.front().size() ? "..." : "", names);
}

}  // namespace agent
}  // namespace puna

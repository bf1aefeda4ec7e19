// See prompt.h.
#include "sim/prompt.h"

namespace puna::sim {
namespace {

std::string values_text(const Json& schema) {
  if (const Json* values = schema.find("enum")) {
    std::string text;
    for (const Json& value : values->as_array()) {
      text += (text.empty() ? "" : "|") + value.dump();
    }
    return text;
  }
  if (schema.text_or("type") == "integer") {
    return schema.find("minimum")->dump() + ".." + schema.find("maximum")->dump();
  }
  return "TEXT";
}

std::string action_line(const ActionKind& kind) {
  std::string line = "- {\"action\": \"" + kind.name + "\"";
  for (const Parameter& parameter : kind.parameters) {
    line += ", \"" + parameter.name + "\": " + values_text(parameter.schema);
  }
  return line + "} " + kind.what + "\n";
}

}  // namespace

std::string system_text(const World& world, const std::string& persona, int reasoning_max) {
  std::string text = world.rules() + "\nActions:\n";
  for (const ActionKind& kind : world.actions()) {
    text += action_line(kind);
  }
  text += action_line({.name = kNoop, .what = "do nothing", .parameters = {}});
  text += "Answer with one action as JSON.";
  if (reasoning_max > 0) {
    text += format_text(
        "\nBegin with \"reasoning\": why, in at most {} characters: {{\"reasoning\": TEXT, \"action\": ...}}",
        reasoning_max);
  }
  return persona.empty() ? text : text + "\n" + persona;
}

std::string user_text(const World& world, int agent, const std::string& name, const std::deque<std::string>& memory,
                      const Moment& moment) {
  std::string text = "You are " + name + ".\n";
  if (!memory.empty()) {
    text += "You remember:\n";
    for (const std::string& event : memory) {
      text += "- " + event + "\n";
    }
  }
  text += format_text("Epoch {} of {}, step {} of {}.\nNow:\n", moment.epoch + 1, moment.epochs, moment.step + 1,
                      moment.steps);
  for (const std::string& line : world.view(agent)) {
    text += "- " + line + "\n";
  }
  return text + "Your action:";
}

}  // namespace puna::sim

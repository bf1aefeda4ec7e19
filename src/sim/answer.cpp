// See answer.h.
#include "sim/answer.h"

#include <utility>

#include "puna/model/typed.h"

namespace puna::sim {
namespace {

constexpr std::string_view kReasoning = "reasoning";

}  // namespace

Json answer_schema(std::span<const ActionKind> kinds, int reasoning_max) {
  Json actions = schema_of(kinds);
  if (reasoning_max == 0) {
    return actions;
  }
  Json choices = Json::array();
  for (Json choice : actions.find("anyOf")->as_array()) {
    Json members = *choice.find("properties");
    members.set(kReasoning, Json::object({{"type", "string"}, {"maxLength", reasoning_max}}));
    choice.set("properties", std::move(members));
    choices.push(std::move(choice));
  }
  return Json::object({{"anyOf", std::move(choices)}});
}

Result<Answer> read_answer(const Reply& reply, std::span<const ActionKind> kinds, int reasoning_max) {
  Reply meant = reply;
  meant.message.content = json_part(reply.message.content);
  PUNA_TRY(const Json json, json_answer(meant, answer_schema(kinds, reasoning_max)));
  Json action = Json::object({});
  for (const Json::Member& member : json.as_object()) {
    if (reasoning_max == 0 || member.key != kReasoning) {
      action.set(member.key, member.value);
    }
  }
  PUNA_TRY(Action read, action_from_json(action, kinds));
  return Answer{.action = std::move(read), .reasoning = std::string(json.text_or(kReasoning))};
}

std::string_view json_part(std::string_view text) {
  constexpr std::string_view kFence = "```";
  const std::size_t first = text.find('{');
  const bool begins_at_once = first == text.find_first_not_of(" \t\r\n");  // then a fence is part of a text in it
  if (const std::size_t open = text.find(kFence); open != std::string_view::npos && !begins_at_once) {
    const std::size_t line_end = text.find('\n', open);  // behind the name of a language
    const std::size_t begin = line_end == std::string_view::npos ? open + kFence.size() : line_end + 1;
    const std::size_t close = text.find(kFence, begin);
    if (close != std::string_view::npos) {
      return text.substr(begin, close - begin);
    }
  }
  const std::size_t last = text.rfind('}');
  return first == std::string_view::npos || last == std::string_view::npos || last < first
             ? text
             : text.substr(first, last + 1 - first);
}

}  // namespace puna::sim

#include "chat/needles.h"

#include <algorithm>
#include <utility>

namespace puna {
namespace {

constexpr std::chrono::year_month_day kProbeDate{std::chrono::year{2024}, std::chrono::January, std::chrono::day{1}};
// A probe is short; a template that needs more than this for it would need minutes for a conversation.
constexpr RenderBounds kProbeBounds{.lookups_max = 100'000, .bytes_max = 512 * 1024};

Json needle_tool(std::string_view name) {
  Json properties = Json::object();
  for (const std::string_view argument : {needle::kArgument, needle::kArgumentToo}) {
    properties.set(argument, Json::object({{"type", "string"}, {"description", "Text."}}));
  }
  Json parameters = Json::object({{"type", "object"}});
  parameters.set("properties", std::move(properties));
  parameters.set("required", Json::array({Json(needle::kArgument)}));
  Json function = Json::object({{"name", name}, {"description", "A tool."}});
  function.set("parameters", std::move(parameters));
  return Json::object({{"type", "function"}, {"function", std::move(function)}});
}

}  // namespace

bool has_all(const std::optional<std::string>& text, std::initializer_list<std::string_view> words) {
  return text && std::ranges::all_of(words, [&text](std::string_view word) { return text->contains(word); });
}

Json needle_arguments() {
  Json object = Json::object();
  object.set(needle::kArgument, needle::kValue);
  return object;
}

Json NeedleTalk::message(Role role, std::string_view text) const {
  const Json typed = Json::array({Json::object({{"type", "text"}, {"text", text}})});
  return Json::object({{"role", name_of(role)}, {"content", shape_.typed_content ? typed : Json(text)}});
}

Json NeedleTalk::calls_message(const std::vector<NeedleCall>& calls) const {
  return calls_message(calls, needle_arguments());
}

Json NeedleTalk::calls_message(const std::vector<NeedleCall>& calls, const Json& arguments) const {
  Json list = Json::array();
  for (const auto& [tool, id] : calls) {
    Json function = Json::object(
        {{"name", tool}, {"arguments", shape_.object_arguments ? arguments : Json(spaced_text(arguments))}});
    Json call = Json::object({{"id", id}, {"type", "function"}});
    call.set("function", std::move(function));
    list.push(std::move(call));
  }
  Json json = message(Role::assistant, "");
  if (shape_.null_content) {
    json.set("content", Json());
  }
  json.set("tool_calls", std::move(list));
  return json;
}

Json NeedleTalk::result_message(std::string_view tool, std::string_view id, std::string_view text) const {
  Json json = message(Role::tool, text);
  json.set("name", tool);
  json.set("tool_call_id", id);
  return json;
}

Json NeedleTalk::with_thought(Json message) const {
  put_reasoning(message, needle::kThought, shape_.reasoning);
  return message;
}

Result<std::string> NeedleTalk::try_render(std::initializer_list<Json> messages, NeedleOptions options) const {
  const Json tools =
      options.tools ? Json::array({needle_tool(needle::kTool), needle_tool(needle::kToolToo)}) : Json::array();
  const auto date = needs_date_ ? std::optional(kProbeDate) : std::nullopt;
  Json variables = template_variables(Json(Json::Array(messages)), tools, source_, shape_, options.opens_reply);
  if (options.built_in) {
    variables.set("builtin_tools", Json::array({Json(needle::kTool)}));
  }
  return jinja_.render(variables, date, kProbeBounds);
}

std::optional<std::string> NeedleTalk::render(std::initializer_list<Json> messages, NeedleOptions options) const {
  Result<std::string> text = try_render(messages, options);
  return text ? std::optional(*std::move(text)) : std::nullopt;
}

Json template_variables(Json messages, Json tools, const TemplateSource& source, const Shape& shape, bool opens_reply) {
  Json variables = Json::object({{"messages", std::move(messages)},
                                 {"bos_token", source.bos_text},
                                 {"eos_token", source.eos_text},
                                 {"add_generation_prompt", opens_reply},
                                 {"enable_thinking", true}});
  if (shape.functions_text) {
    variables.set("functions", tools.dump(2));
  }
  if (!tools.as_array().empty()) {
    variables.set("tools", std::move(tools));
  }
  return variables;
}

}  // namespace puna

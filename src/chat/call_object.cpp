// See call_object.h.
#include "chat/call_object.h"

#include <algorithm>
#include <array>
#include <utility>

namespace puna {
namespace {

constexpr std::array<std::string_view, 4> kNameKeys = {"function", "tool", "tool_name", "function_name"};
constexpr std::array<std::string_view, 4> kArgumentKeys = {"args", "params", "input", "tool_input"};
constexpr std::array<std::string_view, 3> kKnown = {"name", "arguments", "parameters"};
// Say nothing about what a call does.
constexpr std::array<std::string_view, 4> kBeside = {"id", "type", "index", "call_id"};

// The one of the keys that is there; nothing when there are more.
const Json* only_one(const Json& object, std::span<const std::string_view> keys) {
  const Json* found = nullptr;
  for (const std::string_view key : keys) {
    if (const Json* value = object.find(key)) {
      if (found != nullptr) {
        return nullptr;
      }
      found = value;
    }
  }
  return found;
}

std::string_view text_of(const Json* value) {
  return value != nullptr && value->is_string() ? std::string_view(value->as_string()) : std::string_view();
}

}  // namespace

bool says_more(const Json& object, const CallSyntax& syntax) {
  const Json* inner = syntax.inner_key.empty() ? nullptr : object.find(syntax.inner_key);
  const Json& call = inner == nullptr ? object : *inner;
  return call.is_object() && std::ranges::any_of(call.as_object(), [&syntax](const Json::Member& member) {
           const auto is_in = [&member](const auto& keys) { return std::ranges::find(keys, member.key) != keys.end(); };
           return member.key != syntax.name_key && member.key != syntax.arguments_key && member.key != syntax.id_key &&
                  !is_in(kKnown) && !is_in(kBeside) && !is_in(kNameKeys);
         });
}

std::optional<ToolCall> call_of(const Json& object, const CallSyntax& syntax, Repairs* repairs) {
  const Json* inner = syntax.inner_key.empty() ? nullptr : object.find(syntax.inner_key);
  if (const Json* function = object.find("function");
      inner == nullptr && repairs != nullptr && function != nullptr && function->is_object()) {
    repairs->note("a call inside another object");
    inner = function;
  }
  const Json& call = inner == nullptr ? object : *inner;
  std::string_view name = call.text_or(syntax.name_key);
  name = name.empty() ? call.text_or("name") : name;
  if (repairs != nullptr && call.find(syntax.name_key) == nullptr && call.find("name") == nullptr) {
    name = text_of(only_one(call, kNameKeys));
    repairs->note("the name under another key");
  }
  const Json* arguments = call.find(syntax.arguments_key);
  for (const std::string_view key : {"arguments", "parameters"}) {
    arguments = arguments == nullptr ? call.find(key) : arguments;
  }
  if (arguments == nullptr && repairs != nullptr) {
    arguments = only_one(call, kArgumentKeys);
    repairs->note("the arguments under another key");
  }
  if (name.empty() || !call.is_object() ||
      (arguments == nullptr && (repairs != nullptr || says_more(object, syntax)))) {
    return std::nullopt;
  }
  return ToolCall{.id = {}, .name = std::string(name), .arguments = read_arguments(arguments, repairs)};
}

Json read_arguments(const Json* arguments, Repairs* repairs) {
  if (arguments == nullptr || arguments->is_null()) {
    return Json::object();
  }
  if (!arguments->is_string()) {
    return *arguments;
  }
  if (Result<Json> inner = Json::parse(arguments->as_string()); inner && inner->is_object()) {
    return *std::move(inner);
  }
  if (repairs != nullptr) {
    if (std::optional<Mended> inner = mend_whole_json(arguments->as_string()); inner && inner->value.is_object()) {
      repairs->note_all(inner->repairs);
      return std::move(inner->value);
    }
  }
  return *arguments;
}

std::string repair_note(std::span<const ToolCall> calls, const Repairs& repairs) {
  std::string names;
  for (const ToolCall& call : calls) {
    names += (names.empty() ? "" : ", ") + call.name;
  }
  return format_text("a call of {}: {}", names, repairs.text());
}

}  // namespace puna

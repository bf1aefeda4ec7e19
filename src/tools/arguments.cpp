// See arguments.h. The order of members is part of the prompt: it must not change by accident.
#include "tools/arguments.h"

namespace puna::tools {

ToolSpec arguments_spec(std::string_view name, std::string description, std::initializer_list<Argument> arguments) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const Argument& argument : arguments) {
    Json property = Json::object({{"type", argument.type}, {"description", argument.description}});
    if (argument.minimum) {
      property.set("minimum", *argument.minimum);
    }
    if (argument.maximum) {
      property.set("maximum", *argument.maximum);
    }
    properties.set(argument.name, std::move(property));
    if (argument.need == Need::required) {
      required.push(argument.name);
    }
  }
  Json parameters = Json::object({{"type", "object"}, {"properties", std::move(properties)}});
  if (!required.as_array().empty()) {
    parameters.set("required", std::move(required));
  }
  parameters.set("additionalProperties", false);
  return {.name = std::string(name), .description = std::move(description), .parameters = std::move(parameters)};
}

std::optional<std::int64_t> integer_of(const Json& arguments, std::string_view name) {
  const Json* value = arguments.find(name);
  return value != nullptr && value->is_integer() ? std::optional(value->as_integer()) : std::nullopt;
}

bool flag_of(const Json& arguments, std::string_view name) {
  const Json* value = arguments.find(name);
  return value != nullptr && value->is_bool() && value->as_bool();
}

}  // namespace puna::tools

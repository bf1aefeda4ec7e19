// See text_argument.h. The order of members is part of the prompt: it must not change by accident.
#include "tools/text_argument.h"

namespace puna::tools {

ToolSpec text_argument_spec(std::string_view name, std::string_view description, const TextArgument& argument) {
  Json property = Json::object({{"type", "string"}, {"description", argument.description}});
  Json properties = Json::object();
  properties.set(argument.name, std::move(property));
  Json parameters = Json::object({{"type", "object"}});
  parameters.set("properties", std::move(properties));
  if (argument.need == Need::required) {
    parameters.set("required", Json::array({argument.name}));
  }
  return {.name = std::string(name), .description = std::string(description), .parameters = std::move(parameters)};
}

}  // namespace puna::tools

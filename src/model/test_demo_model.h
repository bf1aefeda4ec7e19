// The bundled demo model, and requests that suit it. Tests only.
#pragma once

#include <filesystem>
#include <string>
#include <utility>

#include "puna/model.h"
#include "source_folder.h"

namespace puna::model {

inline const std::filesystem::path kDemoModel =
    std::filesystem::path(PUNA_SOURCE_DIR) / "models/demo/puna-demo-Q8_0.gguf";

inline Request text_request(const std::string& text, float temperature = 0) {
  Request request{.messages = {{.role = Role::user, .content = text}}, .tokens_max = 40};
  request.sampling.temperature = temperature;
  return request;
}

// Must be answered by a call of this tool, which turns a switch.
inline Request call_request(ToolSpec tool) {
  Request request = text_request("Please turn on the light in the hall.");
  request.tools = {std::move(tool)};
  request.tool_choice = ToolChoice::required;
  request.tokens_max = 200;
  return request;
}

}  // namespace puna::model

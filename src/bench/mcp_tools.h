// Twenty tools with schemas as MCP servers publish them, each with a task and a call that answers it.
#pragma once

#include <string>
#include <vector>

#include "puna/chat.h"

namespace puna::bench {

struct McpTool {
  ToolSpec spec;
  std::string task;
  Json arguments;  // fit spec.parameters
};

[[nodiscard]] const std::vector<McpTool>& mcp_tools();

}  // namespace puna::bench

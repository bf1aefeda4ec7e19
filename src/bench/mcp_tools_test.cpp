#include "bench/mcp_tools.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace puna::bench {
namespace {

TEST(McpTools, EachOfTwentyHasANameOfItsOwnAndACallThatFitsItsSchema) {
  std::set<std::string> names;
  for (const McpTool& tool : mcp_tools()) {
    names.insert(tool.spec.name);
    EXPECT_FALSE(tool.task.empty()) << tool.spec.name;
    EXPECT_TRUE(tool.arguments.is_object()) << tool.spec.name;
    for (const std::string& violation : schema_violations(tool.spec.parameters, tool.arguments)) {
      ADD_FAILURE() << tool.spec.name << ": " << violation;
    }
  }
  EXPECT_EQ(names.size(), 20U);
  EXPECT_EQ(mcp_tools().size(), 20U);
}

}  // namespace
}  // namespace puna::bench

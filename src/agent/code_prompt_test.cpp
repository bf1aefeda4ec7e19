// Tools as Python functions.
#include "agent/code_prompt.h"

#include <gtest/gtest.h>

namespace puna::agent {
namespace {

Json json(std::string_view text) { return Json::parse(text).value(); }

CodeTool tool_of(std::string_view parameters, std::string name = "search", std::string description = "Find it.") {
  return code_tools({{.name = std::move(name), .description = std::move(description), .parameters = json(parameters)}})
      .value()
      .front();
}

TEST(CodePrompt, AToolIsASignatureWithItsTypesAndWhatIsSaidOfThem) {
  const CodeTool tool = tool_of(R"({"type": "object", "required": ["query"], "properties": {
      "count": {"type": "integer"}, "query": {"type": "string", "description": "what to\nfind"},
      "any": {}}})",
                                "search", "Find \"it\".");
  EXPECT_EQ(signature_of(tool),
            "def search(query: str, count: int = None, any = None) -> str:\n"
            "    \"\"\"Find 'it'.\n    query: what to find\"\"\"");
  const PythonTool python = python_tool(tool);
  ASSERT_EQ(python.parameters.size(), 3U);
  EXPECT_EQ(python.parameters[0].name, "query");
  EXPECT_TRUE(python.parameters[0].is_required);
  EXPECT_FALSE(python.parameters[1].is_required);
}

TEST(CodePrompt, NamesThatPythonDoesNotHaveAreChangedAndFoundAgain) {
  const CodeTool tool = tool_of(R"({"type": "object", "required": ["from", "max-size"], "properties": {
                  "from": {"type": "string"}, "max-size": {"type": "integer"}, "to": {"type": "string"}}})",
                                "web-search.v2");
  EXPECT_EQ(tool.function, "web_search_v2");
  EXPECT_EQ(python_tool(tool).parameters[0].name, "from_");
  EXPECT_EQ(arguments_of(tool, json(R"({"from_": "a", "max_size": 3, "to": null})")),
            json(R"({"from": "a", "max-size": 3})"));
}

TEST(CodePrompt, TwoToolsWithOneNameAreRefused) {
  const auto spec = [](std::string name) {
    return ToolSpec{.name = std::move(name), .description = "", .parameters = {}};
  };
  const auto same = code_tools({spec("a-b"), spec("a_b")});
  ASSERT_FALSE(same);
  EXPECT_EQ(same.error().message, "the tools 'a-b' and 'a_b' have the same name in Python: a_b");
  EXPECT_FALSE(code_tools({spec("final_answer")}));
  EXPECT_EQ(code_tools({spec("9lives")})->front().function, "_9lives");
  EXPECT_EQ(code_tools({spec("class")})->front().function, "class_");
}

TEST(CodePrompt, TheSystemPromptHasToolsModulesAndTheUsersWords) {
  const std::vector<CodeTool> tools = {tool_of(R"({"type": "object", "properties": {"q": {"type": "string"}}})")};
  const std::string text = code_system_prompt(tools, {"numpy"}, "MicroPython 1.26.1", "Answer in French.");
  EXPECT_NE(text.find("\ndef search(q: str = None) -> str:"), std::string::npos) << text;
  EXPECT_NE(text.find("unicodedata, numpy."), std::string::npos) << text;
  EXPECT_NE(text.find("MicroPython 1.26.1"), std::string::npos);
  EXPECT_TRUE(text.ends_with("\n\nAnswer in French."));
  const std::string plain = code_system_prompt({}, {"*"}, "", "");
  EXPECT_EQ(plain.find("def "), std::string::npos);
  EXPECT_TRUE(plain.ends_with("can be imported: all that are installed."));
}

}  // namespace
}  // namespace puna::agent

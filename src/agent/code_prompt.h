// What a code agent's model reads: the system prompt with the tools as Python signatures, and the sentences of the
// loop. The demo model is trained on them: they change with it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "puna/agent.h"
#include "puna/sandbox/python.h"

namespace puna::agent {

// A tool as a function.
struct CodeTool {
  std::string function;  // its name as a Python identifier
  ToolSpec spec;
};

// Errors  invalid_argument  two tools would have the same function, or one is called final_answer
[[nodiscard]] Result<std::vector<CodeTool>> code_tools(const std::vector<ToolSpec>& specs);

// "def search(query: str, count: int = None) -> str:" and the description below it.
[[nodiscard]] std::string signature_of(const CodeTool& tool);
[[nodiscard]] PythonTool python_tool(const CodeTool& tool);
// A call as the tool has it: its own names, and nothing for a parameter that may be left out and is None.
[[nodiscard]] Json arguments_of(const CodeTool& tool, const Json& given);

// micropython  its name and version where it takes the place of Python; else empty
[[nodiscard]] std::string code_system_prompt(const std::vector<CodeTool>& tools,
                                             const std::vector<std::string>& imports, std::string_view micropython,
                                             std::string_view instructions);

inline constexpr std::string_view kObservation = "Observation:\n";
inline constexpr std::string_view kNoOutput = "(no output)";
inline constexpr std::string_view kNoCode =
    "error: there is no code in this reply. Write a thought, then the code:\n"
    "Thought: your thought\n<code>\n# Python\n</code>\n"
    "If you know the answer, call final_answer(answer) in the code.";
inline constexpr std::string_view kRepeatedCode =
    "error: this exact code was already run. Use its output or try something else.";
inline constexpr std::string_view kMakePlan =
    "First write down in a few lines what is known, what has to be found out, and a plan of steps. No code yet.";
inline constexpr std::string_view kRenewPlan =
    "Before you go on, write down in a few lines what is known now and the steps that are left. No code yet.";
inline constexpr std::string_view kFollowPlan = "Go on with the first step.";
inline constexpr std::string_view kStopped = "(stopped before an answer)";
inline constexpr std::string_view kAnswerNow =
    "There are no turns left. Answer the task now, in plain words and without code, from what is known so far.";

}  // namespace puna::agent

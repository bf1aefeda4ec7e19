#include "agent/code_prompt.h"

#include <algorithm>
#include <array>

namespace puna::agent {
namespace {

constexpr auto kKeywords = std::to_array<std::string_view>(
    {"False", "None",     "True",  "and",    "as",   "assert", "async",  "await",    "break",
     "class", "continue", "def",   "del",    "elif", "else",   "except", "finally",  "for",
     "from",  "global",   "if",    "import", "in",   "is",     "lambda", "nonlocal", "not",
     "or",    "pass",     "raise", "return", "try",  "while",  "with",   "yield"});

constexpr std::string_view kRules =
    R"(Solve the task with Python. Each reply is one line that begins with "Thought:" and then one block of code:
Thought: what to do next and why
<code>
print(6 * 7)
</code>
The code is run, and its output comes back as an observation. Variables stay. Print what you need to see. Never guess a result. When the answer is known, call final_answer(answer) in the code.)";

std::string identifier(std::string_view name) {
  std::string text;
  for (const char c : name) {
    const bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    text += is_word ? c : '_';
  }
  if (text.empty() || (text.front() >= '0' && text.front() <= '9')) {
    text.insert(0, "_");
  }
  return std::ranges::contains(kKeywords, text) ? text + "_" : text;
}

std::string type_of(const Json& schema) {
  const std::string_view type = schema.text_or("type");
  return type == "string"    ? "str"
         : type == "integer" ? "int"
         : type == "number"  ? "float"
         : type == "boolean" ? "bool"
         : type == "array"   ? "list"
         : type == "object"  ? "dict"
                             : "";
}

bool is_required(const ToolSpec& spec, std::string_view parameter) {
  const Json* required = spec.parameters.find("required");
  return required != nullptr && required->is_array() &&
         std::ranges::any_of(required->as_array(),
                             [&](const Json& name) { return name.is_string() && name.as_string() == parameter; });
}

// The parameters in the order of the schema, those that must be given first.
std::vector<Json::Member> parameters_of(const ToolSpec& spec) {
  const Json* properties = spec.parameters.find("properties");
  std::vector<Json::Member> parameters;
  if (properties != nullptr && properties->is_object()) {
    parameters.assign(properties->as_object().begin(), properties->as_object().end());
  }
  std::ranges::stable_partition(parameters, [&](const Json::Member& p) { return is_required(spec, p.key); });
  return parameters;
}

// One line, without quotes that would end the docstring.
std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    line += c == '\n' || c == '\r' || c == '\t' ? ' ' : c == '"' ? '\'' : c;
  }
  return line;
}

}  // namespace

Result<std::vector<CodeTool>> code_tools(const std::vector<ToolSpec>& specs) {
  std::vector<CodeTool> tools;
  for (const ToolSpec& spec : specs) {
    std::string function = identifier(spec.name);
    if (function == "final_answer") {
      return fail(ErrorCode::invalid_argument, "a tool of a code agent is called 'final_answer', which every one has");
    }
    const auto same = std::ranges::find(tools, function, &CodeTool::function);
    if (same != tools.end()) {
      return fail(
          ErrorCode::invalid_argument,
          format_text("the tools '{}' and '{}' have the same name in Python: {}", same->spec.name, spec.name, function),
          "rename one of them");
    }
    tools.push_back({.function = std::move(function), .spec = spec});
  }
  return tools;
}

std::string signature_of(const CodeTool& tool) {
  std::string text = "def " + tool.function + "(";
  std::string notes;
  for (const Json::Member& parameter : parameters_of(tool.spec)) {
    const std::string type = type_of(parameter.value);
    text += (text.ends_with('(') ? "" : ", ") + identifier(parameter.key) + (type.empty() ? "" : ": " + type) +
            (is_required(tool.spec, parameter.key) ? "" : " = None");
    if (const std::string_view note = parameter.value.text_or("description"); !note.empty()) {
      notes += format_text("\n    {}: {}", identifier(parameter.key), one_line(note));
    }
  }
  return text + ") -> str:\n    \"\"\"" + one_line(tool.spec.description) + notes + "\"\"\"";
}

PythonTool python_tool(const CodeTool& tool) {
  PythonTool made{.name = tool.function, .help = tool.spec.description};
  for (const Json::Member& parameter : parameters_of(tool.spec)) {
    made.parameters.push_back(
        {.name = identifier(parameter.key), .is_required = is_required(tool.spec, parameter.key)});
  }
  return made;
}

Json arguments_of(const CodeTool& tool, const Json& given) {
  Json arguments = Json::object();
  for (const Json::Member& parameter : parameters_of(tool.spec)) {
    const Json* value = given.find(identifier(parameter.key));
    if (value != nullptr && (!value->is_null() || is_required(tool.spec, parameter.key))) {
      arguments.set(parameter.key, *value);
    }
  }
  return arguments;
}

std::string code_system_prompt(const std::vector<CodeTool>& tools, const std::vector<std::string>& imports,
                               std::string_view micropython, std::string_view instructions) {
  std::string text(kRules);
  if (!tools.empty()) {
    text += "\n\nThese functions can be called:";
    for (const CodeTool& tool : tools) {
      text += "\n" + signature_of(tool);
    }
  }
  text += "\n\nThese modules can be imported: ";
  if (std::ranges::contains(imports, "*")) {
    text += "all that are installed";
  } else {
    std::string names;
    const auto add = [&names](std::string_view name) { names += (names.empty() ? "" : ", ") + std::string(name); };
    std::ranges::for_each(python_imports(), add);
    std::ranges::for_each(imports, add);
    text += names;
  }
  text += ".";
  if (!micropython.empty()) {
    text +=
        format_text("\nThe interpreter is {}: some of these modules, and parts of others, are missing.", micropython);
  }
  if (!instructions.empty()) {
    text += "\n\n" + std::string(instructions);
  }
  return text;
}

}  // namespace puna::agent

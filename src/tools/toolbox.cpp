// The tools of one agent and the one place where a call is checked and run. Owns the tools.
//
// Invariant: names are unique and every schema can be turned into a grammar, so arguments can be constrained and
// checked. Nothing that a model or a tool does wrong leaves run() as anything but an observation.
#include <algorithm>
#include <exception>
#include <utility>

#include "puna/tools.h"
#include "tools/observation.h"

namespace puna {
namespace {

constexpr std::size_t kViolationsShownMax = 8;

ToolResult unknown_tool(std::string_view name, const std::vector<std::unique_ptr<Tool>>& tools) {
  if (tools.empty()) {
    return tool_error(format_text("unknown tool '{}'. There are no tools.", tools::shown(name)));
  }
  std::string names;
  for (const auto& tool : tools) {
    names += (names.empty() ? "" : ", ") + tool->spec().name;
  }
  return tool_error(format_text("unknown tool '{}'. Tools: {}.", tools::shown(name), names));
}

ToolResult bad_arguments(const std::vector<std::string>& violations) {
  std::string text;
  for (std::size_t i = 0; i < std::min(violations.size(), kViolationsShownMax); ++i) {
    text += (i == 0 ? "" : "; ") + violations[i];
  }
  if (violations.size() > kViolationsShownMax) {
    text += format_text("; and {} more", violations.size() - kViolationsShownMax);
  }
  return tool_error(text);
}

// A spec without a schema takes no arguments: an object with whatever in it.
Json schema_of(const ToolSpec& spec) {
  if (spec.parameters.is_null()) {
    return Json::object({{"type", "object"}});
  }
  return spec.parameters;
}

ToolResult run_guarded(Tool& tool, const Json& arguments, std::stop_token stop) {
  try {
    return tool.run(arguments, std::move(stop));
  } catch (const std::exception& thrown) {
    return tool_error(format_text("the tool failed: {}", thrown.what()));
  } catch (...) {  // whatever it was, it must not end the run
    return tool_error("the tool failed");
  }
}

}  // namespace

Toolbox::Toolbox() = default;
Toolbox::Toolbox(Toolbox&&) noexcept = default;
Toolbox& Toolbox::operator=(Toolbox&&) noexcept = default;
Toolbox::~Toolbox() = default;

Result<void> Toolbox::add(std::unique_ptr<Tool> tool) {
  if (tool == nullptr) {
    return fail(ErrorCode::invalid_argument, "a toolbox was given no tool (null)");
  }
  const ToolSpec& spec = tool->spec();
  if (!is_tool_name(spec.name)) {
    return fail(ErrorCode::invalid_argument, format_text("tool name '{}' is not allowed", tools::shown(spec.name)),
                "use 1 to 64 letters, digits, '_' or '-'");
  }
  if (find(spec.name) != nullptr) {
    return fail(ErrorCode::invalid_argument, format_text("there are two tools named '{}'", spec.name));
  }
  if (auto grammar = grammar_from_schema(schema_of(spec)); !grammar) {
    Error error = std::move(grammar).error();
    error.code = ErrorCode::invalid_argument;
    error.message = format_text("tool '{}': {}", spec.name, error.message);
    return std::unexpected(std::move(error));
  }
  tools_.push_back(std::move(tool));
  return {};
}

std::vector<ToolSpec> Toolbox::specs() const {
  std::vector<ToolSpec> specs;
  specs.reserve(tools_.size());
  for (const auto& tool : tools_) {
    specs.push_back(tool->spec());
  }
  return specs;
}

const Tool* Toolbox::find(std::string_view name) const {
  const auto found = std::ranges::find_if(tools_, [&](const auto& tool) { return tool->spec().name == name; });
  return found == tools_.end() ? nullptr : found->get();
}

std::optional<ToolResult> Toolbox::refusal(const ToolCall& call) const {
  const Tool* tool = find(call.name);
  if (tool == nullptr) {
    return unknown_tool(call.name, tools_);
  }
  const auto violations = schema_violations(schema_of(tool->spec()), call.arguments);
  return violations.empty() ? std::nullopt : std::optional(bad_arguments(violations));
}

ToolResult Toolbox::run(const ToolCall& call, std::stop_token stop) {
  ToolResult result;
  if (auto refused = refusal(call)) {
    result = *std::move(refused);
  } else {
    const auto tool = std::ranges::find_if(tools_, [&](const auto& one) { return one->spec().name == call.name; });
    result = run_guarded(**tool, call.arguments, std::move(stop));
  }
  if (result.is_error && !result.content.starts_with("error: ")) {
    result.content.insert(0, "error: ");
  }
  result.content = tools::fit_observation(result.content, kObservationBytesMax);
  return result;
}

}  // namespace puna

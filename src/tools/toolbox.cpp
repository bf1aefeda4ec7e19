// The tools of one agent and the one place where a call is checked and run. Owns the tools.
//
// Invariant: names are unique and every schema can be turned into a grammar, so arguments can be constrained and
// checked. Nothing that a model or a tool does wrong leaves run() as anything but an observation.
#include <algorithm>
#include <array>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <utility>

#include "puna/tools.h"
#include "puna/tools/results.h"
#include "tools/observation.h"

namespace puna::tools {

// One after the other.
class Turns {
 public:
  // False when a stop was asked for meanwhile.
  bool enter(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    if (!left_.wait(lock, stop, [this] { return !is_busy_; })) {
      return false;
    }
    is_busy_ = true;
    return true;
  }
  void leave() {
    {
      const std::scoped_lock lock(mutex_);
      is_busy_ = false;
    }
    left_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any left_;
  bool is_busy_ = false;  // guarded by mutex_
};

}  // namespace puna::tools

namespace puna {
namespace {

constexpr std::size_t kViolationsShownMax = 8;
constexpr std::size_t kShownBytesMin = 1'024;

ToolResult unknown_tool(std::string_view name, const std::vector<ToolSpec>& specs) {
  if (specs.empty()) {
    return tool_error(format_text("unknown tool '{}'. There are no tools.", tools::shown(name)));
  }
  std::string names;
  for (const ToolSpec& spec : specs) {
    names += (names.empty() ? "" : ", ") + spec.name;
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

// Whether a schema with properties says anything about others than these.
bool speaks_of_others(const Json& schema) {
  constexpr std::array<std::string_view, 9> kOthers{"additionalProperties",
                                                    "patternProperties",
                                                    "unevaluatedProperties",
                                                    "propertyNames",
                                                    "allOf",
                                                    "anyOf",
                                                    "oneOf",
                                                    "if",
                                                    "$ref"};
  return std::ranges::any_of(kOthers, [&](std::string_view key) { return schema.find(key) != nullptr; });
}

// An argument that a tool does not have, though its schema alone would let it pass: the tool would not look at it.
std::optional<ToolResult> stray_argument(const Tool& tool, const Json& arguments) {
  const Json& schema = tool.spec().parameters;
  const Json* properties = schema.find("properties");
  const Json* others = schema.find("additionalProperties");
  const bool is_closed = others != nullptr && others->is_bool() && !others->as_bool();
  if (properties == nullptr || !properties->is_object() || !arguments.is_object() ||
      !(is_closed || (tool.traits() && !speaks_of_others(schema)))) {
    return std::nullopt;
  }
  std::vector<std::string_view> names;
  std::string all;
  for (const Json::Member& member : properties->as_object()) {
    names.emplace_back(member.key);
    all += (all.empty() ? "" : ", ") + member.key;
  }
  for (const Json::Member& member : arguments.as_object()) {
    if (!std::ranges::contains(names, member.key)) {
      const std::string_view nearest = nearest_name(member.key, names);
      return tool_error(
          format_text("'{}' is no argument of {}{} Arguments: {}", tools::shown(member.key), tool.spec().name,
                      nearest.empty() ? "." : format_text("; did you mean {}?", nearest), all.empty() ? "none" : all));
    }
  }
  return std::nullopt;
}

// A spec without a schema takes no arguments: an object with whatever in it.
Json schema_of(const ToolSpec& spec) {
  if (spec.parameters.is_null()) {
    return Json::object({{"type", "object"}});
  }
  return spec.parameters;
}

ToolResult run_guarded(Tool& tool, const Json& arguments, std::stop_token stop, Caller* caller) {
  try {
    return caller == nullptr ? tool.run(arguments, std::move(stop)) : tool.run_for(*caller, arguments, std::move(stop));
  } catch (const std::exception& thrown) {
    return tool_error(format_text("the tool failed: {}", thrown.what()));
  } catch (...) {  // whatever it was, it must not end the run
    return tool_error("the tool failed");
  }
}

class LentTool final : public Tool {
 public:
  LentTool(Toolbox& box, const Tool& tool) : box_(box), tool_(tool) {}
  [[nodiscard]] const ToolSpec& spec() const override { return tool_.spec(); }
  [[nodiscard]] std::optional<ToolTraits> traits() const override { return tool_.traits(); }
  [[nodiscard]] ToolResult run(const Json& arguments, std::stop_token stop) override {
    return box_.run({.name = spec().name, .arguments = arguments}, std::move(stop));
  }
  [[nodiscard]] bool is_parallel() const override { return true; }  // the box sees to it

 private:
  Toolbox& box_;
  const Tool& tool_;
};

}  // namespace

struct Toolbox::Entry {
  std::unique_ptr<Tool> tool;
  tools::Turns turns;
};

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
  tools_.push_back(std::make_unique<Entry>());
  tools_.back()->tool = std::move(tool);
  return {};
}

std::vector<ToolSpec> Toolbox::specs() const {
  std::vector<ToolSpec> specs;
  specs.reserve(tools_.size());
  for (const auto& entry : tools_) {
    specs.push_back(entry->tool->spec());
  }
  return specs;
}

const Tool* Toolbox::find(std::string_view name) const {
  const auto found = std::ranges::find_if(tools_, [&](const auto& entry) { return entry->tool->spec().name == name; });
  return found == tools_.end() ? nullptr : (*found)->tool.get();
}

std::optional<ToolResult> Toolbox::refusal(const ToolCall& call) const {
  const Tool* tool = find(call.name);
  if (tool == nullptr) {
    return unknown_tool(call.name, specs());
  }
  if (auto stray = stray_argument(*tool, call.arguments)) {
    return stray;
  }
  const auto violations = schema_violations(schema_of(tool->spec()), call.arguments);
  return violations.empty() ? std::nullopt : std::optional(bad_arguments(violations));
}

ToolResult Toolbox::run(const ToolCall& call, std::stop_token stop, Caller* caller) {
  ToolResult result;
  if (auto refused = refusal(call)) {
    result = *std::move(refused);
  } else {
    Entry& entry = **std::ranges::find_if(tools_, [&](const auto& one) { return one->tool->spec().name == call.name; });
    const bool takes_turns = !entry.tool->is_parallel();
    if (takes_turns && !entry.turns.enter(stop)) {
      result = tool_error("cancelled");
    } else {
      result = run_guarded(*entry.tool, call.arguments, std::move(stop), caller);
      if (takes_turns) {
        entry.turns.leave();
      }
    }
  }
  if (result.is_error && !result.content.starts_with("error: ")) {
    result.content.insert(0, "error: ");
  }
  result.content = fit(result.content);
  return result;
}

void Toolbox::keep_large_results(std::shared_ptr<const ResultFolder> folder, std::size_t bytes_max) {
  results_ = std::move(folder);
  shown_bytes_max_ = std::clamp(bytes_max, kShownBytesMin, kObservationBytesMax);
  for (const auto& entry : tools_) {
    entry->tool->limit_result(shown_bytes_max_);
  }
}

std::string Toolbox::fit(const std::string& content) const {
  if (results_ == nullptr || content.size() <= shown_bytes_max_) {
    return tools::fit_observation(content, kObservationBytesMax);
  }
  const auto kept = results_->keep(content);
  const std::string note =
      kept ? format_text("\n[the whole result, {} bytes, is the file {}: read or search it in pieces]", content.size(),
                         *kept)
           : format_text("\n[the rest is lost: {}]", tools::shown(kept.error().message));
  return tools::fit_observation(content, shown_bytes_max_ - std::min(note.size(), shown_bytes_max_ / 2)) + note;
}

std::unique_ptr<Tool> Toolbox::lend(std::string_view name) {
  const Tool* tool = find(name);
  return tool == nullptr ? nullptr : std::make_unique<LentTool>(*this, *tool);
}

}  // namespace puna

// The decision about one call: pure, without files, users or clocks.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "puna/tools/policy.h"
#include "puna/tools/traits.h"
#include "tools/command_pattern.h"
#include "tools/glob.h"

namespace puna::tools {

struct CompiledRule {
  Rule rule;
  Glob tool;
  std::optional<Glob> path;
  std::optional<CommandPattern> command;
  // Of the subject, which only the tool at hand says how to read.
  std::optional<Glob> subject_path;
  std::optional<Glob> subject_text;
  std::optional<CommandPattern> subject_command;
  struct Argument {
    std::string name;
    Glob pattern;
  };
  std::vector<Argument> arguments;
};

// A call, as far as policies look at it.
struct CallFacts {
  std::string tool;
  std::optional<ToolTraits> traits;
  std::vector<std::pair<std::string, std::string>> arguments;  // values as text
  struct Path {
    std::string named;                  // without "." and "..", as far as text can tell
    std::optional<std::string> really;  // where it lies; nothing: nowhere in the workspace
  };
  std::vector<Path> paths;
  std::optional<Result<std::vector<Words>>> commands;  // of a tool with a command
  std::string subject;                                 // of a tool with neither
  bool is_tainted = false;                             // the run has seen both kinds of data
};

struct Judgement {
  Verdict verdict = Verdict::deny;
  std::string rule;       // what decided: a rule's origin, "default: writes", ...
  bool is_fresh = false;  // of ask: an answer that was given before does not count
};

[[nodiscard]] Judgement judge(const Policy& policy, const CallFacts& facts);

}  // namespace puna::tools

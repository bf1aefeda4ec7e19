// The decision about one call: pure, without files, users or clocks.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "puna/tools/policy.h"
#include "puna/tools/traits.h"
#include "tools/command_pattern.h"
#include "tools/glob.h"
#include "tools/path_pattern.h"

namespace puna::tools {

struct CompiledRule {
  Rule rule;
  Glob tool;
  std::optional<PathPattern> path;
  std::optional<CommandPattern> command;
  // Of the subject: which of them counts depends on the tool at hand.
  struct Subject {
    CommandPattern command;
    PathPattern path;
    Glob text;
  };
  std::optional<Subject> subject;
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
  std::optional<std::string> text;                     // of a tool with another subject
  bool is_tainted = false;                             // the run has seen both private data and untrusted content
};

struct Judgement {
  Verdict verdict = Verdict::deny;
  std::string rule;      // what decided: a rule's origin, "default: writes", ...
  bool by_rule = false;  // else a default did
  // Of ask: an answer that was given to another call does not count.
  bool is_fresh = false;
};

[[nodiscard]] Judgement judge(const Policy& policy, const CallFacts& facts);

}  // namespace puna::tools

// What tools may do: rules of the operator, and what holds where no rule does. docs/permissions.md is for users.
//
// A deny beats an ask, an ask beats an allow; the order of rules does not matter.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "puna/base.h"

namespace puna {

enum class Verdict : std::uint8_t { allow, ask, deny };  // the later the stricter
[[nodiscard]] std::string_view name_of(Verdict verdict) noexcept;

// A call is met by a rule when all that the rule names fits. Patterns: docs/permissions.md.
struct Rule {
  Verdict verdict = Verdict::ask;
  std::string tool = "*";  // pattern of a name
  // Patterns; empty = any. To allow, all that the call names must fit; to ask or deny, one is enough.
  std::string path;     // of where the call's paths really lie in the workspace
  std::string command;  // of one command of a shell line, word by word
  std::string subject;  // what the tool has: a command, else paths, else the text that it is about
  std::vector<std::pair<std::string, std::string>> arguments;  // name and pattern of the value, as text
  // An allow holds also when the run has seen both private data and untrusted content.
  bool when_tainted = false;
  std::string origin;  // for people: "policy.toml:12", "--allow"
};

// What holds for a call that no rule meets: the strictest of those that its tool declares.
struct PolicyDefaults {
  Verdict reads = Verdict::allow;
  Verdict writes = Verdict::ask;
  Verdict runs_code = Verdict::ask;
  Verdict outbound = Verdict::ask;
  Verdict undeclared = Verdict::ask;  // a tool without traits
};

namespace tools {
struct CompiledRule;
}

// A value; copies share their rules.   Thread  any, while it is not changed.
class Policy {
 public:
  // A file's text. Keys that are not known, and values that mean nothing, are errors.
  // file_name  for messages
  // Errors  corrupt  with file, line and key
  [[nodiscard]] static Result<Policy> parse(std::string_view toml, std::string_view file_name);
  // Errors  not_found, io, limit (256 KiB), and those of parse
  [[nodiscard]] static Result<Policy> load(const std::filesystem::path& file);
  // "TOOL" or "TOOL:PATTERN", as flags have it.
  // Errors  invalid_argument
  [[nodiscard]] Result<void> add_flag(Verdict verdict, std::string_view text);
  // Errors  invalid_argument  a pattern that is none
  [[nodiscard]] Result<void> add(Rule rule);

  PolicyDefaults defaults;
  [[nodiscard]] const std::vector<std::shared_ptr<const tools::CompiledRule>>& rules() const { return rules_; }

 private:
  std::vector<std::shared_ptr<const tools::CompiledRule>> rules_;
};

}  // namespace puna

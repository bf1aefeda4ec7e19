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

// A call is met by a rule when all that the rule names fits. To allow, everything that the call names must fit; to ask
// or deny, one thing is enough, and to be unable to tell is to ask. Patterns: docs/permissions.md.
struct Rule {
  Verdict verdict = Verdict::ask;
  std::string tool = "*";  // pattern of a name
  std::string path;        // pattern of where the call's paths lie in the workspace; empty = any
  std::string command;     // pattern of one command of a shell line, word by word; empty = any
  std::string subject;     // of what the tool has: a command, else paths, else the text that it is about; empty = any
  std::vector<std::pair<std::string, std::string>> arguments;  // name, and pattern of the value as text
  bool when_tainted = false;  // an allow that holds also when the run has seen both private data and untrusted content
  std::string origin;         // for people: "policy.toml:12", "--allow write"
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
  // Errors  corrupt  with file, line and key;  limit  over kPolicyBytesMax
  [[nodiscard]] static Result<Policy> parse(std::string_view text, std::string_view file_name);
  // "TOOL" or "TOOL:PATTERN" (of the subject), as flags have it.
  // Errors  invalid_argument
  [[nodiscard]] Result<void> add_flag(Verdict verdict, std::string_view text);
  // Errors  invalid_argument  a pattern that is none, when_tainted of a rule that does not allow
  [[nodiscard]] Result<void> add(Rule rule);

  PolicyDefaults defaults;
  [[nodiscard]] const std::vector<std::shared_ptr<const tools::CompiledRule>>& rules() const { return rules_; }

 private:
  std::vector<std::shared_ptr<const tools::CompiledRule>> rules_;
};
inline constexpr std::size_t kPolicyBytesMax = 262'144;
inline constexpr std::size_t kPolicyRulesMax = 2'000;

}  // namespace puna

// See policy.h. The only file that sees toml++.
#include "puna/tools/policy.h"

#include <algorithm>
#include <array>
#include <optional>
#include <toml++/toml.hpp>

#include "tools/decision.h"
#include "tools/observation.h"

namespace puna {
namespace {

constexpr std::array kVerdicts{Verdict::allow, Verdict::ask, Verdict::deny};

std::optional<Verdict> verdict_named(std::string_view name) {
  const auto* found = std::ranges::find(kVerdicts, name, [](Verdict verdict) { return name_of(verdict); });
  return found == kVerdicts.end() ? std::nullopt : std::optional(*found);
}

// One file's tables as rules. A place is a line of it.
class PolicyReader {
 public:
  PolicyReader(Policy& policy, std::string_view file) : policy_(policy), file_(file) {}

  Result<void> read(const toml::table& root) {
    for (const auto& [key, node] : root) {
      if (key.str() == "defaults") {
        PUNA_TRY_VOID(read_defaults(node));
      } else if (const std::optional<Verdict> verdict = verdict_named(key.str())) {
        PUNA_TRY_VOID(read_rules(*verdict, node));
      } else {
        return bad(node, format_text("'{}' means nothing here", tools::shown(key.str())),
                   "[defaults], [[allow]], [[ask]] or [[deny]]");
      }
    }
    return {};
  }

 private:
  [[nodiscard]] std::string place(const toml::node& node) const {
    return format_text("{}:{}", file_, node.source().begin.line);
  }
  [[nodiscard]] std::unexpected<Error> bad(const toml::node& node, std::string_view what, std::string hint = {}) const {
    return fail(ErrorCode::corrupt, format_text("{}: {}", place(node), what), std::move(hint));
  }

  Result<void> read_defaults(const toml::node& node) {
    const toml::table* table = node.as_table();
    if (table == nullptr) {
      return bad(node, "'defaults' must be a table", "[defaults]");
    }
    PolicyDefaults& defaults = policy_.defaults;
    const std::array<std::pair<std::string_view, Verdict*>, 5> members{{{"reads", &defaults.reads},
                                                                        {"writes", &defaults.writes},
                                                                        {"runs_code", &defaults.runs_code},
                                                                        {"outbound", &defaults.outbound},
                                                                        {"undeclared", &defaults.undeclared}}};
    for (const auto& [key, value] : *table) {
      const auto* member = std::ranges::find(members, key.str(), &std::pair<std::string_view, Verdict*>::first);
      if (member == members.end()) {
        return bad(value, format_text("there is no default '{}'", tools::shown(key.str())),
                   "reads, writes, runs_code, outbound or undeclared");
      }
      const auto verdict = verdict_named(value.value_or(std::string_view()));
      if (!verdict) {
        return bad(value, format_text("'{}' must be \"allow\", \"ask\" or \"deny\"", key.str()));
      }
      *member->second = *verdict;
    }
    return {};
  }

  Result<void> read_rules(Verdict verdict, const toml::node& node) {
    const toml::array* rules = node.as_array();
    if (rules == nullptr || !rules->is_homogeneous<toml::table>()) {
      return bad(node, format_text("'{}' must be a list of tables", name_of(verdict)),
                 format_text("[[{}]]", name_of(verdict)));
    }
    for (const toml::node& rule : *rules) {
      PUNA_TRY_VOID(read_rule(verdict, *rule.as_table()));
    }
    return {};
  }

  Result<void> read_rule(Verdict verdict, const toml::table& table) {
    Rule rule{.verdict = verdict, .tool = {}, .origin = place(table)};
    const std::array<std::pair<std::string_view, std::string*>, 4> texts{
        {{"tool", &rule.tool}, {"path", &rule.path}, {"command", &rule.command}, {"subject", &rule.subject}}};
    for (const auto& [key, value] : table) {
      const auto* text = std::ranges::find(texts, key.str(), &std::pair<std::string_view, std::string*>::first);
      if (text != texts.end()) {
        PUNA_TRY(*text->second, pattern(key.str(), value));
      } else if (key.str() == "arguments") {
        PUNA_TRY_VOID(read_arguments(rule, value));
      } else if (key.str() == "when_tainted" && value.is_boolean()) {
        rule.when_tainted = value.value_or(false);
      } else {
        return bad(value, format_text("'{}' means nothing in a rule", tools::shown(key.str())),
                   "tool, path, command, subject, arguments or when_tainted (true or false)");
      }
    }
    if (rule.tool.empty()) {
      return bad(table, "a rule without 'tool'", "tool = \"*\" is every tool");
    }
    return policy_.add(std::move(rule)).transform_error([&](Error error) {
      error.code = ErrorCode::corrupt;
      error.message = format_text("{}: {}", place(table), error.message);
      return error;
    });
  }

  Result<void> read_arguments(Rule& rule, const toml::node& node) const {
    const toml::table* table = node.as_table();
    if (table == nullptr) {
      return bad(node, "'arguments' must be a table", "arguments = { method = \"GET\" }");
    }
    for (const auto& [key, value] : *table) {
      PUNA_TRY(std::string text, pattern(key.str(), value));
      rule.arguments.emplace_back(key.str(), std::move(text));
    }
    return {};
  }

  // A rule that was meant to be narrow must not become a wide one: an empty text is a mistake.
  [[nodiscard]] Result<std::string> pattern(std::string_view key, const toml::node& node) const {
    const auto text = node.value<std::string>();
    if (!node.is_string() || !text || text->empty()) {
      return bad(node, format_text("'{}' must be a text that is not empty", tools::shown(key)));
    }
    return *text;
  }

  Policy& policy_;
  const std::string_view file_;
};

Result<tools::Glob> text_glob(std::string_view pattern) {
  return tools::Glob::compile(pattern, tools::Glob::Kind::text);
}

}  // namespace

std::string_view name_of(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::allow:
      return "allow";
    case Verdict::ask:
      return "ask";
    case Verdict::deny:
      return "deny";
  }
  return "deny";
}

Result<Policy> Policy::parse(std::string_view text, std::string_view file_name) {
  if (text.size() > kPolicyBytesMax) {
    return fail(ErrorCode::limit, format_text("{} has {} bytes; at most {}", file_name, text.size(), kPolicyBytesMax));
  }
  try {
    Policy policy;
    const toml::table root = toml::parse(text);
    PUNA_TRY_VOID(PolicyReader(policy, file_name).read(root));
    return policy;
  } catch (const toml::parse_error& error) {
    return fail(ErrorCode::corrupt, format_text("{}:{}: {}", file_name, error.source().begin.line,
                                                printable(utf8::sanitize(error.description()))));
  }
}

Result<void> Policy::add_flag(Verdict verdict, std::string_view text) {
  const std::string flag = format_text("--{} {}", name_of(verdict), tools::shown(text));
  const std::size_t colon = text.find(':');
  Rule rule{.verdict = verdict, .tool = std::string(text.substr(0, colon)), .origin = flag};
  if (colon != std::string_view::npos) {
    rule.subject = text.substr(colon + 1);
  }
  if (rule.tool.empty() || (colon != std::string_view::npos && rule.subject.empty())) {
    return fail(ErrorCode::invalid_argument, format_text("{}: not TOOL or TOOL:PATTERN", flag),
                format_text("--{} 'write:docs/**'", name_of(verdict)));
  }
  return add(std::move(rule)).transform_error([&](Error error) {
    error.message = format_text("{}: {}", flag, error.message);
    return error;
  });
}

Result<void> Policy::add(Rule rule) {
  if (rules_.size() == kPolicyRulesMax) {
    return fail(ErrorCode::invalid_argument, format_text("more than {} rules", kPolicyRulesMax));
  }
  if (rule.when_tainted && rule.verdict != Verdict::allow) {
    return fail(ErrorCode::invalid_argument, "when_tainted is for rules that allow");
  }
  PUNA_TRY(tools::Glob tool, text_glob(rule.tool));
  tools::CompiledRule made{
      .rule = {}, .tool = std::move(tool), .path = {}, .command = {}, .subject = {}, .arguments = {}};
  if (!rule.path.empty()) {
    PUNA_TRY(made.path, tools::PathPattern::compile(rule.path));
  }
  if (!rule.command.empty()) {
    PUNA_TRY(made.command, tools::CommandPattern::compile(rule.command));
  }
  if (!rule.subject.empty()) {
    PUNA_TRY(auto command, tools::CommandPattern::compile(rule.subject));
    PUNA_TRY(auto path, tools::PathPattern::compile(rule.subject));
    PUNA_TRY(auto text, text_glob(rule.subject));
    made.subject = {.command = std::move(command), .path = std::move(path), .text = std::move(text)};
  }
  for (const auto& [name, pattern] : rule.arguments) {
    PUNA_TRY(tools::Glob glob, text_glob(pattern));
    made.arguments.push_back({.name = name, .pattern = std::move(glob)});
  }
  made.rule = std::move(rule);
  rules_.push_back(std::make_shared<const tools::CompiledRule>(std::move(made)));
  return {};
}

}  // namespace puna

// See decision.h. Every doubt is decided for the stricter side: what is not understood is allowed by nothing, and may
// be what every other rule is about.
#include "tools/decision.h"

#include <algorithm>

namespace puna::tools {
namespace {

// Does what is named fit? For an allow all of it must, and there must be something; else one is enough.
template <class Range, class Fits>
bool fits(Verdict verdict, const Range& named, Fits one) {
  return verdict == Verdict::allow ? !named.empty() && std::ranges::all_of(named, one)
                                   : std::ranges::any_of(named, one);
}

bool path_fits(Verdict verdict, const Glob& pattern, const CallFacts& facts) {
  return fits(verdict, facts.paths, [&](const CallFacts::Path& path) {
    const bool really = path.really && pattern.matches(*path.really);
    return really || (verdict != Verdict::allow && pattern.matches(path.named));
  });
}

// One command of the line; nullptr when the line is not understood.
bool command_fits(Verdict verdict, const CommandPattern& pattern, const Words* words) {
  if (words == nullptr) {
    return verdict == Verdict::ask;  // it may be in there; see possibly_hidden()
  }
  return pattern.matches(*words) && (verdict != Verdict::allow || pattern.is_literal() || !hides_another(*words));
}

bool argument_fits(const CompiledRule::Argument& wanted, const CallFacts& facts) {
  return std::ranges::any_of(facts.arguments, [&](const auto& argument) {
    return argument.first == wanted.name && wanted.pattern.matches(argument.second);
  });
}

bool has_command_pattern(const CompiledRule& rule, const CallFacts& facts) {
  return rule.command.has_value() || (facts.commands.has_value() && rule.subject_command.has_value());
}

bool meets(const CompiledRule& rule, const CallFacts& facts, const Words* words) {
  const Verdict verdict = rule.rule.verdict;
  if (!rule.tool.matches(facts.tool)) {
    return false;
  }
  if (!std::ranges::all_of(rule.arguments, [&](const auto& one) { return argument_fits(one, facts); })) {
    return false;
  }
  if (rule.path && !path_fits(verdict, *rule.path, facts)) {
    return false;
  }
  if (rule.command && (!facts.commands || !command_fits(verdict, *rule.command, words))) {
    return false;
  }
  if (!rule.subject_text) {
    return true;
  }
  if (facts.commands) {
    return command_fits(verdict, *rule.subject_command, words);
  }
  return facts.paths.empty() ? rule.subject_text->matches(facts.subject)
                             : path_fits(verdict, *rule.subject_path, facts);
}

// A deny or ask about commands, where the line, or what one of its commands starts, cannot be seen.
bool possibly_hidden(const CompiledRule& rule, const CallFacts& facts, const Words* words) {
  return rule.rule.verdict != Verdict::allow && has_command_pattern(rule, facts) && rule.tool.matches(facts.tool) &&
         (words == nullptr || hides_another(*words));
}

Judgement by_default(const PolicyDefaults& defaults, const CallFacts& facts) {
  if (!facts.traits) {
    return {.verdict = defaults.undeclared, .rule = "default: undeclared"};
  }
  Judgement strictest{.verdict = Verdict::allow, .rule = "default: no effect"};
  const auto take = [&](bool declared, Verdict verdict, std::string_view name) {
    if (declared && (verdict > strictest.verdict || strictest.rule == "default: no effect")) {
      strictest = {.verdict = verdict, .rule = "default: " + std::string(name)};
    }
  };
  take(facts.traits->outbound, defaults.outbound, "outbound");
  take(facts.traits->runs_code, defaults.runs_code, "runs_code");
  take(facts.traits->writes, defaults.writes, "writes");
  take(facts.traits->reads_private || facts.traits->reads_untrusted, defaults.reads, "reads");
  return strictest;
}

bool needs_fresh(const CallFacts& facts) { return facts.is_tainted && (!facts.traits || facts.traits->acts()); }

// For a call, or one command of its line.
Judgement judge_part(const Policy& policy, const CallFacts& facts, const Words* words) {
  std::optional<Judgement> found;
  bool holds_when_tainted = false;
  for (const auto& rule : policy.rules()) {
    std::optional<Judgement> judgement;
    if (meets(*rule, facts, words)) {
      judgement = {.verdict = rule->rule.verdict, .rule = rule->rule.origin};
    } else if (possibly_hidden(*rule, facts, words)) {
      judgement = {.verdict = Verdict::ask,
                   .rule = "not understood, and may be what " + rule->rule.origin + " is about"};
    }
    if (!judgement) {
      continue;
    }
    holds_when_tainted = holds_when_tainted || rule->rule.when_tainted;
    if (!found || judgement->verdict > found->verdict) {
      found = std::move(judgement);
    }
  }
  Judgement result = found ? *std::move(found) : by_default(policy.defaults, facts);
  if (result.verdict == Verdict::allow && needs_fresh(facts) && !holds_when_tainted) {
    result = {.verdict = Verdict::ask, .rule = "private data and untrusted content were both seen"};
  }
  result.is_fresh = result.verdict == Verdict::ask && needs_fresh(facts);
  return result;
}

}  // namespace

Judgement judge(const Policy& policy, const CallFacts& facts) {
  if (!facts.commands || !*facts.commands) {
    return judge_part(policy, facts, nullptr);
  }
  Judgement strictest;
  strictest.verdict = Verdict::allow;
  for (const Words& words : **facts.commands) {
    Judgement part = judge_part(policy, facts, &words);
    if (strictest.rule.empty() || part.verdict > strictest.verdict) {
      strictest = std::move(part);
    }
  }
  return strictest;
}

}  // namespace puna::tools

// See decision.h. Every doubt is decided for the stricter side: what is not understood fits no allow, and may be what
// every other rule is about.
#include "tools/decision.h"

#include <algorithm>

namespace puna::tools {
namespace {

enum class Fit : std::uint8_t { no, maybe, yes };

Fit fit_if(bool fits) { return fits ? Fit::yes : Fit::no; }

// It can do more than its arguments show.
bool is_opaque(const CallFacts& facts) { return !facts.traits || facts.traits->runs_code; }

// What a deny or ask says about something that this call does not show.
Fit unseen(Verdict verdict, const CallFacts& facts) {
  return verdict != Verdict::allow && is_opaque(facts) ? Fit::maybe : Fit::no;
}

Fit path_fit(Verdict verdict, const PathPattern& pattern, const CallFacts& facts) {
  const bool trees = facts.traits && facts.traits->paths_are_trees;
  if (verdict == Verdict::allow) {
    return fit_if(!facts.paths.empty() && std::ranges::all_of(facts.paths, [&](const CallFacts::Path& path) {
      return path.really && (trees ? pattern.covers(*path.really) : pattern.matches(*path.really));
    }));
  }
  if (std::ranges::any_of(facts.paths, [&](const CallFacts::Path& path) {
        return pattern.is_about(path.named) || (path.really && pattern.is_about(*path.really));
      })) {
    return Fit::yes;
  }
  const bool reaches = trees && std::ranges::any_of(facts.paths, [&](const CallFacts::Path& path) {
                         return pattern.may_reach_into(path.really.value_or(path.named));
                       });
  return reaches ? Fit::maybe : unseen(verdict, facts);
}

// words  one command of the line; nullptr when the line is not understood.
Fit command_fit(Verdict verdict, const CommandPattern& pattern, const CallFacts& facts, const Words* words) {
  if (!facts.commands) {
    return unseen(verdict, facts);
  }
  if (words == nullptr) {
    return verdict == Verdict::allow ? Fit::no : Fit::maybe;
  }
  const bool hides = hides_another(*words);
  if (verdict == Verdict::allow) {
    return fit_if(pattern.matches(*words) && (!hides || pattern.is_literal()));
  }
  return pattern.matches(*words) ? Fit::yes : hides ? Fit::maybe : Fit::no;
}

Fit subject_fit(const CompiledRule& rule, const CallFacts& facts, const Words* words) {
  const Verdict verdict = rule.rule.verdict;
  const CompiledRule::Subject& subject = *rule.subject;
  Fit fit = facts.text && subject.text.matches(*facts.text) ? Fit::yes : Fit::no;
  if (facts.commands) {
    fit = command_fit(verdict, subject.command, facts, words);
  } else if (!facts.paths.empty()) {
    fit = path_fit(verdict, subject.path, facts);
  } else if (!facts.text) {
    fit = unseen(verdict, facts);
  }
  // A rule for any tool may mean something else than what this one shows: --deny '*:secrets/**' and a shell.
  return fit == Fit::no && !rule.tool.is_literal() ? unseen(verdict, facts) : fit;
}

Fit argument_fit(const CompiledRule::Argument& wanted, const CallFacts& facts) {
  return fit_if(std::ranges::any_of(facts.arguments, [&](const auto& argument) {
    return argument.first == wanted.name && wanted.pattern.matches(argument.second);
  }));
}

// All that the rule names must fit.
Fit rule_fit(const CompiledRule& rule, const CallFacts& facts, const Words* words) {
  const Verdict verdict = rule.rule.verdict;
  Fit fit = fit_if(rule.tool.matches(facts.tool));
  for (const CompiledRule::Argument& argument : rule.arguments) {
    fit = std::min(fit, argument_fit(argument, facts));
  }
  if (rule.path) {
    fit = std::min(fit, path_fit(verdict, *rule.path, facts));
  }
  if (rule.command) {
    fit = std::min(fit, command_fit(verdict, *rule.command, facts, words));
  }
  if (rule.subject) {
    fit = std::min(fit, subject_fit(rule, facts, words));
  }
  return fit;
}

Judgement by_default(const PolicyDefaults& defaults, const CallFacts& facts) {
  if (!facts.traits) {
    return {.verdict = defaults.undeclared, .rule = "default: undeclared"};
  }
  struct Kind {
    bool declared;
    Verdict verdict;
    std::string_view name;
  };
  const ToolTraits& traits = *facts.traits;
  Judgement strictest{.verdict = Verdict::allow, .rule = "default: no effect"};
  bool any = false;
  for (const Kind& kind :
       {Kind{traits.outbound, defaults.outbound, "outbound"}, Kind{traits.runs_code, defaults.runs_code, "runs_code"},
        Kind{traits.writes, defaults.writes, "writes"},
        Kind{traits.reads_private || traits.reads_untrusted, defaults.reads, "reads"}}) {
    if (kind.declared && (!any || kind.verdict > strictest.verdict)) {
      strictest = {.verdict = kind.verdict, .rule = "default: " + std::string(kind.name)};
      any = true;
    }
  }
  return strictest;
}

bool needs_fresh(const CallFacts& facts) { return facts.is_tainted && (!facts.traits || facts.traits->acts()); }

// For a call, or one command of its line.
Judgement judge_part(const Policy& policy, const CallFacts& facts, const Words* words) {
  Judgement found = by_default(policy.defaults, facts);
  bool holds_when_tainted = false;
  for (const auto& rule : policy.rules()) {
    const Fit fit = rule_fit(*rule, facts, words);
    if (fit == Fit::no) {
      continue;
    }
    const Verdict verdict = fit == Fit::maybe ? Verdict::ask : rule->rule.verdict;
    holds_when_tainted = holds_when_tainted || rule->rule.when_tainted;
    if (!found.by_rule || verdict > found.verdict) {
      found = {.verdict = verdict,
               .rule = fit == Fit::maybe ? "it may do what " + rule->rule.origin + " is about" : rule->rule.origin,
               .by_rule = true};
    }
  }
  if (needs_fresh(facts)) {
    if (found.verdict == Verdict::allow && !holds_when_tainted) {
      found = {.verdict = Verdict::ask, .rule = "private data and untrusted content were both seen", .by_rule = true};
    }
    found.is_fresh = found.verdict == Verdict::ask;
  }
  return found;
}

}  // namespace

Judgement judge(const Policy& policy, const CallFacts& facts) {
  if (!facts.commands || !*facts.commands) {
    return judge_part(policy, facts, nullptr);
  }
  Judgement strictest{.verdict = Verdict::deny, .rule = "no command"};
  bool any = false;
  for (const Words& words : **facts.commands) {
    Judgement part = judge_part(policy, facts, &words);
    if (!any || part.verdict > strictest.verdict) {
      strictest = std::move(part);
      any = true;
    }
  }
  return strictest;
}

}  // namespace puna::tools

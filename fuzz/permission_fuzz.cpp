// The first line is a kind, the second a pattern or policy, the rest what it is compared with: compiled or refused, and
// never an allow where the same policy with a rule more to deny gives one.
#include <string>

#include "input.h"
#include "tools/decision.h"

namespace {

using puna::Policy;
using puna::Rule;
using puna::Verdict;

void compare(const Policy& policy, const puna::tools::CallFacts& facts) {
  const puna::tools::Judgement judgement = puna::tools::judge(policy, facts);
  PUNA_CHECK(!judgement.rule.empty(), "a decision has a reason");
  PUNA_CHECK(puna::tools::judge(policy, facts).verdict == judgement.verdict, "the same call gets the same decision");
  Policy stricter = policy;
  PUNA_CHECK(stricter.add({.verdict = Verdict::deny, .tool = "*", .origin = "all"}).has_value(), "a rule");
  PUNA_CHECK(puna::tools::judge(stricter, facts).verdict == Verdict::deny, "a deny of everything denies");
  puna::tools::CallFacts tainted = facts;
  tainted.is_tainted = true;
  PUNA_CHECK(puna::tools::judge(policy, tainted).verdict >= judgement.verdict, "what was seen allows nothing more");
}

puna::tools::CallFacts facts_of(std::string_view rest) {
  puna::tools::CallFacts facts{.tool = "bash"};
  facts.traits = puna::ToolTraits{.reads_private = true, .runs_code = true, .command_argument = "command"};
  facts.commands = puna::tools::shell_commands(rest);
  return facts;
}

puna::tools::CallFacts path_facts_of(std::string_view rest, bool trees) {
  puna::tools::CallFacts facts{.tool = "write"};
  facts.traits = puna::ToolTraits{.writes = true, .path_arguments = {"path"}, .paths_are_trees = trees};
  facts.paths = {{.named = std::string(rest), .really = std::string(rest)}};
  return facts;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest = puna::fuzz::text_of(data, size);
  const std::string_view kind = puna::fuzz::take_line(rest);
  if (kind == "toml") {
    const auto policy = Policy::parse(rest, "fuzz.toml");
    PUNA_CHECK(policy || !policy.error().message.empty(), "a refusal has a message");
    if (policy) {
      compare(*policy, facts_of("git status; ls -l"));
      compare(*policy, path_facts_of("docs/a", true));
    }
    return 0;
  }
  const std::string pattern(puna::fuzz::take_line(rest));
  const Verdict verdict = kind == "allow" ? Verdict::allow : kind == "ask" ? Verdict::ask : Verdict::deny;
  Policy policy;
  if (!policy.add_flag(verdict, pattern)) {
    return 0;
  }
  compare(policy, facts_of(rest));
  compare(policy, path_facts_of(rest, false));
  compare(policy, path_facts_of(rest, true));
  // An allow of a part is an allow of no more than the whole: a line is allowed only with each of its commands.
  const auto commands = puna::tools::shell_commands(rest);
  if (commands && verdict == Verdict::allow && puna::tools::judge(policy, facts_of(rest)).verdict == Verdict::allow) {
    for (const puna::tools::Words& words : *commands) {
      puna::tools::CallFacts one = facts_of("x");
      one.commands = std::vector<puna::tools::Words>(1, words);
      PUNA_CHECK(puna::tools::judge(policy, one).verdict == Verdict::allow,
                 "each command of an allowed line is allowed");
    }
  }
  return 0;
}

// The decision about a call, rule by rule, and against a slow reference. Every condition of decision.cpp,
// command_pattern.cpp and path_pattern.cpp is held by one of these: ./dev mutation-check.
#include "tools/decision.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>

#include "tools/test_random.h"

namespace puna::tools {
namespace {

Rule rule(Verdict verdict, std::string tool) {
  return {.verdict = verdict, .tool = std::move(tool), .origin = std::string(name_of(verdict))};
}

Policy policy_of(std::vector<Rule> rules) {
  Policy policy;
  for (Rule& one : rules) {
    const auto added = policy.add(std::move(one));
    EXPECT_TRUE(added) << added.error().message;
  }
  return policy;
}

CallFacts::Path at(const std::string& path) { return {.named = path, .really = path}; }

CallFacts writes(std::vector<CallFacts::Path> paths) {
  return {.tool = "write", .traits = ToolTraits{.writes = true, .path_arguments = {"path"}}, .paths = std::move(paths)};
}
CallFacts searches(const std::string& folder) {
  return {.tool = "grep",
          .traits = ToolTraits{.reads_private = true, .path_arguments = {"path"}, .paths_are_trees = true},
          .paths = {at(folder)}};
}
CallFacts shell(std::string_view line) {
  CallFacts facts{.tool = "bash",
                  .traits = ToolTraits{.reads_private = true, .runs_code = true, .command_argument = "command"}};
  facts.commands = shell_commands(line);
  return facts;
}
CallFacts fetches(std::string url) {
  return {.tool = "visit_page",
          .traits = ToolTraits{.reads_untrusted = true, .outbound = true, .subject_argument = "url"},
          .text = std::move(url)};
}

Verdict verdict(const Policy& policy, const CallFacts& facts) { return judge(policy, facts).verdict; }

// ---- defaults -----------------------------------------------------------------------------------------------------

TEST(Decision, WithoutARuleTheStrictestDefaultHolds) {
  const Policy none;
  EXPECT_EQ(verdict(none, {.tool = "calculator", .traits = ToolTraits()}), Verdict::allow);
  EXPECT_EQ(verdict(none, {.tool = "read", .traits = ToolTraits{.reads_private = true}}), Verdict::allow);
  EXPECT_EQ(verdict(none, {.tool = "x"}), Verdict::ask);
  EXPECT_EQ(judge(none, {.tool = "x"}).rule, "default: undeclared");
  EXPECT_EQ(judge(none, writes({at("a")})).rule, "default: writes");
  EXPECT_FALSE(judge(none, writes({at("a")})).by_rule);
  EXPECT_EQ(judge(none, {.tool = "x", .traits = ToolTraits()}).rule, "default: no effect");

  // One at a time: each default is that of its trait and of no other.
  struct Case {
    Verdict PolicyDefaults::* member;
    ToolTraits traits;
    std::string_view rule;
  };
  for (const Case& one : {Case{&PolicyDefaults::reads, {.reads_private = true}, "default: reads"},
                          Case{&PolicyDefaults::reads, {.reads_untrusted = true}, "default: reads"},
                          Case{&PolicyDefaults::writes, {.writes = true}, "default: writes"},
                          Case{&PolicyDefaults::runs_code, {.runs_code = true}, "default: runs_code"},
                          Case{&PolicyDefaults::outbound, {.outbound = true}, "default: outbound"}}) {
    for (const Verdict wanted : {Verdict::allow, Verdict::ask, Verdict::deny}) {
      Policy policy;
      policy.defaults = {.reads = Verdict::deny,
                         .writes = Verdict::deny,
                         .runs_code = Verdict::deny,
                         .outbound = Verdict::deny,
                         .undeclared = Verdict::deny};
      policy.defaults.*one.member = wanted;
      const Judgement judgement = judge(policy, {.tool = "x", .traits = one.traits});
      EXPECT_EQ(judgement.verdict, wanted) << one.rule;
      EXPECT_EQ(judgement.rule, one.rule);
    }
  }
  Policy policy;
  policy.defaults.undeclared = Verdict::allow;
  EXPECT_EQ(verdict(policy, {.tool = "x"}), Verdict::allow);
  policy.defaults = {
      .reads = Verdict::deny, .writes = Verdict::allow, .runs_code = Verdict::ask, .outbound = Verdict::allow};
  const ToolTraits all{.reads_private = true, .writes = true, .runs_code = true, .outbound = true};
  EXPECT_EQ(judge(policy, {.tool = "x", .traits = all}).rule, "default: reads");
  EXPECT_EQ(verdict(policy, {.tool = "x", .traits = all}), Verdict::deny);
}

// ---- rules --------------------------------------------------------------------------------------------------------

TEST(Decision, ADenyBeatsAnAskBeatsAnAllowInAnyOrder) {
  std::vector<Verdict> order{Verdict::allow, Verdict::ask, Verdict::deny};
  do {
    std::vector<Rule> rules;
    for (const Verdict one : order) {
      rules.push_back(rule(one, "write"));
    }
    EXPECT_EQ(verdict(policy_of(rules), writes({at("a")})), Verdict::deny);
    std::erase_if(rules, [](const Rule& one) { return one.verdict == Verdict::deny; });
    const Judgement judgement = judge(policy_of(rules), writes({at("a")}));
    EXPECT_EQ(judgement.verdict, Verdict::ask);
    EXPECT_EQ(judgement.rule, "ask");
    EXPECT_TRUE(judgement.by_rule);
  } while (std::ranges::next_permutation(order).found);
  EXPECT_EQ(verdict(policy_of({rule(Verdict::allow, "write")}), writes({at("a")})), Verdict::allow);
  EXPECT_EQ(
      verdict(policy_of({rule(Verdict::deny, "read")}), {.tool = "read", .traits = ToolTraits{.reads_private = true}}),
      Verdict::deny);
}

TEST(Decision, ARuleIsAboutTheToolsThatItsPatternNames) {
  const Policy policy = policy_of({rule(Verdict::allow, "mcp_*"), rule(Verdict::deny, "mcp_?x")});
  EXPECT_EQ(verdict(policy, {.tool = "mcp_read"}), Verdict::allow);
  EXPECT_EQ(verdict(policy, {.tool = "mcp_ax"}), Verdict::deny);
  EXPECT_EQ(verdict(policy, {.tool = "xmcp_read"}), Verdict::ask);
  EXPECT_EQ(verdict(policy, {.tool = "MCP_read"}), Verdict::ask);
}

TEST(Decision, AnAllowOfArgumentsNeedsEachOfThem) {
  Rule get = rule(Verdict::allow, "fetch");
  get.arguments = {{"method", "GET"}, {"mode", "*"}};
  const Policy policy = policy_of({get});
  const auto call = [](std::vector<std::pair<std::string, std::string>> arguments) {
    return CallFacts{.tool = "fetch", .traits = ToolTraits{.outbound = true}, .arguments = std::move(arguments)};
  };
  EXPECT_EQ(verdict(policy, call({{"mode", "x"}, {"method", "GET"}})), Verdict::allow);
  EXPECT_EQ(verdict(policy, call({{"method", "GET"}})), Verdict::ask);
  EXPECT_EQ(verdict(policy, call({{"mode", "x"}, {"method", "POST"}})), Verdict::ask);
  EXPECT_EQ(verdict(policy, call({{"mode", "GET"}, {"other", "GET"}})), Verdict::ask);
  EXPECT_EQ(verdict(policy, call({})), Verdict::ask);
  Rule no_post = rule(Verdict::deny, "fetch");
  no_post.arguments = {{"method", "POST"}};
  EXPECT_EQ(verdict(policy_of({no_post}), call({{"method", "POST"}})), Verdict::deny);
  EXPECT_EQ(verdict(policy_of({no_post}), call({{"method", "GET"}})), Verdict::ask);
}

// ---- paths --------------------------------------------------------------------------------------------------------

TEST(Decision, AnAllowOfPathsNeedsAllOfThemWhereTheyReallyLie) {
  Rule docs = rule(Verdict::allow, "*");
  docs.path = "docs/**";
  const Policy policy = policy_of({docs});
  EXPECT_EQ(verdict(policy, writes({at("docs/a")})), Verdict::allow);
  EXPECT_EQ(verdict(policy, writes({at("docs/a"), at("docs/b/c")})), Verdict::allow);
  EXPECT_EQ(verdict(policy, writes({at("docs/a"), at("src/b")})), Verdict::ask);
  EXPECT_EQ(verdict(policy, writes({at("src/b"), at("docs/a")})), Verdict::ask);
  EXPECT_EQ(verdict(policy, writes({{.named = "docs/link", .really = "src/b"}})), Verdict::ask);
  EXPECT_EQ(verdict(policy, writes({{.named = "docs/gone", .really = std::nullopt}})), Verdict::ask);
  EXPECT_EQ(verdict(policy, writes({{.named = "link/a", .really = "docs/a"}})), Verdict::allow);
  EXPECT_EQ(verdict(policy, writes({at("docs")})), Verdict::ask);
  EXPECT_EQ(verdict(policy, writes({})), Verdict::ask);
}

TEST(Decision, ADenyOfPathsNeedsOneOfThemByEitherName) {
  Rule keys = rule(Verdict::deny, "*");
  keys.path = "keys/**";
  Rule all = rule(Verdict::allow, "write");
  const Policy policy = policy_of({keys, all});
  EXPECT_EQ(verdict(policy, writes({at("docs/a")})), Verdict::allow);
  EXPECT_EQ(verdict(policy, writes({at("docs/a"), at("keys/b")})), Verdict::deny);
  EXPECT_EQ(verdict(policy, writes({at("keys/deep/b")})), Verdict::deny);
  EXPECT_EQ(verdict(policy, writes({at("keys")})), Verdict::deny);
  EXPECT_EQ(verdict(policy, writes({{.named = "link", .really = "keys/b"}})), Verdict::deny);
  EXPECT_EQ(verdict(policy, writes({{.named = "keys/link", .really = "docs/b"}})), Verdict::deny);
  EXPECT_EQ(verdict(policy, writes({{.named = "keys/gone", .really = std::nullopt}})), Verdict::deny);
  EXPECT_EQ(verdict(policy, writes({{.named = "docs/gone", .really = std::nullopt}})), Verdict::allow);
  // A folder is forbidden with all that is in it.
  Rule folder = rule(Verdict::deny, "*");
  folder.path = "k?ys";
  EXPECT_EQ(verdict(policy_of({folder, all}), writes({at("keys/deep/b")})), Verdict::deny);
  EXPECT_EQ(verdict(policy_of({folder, all}), writes({at("docs/keys")})), Verdict::allow);
}

TEST(Decision, AToolThatReadsTreesIsJudgedByWhatLiesBeneath) {
  Rule keys = rule(Verdict::deny, "*");
  keys.path = "a/keys/*";
  const Policy deny = policy_of({keys});
  EXPECT_EQ(verdict(deny, searches(".")), Verdict::ask);
  EXPECT_EQ(judge(deny, searches(".")).rule, "it may do what deny is about");
  EXPECT_TRUE(judge(deny, searches(".")).by_rule);
  EXPECT_EQ(verdict(deny, searches("a")), Verdict::ask);
  EXPECT_EQ(verdict(deny, searches("a/keys")), Verdict::ask);
  EXPECT_EQ(verdict(deny, searches("a/keys/x")), Verdict::deny);
  EXPECT_EQ(verdict(deny, searches("a/other")), Verdict::allow);
  EXPECT_EQ(verdict(deny, searches("b")), Verdict::allow);
  CallFacts nowhere = searches("a");
  nowhere.paths.front().really.reset();
  EXPECT_EQ(verdict(deny, nowhere), Verdict::ask);
  Rule anywhere = rule(Verdict::deny, "*");
  anywhere.path = "**/*.key";
  EXPECT_EQ(verdict(policy_of({anywhere}), searches("b")), Verdict::ask);

  Rule docs = rule(Verdict::allow, "grep");
  docs.path = "docs/**";
  Policy allow = policy_of({docs});
  allow.defaults.reads = Verdict::ask;
  EXPECT_EQ(verdict(allow, searches("docs")), Verdict::allow);
  EXPECT_EQ(verdict(allow, searches("docs/deep")), Verdict::allow);
  EXPECT_EQ(verdict(allow, searches(".")), Verdict::ask);
  Rule flat = rule(Verdict::allow, "grep");
  flat.path = "docs/*";
  allow = policy_of({flat});
  allow.defaults.reads = Verdict::ask;
  EXPECT_EQ(verdict(allow, searches("docs/deep")), Verdict::ask);
}

TEST(Decision, WhoseEffectsAreNotDeclaredMayTouchEveryPath) {
  Rule keys = rule(Verdict::deny, "*");
  keys.path = "keys/**";
  Rule all = rule(Verdict::allow, "*");
  const Policy policy = policy_of({keys, all});
  EXPECT_EQ(verdict(policy, shell("ls")), Verdict::ask);
  EXPECT_EQ(verdict(policy, {.tool = "mcp_x"}), Verdict::ask);
  EXPECT_EQ(verdict(policy, {.tool = "python", .traits = ToolTraits{.runs_code = true}}), Verdict::ask);
  EXPECT_EQ(verdict(policy, fetches("https://a")), Verdict::allow);
  keys.tool = "write";
  EXPECT_EQ(verdict(policy_of({keys, all}), shell("ls")), Verdict::allow);
}

// ---- commands -----------------------------------------------------------------------------------------------------

Policy commands(Verdict verdict, std::initializer_list<std::string_view> patterns) {
  Policy policy;
  for (const std::string_view pattern : patterns) {
    Rule one = rule(verdict, "bash");
    one.command = pattern;
    EXPECT_TRUE(policy.add(one)) << pattern;
  }
  return policy;
}

TEST(Decision, EachCommandOfALineNeedsItsAllow) {
  const Policy policy = commands(Verdict::allow, {"git status", "ls **", "echo *"});
  for (const char* line : {"git status", "git status; ls -la", "ls | ls && ls || ls", "echo a b\nls"}) {
    EXPECT_EQ(verdict(policy, shell(line)), Verdict::allow) << line;
  }
  for (const char* line : {"git status; rm -rf x",
                           "rm -rf x; git status",
                           "git status && curl x",
                           "git status | sh",
                           "git status\nrm x",
                           "git status extra",
                           "git",
                           "git statu",
                           "echo -n",
                           "echo a -n",
                           "$(rm x)",
                           "git status $(rm x)",
                           "git status > x",
                           "X=1 git status",
                           "git status &",
                           "ls; $(rm x)",
                           "(ls)",
                           "git -c core.pager=sh status",
                           "git 'status x'",
                           ""}) {
    EXPECT_EQ(verdict(policy, shell(line)), Verdict::ask) << line;
  }
  CallFacts none = shell("ls");
  none.commands = std::vector<Words>();
  EXPECT_EQ(verdict(policy, none), Verdict::deny);  // a line without a command is nothing to allow
}

TEST(Decision, ADenyOfACommandIsFoundInEveryPart) {
  Policy policy = commands(Verdict::deny, {"rm **"});
  ASSERT_TRUE(policy.add(rule(Verdict::allow, "bash")));
  for (const char* line : {"rm x", "ls; rm -rf x", "rm a | ls", "ls && 'r'm x", "rm"}) {
    EXPECT_EQ(verdict(policy, shell(line)), Verdict::deny) << line;
  }
  for (const char* line :
       {"sudo rm x", "env rm x", "find . -exec rm x", "ls; sh -c 'rm x'", "eval rm", "$(rm x)", "ls > x",
        "/usr/bin/env rm", "xargs rm", "awk 'BEGIN{system(\"rm x\")}'", "tar --checkpoint-action=exec=x"}) {
    EXPECT_EQ(verdict(policy, shell(line)), Verdict::ask) << line;
    EXPECT_EQ(judge(policy, shell(line)).rule, "it may do what deny is about") << line;
  }
  for (const char* line : {"ls", "ls; echo rm x", "find . -name x"}) {
    EXPECT_EQ(verdict(policy, shell(line)), Verdict::allow) << line;
  }
  // Other tools that run code may do it, too; those that do not, cannot.
  Rule everywhere = rule(Verdict::deny, "*");
  everywhere.command = "rm **";
  Policy wide = policy_of({everywhere, rule(Verdict::allow, "*")});
  EXPECT_EQ(verdict(wide, {.tool = "python", .traits = ToolTraits{.runs_code = true}}), Verdict::ask);
  EXPECT_EQ(verdict(wide, {.tool = "mcp_x"}), Verdict::ask);
  EXPECT_EQ(verdict(wide, writes({at("a")})), Verdict::allow);
}

TEST(Decision, AnAskOfACommandIsAnAskAlsoWhereItIsHidden) {
  Policy policy = commands(Verdict::ask, {"git push **"});
  ASSERT_TRUE(policy.add(rule(Verdict::allow, "bash")));
  EXPECT_EQ(verdict(policy, shell("git push")), Verdict::ask);
  EXPECT_EQ(verdict(policy, shell("env git push")), Verdict::ask);
  EXPECT_EQ(verdict(policy, shell("$x")), Verdict::ask);
  EXPECT_EQ(verdict(policy, shell("git pull")), Verdict::allow);
}

TEST(Decision, ACommandThatHidesAnotherIsAllowedOnlyWordByWord) {
  EXPECT_EQ(verdict(commands(Verdict::allow, {"sudo *"}), shell("sudo ls")), Verdict::ask);
  EXPECT_EQ(verdict(commands(Verdict::allow, {"sudo l?"}), shell("sudo ls")), Verdict::ask);
  EXPECT_EQ(verdict(commands(Verdict::allow, {"sudo ls"}), shell("sudo ls")), Verdict::allow);
  EXPECT_EQ(verdict(commands(Verdict::allow, {"sudo"}), shell("sudo ls")), Verdict::ask);
  EXPECT_EQ(verdict(commands(Verdict::allow, {"git **"}), shell("git log -p")), Verdict::ask);
  EXPECT_EQ(verdict(commands(Verdict::allow, {"git **"}), shell("git log --oneline")), Verdict::allow);
}

TEST(Decision, AToolThatIsAllowedAltogetherIsAllowedAlsoWhatIsNotUnderstood) {
  EXPECT_EQ(verdict(policy_of({rule(Verdict::allow, "bash")}), shell("ls > $x")), Verdict::allow);
}

TEST(Decision, ALineOfAToolThatDeclaresNoCodeIsDoubtedAsWell) {
  Policy policy = commands(Verdict::deny, {"rm **"});
  ASSERT_TRUE(policy.add(rule(Verdict::allow, "bash")));
  CallFacts facts = shell("$x");
  facts.traits->runs_code = false;
  EXPECT_EQ(verdict(policy, facts), Verdict::ask);
}

// ---- subjects -----------------------------------------------------------------------------------------------------

TEST(Decision, ASubjectIsWhatTheToolHas) {
  Policy policy;
  ASSERT_TRUE(policy.add_flag(Verdict::allow, "bash:git status"));
  ASSERT_TRUE(policy.add_flag(Verdict::allow, "write:docs/*"));
  ASSERT_TRUE(policy.add_flag(Verdict::allow, "visit_page:https://docs.rs/*"));
  EXPECT_EQ(verdict(policy, shell("git status")), Verdict::allow);
  EXPECT_EQ(verdict(policy, shell("git log")), Verdict::ask);
  EXPECT_EQ(verdict(policy, writes({at("docs/a")})), Verdict::allow);
  EXPECT_EQ(verdict(policy, writes({at("docs/a/b")})), Verdict::ask);  // a path's "*" is one folder deep
  EXPECT_EQ(verdict(policy, fetches("https://docs.rs/a/b?c")), Verdict::allow);
  for (const char* url :
       {"https://docs.rs@evil.example/", "https://docs.rs.evil.example/", "http://docs.rs/", "HTTPS://docs.rs/"}) {
    EXPECT_EQ(verdict(policy, fetches(url)), Verdict::ask) << url;
  }
  // A tool with a working folder is about its command, not about the folder.
  CallFacts in_folder = shell("git log");
  in_folder.paths = {at("git status")};
  EXPECT_EQ(verdict(policy, in_folder), Verdict::ask);
}

TEST(Decision, ASubjectOfAToolWithoutOneFitsNoAllow) {
  Policy policy;
  ASSERT_TRUE(policy.add_flag(Verdict::allow, "*:*"));
  EXPECT_EQ(verdict(policy, {.tool = "x", .traits = ToolTraits{.writes = true}}), Verdict::ask);
  EXPECT_EQ(verdict(policy, {.tool = "x"}), Verdict::ask);
  Policy deny;
  deny.defaults = {.writes = Verdict::allow, .undeclared = Verdict::allow};
  ASSERT_TRUE(deny.add_flag(Verdict::deny, "*:secret"));
  EXPECT_EQ(verdict(deny, {.tool = "x"}), Verdict::ask);
  EXPECT_EQ(verdict(deny, {.tool = "x", .traits = ToolTraits{.writes = true}}), Verdict::allow);
}

TEST(Decision, ASubjectThatIsDeniedForEveryToolIsDoubtedWhereCodeRuns) {
  Policy policy = policy_of({rule(Verdict::allow, "*")});
  ASSERT_TRUE(policy.add_flag(Verdict::deny, "*:secrets/**"));
  CallFacts python{
      .tool = "python", .traits = ToolTraits{.runs_code = true, .subject_argument = "code"}, .text = "1 + 1"};
  EXPECT_EQ(verdict(policy, writes({at("secrets/a")})), Verdict::deny);
  EXPECT_EQ(verdict(policy, writes({at("docs/a")})), Verdict::allow);
  EXPECT_EQ(verdict(policy, shell("cat secrets/a")), Verdict::ask);
  EXPECT_EQ(verdict(policy, python), Verdict::ask);
  EXPECT_EQ(verdict(policy, fetches("https://a")), Verdict::allow);
  // A rule that names the tool means what the tool shows.
  Policy named = policy_of({rule(Verdict::allow, "*")});
  ASSERT_TRUE(named.add_flag(Verdict::deny, "python:*import*"));
  ASSERT_TRUE(named.add_flag(Verdict::deny, "bash:rm **"));
  EXPECT_EQ(verdict(named, python), Verdict::allow);
  EXPECT_EQ(verdict(named, shell("ls")), Verdict::allow);
  python.text = "import os";
  EXPECT_EQ(verdict(named, python), Verdict::deny);
}

// ---- what the run has seen ----------------------------------------------------------------------------------------

TEST(Decision, ATaintedRunNeedsAFreshAnswerForWhatActs) {
  Policy policy = policy_of({rule(Verdict::allow, "*")});
  const auto tainted = [](CallFacts facts) {
    facts.is_tainted = true;
    return facts;
  };
  for (const CallFacts& facts : {writes({at("a")}), shell("ls"), fetches("https://a"), CallFacts{.tool = "mcp_x"}}) {
    EXPECT_EQ(verdict(policy, facts), Verdict::allow) << facts.tool;
    EXPECT_FALSE(judge(policy, facts).is_fresh);
    const Judgement judgement = judge(policy, tainted(facts));
    EXPECT_EQ(judgement.verdict, Verdict::ask) << facts.tool;
    EXPECT_TRUE(judgement.is_fresh);
    EXPECT_EQ(judgement.rule, "private data and untrusted content were both seen");
  }
  EXPECT_EQ(verdict(policy, tainted(searches("a"))), Verdict::allow);
  EXPECT_FALSE(judge(policy, tainted(searches("a"))).is_fresh);
  EXPECT_EQ(verdict(policy, tainted({.tool = "calculator", .traits = ToolTraits()})), Verdict::allow);

  // What asks anyway keeps its reason, and is fresh.
  const Judgement asked = judge(Policy(), tainted(writes({at("a")})));
  EXPECT_EQ(asked.rule, "default: writes");
  EXPECT_TRUE(asked.is_fresh);
  EXPECT_FALSE(judge(Policy(), writes({at("a")})).is_fresh);
  const Judgement denied = judge(policy_of({rule(Verdict::deny, "*")}), tainted(writes({at("a")})));
  EXPECT_EQ(denied.verdict, Verdict::deny);
  EXPECT_FALSE(denied.is_fresh);

  // Only an allow that says so holds.
  Rule holds = rule(Verdict::allow, "write");
  holds.when_tainted = true;
  holds.path = "docs/**";
  ASSERT_TRUE(policy.add(holds));
  EXPECT_EQ(verdict(policy, tainted(writes({at("docs/a")}))), Verdict::allow);
  EXPECT_EQ(verdict(policy, tainted(writes({at("src/a")}))), Verdict::ask);
}

// ---- everything, against a reference ------------------------------------------------------------------------------

// As the documentation says it, without the order and the tricks of decision.cpp: all rules that fit, then the
// strictest.
Verdict reference(const std::vector<Rule>& rules, const CallFacts& facts) {
  std::set<Verdict> found;
  for (const Rule& one : rules) {
    const bool tool = one.tool == "*" || one.tool == facts.tool;
    bool path = one.path.empty();
    if (!path) {
      const std::string prefix = one.path.substr(0, one.path.size() - 2);  // "x/**"
      const auto inside = [&](const CallFacts::Path& p) { return p.named.starts_with(prefix); };
      path = one.verdict == Verdict::allow ? !facts.paths.empty() && std::ranges::all_of(facts.paths, inside)
                                           : std::ranges::any_of(facts.paths, inside);
    }
    if (tool && path) {
      found.insert(one.verdict);
    }
  }
  const bool tainted_act = facts.is_tainted && facts.traits->acts();
  const Verdict strictest = !found.empty() ? *found.rbegin() : facts.traits->acts() ? Verdict::ask : Verdict::allow;
  return strictest == Verdict::allow && tainted_act ? Verdict::ask : strictest;
}

TEST(Decision, AgreesWithAReferenceOnRandomPolicies) {
  Random random(3);
  const auto pick = [&](auto... options) {
    const auto list = std::to_array<std::string>({options...});
    return list[below(random, list.size())];
  };
  for (int round = 0; round < 3'000; ++round) {
    std::vector<Rule> rules;
    for (std::uint64_t i = below(random, 5); i > 0; --i) {
      Rule one =
          rule(std::array{Verdict::allow, Verdict::ask, Verdict::deny}[below(random, 3)], pick("*", "write", "read"));
      one.path = pick("", "a/**", "b/**");
      rules.push_back(std::move(one));
    }
    CallFacts facts{.tool = pick("write", "read")};
    facts.traits = facts.tool == "write" ? ToolTraits{.writes = true} : ToolTraits{.reads_private = true};
    for (std::uint64_t i = below(random, 3); i > 0; --i) {
      facts.paths.push_back(at(pick("a/x", "b/x", "c/x")));
    }
    facts.is_tainted = below(random, 2) == 0;
    ASSERT_EQ(verdict(policy_of(rules), facts), reference(rules, facts)) << round;
  }
}

}  // namespace
}  // namespace puna::tools

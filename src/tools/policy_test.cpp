// Policies as files and flags: what is not understood is refused with its place, and never ignored.
#include "puna/tools/policy.h"

#include <gtest/gtest.h>

#include <map>

#include "tools/decision.h"

namespace puna {
namespace {

std::string refusal_of(std::string_view text) {
  const auto policy = Policy::parse(text, "policy.toml");
  EXPECT_FALSE(policy) << text;
  return policy ? "" : policy.error().message;
}

TEST(Policy, AFileBecomesRulesWithTheirPlaces) {
  const auto policy = Policy::parse(
      "[defaults]\n"
      "reads = \"ask\"\nwrites = \"deny\"\nruns_code = \"allow\"\noutbound = \"deny\"\nundeclared = \"deny\"\n"
      "\n"
      "[[allow]]\n"
      "tool = \"write\"\n"
      "path = \"docs/**\"\n"
      "when_tainted = true\n"
      "[[deny]]\n"
      "tool = \"bash\"\n"
      "command = \"rm **\"\n"
      "[[ask]]\n"
      "tool = \"fetch\"\n"
      "subject = \"https://*\"\n"
      "arguments = { method = \"POST\", body = \"?*\" }\n",
      "policy.toml");
  ASSERT_TRUE(policy) << policy.error().message;
  EXPECT_EQ(policy->defaults.reads, Verdict::ask);
  EXPECT_EQ(policy->defaults.writes, Verdict::deny);
  EXPECT_EQ(policy->defaults.runs_code, Verdict::allow);
  EXPECT_EQ(policy->defaults.outbound, Verdict::deny);
  EXPECT_EQ(policy->defaults.undeclared, Verdict::deny);
  ASSERT_EQ(policy->rules().size(), 3U);
  std::map<std::string, Rule> rules;
  for (const auto& rule : policy->rules()) {
    rules[rule->rule.origin] = rule->rule;
  }
  const Rule& allow = rules.at("policy.toml:8");
  EXPECT_EQ(allow.verdict, Verdict::allow);
  EXPECT_EQ(allow.tool, "write");
  EXPECT_EQ(allow.path, "docs/**");
  EXPECT_TRUE(allow.when_tainted);
  const Rule& deny = rules.at("policy.toml:12");
  EXPECT_EQ(deny.verdict, Verdict::deny);
  EXPECT_EQ(deny.command, "rm **");
  EXPECT_FALSE(deny.when_tainted);
  const Rule& ask = rules.at("policy.toml:15");
  EXPECT_EQ(ask.verdict, Verdict::ask);
  EXPECT_EQ(ask.subject, "https://*");
  EXPECT_EQ(ask.arguments.size(), 2U);
}

TEST(Policy, AnEmptyFileIsThePolicyWithoutRules) {
  const auto policy = Policy::parse("", "policy.toml");
  ASSERT_TRUE(policy);
  EXPECT_TRUE(policy->rules().empty());
  EXPECT_EQ(policy->defaults.writes, Verdict::ask);
}

TEST(Policy, WhatMeansNothingIsAnErrorThatNamesItsLine) {
  EXPECT_EQ(refusal_of("\n\nalow = 1\n"), "policy.toml:3: 'alow' means nothing here");
  EXPECT_EQ(refusal_of("allow = true\n"), "policy.toml:1: 'allow' must be a list of tables");
  EXPECT_EQ(refusal_of("allow = [1]\n"), "policy.toml:1: 'allow' must be a list of tables");
  EXPECT_EQ(refusal_of("[allow]\ntool = \"x\"\n"), "policy.toml:1: 'allow' must be a list of tables");
  EXPECT_EQ(refusal_of("defaults = 1\n"), "policy.toml:1: 'defaults' must be a table");
  EXPECT_EQ(refusal_of("[defaults]\nread = \"ask\"\n"), "policy.toml:2: there is no default 'read'");
  EXPECT_EQ(refusal_of("[defaults]\nreads = \"yes\"\n"),
            "policy.toml:2: 'reads' must be \"allow\", \"ask\" or \"deny\"");
  EXPECT_EQ(refusal_of("[defaults]\nreads = true\n"), "policy.toml:2: 'reads' must be \"allow\", \"ask\" or \"deny\"");
  EXPECT_EQ(refusal_of("[[allow]]\npath = \"x\"\n"), "policy.toml:1: a rule without 'tool'");
  EXPECT_EQ(refusal_of("[[allow]]\ntool = \"x\"\npaths = \"x\"\n"), "policy.toml:3: 'paths' means nothing in a rule");
  EXPECT_EQ(refusal_of("[[allow]]\ntool = 3\n"), "policy.toml:2: 'tool' must be a text that is not empty");
  // A narrow rule whose pattern got lost would be a wide one.
  EXPECT_EQ(refusal_of("[[allow]]\ntool = \"x\"\npath = \"\"\n"),
            "policy.toml:3: 'path' must be a text that is not empty");
  EXPECT_EQ(refusal_of("[[allow]]\ntool = \"x\"\narguments = \"y\"\n"), "policy.toml:3: 'arguments' must be a table");
  EXPECT_EQ(refusal_of("[[allow]]\ntool = \"x\"\narguments = { y = 1 }\n"),
            "policy.toml:3: 'y' must be a text that is not empty");
  EXPECT_EQ(refusal_of("[[allow]]\ntool = \"x\"\nwhen_tainted = \"yes\"\n"),
            "policy.toml:3: 'when_tainted' means nothing in a rule");
  EXPECT_EQ(refusal_of("[[deny]]\ntool = \"x\"\nwhen_tainted = true\n"),
            "policy.toml:1: when_tainted is for rules that allow");
  EXPECT_EQ(refusal_of("[[deny]]\ntool = \"x[\"\n"), "policy.toml:1: not a pattern: a [ is not closed");
  EXPECT_EQ(refusal_of("[[deny]]\ntool = \"x\"\npath = \"{a\"\n"), "policy.toml:1: not a pattern: a { is not closed");
  EXPECT_EQ(refusal_of("[[deny]]\ntool = \"x\"\ncommand = \"'a\"\n"), "policy.toml:1: not a pattern: an open quote");
  EXPECT_TRUE(refusal_of("[[deny]\n").starts_with("policy.toml:1: "));
  EXPECT_TRUE(refusal_of("a = \"\xff\"\n").starts_with("policy.toml:"));
  EXPECT_EQ(Policy::parse("x", "p").error().code, ErrorCode::corrupt);
  EXPECT_EQ(Policy::parse(std::string(kPolicyBytesMax + 1, '\n'), "p").error().code, ErrorCode::limit);
  std::string many;
  for (std::size_t i = 0; i <= kPolicyRulesMax; ++i) {
    many += "[[deny]]\ntool=\"x\"\n";
  }
  EXPECT_EQ(Policy::parse(many, "p").error().code, ErrorCode::corrupt);
}

TEST(Policy, AFlagIsAToolAndPerhapsAPattern) {
  Policy policy;
  EXPECT_TRUE(policy.add_flag(Verdict::allow, "write"));
  EXPECT_TRUE(policy.add_flag(Verdict::deny, "visit_page:https://a:8080/*"));
  ASSERT_EQ(policy.rules().size(), 2U);
  EXPECT_EQ(policy.rules()[0]->rule.subject, "");
  EXPECT_EQ(policy.rules()[1]->rule.tool, "visit_page");
  EXPECT_EQ(policy.rules()[1]->rule.subject, "https://a:8080/*");
  EXPECT_EQ(policy.rules()[1]->rule.origin, "--deny visit_page:https://a:8080/*");
  for (const char* flag : {"", ":", ":x", "write:", "write:[", "[:x"}) {
    const auto added = policy.add_flag(Verdict::allow, flag);
    ASSERT_FALSE(added) << flag;
    EXPECT_EQ(added.error().code, ErrorCode::invalid_argument);
    EXPECT_TRUE(added.error().message.starts_with(format_text("--allow {}: ", flag))) << added.error().message;
  }
}

}  // namespace
}  // namespace puna

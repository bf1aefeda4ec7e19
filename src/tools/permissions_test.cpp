// The gate: who is asked what, what an answer holds for, and where it is kept.
#include "puna/tools/permission.h"

#include <gtest/gtest.h>

#include "puna/tools/files.h"
#include "tools/test_folder.h"

namespace puna {
namespace {

using Answer = Approval::Answer;
using By = Permit::By;

// Declares what it is told and does nothing.
class PlainTool final : public Tool {
 public:
  PlainTool(std::string name, std::optional<ToolTraits> traits)
      : spec_({.name = std::move(name)}), traits_(std::move(traits)) {}
  [[nodiscard]] const ToolSpec& spec() const override { return spec_; }
  [[nodiscard]] std::optional<ToolTraits> traits() const override { return traits_; }
  [[nodiscard]] ToolResult run(const Json& /*arguments*/, std::stop_token /*stop*/) override {
    return {.content = "done"};
  }

 private:
  const ToolSpec spec_;
  const std::optional<ToolTraits> traits_;
};

// Gives its answers in order; remembers the questions.
class ScriptedApprover final : public Approver {
 public:
  explicit ScriptedApprover(std::vector<Answer> answers = {}) : answers_(std::move(answers)) {}
  [[nodiscard]] Result<Approval> decide(const PermissionQuestion& question, const std::stop_token& /*stop*/) override {
    questions.push_back(question);
    if (questions.size() > answers_.size()) {
      return fail(ErrorCode::unavailable, "gone");
    }
    return Approval{.answer = answers_[questions.size() - 1], .call_hash = other_hash.value_or(question.call_hash)};
  }
  std::vector<PermissionQuestion> questions;
  std::optional<std::string> other_hash;

 private:
  const std::vector<Answer> answers_;
};

class PermissionsTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_.write("root/docs/a.txt", "a");
    auto workspace = Workspace::open(folder_.path() / "root");
    if (!workspace) {
      GTEST_SKIP() << workspace.error().message;
    }
    workspace_ = *workspace;
  }
  std::unique_ptr<Gate> gate(Approver* approver = nullptr, Approvals* approvals = nullptr, int questions_max = 100) {
    return make_permissions({.policy = policy_,
                             .workspace = workspace_,
                             .project = folder_.path() / "root",
                             .approver = approver,
                             .approvals = approvals,
                             .questions_max = questions_max});
  }
  static ToolCall write_call(std::string path, std::string content = "x") {
    return {.name = "write", .arguments = Json::object({{"path", std::move(path)}, {"content", std::move(content)}})};
  }
  Permit before(Gate& gate, const ToolCall& call) {
    const Tool& tool = call.name == "write"  ? write_
                       : call.name == "bash" ? bash_
                       : call.name == "page" ? page_
                                             : bare_;
    return gate.before(call, tool, {});
  }
  static ToolCall shell(std::string line) {
    return {.name = "bash", .arguments = Json::object({{"command", std::move(line)}})};
  }
  static ToolCall page(std::string url) {
    return {.name = "page", .arguments = Json::object({{"url", std::move(url)}})};
  }

  tools::TestFolder folder_;
  std::shared_ptr<const Workspace> workspace_;
  Policy policy_;
  PlainTool write_{"write", ToolTraits{.writes = true, .path_arguments = {"path"}}};
  PlainTool read_{"read", ToolTraits{.reads_private = true, .path_arguments = {"path"}}};
  PlainTool bash_{"bash", ToolTraits{.runs_code = true, .command_argument = "command"}};
  PlainTool page_{"page", ToolTraits{.reads_untrusted = true, .outbound = true, .subject_argument = "url"}};
  PlainTool bare_{"bare", std::nullopt};
};

TEST_F(PermissionsTest, WithoutAnybodyWhatWouldAskIsDenied) {
  const auto none = gate();
  const Permit permit = before(*none, write_call("docs/new"));
  EXPECT_FALSE(permit.is_allowed);
  EXPECT_EQ(permit.by, By::nobody);
  EXPECT_EQ(permit.rule, "default: writes");
  EXPECT_EQ(permit.text(), "denied by nobody: default: writes");
  EXPECT_EQ(
      permit.observation,
      "this call of write is not permitted: nobody is here who could allow it (default: writes). Do not try it again.");
  ASSERT_TRUE(policy_.add_flag(Verdict::allow, "write:docs/*"));
  const auto allowing = gate();
  const Permit allowed = before(*allowing, write_call("docs/new"));
  EXPECT_TRUE(allowed.is_allowed);
  EXPECT_EQ(allowed.text(), "allowed by policy: --allow write:docs/*");
  EXPECT_FALSE(before(*allowing, write_call("new")).is_allowed);
  ASSERT_TRUE(policy_.add_flag(Verdict::deny, "write"));
  const Permit denied = before(*gate(), write_call("docs/new"));
  EXPECT_EQ(denied.by, By::policy);
  EXPECT_EQ(denied.text(), "denied by policy: --deny write");
}

TEST_F(PermissionsTest, ADenyIsAboutThePlaceAndNotAboutItsSpelling) {
  folder_.link("root/alias", "docs");
  ASSERT_TRUE(policy_.add_flag(Verdict::allow, "write"));
  ASSERT_TRUE(policy_.add_flag(Verdict::deny, "write:docs/keys/**"));
  const auto headless = gate();
  for (const char* path : {"docs/keys/a", "alias/keys/a", "alias//keys//a", "docs/./keys/a", "docs/x/../keys/a",
                           "./docs/keys", "docs/keys/", "alias/keys", "docs/keys/../keys/a"}) {
    EXPECT_FALSE(before(*headless, write_call(path)).is_allowed) << path;
  }
  for (const char* path : {"docs/key", "keys/a", "docs/a/keys/b"}) {
    EXPECT_TRUE(before(*headless, write_call(path)).is_allowed) << path;
  }
}

TEST_F(PermissionsTest, OnceIsForOneCall) {
  ScriptedApprover approver({Answer::once, Answer::no});
  const auto asking = gate(&approver);
  EXPECT_TRUE(before(*asking, write_call("a")).is_allowed);
  EXPECT_EQ(before(*asking, write_call("a")).by, By::user);  // asked again, and refused
  EXPECT_EQ(approver.questions.size(), 2U);
  EXPECT_EQ(approver.questions[0].argument, "write a");
  EXPECT_TRUE(approver.questions[0].may_keep_tool);
  EXPECT_EQ(approver.questions[0].rule, "default: writes");
}

TEST_F(PermissionsTest, AnAnswerToAnotherCallIsNoAnswer) {
  ScriptedApprover approver({Answer::once, Answer::always_tool});
  const auto asking = gate(&approver);
  const Permit first = before(*asking, write_call("a"));
  approver.other_hash = first.call_hash;
  EXPECT_FALSE(before(*asking, write_call("b")).is_allowed);
  EXPECT_FALSE(before(*asking, write_call("c")).is_allowed);  // nor was anything kept
}

TEST_F(PermissionsTest, AlwaysIsForTheArgumentOrForTheTool) {
  ScriptedApprover approver({Answer::always_this, Answer::no, Answer::always_tool});
  const auto asking = gate(&approver);
  EXPECT_TRUE(before(*asking, write_call("docs/a.txt", "1")).is_allowed);
  const Permit again = before(*asking, write_call("docs/../docs/a.txt", "2"));
  EXPECT_TRUE(again.is_allowed);  // the same file, whatever its spelling and new text
  EXPECT_EQ(again.by, By::approval);
  EXPECT_FALSE(before(*asking, write_call("docs/b.txt")).is_allowed);
  EXPECT_TRUE(before(*asking, write_call("docs/c.txt")).is_allowed);
  EXPECT_EQ(before(*asking, write_call("elsewhere")).by, By::approval);
  EXPECT_EQ(approver.questions.size(), 3U);
  EXPECT_FALSE(before(*asking, shell("ls")).is_allowed);  // another tool
}

// Keeps nothing.
class FullApprovals final : public Approvals {
 public:
  [[nodiscard]] bool holds(const Json& /*subject*/) const override { return false; }
  [[nodiscard]] Result<void> add(const Json& /*subject*/) override { return fail(ErrorCode::io, "disk full"); }
};

TEST_F(PermissionsTest, WhatCannotBeKeptHoldsOnceAndIsSaid) {
  ScriptedApprover approver({Answer::always_tool, Answer::no});
  FullApprovals full;
  const auto asking = gate(&approver, &full);
  const Permit permit = before(*asking, write_call("a"));
  EXPECT_TRUE(permit.is_allowed);
  EXPECT_EQ(permit.rule, "default: writes (the answer could not be kept: disk full)");
  EXPECT_FALSE(before(*asking, write_call("a")).is_allowed);
  ScriptedApprover other({Answer::always_tool});
  EXPECT_EQ(before(*gate(&other), write_call("a")).rule, "default: writes");
}

TEST_F(PermissionsTest, AlwaysForALineIsForItsWords) {
  ScriptedApprover approver({Answer::always_this});
  const auto asking = gate(&approver);
  EXPECT_TRUE(before(*asking, shell("git status; ls 'a b'")).is_allowed);
  EXPECT_TRUE(before(*asking, shell("git   status ; ls a\\ b")).is_allowed);
  for (const char* line :
       {"git status", "git status; ls a b", "git status; ls 'a b' c", "git status; ls 'a b'; rm x"}) {
    EXPECT_FALSE(before(*asking, shell(line)).is_allowed) << line;
  }
}

TEST_F(PermissionsTest, WhatIsNotUnderstoodIsAskedEachTime) {
  ScriptedApprover approver({Answer::always_tool, Answer::always_this, Answer::always_tool, Answer::always_this});
  const auto asking = gate(&approver);
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(before(*asking, shell("ls > x")).is_allowed);
    EXPECT_EQ(approver.questions.back().argument, "");
    EXPECT_FALSE(approver.questions.back().may_keep_tool);
  }
  EXPECT_TRUE(before(*asking, shell("ls")).is_allowed);
  EXPECT_EQ(approver.questions.size(), 3U);
  EXPECT_TRUE(before(*asking, shell("rm y")).is_allowed);  // the tool is kept now
  EXPECT_EQ(approver.questions.size(), 3U);
  EXPECT_TRUE(before(*asking, shell("ls > x")).is_allowed);  // not for this
  EXPECT_EQ(approver.questions.size(), 4U);
  EXPECT_FALSE(before(*asking, write_call("../outside")).is_allowed);
  EXPECT_EQ(approver.questions.back().argument, "");  // a path that lies nowhere
}

TEST_F(PermissionsTest, AToolThatIsKeptDoesNotPassARuleThatAsks) {
  ASSERT_TRUE(policy_.add_flag(Verdict::ask, "bash:git push **"));
  ScriptedApprover approver({Answer::always_tool, Answer::always_tool, Answer::always_this});
  const auto asking = gate(&approver);
  EXPECT_TRUE(before(*asking, shell("ls")).is_allowed);
  EXPECT_TRUE(before(*asking, shell("git push")).is_allowed);
  EXPECT_FALSE(approver.questions[1].may_keep_tool);
  EXPECT_TRUE(before(*asking, shell("git push")).is_allowed);
  EXPECT_EQ(approver.questions.size(), 3U);
  EXPECT_TRUE(before(*asking, shell("git push")).is_allowed);  // kept for this argument: that was answered
  EXPECT_EQ(approver.questions.size(), 3U);
}

TEST_F(PermissionsTest, ADenyIsNoQuestionAndNoAnswerPassesIt) {
  auto approvals = Approvals::in_memory();
  ScriptedApprover approver({Answer::always_tool});
  EXPECT_TRUE(before(*gate(&approver, approvals.get()), write_call("a")).is_allowed);
  ASSERT_TRUE(policy_.add_flag(Verdict::deny, "write:secret"));
  const auto denying = gate(&approver, approvals.get());
  EXPECT_TRUE(before(*denying, write_call("b")).is_allowed);
  EXPECT_FALSE(before(*denying, write_call("secret")).is_allowed);
  EXPECT_EQ(approver.questions.size(), 1U);
}

TEST_F(PermissionsTest, ACallThatWasRefusedIsNotAskedAgainInTheSameRun) {
  ScriptedApprover approver({Answer::no, Answer::once});
  const auto asking = gate(&approver);
  EXPECT_FALSE(before(*asking, write_call("a")).is_allowed);
  const Permit again = before(*asking, write_call("a"));
  EXPECT_FALSE(again.is_allowed);
  EXPECT_EQ(again.by, By::user);
  EXPECT_EQ(approver.questions.size(), 1U);
  asking->begin({}, Toolbox());
  EXPECT_TRUE(before(*asking, write_call("a")).is_allowed);
}

TEST_F(PermissionsTest, QuestionsOfOneRunAreBounded) {
  ScriptedApprover approver(std::vector<Answer>(10, Answer::once));
  const auto asking = gate(&approver, nullptr, 3);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(before(*asking, write_call(std::to_string(i))).is_allowed);
  }
  const Permit fourth = before(*asking, write_call("x"));
  EXPECT_FALSE(fourth.is_allowed);
  EXPECT_EQ(fourth.by, By::nobody);
  EXPECT_EQ(approver.questions.size(), 3U);
}

TEST_F(PermissionsTest, AnApproverThatIsGoneAllowsNothing) {
  ScriptedApprover approver;
  const Permit permit = before(*gate(&approver), write_call("a"));
  EXPECT_FALSE(permit.is_allowed);
  EXPECT_EQ(permit.by, By::nobody);
}

TEST_F(PermissionsTest, PrivateDataAndUntrustedContentTogetherNeedAFreshAnswer) {
  ASSERT_TRUE(policy_.add_flag(Verdict::allow, "page"));
  ASSERT_TRUE(policy_.add_flag(Verdict::allow, "write"));
  auto approvals = Approvals::in_memory();
  ScriptedApprover approver({Answer::always_tool, Answer::always_this, Answer::no});
  const auto asking = gate(&approver, approvals.get());
  EXPECT_TRUE(before(*asking, page("https://a")).is_allowed);
  asking->after(read_);
  EXPECT_TRUE(before(*asking, page("https://a")).is_allowed);  // private alone
  asking->after(page_);
  for (int i = 0; i < 2; ++i) {  // each time, whatever was answered
    const Permit permit = before(*asking, page("https://a?secret"));
    EXPECT_TRUE(permit.is_allowed);
    EXPECT_EQ(permit.by, By::user);
    EXPECT_TRUE(permit.has_private && permit.has_untrusted);
    EXPECT_EQ(approver.questions.back().argument, "");
    EXPECT_FALSE(approver.questions.back().may_keep_tool);
  }
  EXPECT_FALSE(before(*asking, write_call("docs/a")).is_allowed);
  EXPECT_EQ(approver.questions.size(), 3U);
  // The other order, without anybody, and untrusted alone.
  const auto headless = gate();
  headless->after(page_);
  EXPECT_TRUE(before(*headless, page("https://a")).is_allowed);
  headless->after(read_);
  EXPECT_FALSE(before(*headless, page("https://a")).is_allowed);
}

TEST_F(PermissionsTest, AToolThatDeclaresNothingIsFearedForEverything) {
  ASSERT_TRUE(policy_.add_flag(Verdict::allow, "*"));
  const auto headless = gate();
  const ToolCall call{.name = "bare", .arguments = Json::object()};
  EXPECT_TRUE(before(*headless, call).is_allowed);
  headless->after(bare_);
  EXPECT_FALSE(before(*headless, call).is_allowed);
  EXPECT_FALSE(before(*headless, write_call("a")).is_allowed);
}

TEST_F(PermissionsTest, WhatATranscriptHoldsWasSeen) {
  ASSERT_TRUE(policy_.add_flag(Verdict::allow, "*"));
  Toolbox tools;
  ASSERT_TRUE(tools.add(std::make_unique<PlainTool>("read", ToolTraits{.reads_private = true})));
  ASSERT_TRUE(tools.add(std::make_unique<PlainTool>("page", ToolTraits{.reads_untrusted = true})));
  const auto headless = gate();
  const auto allowed_after = [&](const std::vector<Message>& transcript) {
    headless->begin(transcript, tools);
    return before(*headless, write_call("a")).is_allowed;
  };
  const Message read{.role = Role::tool, .tool = "read"};
  const Message page{.role = Role::tool, .tool = "page"};
  EXPECT_TRUE(allowed_after({}));
  EXPECT_TRUE(allowed_after({read, read}));
  EXPECT_TRUE(allowed_after({page}));
  EXPECT_FALSE(allowed_after({read, page}));
  EXPECT_TRUE(allowed_after({}));  // a conversation that was forgotten
  EXPECT_FALSE(allowed_after({{.role = Role::tool, .tool = "of another box"}}));
  EXPECT_TRUE(allowed_after({read, {.role = Role::tool, .tool = "page", .permission = "denied by nobody: x"}}));
  EXPECT_FALSE(allowed_after({read, {.role = Role::tool, .tool = "page", .permission = "allowed by user: x"}}));
  EXPECT_TRUE(allowed_after({read, {.role = Role::user, .content = "page"}}));
  // What was seen by calls without messages, those of code, is not forgotten while the conversation goes on.
  headless->after(page_);
  headless->after(read_);
  EXPECT_FALSE(allowed_after({{.role = Role::user}, {.role = Role::assistant}, {.role = Role::user}}));
  EXPECT_TRUE(allowed_after({{.role = Role::system}, {.role = Role::user}}));
}

// What agents below saw, the gate of their run saw too; a gate that comes later did not.
TEST_F(PermissionsTest, WorkOfOtherAgentsIsFearedByAGateThatDidNotSeeIt) {
  ASSERT_TRUE(policy_.add_flag(Verdict::allow, "*"));
  Toolbox tools;
  ASSERT_TRUE(tools.add(std::make_unique<PlainTool>("helper", ToolTraits{.delegates = true})));
  ASSERT_TRUE(tools.add(std::make_unique<PlainTool>("clock", ToolTraits{})));
  const Message helped{.role = Role::tool, .tool = "helper"};
  const auto allows = [&](Gate& asked, const std::vector<Message>& transcript) {
    asked.begin(transcript, tools);
    return before(asked, write_call("a")).is_allowed;
  };
  EXPECT_FALSE(allows(*gate(), {{.role = Role::user}, {.role = Role::assistant}, helped}));
  EXPECT_TRUE(
      allows(*gate(), {{.role = Role::user}, {.role = Role::assistant}, {.role = Role::tool, .tool = "clock"}}));
  EXPECT_TRUE(allows(*gate(), {{.role = Role::user}, helped}));  // nothing of the model's goes before
  const auto present = gate();
  EXPECT_TRUE(allows(*present, {{.role = Role::user}}));
  EXPECT_TRUE(allows(*present, {{.role = Role::user}, {.role = Role::assistant}, helped}));
}

TEST_F(PermissionsTest, AlwaysIsForTheAgentThatAsked) {
  ScriptedApprover approver({Answer::always_this, Answer::no, Answer::no});
  const auto asking = gate(&approver);
  const auto scout = asking->for_agent("scout");
  EXPECT_TRUE(before(*scout, write_call("docs/a.txt", "1")).is_allowed);
  EXPECT_EQ(before(*scout, write_call("docs/a.txt", "2")).by, By::approval);
  EXPECT_FALSE(before(*asking->for_agent("other"), write_call("docs/a.txt", "3")).is_allowed);
  EXPECT_FALSE(before(*asking, write_call("docs/a.txt", "4")).is_allowed);
  EXPECT_EQ(approver.questions.size(), 3U);
}

// Knows nothing of agents.
class OpenGate final : public Gate {
 public:
  void begin(std::span<const Message> /*transcript*/, const Toolbox& /*tools*/) override {}
  Permit before(const ToolCall& /*call*/, const Tool& /*tool*/, const std::stop_token& /*stop*/) override {
    return {.is_allowed = true};
  }
  void after(const Tool& /*tool*/) override {}
};

TEST_F(PermissionsTest, APermitNamesItsAgentsFromTheTopAlsoOfAGateThatKnowsNone) {
  OpenGate open;
  const auto scout = open.for_agent("scout");
  EXPECT_EQ(before(*scout, write_call("a")).agent, "scout");
  EXPECT_EQ(before(*scout->for_agent("digger"), write_call("a")).agent, "scout/digger");
}

TEST_F(PermissionsTest, OddLettersInWhatACallIsAboutAreSaid) {
  ScriptedApprover approver(std::vector<Answer>(9, Answer::once));
  const auto asking = gate(&approver);
  const auto odd = [&](const ToolCall& call) {
    (void)before(*asking, call);
    return approver.questions.back().has_odd_letters;
  };
  EXPECT_FALSE(odd(write_call("a", "\xc3\xbc")));
  EXPECT_TRUE(odd(write_call("\xd0\xb0.txt")));
  EXPECT_FALSE(odd(shell("ls a")));
  EXPECT_TRUE(odd(shell("ls '\xd0\xb0'")));
  EXPECT_TRUE(odd(page("https://\xd0\xb0.example")));
  EXPECT_TRUE(odd({.name = "bare", .arguments = Json::object({{"x", "\xd0\xb0"}})}));
}

TEST_F(PermissionsTest, TheFileOfAnswersIsOutOfReachForTools) {
  const std::filesystem::path state = folder_.path() / "root/state/approvals";
  const auto workspace = Workspace::open(folder_.path() / "root", {folder_.path() / "root/state"}).value();
  const auto absent =
      workspace->write("state/approvals/x.json", {.content = "x", .make_folders = true, .expected = {}});
  EXPECT_TRUE(absent.error().message.starts_with("protected")) << absent.error().message;
  ASSERT_TRUE(Approvals::open(state, folder_.path() / "root").value()->add(Json(1)));
  const std::string name = std::filesystem::directory_iterator(state)->path().filename().string();
  EXPECT_FALSE(workspace->write("state/approvals/" + name, {.content = "x", .expected = {}}));
}

}  // namespace
}  // namespace puna

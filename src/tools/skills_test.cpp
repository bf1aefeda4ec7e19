// AGENTS.md and skills: what is found, what is refused, and who must have trusted it.
#include "puna/tools/skills.h"

#include <gtest/gtest.h>

#include "tools/test_approver.h"
#include "tools/test_folder.h"

namespace puna {
namespace {

using tools::OneAnswer;
using tools::TestFolder;
using Answer = Approval::Answer;

std::vector<std::string> texts(const Result<std::vector<AgentsFile>>& files) {
  std::vector<std::string> found;
  for (const AgentsFile& file : files.value()) {
    found.push_back(file.text);
  }
  return found;
}

TEST(AgentsFiles, TheNearestComesFirstAndTheRepositoryIsTheEnd) {
  const TestFolder folder;
  folder.write("AGENTS.md", "beyond");
  folder.write("repo/.git/HEAD", "");
  folder.write("repo/AGENTS.md", "root");
  folder.write("repo/a/b/AGENTS.md", "near");
  const auto of = [&](const char* name) { return texts(agents_files(folder.path() / name)); };
  EXPECT_EQ(of("repo/a/b"), (std::vector<std::string>{"near", "root"}));
  EXPECT_EQ(of("repo/a"), std::vector<std::string>{"root"});
  EXPECT_EQ(of("repo"), std::vector<std::string>{"root"});
  EXPECT_EQ(of("repo/a/../a/b/."), (std::vector<std::string>{"near", "root"}));
  folder.write("alone/AGENTS.md", "alone");
  folder.write("alone/deep/x", "");
  EXPECT_EQ(of("alone"), std::vector<std::string>{"alone"});
  EXPECT_EQ(of("alone/deep"), std::vector<std::string>{});  // no repository: the folder alone
  EXPECT_EQ(agents_files(folder.path() / "gone").error().code, ErrorCode::not_found);
}

TEST(AgentsFiles, ALinkOutIsAnErrorAndNotRead) {
  const TestFolder folder;
  folder.write("private", "secret");
  folder.write("repo/.git/HEAD", "");
  folder.link("repo/AGENTS.md", "../private");
  const auto files = agents_files(folder.path() / "repo");
  ASSERT_FALSE(files);
  EXPECT_TRUE(files.error().message.contains("leaves the folder")) << files.error().message;
}

TEST(AgentsFiles, AreBoundedTogetherAndText) {
  const TestFolder folder;
  folder.write("repo/.git/HEAD", "");
  folder.write("repo/AGENTS.md", std::string(kAgentsBytesMax / 2, 'x'));
  folder.write("repo/a/AGENTS.md", std::string(kAgentsBytesMax / 2, 'x'));
  EXPECT_EQ(agents_files(folder.path() / "repo/a")->size(), 2U);
  folder.write("repo/a/AGENTS.md", std::string((kAgentsBytesMax / 2) + 1, 'x'));
  EXPECT_EQ(agents_files(folder.path() / "repo/a").error().code, ErrorCode::limit);
  folder.write("repo/a/AGENTS.md", "\xff");
  EXPECT_EQ(agents_files(folder.path() / "repo/a").error().code, ErrorCode::invalid_argument);
}

TEST(AgentsFiles, AsInstructionsNameTheirFiles) {
  EXPECT_EQ(as_instructions({}), "");
  EXPECT_EQ(
      as_instructions({{.file = "/r/a/AGENTS.md", .text = "Be brief.\n"}, {.file = "/r/AGENTS.md", .text = "Test."}}),
      "Instructions of this project. Where they differ, the first ones count.\n"
      "\n--- /r/a/AGENTS.md ---\nBe brief.\n\n--- /r/AGENTS.md ---\nTest.\n");
}

constexpr std::string_view kSkill =
    "---\nname: release-notes\ndescription: >\n  Writes notes\n  of a release.\nlicense: MIT\n---\n# How\n\nRead the "
    "log.\n";

TEST(Skills, AHeadAndABodyAreRead) {
  const auto skill = parse_skill(kSkill, "SKILL.md");
  ASSERT_TRUE(skill) << skill.error().message;
  EXPECT_EQ(skill->name, "release-notes");
  EXPECT_EQ(skill->description, "Writes notes of a release.");
  EXPECT_EQ(skill->body, "# How\n\nRead the log.\n");
  EXPECT_EQ(parse_skill("---\r\nname: a\r\ndescription: b\r\n---\r\nc\r\n", "x")->body, "c\n");
  EXPECT_EQ(parse_skill("---\nname: a\ndescription: b\n---", "x")->body, "");
  EXPECT_EQ(parse_skill("---\nname: a\ndescription: \"b\\nc\"\n---\n", "x")->description, "b c");
}

TEST(Skills, WhatIsNoSkillIsRefusedByTheNameOfItsFile) {
  for (const char* text :
       {"", "---", "---\n", "name: a\ndescription: b\n", "---\nname: a\ndescription: b\n", "---\n---\n",
        "---\n- a\n---\n", "---\nname: [\n---\n", "---\nname: A\ndescription: b\n---\n",
        "---\nname: a/b\ndescription: b\n---\n", "---\nname: ../x\ndescription: b\n---\n", "---\nname: a\n---\n",
        "---\ndescription: b\n---\n", "---\nname: [a]\ndescription: b\n---\n",
        "---\nname: a\ndescription:\n  c: d\n---\n", "---\nname: a\ndescription: ''\n---\n"}) {
    const auto skill = parse_skill(text, "x/SKILL.md");
    ASSERT_FALSE(skill) << text;
    EXPECT_EQ(skill.error().code, ErrorCode::corrupt) << text;
    EXPECT_TRUE(skill.error().message.starts_with("x/SKILL.md: ")) << skill.error().message;
  }
  for (std::size_t size = 0; size < kSkill.size(); ++size) {  // cut anywhere: refused, or a skill of the same name
    const auto skill = parse_skill(kSkill.substr(0, size), "x");
    EXPECT_TRUE(!skill || skill->name == "release-notes") << size;
  }
  EXPECT_FALSE(parse_skill("---\nname: a\ndescription: " + std::string(2'000, 'x') + "\n---\n", "x"));
  EXPECT_FALSE(parse_skill("---\na: " + std::string(5'000, '[') + "\n---\n", "x"));
}

std::string skill_text(const std::string& name, const std::string& body) {
  return "---\nname: " + name + "\ndescription: About " + name + ".\n---\n" + body + "\n";
}

class SkillsTest : public testing::Test {
 protected:
  SkillsTest() {
    folder_.write("project/one/SKILL.md", skill_text("one", "of the project"));
    folder_.write("project/both/SKILL.md", skill_text("both", "of the project"));
    folder_.write("user/both/SKILL.md", skill_text("both", "of the user"));
    folder_.write("user/two/SKILL.md", skill_text("two", "of the user"));
  }
  [[nodiscard]] FoundSkills find() const { return find_skills(folder_.path() / "project", folder_.path() / "user"); }
  static std::vector<std::string> names(const std::vector<Skill>& skills) {
    std::vector<std::string> found;
    for (const Skill& skill : skills) {
      found.push_back(skill.name);
    }
    return found;
  }

  TestFolder folder_;
};

TEST_F(SkillsTest, AreFoundSortedAndTheProjectsGoFirst) {
  folder_.write("project/wrong/SKILL.md", "no head");
  folder_.write("project/other/SKILL.md", skill_text("another", "x"));
  folder_.write("project/none/README.md", "");
  folder_.write("secret", skill_text("linked", "x"));
  std::filesystem::create_directory(folder_.path() / "project/linked");
  folder_.link("project/linked/SKILL.md", "../../secret");
  const FoundSkills found = find();
  EXPECT_EQ(names(found.skills), (std::vector<std::string>{"both", "both", "one", "two"}));
  EXPECT_EQ(found.skills[0].body, "of the project\n");
  EXPECT_EQ(found.skills[0].origin, Skill::Origin::project);
  EXPECT_EQ(found.skills[1].origin, Skill::Origin::user);
  EXPECT_EQ(found.problems.size(), 3U);
  EXPECT_TRUE(find_skills("", folder_.path() / "gone").skills.empty());
}

TEST_F(SkillsTest, OfAProjectAreUsedOnlyByWhoTrustsThem) {
  const auto approvals = Approvals::in_memory();
  const auto used = [&](Approver* approver) { return names(trusted_skills(find().skills, *approvals, approver)); };
  EXPECT_EQ(used(nullptr), (std::vector<std::string>{"both", "two"}));
  OneAnswer no(Answer::no);
  EXPECT_EQ(used(&no), (std::vector<std::string>{"both", "two"}));
  OneAnswer once(Answer::once);
  EXPECT_EQ(used(&once), (std::vector<std::string>{"both", "one", "two"}));
  EXPECT_EQ(used(nullptr), (std::vector<std::string>{"both", "two"}));
  OneAnswer other(Answer::always_this);
  other.hash = "another's";
  EXPECT_EQ(used(&other), (std::vector<std::string>{"both", "two"}));
  OneAnswer always(Answer::always_this);
  EXPECT_EQ(used(&always).size(), 3U);
  EXPECT_EQ(used(nullptr).size(), 3U);  // kept
  folder_.write("project/one/SKILL.md", skill_text("one", "changed"));
  EXPECT_EQ(used(nullptr), (std::vector<std::string>{"both", "two"}));  // for the text that was trusted
}

TEST_F(SkillsTest, CostALineUntilTheyAreUsed) {
  Toolbox box;
  ASSERT_TRUE(box.add(make_skill_tool(find().skills)));
  const ToolSpec spec = box.specs().front();
  EXPECT_TRUE(spec.description.contains("- one: About one.")) << spec.description;
  EXPECT_FALSE(spec.description.contains("of the project"));
  const ToolResult shown = box.run({.name = "skill", .arguments = Json::object({{"name", "two"}})});
  EXPECT_TRUE(shown.content.ends_with("of the user\n")) << shown.content;
  EXPECT_TRUE(box.run({.name = "skill", .arguments = Json::object({{"name", "three"}})}).is_error);
}

}  // namespace
}  // namespace puna

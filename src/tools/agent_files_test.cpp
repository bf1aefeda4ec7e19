// Agent files: what is read, what is refused, and whom a project needs to be trusted by.
#include "puna/tools/agent_files.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tools/test_approver.h"

namespace puna {
namespace {

using tools::OneAnswer;
namespace fs = std::filesystem;

constexpr std::string_view kReader =
    "---\nname: reader\ndescription: Reads\n  files.\ntools: read, list,grep\nturns_max: 8\nmodel: inherit\n---\n\nYou "
    "read "
    "files.\nSlowly.\n";

TEST(AgentFiles, AHeadAndASystemPromptAreRead) {
  const AgentFile agent = parse_agent_file(kReader, "reader.md").value();
  EXPECT_EQ(agent.name, "reader");
  EXPECT_EQ(agent.description, "Reads files.");
  EXPECT_EQ(agent.system_prompt, "You read files.\nSlowly.");
  EXPECT_EQ(agent.tools, (std::vector<std::string>{"read", "list", "grep"}));
  EXPECT_EQ(agent.turns_max, 8);
  EXPECT_FALSE(agent.seconds_max);
  EXPECT_FALSE(agent.is_fork);
  EXPECT_EQ(agent.ignored, (std::vector<std::string>{"model"}));
  const AgentFile other =
      parse_agent_file("---\nname: B\ndescription: x\ntools: [a, b]\nstart: fork\n---\n", "b.md").value();
  EXPECT_EQ(other.tools, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(other.is_fork);
  EXPECT_EQ(other.system_prompt, "");
  EXPECT_FALSE(parse_agent_file("---\nname: c\ndescription: x\n---\n", "c.md")->tools) << "not said is not none";
}

TEST(AgentFiles, WhatIsWrongIsNamed) {
  const auto problem = [](std::string_view head) {
    const auto read = parse_agent_file("---\n" + std::string(head) + "\n---\nx", "a.md");
    return read ? std::string() : read.error().message;
  };
  EXPECT_EQ(problem("description: x"), "a.md: 'name' must be 1 to 64 letters, digits, '_' or '-'");
  EXPECT_EQ(problem("name: a b\ndescription: x"), "a.md: 'name' must be 1 to 64 letters, digits, '_' or '-'");
  EXPECT_EQ(problem("name: a"), "a.md: 'description' must be a text of 1 to 1024 bytes");
  EXPECT_EQ(problem("name: a\ndescription: x\nturns_max: 0"), "a.md: 'turns_max' must be a whole number from 1 on");
  EXPECT_EQ(problem("name: a\ndescription: x\nseconds_max: 1.5"),
            "a.md: 'seconds_max' must be a whole number from 1 on");
  EXPECT_EQ(problem("name: a\ndescription: x\nstart: now"), "a.md: 'start' must be fresh or fork");
  EXPECT_EQ(problem("name: a\ndescription: x\ntools: {a: b}"),
            "a.md: 'tools' must be names with commas between them, or a list of names");
  EXPECT_TRUE(problem("- a").contains("not a list of names and values"));
  EXPECT_TRUE(problem("a: [").starts_with("a.md: not YAML: "));
  EXPECT_EQ(parse_agent_file("You read files.", "a.md").error().code, ErrorCode::corrupt);
}

TEST(AgentFiles, EveryCutOfAFileIsReadOrRefused) {
  for (std::size_t bytes = 0; bytes <= kReader.size(); ++bytes) {
    const auto read = parse_agent_file(kReader.substr(0, bytes), "reader.md");
    EXPECT_EQ(read.has_value(), bytes >= kReader.find("\n---\n\nYou") + 4) << bytes;
  }
}

class AgentFolders : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "puna-agents-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    fs::create_directories(folder_ / "project" / "agents");
    fs::create_directories(folder_ / "own");
    write(folder_ / "project" / "agents" / "reader.md", kReader);
    write(folder_ / "own" / "reader.md", kReader);
    write(folder_ / "own" / "notes.txt", kReader);
    write(folder_ / "own" / "broken.md", "hello");
  }
  void TearDown() override { fs::remove_all(folder_); }
  static void write(const fs::path& file, std::string_view text) { std::ofstream(file) << text; }
  [[nodiscard]] FoundAgents found(const fs::path& path) const {
    return find_agent_files(folder_ / path, folder_ / "project").value();
  }
  fs::path folder_;
};

TEST_F(AgentFolders, AFolderGivesItsMarkdownFilesAndAFileItself) {
  const FoundAgents own = found("own");
  ASSERT_EQ(own.agents.size(), 1U);
  EXPECT_EQ(own.agents[0].origin, AgentFile::Origin::user);
  ASSERT_EQ(own.problems.size(), 1U);
  EXPECT_TRUE(own.problems[0].contains("broken.md: ")) << own.problems[0];
  EXPECT_EQ(found("own/notes.txt").agents.size(), 1U) << "one that was named";
  EXPECT_EQ(find_agent_files(folder_ / "none", folder_).error().code, ErrorCode::not_found);
}

TEST_F(AgentFolders, WhatLiesInTheProjectIsTheProjectsByWhateverWay) {
  EXPECT_EQ(found("project/agents").agents[0].origin, AgentFile::Origin::project);
  EXPECT_EQ(found("own/../project/agents/reader.md").agents[0].origin, AgentFile::Origin::project);
  fs::create_directory_symlink(folder_ / "project" / "agents", folder_ / "link");
  EXPECT_EQ(found("link").agents[0].origin, AgentFile::Origin::project);
}

TEST_F(AgentFolders, AProjectsAgentIsTrustedByItsTextAndOnlyBySomebody) {
  const auto approvals = Approvals::in_memory();
  const auto left = [&](Approver* approver) {
    return trusted_agent_files(found("project/agents").agents, *approvals, approver).size();
  };
  EXPECT_EQ(left(nullptr), 0U);
  OneAnswer no(Approval::Answer::no);
  EXPECT_EQ(left(&no), 0U);
  EXPECT_EQ(no.asked.at(0).call.arguments.text_or("text"), "tools: read list grep\n\nYou read files.\nSlowly.");
  OneAnswer always(Approval::Answer::always_this);
  EXPECT_EQ(left(&always), 1U);
  EXPECT_EQ(left(nullptr), 1U) << "kept";
  write(folder_ / "project" / "agents" / "reader.md", std::string(kReader) + "And send it away.");
  EXPECT_EQ(left(nullptr), 0U) << "another text";
  EXPECT_EQ(trusted_agent_files(found("own").agents, *approvals, nullptr).size(), 1U) << "the user's own";
}

}  // namespace
}  // namespace puna

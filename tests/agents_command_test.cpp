// puna run --agents, as a user starts it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "program.h"

namespace puna::test {
namespace {

class AgentsCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "puna-agents-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    std::filesystem::create_directories(folder_ / "project" / "agents");
    std::filesystem::create_directories(folder_ / "own");
    write("own/counter.md", "tools: Calculator, web_fetch");
    write("project/agents/counter.md", "tools: calculator");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& head) const {
    std::ofstream(folder_ / name) << "---\nname: counter\ndescription: Does arithmetic.\n"
                                  << head
                                  << "\n---\nYou are Puna, a local agent. Use the tools when they help, then answer "
                                     "briefly.\n";
  }
  [[nodiscard]] Ran run(const std::string& agents, std::vector<std::string> words) const {
    words.insert(words.begin(), {PUNA_PROGRAM, "run", "--root", (folder_ / "project").string(), "--agents",
                                 (folder_ / agents).string(), "--tools", "calculator"});
    words.emplace_back("Please work out 77 * 12 for me.");
    return run_program(words);
  }
  std::filesystem::path folder_;
};

TEST_F(AgentsCommand, AnAgentWorksForItsCallerAndTheTraceShowsIt) {
  const std::string trace = (folder_ / "run.trace").string();
  const Ran ran = run("own", {"--tool-choice", "counter", "--trace", trace});
  EXPECT_EQ(ran.exit_status, 0) << ran.err;
  EXPECT_TRUE(ran.err.contains("note: agent counter goes without 'web_fetch': there is no such tool or agent\n"))
      << ran.err;
  EXPECT_TRUE(
      ran.err.contains("● counter  task=\"77 * 12\"\n"
                       "  counter │ ● calculator  expression=\"77 * 12\"\n  counter │   → 924\n"))
      << ran.err;
  const Ran shown = run_program({PUNA_PROGRAM, "trace", "show", trace});
  EXPECT_EQ(shown.exit_status, 0);
  EXPECT_EQ(shown.err, "");
  EXPECT_TRUE(shown.out.contains("  │ ● calculator  expression=\"77 * 12\"\n")) << shown.out;
}

TEST_F(AgentsCommand, AProjectsAgentsAreLeftOutWhereNobodyCanTrustThem) {
  const Ran ran = run("project/agents", {});
  EXPECT_EQ(ran.exit_status, 0);
  EXPECT_TRUE(ran.err.contains("note: agents of the project are left out")) << ran.err;
  EXPECT_NE(run("project/agents", {"--tool-choice", "counter"}).exit_status, 0) << "there is no such tool";
}

TEST_F(AgentsCommand, WhatIsWrongWithAFileIsSaid) {
  write("own/second.md", "turns_max: many");
  const Ran ran = run("own", {});
  EXPECT_TRUE(ran.err.contains("second.md: 'turns_max' must be a whole number from 1 on")) << ran.err;
  EXPECT_EQ(run("none", {}).exit_status, 4);
  write("own/second.md", "turns_max: 3");
  EXPECT_TRUE(run("own", {}).err.contains("two agents are called 'counter'"));
}

}  // namespace
}  // namespace puna::test

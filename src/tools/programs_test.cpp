// bash and python, in a real sandbox.
#include "puna/tools/programs.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace puna {
namespace {

class Programs : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = Sandbox::open();
    if (!opened) {
      GTEST_SKIP() << "no sandbox here: " << opened.error().message;
    }
    sandbox_ = std::make_shared<const Sandbox>(*std::move(opened));
    std::string pattern = "/tmp/puna-programs-test-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    std::filesystem::permissions(folder_, std::filesystem::perms::all);
  }
  void TearDown() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  ToolResult bash(std::string command, int seconds = 0) {
    Json arguments = Json::object({{"command", std::move(command)}});
    if (seconds > 0) {
      arguments.set("timeout_seconds", seconds);
    }
    return make_bash(sandbox_, {.workspace = {.folder = folder_}})->run(arguments, {});
  }

  std::shared_ptr<const Sandbox> sandbox_;
  std::filesystem::path folder_;
};

TEST_F(Programs, ALineOfShellWritesToTheWorkspaceAndSaysHowItEnded) {
  EXPECT_EQ(bash("echo out; echo err >&2; echo x > made; exit 3"),
            (ToolResult{.content = "out\n[stderr]\nerr\n[exit status 3]"}));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "made"));
  EXPECT_EQ(bash("true").content, "(no output)");
}

TEST_F(Programs, ALineThatTakesTooLongIsStoppedWithAllItsProcesses) {
  const auto begun = std::chrono::steady_clock::now();
  const ToolResult result = bash("(while :; do echo x >> beat; sleep 0.05; done) & echo begun; wait", 1);
  EXPECT_TRUE(result.is_error);
  EXPECT_EQ(result.content, "error: begun\n[stopped after 1 s, the time limit; timeout_seconds asks for more]");
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(20));
  const auto size = std::filesystem::file_size(folder_ / "beat");
  EXPECT_EQ(bash("sleep 0.3").content, "(no output)");
  EXPECT_EQ(std::filesystem::file_size(folder_ / "beat"), size);
}

TEST_F(Programs, HooksOfARepositoryCannotBeWritten) {
  const ToolResult result = bash("mkdir -p .git/hooks && echo evil > .git/hooks/pre-commit");
  EXPECT_NE(result.content.find("[exit status"), std::string::npos) << result.content;
  EXPECT_FALSE(std::filesystem::exists(folder_ / ".git/hooks/pre-commit"));
}

TEST_F(Programs, LongOutputKeepsItsHeadAndTail) {
  const ToolResult result = bash("seq 1 100000");
  EXPECT_TRUE(result.content.starts_with("1\n2\n"));
  EXPECT_TRUE(result.content.ends_with("99999\n100000\n")) << result.content.substr(result.content.size() - 60);
  EXPECT_LT(result.content.size(), 30'000U);
}

TEST_F(Programs, PythonKeepsItsNamesAndNamesTheLineOfAnError) {
  const auto python = make_python(sandbox_);
  const auto run = [&](std::string code) { return python->run(Json::object({{"code", std::move(code)}}), {}); };
  EXPECT_EQ(run("x = 20").content, "(no output)");
  EXPECT_EQ(run("print('x is', x)\nx + 1").content, "x is 20\n21");
  const ToolResult wrong = run("y = 1\nx / 0");
  EXPECT_TRUE(wrong.is_error);
  EXPECT_NE(wrong.content.find("line 2"), std::string::npos) << wrong.content;
}

TEST_F(Programs, BothDeclareThatTheyRunCode) {
  for (const auto& tool : {make_bash(sandbox_), make_python(sandbox_)}) {
    ASSERT_TRUE(tool->traits());
    EXPECT_TRUE(tool->traits()->runs_code);
    EXPECT_FALSE(tool->traits()->writes);  // there is no workspace
    EXPECT_FALSE(tool->traits()->outbound);
  }
}

}  // namespace
}  // namespace puna

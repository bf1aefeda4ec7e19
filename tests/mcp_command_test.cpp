// puna mcp, and a run with the tools of a server, as a user starts them.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "program.h"
#include "source_folder.h"

namespace puna::test {
namespace {

class McpCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "puna-mcp-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    write(R"({"mcpServers": {"good": )" + server("modern") + R"(, "broken": )" + server("exits") + R"(, "old": )" +
          server("legacy") + "}}");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  static std::string server(const std::string& mode) {
    return R"({"command": "python3", "args": ["-I", ")" + std::string(PUNA_SOURCE_DIR) +
           R"(/src/tools/test_mcp_server.py", ")" + mode + R"("]})";
  }
  void write(const std::string& text) const { std::ofstream(folder_ / "mcp.json") << text; }
  [[nodiscard]] Ran mcp(std::vector<std::string> words) const {
    words.insert(words.begin(), {PUNA_PROGRAM, "mcp"});
    words.insert(words.end(), {"--mcp", (folder_ / "mcp.json").string()});
    return run_program(words);
  }
  std::filesystem::path folder_;
};

TEST_F(McpCommand, LsShowsTheToolsOfEveryServerThatStarts) {
  const Ran ran = mcp({"ls"});
  EXPECT_EQ(ran.exit_status, 75);  // one of them cannot be used now
  EXPECT_NE(ran.out.find("good  modern\\x1b[31m one 1, MCP 2026-07-28\n  add "), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("old  old 0, MCP 2025-11-25\n"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("  echo                     Says it again.\n"), std::string::npos) << ran.out;
  EXPECT_NE(ran.err.find("MCP server 'broken': the program ended: exit status 3"), std::string::npos) << ran.err;
}

TEST_F(McpCommand, CallPrintsTheResultAndItsKind) {
  const Ran echoed = mcp({"call", "good", "echo", R"({"text": "hällo"})"});
  EXPECT_EQ(echoed.exit_status, 0) << echoed.err;
  EXPECT_EQ(echoed.out, "hällo\n");
  const Ran failed = mcp({"call", "good", "fail"});
  EXPECT_EQ(failed.exit_status, 1);
  EXPECT_EQ(failed.out, "error: it broke\n");
  EXPECT_EQ(mcp({"call", "good", "absent"}).exit_status, 2);
  EXPECT_EQ(mcp({"call", "good", "echo", "[1]"}).exit_status, 2);
  EXPECT_EQ(mcp({"call", "nobody", "echo"}).exit_status, 4);
}

TEST_F(McpCommand, DoctorSaysWhatEachServerCostsAndWhy) {
  const Ran ran = mcp({"doctor"});
  EXPECT_EQ(ran.exit_status, 1);
  EXPECT_NE(ran.out.find("warn  good            python3: MCP 2026-07-28, 11 tools, about "), std::string::npos)
      << ran.out;
  EXPECT_NE(ran.out.find("tool 'no schema' is left out"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("fail  broken          MCP server 'broken'"), std::string::npos) << ran.out;
}

TEST_F(McpCommand, MistakesOfTheConfigurationNameTheFileAndTheServer) {
  write(R"({"mcpServers": {"a": {"command": "x", "env": {"A": "${PUNA_NO_SUCH_VARIABLE}"}}}})");
  const Ran ran = mcp({"ls"});
  EXPECT_EQ(ran.exit_status, 2);
  EXPECT_NE(ran.err.find("mcp.json': MCP server 'a': the environment variable PUNA_NO_SUCH_VARIABLE is not set"),
            std::string::npos)
      << ran.err;
  EXPECT_EQ(run_program({PUNA_PROGRAM, "mcp", "ls", "--mcp", "/no/such/file"}).exit_status, 4);
}

TEST_F(McpCommand, ARunStartsTheServersAndARunWithABrokenOneDoesNot) {
  write(R"({"mcpServers": {"broken": )" + server("exits") + "}}");
  const Ran broken = run_program({PUNA_PROGRAM, "run", "--mcp", (folder_ / "mcp.json").string(), "hello"});
  EXPECT_NE(broken.exit_status, 0);
  EXPECT_NE(broken.err.find("MCP server 'broken'"), std::string::npos) << broken.err;
  write(R"({"mcpServers": {"good": )" + server("modern") + "}}");
  const Ran ran = run_program({PUNA_PROGRAM, "run", "--mcp", (folder_ / "mcp.json").string(), "--tools", "none",
                               "--jsonl", "-v", "--max-turns", "1", "hello"});
  EXPECT_NE(ran.out.find("good__echo"), std::string::npos) << ran.err;
}

std::vector<pid_t> processes_with(const std::string& mark) {
  std::vector<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    std::ifstream file(entry.path() / "environ", std::ios::binary);
    const std::string environment{std::istreambuf_iterator<char>(file), {}};
    if (name.find_first_not_of("0123456789") == std::string::npos && environment.contains(mark)) {
      found.push_back(std::stoi(name));
    }
  }
  return found;
}

// The server neither reads nor answers, so that only the stop ends its opening.
TEST_F(McpCommand, CtrlCWhileARunOpensItsServersEndsAtOnceAndLeavesNoProcess) {
  const std::string mark = "PUNA_TEST_MARK=" + folder_.filename().string();
  std::string deaf = server("deaf");
  deaf.insert(1, R"("env": {"PUNA_TEST_MARK": ")" + folder_.filename().string() + R"("}, )");
  write(R"({"mcpServers": {"deaf": )" + deaf + "}}");
  const std::string file = (folder_ / "mcp.json").string();
  const pid_t child = ::fork();
  if (child == 0) {
    ::execl(PUNA_PROGRAM, PUNA_PROGRAM, "run", "--tools", "none", "--mcp", file.c_str(), "hello",
            static_cast<char*>(nullptr));
    ::_exit(127);
  }
  for (int i = 0; i < 1'000 && processes_with(mark).empty(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(processes_with(mark).size(), 1U);
  const auto begin = std::chrono::steady_clock::now();
  ::kill(child, SIGINT);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(3));
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 130);
  EXPECT_TRUE(processes_with(mark).empty());
}

}  // namespace
}  // namespace puna::test

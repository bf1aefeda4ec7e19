// A llama-server that the program starts and ends itself: --serve-with.
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "program.h"

namespace puna::test {
namespace {

class ServeWith : public ::testing::Test {
 protected:
  ServeWith() { std::filesystem::create_directories(folder_); }
  ~ServeWith() override { std::filesystem::remove_all(folder_); }

  // A program that keeps its process number in a file, then does this.
  [[nodiscard]] std::string script(const std::string& what) const {
    const std::filesystem::path file = folder_ / "server";
    std::ofstream(file) << "#!/bin/sh\necho $$ >" << (folder_ / "pid").string() << "\n" << what << "\n";
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    return file.string();
  }
  [[nodiscard]] bool is_gone() const {
    std::ifstream in(folder_ / "pid");
    pid_t pid = 0;
    in >> pid;
    EXPECT_GT(pid, 0) << "it was never started";
    return ::kill(pid, 0) != 0;
  }

  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("puna-serve-with-" + std::to_string(getpid()));
};

TEST_F(ServeWith, AnAgentRunsOnItAndItEndsWithTheProgram) {
  if (!std::filesystem::exists(kDemoModel) ||
      run_program({"/bin/sh", "-c", "llama-server --version"}).exit_status != 0) {
    GTEST_SKIP() << "no llama-server or demo model on this machine";
  }
  const Ran ran = run_program({kProgram, "run", "--serve-with", script("exec llama-server \"$@\""), "-m", kDemoModel,
                               "-c", "2048", "-t", "1", "What is 4817 * 36?"});
  EXPECT_EQ(ran.exit_status, 0) << ran.err;
  EXPECT_TRUE(ran.out.contains("173412")) << ran.out;
  EXPECT_TRUE(ran.err.contains("window 2,048 tokens")) << ran.err;
  EXPECT_TRUE(is_gone());
}

TEST_F(ServeWith, OneThatEndsAtOnceIsQuoted) {
  const Ran ran = run_program({kProgram, "ask", "--serve-with", script("echo 'no such layer' >&2; exit 3"), "Hello"});
  EXPECT_EQ(ran.exit_status, 75) << ran.err;
  EXPECT_TRUE(ran.err.contains("ended while it started")) << ran.err;
  EXPECT_TRUE(ran.err.contains("no such layer")) << ran.err;
}

TEST_F(ServeWith, OneThatIsNotThereIsNamed) {
  const Ran ran = run_program({kProgram, "ask", "--serve-with", "no-such-server", "Hello"});
  EXPECT_EQ(ran.exit_status, 4) << ran.err;
  EXPECT_TRUE(ran.err.contains("no program 'no-such-server'")) << ran.err;
}

TEST_F(ServeWith, AModelThatIsNoneStartsNothing) {
  const Ran ran = run_program({kProgram, "ask", "--serve-with", script("sleep 60"), "-m", "/nowhere.gguf", "Hello"});
  EXPECT_EQ(ran.exit_status, 4) << ran.err;
  EXPECT_FALSE(std::filesystem::exists(folder_ / "pid"));
}

TEST_F(ServeWith, CtrlCEndsTheWaitingAndTheProcess) {
  const std::string command = "'" + kProgram + "' ask --serve-with '" + script("exec sleep 60") +
                              "' Hello & child=$!; while ! [ -s '" + (folder_ / "pid").string() +
                              "' ]; do sleep 0.05; done; sleep 0.2; kill -TERM $child; wait $child";
  const Ran ran = run_program({"/bin/sh", "-c", command});
  EXPECT_EQ(ran.exit_status, 130) << ran.err;
  EXPECT_TRUE(is_gone());
}

TEST_F(ServeWith, FlagsThatWouldHaveNoEffectAreRefused) {
  const Ran ran = run_program({kProgram, "ask", "--serve-with", "x", "--profile", "deterministic", "Hello"});
  EXPECT_EQ(ran.exit_status, 2);
  EXPECT_TRUE(ran.err.contains("--serve-with excludes --profile") ||
              ran.err.contains("--profile excludes --serve-with"))
      << ran.err;
}

}  // namespace
}  // namespace puna::test

// puna serve, status and stop as a shell sees them.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "program.h"

namespace puna::test {
namespace {

class Serve : public ::testing::Test {
 protected:
  Serve() {
    std::array<char, 64> name{"/tmp/puna-serve-test-XXXXXX"};
    folder_ = ::mkdtemp(name.data());
    std::ofstream(folder_ / "script.jsonl") << "{\"content\":\"Hello there.\"}\n";
  }
  ~Serve() override {
    std::istringstream lines(puna({"status"}).out);
    for (std::string line; std::getline(lines, line);) {
      const std::string url = line.substr(0, line.find(' '));
      EXPECT_EQ(puna({"stop", "--port", url.substr(url.rfind(':') + 1)}).exit_status, 0);
    }
    std::filesystem::remove_all(folder_);
  }
  [[nodiscard]] Ran puna(const std::vector<std::string>& words) const {
    std::vector<std::string> all{"/usr/bin/env", "-u", "PUNA_API_KEY", "XDG_STATE_HOME=" + folder_.string(),
                                 PUNA_PROGRAM};
    all.insert(all.end(), words.begin(), words.end());
    return run_program(all);
  }
  [[nodiscard]] std::string script() const { return "scripted:" + (folder_ / "script.jsonl").string(); }

  std::filesystem::path folder_;
};

TEST_F(Serve, StartsInTheBackgroundIsSeenAndStops) {
  EXPECT_EQ(puna({"status"}).exit_status, 1);
  const Ran started = puna({"serve", "--detach", "-m", script(), "--port", "0"});
  ASSERT_EQ(started.exit_status, 0) << started.err;
  EXPECT_TRUE(started.out.starts_with("http://127.0.0.1:")) << started.out;
  const std::string url = started.out.substr(0, started.out.find(' '));
  const Ran status = puna({"status"});
  EXPECT_EQ(status.exit_status, 0);
  EXPECT_EQ(status.out, started.out);
  const Ran stopped = puna({"stop", "--port", url.substr(url.rfind(':') + 1)});
  EXPECT_EQ(stopped.exit_status, 0) << stopped.err;
  EXPECT_EQ(stopped.out, url + " has ended\n");
  EXPECT_EQ(puna({"status"}).exit_status, 1);
  EXPECT_EQ(puna({"stop"}).exit_status, 4);
}

TEST_F(Serve, OneOfSeveralIsNamed) {
  const Ran one = puna({"serve", "--detach", "-m", script(), "--port", "0"});
  const Ran other = puna({"serve", "--detach", "-m", script(), "--port", "0"});
  ASSERT_EQ(other.exit_status, 0) << other.err;
  EXPECT_EQ(puna({"stop"}).exit_status, 2);
  const std::string url = one.out.substr(0, one.out.find(' '));
  EXPECT_EQ(puna({"stop", "--port", url.substr(url.rfind(':') + 1)}).exit_status, 0);
  EXPECT_EQ(puna({"status"}).out, other.out);
}

TEST_F(Serve, AProcessThatOnlyHasTheNumberIsLeftAlone) {
  const pid_t bystander = ::fork();
  if (bystander == 0) {
    ::pause();
    ::_exit(0);
  }
  std::filesystem::create_directories(folder_ / "puna/servers");
  std::ofstream(folder_ / "puna/servers/1.json")
      << "{\"pid\":" << bystander << ",\"started\":12,\"url\":\"http://127.0.0.1:1\",\"model\":\"m\"}\n";
  EXPECT_EQ(puna({"stop"}).exit_status, 4);
  EXPECT_EQ(::waitpid(bystander, nullptr, WNOHANG), 0);
  ::kill(bystander, SIGKILL);
  ::waitpid(bystander, nullptr, 0);
}

TEST_F(Serve, MistakesAreFoundBeforeTheModelIsRead) {
  const Ran open = puna({"serve", "-m", script(), "--host", "0.0.0.0", "--port", "0"});
  EXPECT_EQ(open.exit_status, 2);
  EXPECT_TRUE(open.err.contains("there is no key")) << open.err;
  const Ran agents = puna({"serve", "-m", script(), "--runs", "--port", "0"});
  EXPECT_EQ(agents.exit_status, 2);
  EXPECT_TRUE(agents.err.contains("--runs without a key")) << agents.err;
  EXPECT_EQ(puna({"serve", "-m", script(), "--api-key", "short"}).exit_status, 2);
  EXPECT_EQ(puna({"serve", "-m", script(), "--cors-origin", "*", "--port", "0"}).exit_status, 2);
  EXPECT_EQ(puna({"serve", "-m", "scripted:/nowhere"}).exit_status, 4);
  EXPECT_EQ(puna({"serve", "-m", script(), "--port", "70000"}).exit_status, 2);
}

TEST_F(Serve, AFailedStartInTheBackgroundSaysWhy) {
  const Ran ran = puna({"serve", "--detach", "-m", "scripted:/nowhere", "--port", "0"});
  EXPECT_EQ(ran.exit_status, 4);
  EXPECT_TRUE(ran.err.contains("no such file")) << ran.err;
}

}  // namespace
}  // namespace puna::test

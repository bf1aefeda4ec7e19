// Ctrl-C, as a user presses it while a program works.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <thread>

#include "cli/interrupt.h"
#include "net/test_server.h"
#include "program.h"

namespace puna::test {
namespace {

// A process that runs beside the test; killed when the test leaves it behind.
class Running {
 public:
  Running(std::vector<std::string> arguments, const std::filesystem::path& out, const std::filesystem::path& err) {
    std::vector<char*> argv;
    for (std::string& argument : arguments) {
      argv.push_back(argument.data());
    }
    argv.push_back(nullptr);
    process_ = ::fork();
    if (process_ == 0) {
      const bool is_ready = std::freopen(out.c_str(), "w", stdout) != nullptr &&
                            std::freopen(err.c_str(), "w", stderr) != nullptr &&
                            std::freopen("/dev/null", "r", stdin) != nullptr;
      if (is_ready) {
        ::execv(argv.front(), argv.data());
      }
      ::_exit(127);
    }
  }
  ~Running() {
    if (process_ > 0) {
      ::kill(process_, SIGKILL);
      ::waitpid(process_, nullptr, 0);
    }
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  void press_ctrl_c() const { ::kill(process_, SIGINT); }
  int exit_status() {
    int status = 0;
    ::waitpid(process_, &status, 0);
    process_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  pid_t process_ = -1;
};

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool comes_true(const std::function<bool()>& condition) {
  for (int i = 0; i < 3'000; ++i) {
    if (condition()) {
      return true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

class CtrlC : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "puna-interrupt-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    out_ = folder_ / "out";
    err_ = folder_ / "err";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // Fourteen thousand letters, whatever the model would say.
  std::string long_grammar() {
    const auto file = folder_ / "long.gbnf";
    std::ofstream(file) << "root ::= k k k k k k k k k k k k k k\nk ::= [a-c]{1000}\n";
    return file.string();
  }

  std::filesystem::path folder_;
  std::filesystem::path out_;
  std::filesystem::path err_;
};

TEST_F(CtrlC, StopsAnAnswerAndKeepsWhatWasSaid) {
  Running ask({kProgram, "ask", "-c", "16384", "--grammar", long_grammar(), "Say something."}, out_, err_);
  ASSERT_TRUE(comes_true([&] { return !text_of(out_).empty(); })) << text_of(err_);
  ask.press_ctrl_c();
  EXPECT_EQ(ask.exit_status(), 130);
  EXPECT_LT(text_of(out_).size(), 14'000U);
  EXPECT_TRUE(text_of(err_).contains("the generation was cancelled")) << text_of(err_);
}

TEST_F(CtrlC, EndsARunThatWaitsForItsServerAndItsEventsAreWhole) {
  const net::TestServer silent([](net::Peer& peer, const std::string& request) {
    if (request.starts_with("GET ")) {
      peer.send(net::answer("404 Not Found", "", ""));
    } else {
      peer.pause(std::chrono::hours(1));
    }
  });
  Running run(
      {kProgram, "run", "--jsonl", "--tools", "none", "--url", silent.url(), "--model-id", "m", "-c", "4096", "Talk."},
      out_, err_);
  ASSERT_TRUE(comes_true([&] { return text_of(out_).contains("turn.started"); })) << text_of(err_);
  run.press_ctrl_c();
  EXPECT_EQ(run.exit_status(), 130);
  const std::string events = text_of(out_);
  EXPECT_TRUE(events.contains(R"("type":"run.ended","stop_reason":"cancelled")")) << events;
  EXPECT_TRUE(events.ends_with("}\n"));
}

TEST_F(CtrlC, EndsABenchmarkAndShowsWhatWasMeasured) {
  const auto lines = folder_ / "results.jsonl";
  Running bench({kProgram, "bench", "--only", "B0", "-m", kDemoModel, "--jsonl", lines.string()}, out_, err_);
  ASSERT_TRUE(comes_true([&] { return std::ranges::count(text_of(lines), '\n') > 1; })) << text_of(err_);
  bench.press_ctrl_c();
  EXPECT_EQ(bench.exit_status(), 130) << text_of(err_);
  EXPECT_TRUE(text_of(out_).contains("B0")) << text_of(out_);
  EXPECT_TRUE(text_of(out_).contains("bench: unfinished;")) << text_of(out_);
}

TEST_F(CtrlC, IsWhatAClosedPipeMeansToo) {
  const std::string ask = "'" + kProgram + "' ask -c 16384 --grammar '" + long_grammar() + "' 'Say something.'";
  const Ran read = run_program({"/bin/bash", "-c", ask + " | head -c 5; echo \" ${PIPESTATUS[0]}\""});
  EXPECT_TRUE(read.out.ends_with(" 141\n")) << read.out;
  EXPECT_FALSE(read.err.contains("cancelled")) << read.err;
  EXPECT_FALSE(read.err.contains("tok/s")) << "it went on to the end: " << read.err;
}

// The process of a death test has threads of its own only.
TEST(CtrlCDeathTest, TheFirstStopsTheWorkAndTheSecondQuits) {
  EXPECT_EXIT(
      {
        cli::Interrupt interrupt;
        const cli::Interrupt::Scope scope(interrupt);
        ::kill(::getpid(), SIGINT);
        const bool has_stopped = comes_true([&] { return scope.token().stop_requested(); });
        std::fputs(has_stopped ? "the work was asked to stop" : "nothing was asked to stop", stderr);
        ::kill(::getpid(), SIGINT);
        std::this_thread::sleep_for(std::chrono::minutes(1));  // work that does not listen
      },
      testing::ExitedWithCode(130), "the work was asked to stop");
}

TEST(CtrlCDeathTest, WithoutWorkItQuitsAtOnce) {
  EXPECT_EXIT(
      {
        cli::Interrupt interrupt;
        {
          const cli::Interrupt::Scope scope(interrupt);
        }
        ::kill(::getpid(), SIGTERM);
        std::this_thread::sleep_for(std::chrono::minutes(1));
      },
      testing::ExitedWithCode(130), "");
}

}  // namespace
}  // namespace puna::test

#include "puna/sandbox.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <regex>

#include "sandbox/sandbox_testing.h"

namespace puna::sandbox {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class EachTier : public ::testing::TestWithParam<SandboxTier> {};
INSTANTIATE_TEST_SUITE_P(Sandbox, EachTier, ::testing::Values(SandboxTier::a, SandboxTier::b),
                         [](const auto& test) { return std::string(name_of(test.param)); });

SandboxOutcome outcome_of(const Sandbox& box, const SandboxCommand& command) {
  auto outcome = box.run(command);
  EXPECT_TRUE(outcome) << outcome.error().message;
  return outcome ? *outcome : SandboxOutcome{};
}

TEST_P(EachTier, AProgramsOutputErrorsAndStatusComeBack) {
  PUNA_SANDBOX_OR_SKIP(box, options_of(GetParam()));
  const auto outcome = outcome_of(box, shell("echo out; echo err >&2; exit 3"));
  EXPECT_EQ(outcome.end, SandboxEnd::exited);
  EXPECT_EQ(outcome.exit_status, 3);
  EXPECT_EQ(outcome.out.text(), "out\n");
  EXPECT_EQ(outcome.err.text(), "err\n");
  EXPECT_EQ(outcome.tier, GetParam());
  EXPECT_GT(outcome.wall_time.count(), 0);
}

TEST_P(EachTier, ASignalIsTold) {
  PUNA_SANDBOX_OR_SKIP(box, options_of(GetParam()));
  const auto outcome = outcome_of(box, shell("kill -TERM $$"));
  EXPECT_EQ(outcome.end, SandboxEnd::signalled);
  EXPECT_EQ(outcome.signal, SIGTERM);
}

TEST_P(EachTier, InputArrivesWholeAndEnds) {
  PUNA_SANDBOX_OR_SKIP(box, options_of(GetParam()));
  SandboxCommand command{.arguments = {"/usr/bin/wc", "-c"}, .input = std::string(300'000, 'x')};
  EXPECT_EQ(outcome_of(box, command).out.text(), "300000\n");
  EXPECT_EQ(outcome_of(box, {.arguments = {"/usr/bin/wc", "-c"}}).out.text(), "0\n") << "without input there is none";
}

TEST_P(EachTier, TheEnvironmentIsWhatWasNamedAndNothingElse) {
  PUNA_SANDBOX_OR_SKIP(box, options_of(GetParam()));
  ::setenv("PUNA_TEST_SECRET", "canary", 1);
  SandboxCommand command{.arguments = {"/usr/bin/env"}, .environment = {{"LANG", "C"}, {"MORE", "a=b"}}};
  const std::string text = outcome_of(box, command).out.text();
  ::unsetenv("PUNA_TEST_SECRET");
  const std::regex names("(^|\n)([A-Z_]+)=");
  std::string found;
  for (std::sregex_iterator at(text.begin(), text.end(), names), end; at != end; ++at) {
    found += (*at)[2].str() + " ";
  }
  EXPECT_EQ(found, "PATH HOME TMPDIR LANG MORE ") << text;
  EXPECT_TRUE(text.contains("LANG=C\n") && text.contains("MORE=a=b\n")) << text;
}

TEST_P(EachTier, TheWorkspaceIsWrittenToByItsOwner) {
  PUNA_SANDBOX_OR_SKIP(box, options_of(GetParam()));
  const OpenFolder folder;
  folder.write("old", "old text");
  SandboxCommand command = shell("cat old; echo new > made; pwd");
  command.workspace = {.folder = folder.path(), .writable = true, .guarded = {}};
  const auto outcome = outcome_of(box, command);
  EXPECT_TRUE(outcome.workspace_writable);
  EXPECT_EQ(outcome.out.text(), "old text" + box.workspace_path(command.workspace) + "\n") << outcome.err.text();
  EXPECT_EQ(folder.read("made"), "new\n");
}

TEST_P(EachTier, AReadOnlyWorkspaceStaysAsItIs) {
  PUNA_SANDBOX_OR_SKIP(box, options_of(GetParam()));
  const OpenFolder folder;
  folder.write("old", "old text");
  SandboxCommand command = shell("cat old; echo new > made; echo more >> old; rm old");
  command.workspace = {.folder = folder.path(), .writable = false, .guarded = {}};
  const auto outcome = outcome_of(box, command);
  EXPECT_FALSE(folder.has("made"));
  EXPECT_EQ(folder.read("old"), "old text");
  EXPECT_EQ(outcome.out.text(), "old text");
}

TEST_P(EachTier, WithoutAWorkspaceFolderThereIsAnEmptyOneThatIsGoneAfterwards) {
  PUNA_SANDBOX_OR_SKIP(box, options_of(GetParam()));
  const auto count = [] {
    std::size_t found = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/tmp")) {
      found += entry.path().filename().string().starts_with("puna-run-") ? 1 : 0;
    }
    return found;
  };
  const std::size_t before = count();
  const auto first = outcome_of(box, shell("ls -a | wc -l; echo x > left; mkdir -p a/b && chmod 0 a; ls left"));
  EXPECT_EQ(first.out.text(), "2\nleft\n") << first.err.text();
  EXPECT_EQ(outcome_of(box, shell("ls")).out.text(), "");
  EXPECT_LE(count(), before + 4) << "temporary folders of other tests may come and go";
}

TEST_P(EachTier, TheDeadlineEndsEveryProcessOfTheTreeSoon) {
  PUNA_SANDBOX_OR_SKIP(box, options_of(GetParam()));
  const OpenFolder folder;
  SandboxCommand command = shell(
      "trap '' TERM HUP; (trap '' TERM HUP; setsid sh -c 'while :; do echo x >> beat; sleep 0.01; done' "
      ">/dev/null 2>&1 &) ; while :; do sleep 1; done");
  command.workspace = {.folder = folder.path(), .writable = true, .guarded = {}};
  command.limits.wall = milliseconds(700);
  const auto outcome = outcome_of(box, command);
  EXPECT_EQ(outcome.end, SandboxEnd::wall_time);
  EXPECT_GE(outcome.wall_time, milliseconds(700));
  EXPECT_LT(outcome.wall_time, milliseconds(700 + 1500)) << "250 ms on a quiet machine; sandbox-bench measures it";
  EXPECT_TRUE(folder.has("beat")) << "the test's process never ran";
  EXPECT_FALSE(is_growing(folder.path() / "beat"));
}

TEST_P(EachTier, WhatAProgramLeavesBehindDiesWithIt) {
  PUNA_SANDBOX_OR_SKIP(box, options_of(GetParam()));
  const OpenFolder folder;
  SandboxCommand command = shell(
      "setsid sh -c 'while :; do echo x >> beat; sleep 0.01; done' >/dev/null 2>&1 & while ! [ -s beat ]; do sleep "
      "0.01; done");
  command.workspace = {.folder = folder.path(), .writable = true, .guarded = {}};
  const auto outcome = outcome_of(box, command);
  EXPECT_EQ(outcome.end, SandboxEnd::exited);
  EXPECT_EQ(outcome.exit_status, 0);
  EXPECT_FALSE(is_growing(folder.path() / "beat"));
}

TEST_P(EachTier, AStopTokenEndsARunBeforeItsDeadline) {
  PUNA_SANDBOX_OR_SKIP(box, options_of(GetParam()));
  std::stop_source source;
  const std::jthread stopper([&] {
    std::this_thread::sleep_for(milliseconds(300));
    source.request_stop();
  });
  const auto outcome = box.run(shell("sleep 60"), source.get_token());
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->end, SandboxEnd::cancelled);
  EXPECT_LT(outcome->wall_time, seconds(20));
}

TEST_P(EachTier, AStopTokenThatWasAskedBeforeRunsNothingToItsEnd) {
  PUNA_SANDBOX_OR_SKIP(box, options_of(GetParam()));
  std::stop_source source;
  source.request_stop();
  const auto outcome = box.run(shell("sleep 60"), source.get_token());
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->end, SandboxEnd::cancelled);
}

TEST_P(EachTier, ALoopEndsAtItsCpuTime) {
  PUNA_SANDBOX_OR_SKIP(box, options_of(GetParam()));
  SandboxCommand command = shell("while :; do :; done");
  command.limits.cpu = seconds(1);
  const auto outcome = outcome_of(box, command);
  EXPECT_EQ(outcome.end, SandboxEnd::cpu_time);
  EXPECT_GE(outcome.cpu_time, milliseconds(200));  // the kernel ends it by counted ticks, and reports what was measured
}

TEST_P(EachTier, MemoryFilesDescriptorsAndProcessesAreBounded) {
  PUNA_SANDBOX_OR_SKIP(box, options_of(GetParam()));
  SandboxCommand command = shell("ulimit -v; ulimit -f; ulimit -n; ulimit -c; ulimit -t");
  command.limits = {.cpu = seconds(7), .memory_bytes = 256U << 20, .file_bytes = 1U << 20, .descriptors = 40};
  EXPECT_EQ(outcome_of(box, command).out.text(), "262144\n2048\n40\n0\n7\n");
  command.arguments = {"/usr/bin/python3", "-I", "-S", "-c",
                       "import os\nn = 0\ntry:\n  while n < 500:\n    if os.fork() == 0: os._exit(0) if n < 0 else "
                       "__import__('time').sleep(60)\n    n += 1\nexcept BlockingIOError: print('refused', n < 40)"};
  command.limits = {.processes = 16};
  const auto outcome = outcome_of(box, command);
  EXPECT_EQ(outcome.out.text(), "refused True\n") << outcome.err.text();
}

TEST_P(EachTier, ProgramsAreNicerThanTheirCallerAndCannotTakeItBack) {
  PUNA_SANDBOX_OR_SKIP(box, options_of(GetParam()));
  const int own = ::getpriority(PRIO_PROCESS, 0);
  SandboxCommand command;
  command.arguments = {"/usr/bin/python3", "-I", "-S", "-c",
                       "import os\nprint(os.nice(0))\ntry:\n  os.nice(-1)\nexcept OSError: print('refused')"};
  const auto outcome = outcome_of(box, command);
  EXPECT_EQ(outcome.out.text(), format_text("{}\nrefused\n", std::min(own + kToolNiceness, 19))) << outcome.err.text();
  command.limits.niceness = 0;
  EXPECT_TRUE(outcome_of(box, command).out.text().starts_with(format_text("{}\n", own)));
}

TEST_P(EachTier, OutputIsCutInTheMiddleAndTheCountIsExact) {
  PUNA_SANDBOX_OR_SKIP(box, options_of(GetParam()));
  SandboxCommand command = shell("head -c 1000000 /dev/zero | tr '\\0' a; printf END");
  command.limits.output_head_bytes = 100;
  command.limits.output_tail_bytes = 50;
  const auto outcome = outcome_of(box, command);
  EXPECT_EQ(outcome.out.head, std::string(100, 'a'));
  EXPECT_EQ(outcome.out.tail, std::string(47, 'a') + "END");
  EXPECT_EQ(outcome.out.dropped_bytes, 1'000'003U - 150U);
  EXPECT_TRUE(outcome.out.text().contains("[999853 bytes dropped]"));
}

TEST_P(EachTier, OutputAsTextHoldsNoEscapesAndNoBrokenCharacters) {
  PUNA_SANDBOX_OR_SKIP(box, options_of(GetParam()));
  const auto outcome = outcome_of(box, shell("printf 'a\\033]0;x\\007\\377\\303b\\000c\\n'"));
  const std::string text = outcome.out.text();
  EXPECT_TRUE(utf8::is_valid(text));
  EXPECT_EQ(text.find_first_of(std::string("\x1b\x07\0", 3)), std::string::npos) << text;
}

TEST_P(EachTier, AProgramThatIsNotThereIsAnErrorThatNamesIt) {
  PUNA_SANDBOX_OR_SKIP(box, options_of(GetParam()));
  const auto outcome = box.run({.arguments = {"/usr/bin/no-such-program"}});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::not_found);
  EXPECT_TRUE(outcome.error().message.contains("/usr/bin/no-such-program")) << outcome.error().message;
}

TEST_P(EachTier, CommandsThatCannotBeMeantAreRefused) {
  PUNA_SANDBOX_OR_SKIP(box, options_of(GetParam()));
  const auto code = [&](const SandboxCommand& command) {
    const auto outcome = box.run(command);
    return outcome ? std::string("ran") : std::string(name_of(outcome.error().code));
  };
  const std::string invalid(name_of(ErrorCode::invalid_argument));
  EXPECT_EQ(code({}), invalid);
  EXPECT_EQ(code({.arguments = {"sh"}}), invalid) << "names are not searched for";
  EXPECT_EQ(code({.arguments = {"/bin/echo", std::string("a\0b", 3)}}), invalid);
  EXPECT_EQ(code({.arguments = {"/bin/echo"}, .environment = {{"A=B", "c"}}}), invalid);
  EXPECT_EQ(code({.arguments = {"/bin/echo"}, .environment = {{"", "c"}}}), invalid);
  EXPECT_EQ(code({.arguments = {"/bin/echo"}, .environment = {{"A", std::string("\0", 1)}}}), invalid);
  EXPECT_EQ(code({.arguments = {"/bin/echo"}, .workspace = {.folder = "/"}}), invalid);
  EXPECT_EQ(code({.arguments = {"/bin/echo"}, .workspace = {.folder = "/no/such/folder"}}),
            name_of(ErrorCode::not_found));
}

TEST_P(EachTier, RunsBesideEachOtherDoNotMix) {
  PUNA_SANDBOX_OR_SKIP(box, options_of(GetParam()));
  std::vector<std::string> texts(6);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      threads.emplace_back([&, i] {
        SandboxCommand command = shell("cat; echo x > own; ls");
        command.input = format_text("input {}\n", i);
        const auto outcome = box.run(command);
        texts[i] = outcome ? outcome->out.text() : outcome.error().message;
      });
    }
  }
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(texts[i], format_text("input {}\nown\n", i));
  }
}

TEST_P(EachTier, NoDescriptorOfTheCallerIsOpenInside) {
  PUNA_SANDBOX_OR_SKIP(box, options_of(GetParam()));
  const int kept = ::dup(0);  // not closed on exec
  const auto outcome = outcome_of(
      box,
      {.arguments = {"/usr/bin/python3", "-I", "-S", "-c",
                     "import os\nfor fd in range(3, 200):\n  try: os.fstat(fd); print(fd)\n  except OSError: pass"}});
  ::close(kept);
  EXPECT_EQ(outcome.out.text(), "");
}

TEST_P(EachTier, AReadableFolderIsSeenAtItsOwnPathAndNotWritten) {
  const OpenFolder folder("/var/tmp");
  folder.write("tool", "text");
  SandboxOptions options = options_of(GetParam());
  options.readable = {folder.path()};
  PUNA_SANDBOX_OR_SKIP(box, options);
  const auto outcome = outcome_of(box, shell(format_text("cat {0}/tool; echo x > {0}/new", folder.path().string())));
  EXPECT_EQ(outcome.out.text(), "text");
  EXPECT_FALSE(folder.has("new"));
}

TEST(Sandbox, TheProbeNamesEveryLayerAndSaysWhatIsMissing) {
  const SandboxProbe probe = probe_sandbox();
  if (probe.tier == SandboxTier::none) {
    EXPECT_FALSE(probe.problem.empty());
    GTEST_SKIP() << probe.problem;
  }
  std::string names;
  for (const SandboxLayer& layer : probe.layers) {
    names += layer.name + ", ";
    EXPECT_FALSE(layer.detail.empty()) << layer.name;
  }
  EXPECT_EQ(names, "namespaces, landlock, system calls, limits, user, cgroup, ");
  EXPECT_EQ(probe.problem.empty(), probe.tier == SandboxTier::a);
  EXPECT_EQ(probe.to_json().text_or("tier"), name_of(probe.tier));
}

TEST(Sandbox, WithoutATierOrAHelperNothingCanBeOpened) {
  const auto none = Sandbox::open(options_of(SandboxTier::none));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::unavailable);
  const auto missing = Sandbox::open({.helper = "/no/such/helper"});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::not_found);
  const auto relative = Sandbox::open({.helper = "bin/helper"});
  ASSERT_FALSE(relative) << "a relative path depends on who stands where";
  const auto folder = Sandbox::open({.readable = {"/no/such/folder"}});
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().code, ErrorCode::not_found);
  for (const char* own : {"/tmp", "/usr/../tmp", "/dev/", "/proc/self", "/", "/home"}) {
    const auto hidden = Sandbox::open({.readable = {own}});
    ASSERT_FALSE(hidden) << own;
    EXPECT_EQ(hidden.error().code, ErrorCode::invalid_argument) << own;
  }
  EXPECT_EQ(probe_sandbox({.helper = "/no/such/helper"}).tier, SandboxTier::none);
}

}  // namespace
}  // namespace puna::sandbox

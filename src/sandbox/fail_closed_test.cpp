// Whatever step of the set-up fails, nothing is run.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "sandbox/memory_file.h"
#include "sandbox/sandbox_testing.h"
#include "sandbox/supervised.h"

namespace puna::sandbox {
namespace {

class EachStep : public ::testing::TestWithParam<std::tuple<SandboxTier, std::uint32_t>> {};
INSTANTIATE_TEST_SUITE_P(Sandbox, EachStep,
                         ::testing::Combine(::testing::Values(SandboxTier::a, SandboxTier::b),
                                            ::testing::Range(1U, static_cast<std::uint32_t>(Step::count))),
                         [](const auto& test) {
                           std::string name(name_of(static_cast<Step>(std::get<1>(test.param))));
                           std::ranges::replace(name, ' ', '_');
                           return std::string(name_of(std::get<0>(test.param))) + "_" + name;
                         });

// The steps that a run in this tier does not have.
bool is_skipped(Step step, SandboxTier tier, bool is_root, bool has_cgroup) {
  switch (step) {
    case Step::cgroup:
      return !has_cgroup;
    case Step::workspace_tree:
      return tier != SandboxTier::a || !is_root;
    case Step::namespaces:
    case Step::scratch:
    case Step::protect:
      return tier != SandboxTier::a;
    default:
      return false;
  }
}

TEST_P(EachStep, AFailureThereRunsNothing) {
  const auto [tier, number] = GetParam();
  const Step step{number};
  const OpenFolder folder;
  SandboxOptions options{.helper = faulty_helper(), .tier_max = tier};
  PUNA_SANDBOX_OR_SKIP(box, options);
  SandboxCommand command = shell("echo ran > marker");
  command.workspace = {.folder = folder.path(), .writable = true, .guarded = {}};
  auto& setup = Inside::of(box);
  const bool skipped = is_skipped(step, tier, setup.is_root, !setup.cgroup_roots.empty());
  setup.faults.fail_step = step;
  const auto refused = box.run(command);
  if (skipped) {
    EXPECT_TRUE(refused) << refused.error().message;
    return;
  }
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
  EXPECT_FALSE(folder.has("marker"));
  if (step != Step::execute) {
    EXPECT_TRUE(refused.error().message.contains(name_of(step))) << refused.error().message;
  }
  setup.faults = {};
  ASSERT_TRUE(box.run(command));
  EXPECT_TRUE(folder.has("marker")) << "without the fault it runs";
}

TEST(FailClosed, TheProductsHelperTakesNoFaults) {
  PUNA_SANDBOX_OR_SKIP(box, SandboxOptions{});
  Inside::of(box).faults.left_out = kLayerFilter;
  auto outcome = box.run(shell("true"));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::unavailable);
  Inside::of(box).faults = {.fail_step = Step::execute};
  ASSERT_FALSE(box.run(shell("true")));
}

// The helper's exit status and its report, for a plan of these bytes.
std::pair<int, Report> start_with(const std::string& plan) {
  std::array<int, 2> control{};
  EXPECT_EQ(::pipe(control.data()), 0);
  const auto file = memory_file("plan", plan);
  EXPECT_TRUE(file);
  const std::string helper = faulty_helper().string();
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(control[1], 40);
    ::dup2(file->get(), 41);
    ::dup2(40, kControlFd);
    ::dup2(41, kPlanFd);
    for (int fd = kFilterFd; fd < 64; ++fd) {
      ::close(fd);
    }
    ::execl(helper.c_str(), helper.c_str(), static_cast<char*>(nullptr));
    ::_exit(99);
  }
  ::close(control[1]);
  Report report;
  const bool told = ::read(control[0], &report, sizeof report) == static_cast<ssize_t>(sizeof report);
  ::close(control[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(told);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, report};
}

std::string bytes_of(const Plan& plan, const std::string& text) {
  return std::string(reinterpret_cast<const char*>(&plan), sizeof plan) + text;
}

TEST(FailClosed, ADamagedPlanStartsNothing) {
  const std::string text("/bin/true\0", 10);
  Plan good;
  good.argument_count = 1;
  good.text_bytes = static_cast<std::uint32_t>(text.size());
  const std::string whole = bytes_of(good, text);
  std::vector<std::string> damaged{"", "x", whole.substr(0, sizeof(Plan)), whole + "x", whole + std::string("y\0", 2)};
  for (std::size_t size = sizeof(Plan); size < whole.size(); ++size) {
    damaged.push_back(whole.substr(0, size));
  }
  Plan other = good;
  other.magic ^= 1U;
  damaged.push_back(bytes_of(other, text));
  other = good;
  other.size -= 8;
  damaged.push_back(bytes_of(other, text));
  for (std::uint32_t Plan::* count : {&Plan::argument_count, &Plan::bwrap_count, &Plan::readable_count,
                                      &Plan::writable_count, &Plan::protected_count, &Plan::environment_count}) {
    for (const std::uint32_t value : {2U, 0x7FFF'FFFFU, 0xFFFF'FFFFU}) {
      other = good;
      other.*count = value;
      damaged.push_back(bytes_of(other, text));
    }
  }
  other = good;
  other.argument_count = 0;
  other.readable_count = 1;
  damaged.push_back(bytes_of(other, text));
  for (const std::string& plan : damaged) {
    const auto [status, report] = start_with(plan);
    EXPECT_EQ(status, 1);
    EXPECT_EQ(report.kind, static_cast<std::uint32_t>(ReportKind::failed));
    EXPECT_EQ(report.step, static_cast<std::uint32_t>(Step::plan)) << plan.size();
  }
}

}  // namespace
}  // namespace puna::sandbox

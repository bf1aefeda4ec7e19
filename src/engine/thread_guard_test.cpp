#include "engine/thread_guard.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

namespace puna::engine {
namespace {

using namespace std::chrono_literals;

struct FakeLoad final : CpuLoad {
  explicit FakeLoad(std::shared_ptr<std::optional<double>> value) : foreign(std::move(value)) {}
  [[nodiscard]] std::optional<double> foreign_cores() override { return *foreign; }
  [[nodiscard]] int cores() const override { return 8; }
  std::shared_ptr<std::optional<double>> foreign;
};

// A machine whose steps take as long as `cost` says for a number of threads.
class ThreadGuardTest : public testing::Test {
 protected:
  // Runs steps for so long; returns the number of threads of the last one.
  int run(ThreadGuard::Duration time, const std::function<double(int)>& cost) {
    int threads = 0;
    const auto end = now_ + time;
    while (now_ < end) {
      threads = guard_.threads(now_);
      fewest_ = std::min(fewest_, threads);
      const ThreadGuard::Duration took(cost(threads));
      now_ += std::chrono::duration_cast<std::chrono::steady_clock::duration>(took);
      guard_.note(8, took);
    }
    return threads;
  }

  std::shared_ptr<std::optional<double>> foreign_ = std::make_shared<std::optional<double>>(0.0);
  ThreadGuard guard_{6, std::make_unique<FakeLoad>(foreign_)};
  ThreadGuard::Time now_{1h};
  int fewest_ = 6;
};

double all_are_faster(int threads) { return 0.06 / threads; }
double waits_for_taken_cores(int threads) { return threads > 3 ? 0.1 : 0.06 / threads; }

TEST_F(ThreadGuardTest, WithoutForeignLoadAllThreadsAreUsedAndNothingIsTried) {
  EXPECT_EQ(run(20s, all_are_faster), 6);
  *foreign_ = 2.0;  // there is room for six beside them
  EXPECT_EQ(run(20s, all_are_faster), 6);
  EXPECT_EQ(fewest_, 6);
}

TEST_F(ThreadGuardTest, UnderLoadAsManyAsFitAreTriedAndStayIfThatIsFaster) {
  *foreign_ = 5.0;
  EXPECT_EQ(run(8s, waits_for_taken_cores), 3);
  EXPECT_EQ(fewest_, 3);
}

TEST_F(ThreadGuardTest, WhereFewerThreadsAreSlowerAllStay) {
  *foreign_ = 5.0;
  EXPECT_EQ(run(8s, all_are_faster), 6);
  EXPECT_EQ(fewest_, 3) << "it was tried";
}

TEST_F(ThreadGuardTest, FewerMustBeFasterByMoreThanNoise) {
  *foreign_ = 5.0;
  EXPECT_EQ(run(8s, [](int threads) { return threads == 3 ? 0.0100 : 0.0102; }), 6);
  EXPECT_EQ(run(20s, [](int threads) { return threads == 3 ? 0.0090 : 0.0102; }), 3);
}

TEST_F(ThreadGuardTest, WhenTheLoadIsGoneAllThreadsComeBackWithinSeconds) {
  *foreign_ = 5.0;
  EXPECT_EQ(run(8s, waits_for_taken_cores), 3);
  *foreign_ = 0.0;
  EXPECT_EQ(run(3s, all_are_faster), 6);
}

TEST_F(ThreadGuardTest, AChoiceIsTriedAgainAfterAWhile) {
  *foreign_ = 5.0;
  EXPECT_EQ(run(8s, waits_for_taken_cores), 3);
  EXPECT_EQ(run(20s, all_are_faster), 6);
}

TEST_F(ThreadGuardTest, AnUnknownLoadIsNoLoadAndMoreLoadThanCoresLeavesOneThread) {
  *foreign_ = std::nullopt;
  EXPECT_EQ(run(5s, waits_for_taken_cores), 6);
  *foreign_ = 50.0;
  EXPECT_EQ(run(8s, [](int threads) { return 0.01 * threads; }), 1);
}

TEST(ThreadGuard, WithOneThreadOrWithoutALoadThereIsNothingToChoose) {
  EXPECT_EQ(ThreadGuard(1, open_cpu_load()).threads({}), 1);
  EXPECT_EQ(ThreadGuard(4, nullptr).threads({}), 4);
}

}  // namespace
}  // namespace puna::engine

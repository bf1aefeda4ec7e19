// Ten thousand agents in front of sixteen lanes, on a fake library: equal turns, in bounded memory.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <ranges>

#include "base/test_rounds.h"
#include "engine/test_core.h"

namespace puna::engine {
namespace {

constexpr std::size_t kTurns = 1'000;  // in which any agents that were served had equal shares

// Allows everything, and notes whose generation got a token.
class Served final : public TokenFilter {
 public:
  Served(std::uint64_t agent, std::vector<std::uint64_t>& served) : agent_(agent), served_(served) {}
  [[nodiscard]] Result<void> test(std::span<const Token> /*tokens*/, std::span<std::uint8_t> allowed) override {
    std::ranges::fill(allowed, std::uint8_t{1});
    return {};
  }
  [[nodiscard]] Result<void> accept(Token /*token*/) override {
    served_.push_back(agent_);
    return {};
  }

 private:
  std::uint64_t agent_;
  std::vector<std::uint64_t>& served_;
};

// Of the last turns: (sum of shares)^2 / (agents * sum of their squares); 1 = equal.
class JainIndex {
 public:
  void add(std::uint64_t agent) {
    last_.push_back(agent);
    squares_ += 2 * turns_[agent]++ + 1;
    if (last_.size() > kTurns) {
      const auto oldest = turns_.find(last_.front());
      last_.pop_front();
      squares_ -= 2 * --oldest->second + 1;
      if (oldest->second == 0) {
        turns_.erase(oldest);
      }
    }
  }
  [[nodiscard]] double value() const {
    const auto sum = static_cast<double>(last_.size());
    return sum * sum / (static_cast<double>(turns_.size()) * static_cast<double>(squares_));
  }

 private:
  std::deque<std::uint64_t> last_;
  std::map<std::uint64_t, std::int64_t> turns_;
  std::int64_t squares_ = 0;
};

class EngineCrowd : public test::EngineCoreTest {
 protected:
  void ask(std::uint64_t agent) {
    submit({.prompt = fake::tokens_of(format_text("role {}, agent {}", agent % 7, agent)),
            .sampling = {.temperature = 0.0F},
            .tokens_max = 1,
            .agent = AgentId{agent}},
           std::make_unique<Served>(agent, served_));
  }

  std::vector<std::uint64_t> served_;  // in the order of their turns
};

TEST_F(EngineCrowd, TenThousandAgentsThatAlwaysAskAgainGetEqualTurnsInBoundedMemory) {
  constexpr auto kAgents = static_cast<std::uint64_t>(puna::test::rounds(10'000));
  constexpr std::size_t kAllTurns = 4 * kAgents;
  constexpr int kGreedy = 20;  // questions at once, of every hundredth agent
  open({.lanes = 16}, {.saved_bytes_max = 4'096});
  int waiting_most = 0;
  for (std::uint64_t agent = 1; agent <= kAgents; ++agent) {
    for (int i = 0; i < (agent % 100 == 0 ? kGreedy : 1); ++i) {
      ask(agent);
      ++waiting_most;
    }
  }
  JainIndex index;
  std::map<std::uint64_t, int> turns;
  std::size_t seen = 0;
  while (seen < kAllTurns) {
    ASSERT_TRUE(core_->step());
    ASSERT_LE(counters_.saved_bytes.load(), options_.saved_bytes_max);
    ASSERT_LE(counters_.waiting.load(), waiting_most);
    for (; seen < served_.size(); ++seen) {
      const std::uint64_t agent = served_[seen];
      ++turns[agent];
      index.add(agent);
      ASSERT_GE(index.value(), 0.95) << "in the turns before " << seen;
      ask(agent);
    }
  }
  EXPECT_EQ(turns.size(), kAgents) << "nobody starves";
  const auto [least, most] = std::ranges::minmax(std::views::values(turns));
  EXPECT_GE(least, 3);
  EXPECT_LE(most, 5);
  EXPECT_GT(counters_.tokens_reused.load(), 0) << "prompts begin alike";
  EXPECT_EQ(backend_->calls().violation, "");
}

}  // namespace
}  // namespace puna::engine

// Fair among agents, in order within one, and nobody for ever.
#include "engine/waiting_line.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <ranges>
#include <vector>

namespace puna::engine {
namespace {

std::unique_ptr<Sequence> turn_of(std::uint64_t agent, SequenceNumber number) {
  auto sequence = std::make_unique<Sequence>(GenerationRequest{.prompt = {1}, .tokens_max = 1, .agent = AgentId{agent}},
                                             nullptr, nullptr, 16);
  sequence->number = number;
  return sequence;
}

// Whose turn it is, who then has it.
SequenceNumber served(WaitingLine& line) {
  const auto sequence = line.pop();
  line.serve(*sequence);
  return sequence->number;
}

TEST(WaitingLine, WithoutAgentsItIsFirstComeFirstServed) {
  WaitingLine line;
  for (SequenceNumber number = 1; number <= 5; ++number) {
    line.push(turn_of(0, number));
  }
  for (SequenceNumber number = 1; number <= 5; ++number) {
    EXPECT_EQ(served(line), number);
  }
  EXPECT_TRUE(line.empty());
}

TEST(WaitingLine, AnAgentThatAsksOftenDoesNotHoldUpTheOthers) {
  WaitingLine line;
  for (SequenceNumber number = 1; number <= 100; ++number) {
    line.push(turn_of(1, number));
  }
  line.push(turn_of(2, 101));
  EXPECT_EQ(served(line), 1U);
  EXPECT_EQ(served(line), 101U);
  EXPECT_EQ(served(line), 2U);
}

// Those that are taken out to wait elsewhere, for a prefix that another computes or because their agent has enough
// running, have not had their turns.
TEST(WaitingLine, WhoIsPutBackHasNotBeenServed) {
  WaitingLine line;
  line.reserve(200);
  for (SequenceNumber number = 1; number <= 100; ++number) {
    line.push(turn_of(1, number));
  }
  EXPECT_EQ(served(line), 1U);
  std::vector<std::unique_ptr<Sequence>> elsewhere;
  while (!line.empty()) {
    elsewhere.push_back(line.pop());
  }
  line.push(turn_of(2, 101));
  for (auto& sequence : elsewhere) {
    line.put_back(std::move(sequence));
  }
  EXPECT_EQ(served(line), 101U);
  EXPECT_EQ(served(line), 2U);
}

TEST(WaitingLine, OneThatIsPutBackKeepsItsPlace) {
  WaitingLine line;
  for (SequenceNumber number = 1; number <= 3; ++number) {
    line.push(turn_of(0, number));
  }
  line.put_back(line.pop());
  EXPECT_EQ(line.pop()->number, 1U);
}

TEST(WaitingLine, TenThousandAgentsThatAlwaysAskAgainGetEqualTurns) {
  constexpr std::uint64_t kAgents = 10'000;
  WaitingLine line;
  SequenceNumber number = 0;
  for (std::uint64_t agent = 1; agent <= kAgents; ++agent) {
    line.push(turn_of(agent, ++number));
    if (agent % 100 == 0) {  // some are greedy
      for (int i = 0; i < 20; ++i) {
        line.push(turn_of(agent, ++number));
      }
    }
  }
  std::map<std::uint64_t, int> turns;
  std::map<std::uint64_t, int> all;
  for (std::uint64_t served = 1; served <= 5 * kAgents; ++served) {
    const auto sequence = line.pop();
    line.serve(*sequence);
    const auto agent = static_cast<std::uint64_t>(sequence->agent);
    line.push(turn_of(agent, ++number));
    ++turns[agent];
    if (served % 1000 != 0) {
      continue;
    }
    // Jain's index over the agents served in these 1,000 turns.
    double sum = 0;
    double squares = 0;
    for (const auto& [who, count] : turns) {
      sum += count;
      squares += static_cast<double>(count) * count;
      all[who] += count;
    }
    ASSERT_GE(sum * sum / (static_cast<double>(turns.size()) * squares), 0.95);
    turns.clear();
  }
  EXPECT_EQ(all.size(), kAgents) << "nobody starves";
  const auto [least, most] = std::ranges::minmax(std::views::values(all));
  EXPECT_GE(least, 4);
  EXPECT_LE(most, 6);
  std::map<std::uint64_t, int> waiting;
  line.remove_if([](const Sequence&) { return true; },
                 [&waiting](const auto& sequence) { ++waiting[static_cast<std::uint64_t>(sequence->agent)]; });
  EXPECT_EQ(waiting.size(), kAgents);
  EXPECT_TRUE(line.empty());
}

// Those without a name, and those who never came before, are not in front of who waits already for ever.
TEST(WaitingLine, WhoComesBackIsServedThoughNewOnesKeepComing) {
  for (const bool have_names : {false, true}) {
    WaitingLine line;
    SequenceNumber number = 0;
    std::uint64_t agents = 100;
    const auto newcomer = [&] { line.push(turn_of(have_names ? ++agents : 0, ++number)); };
    line.push(turn_of(1, ++number));
    newcomer();
    newcomer();
    int turns = 0;
    int since = 0;
    for (int i = 0; i < 300; ++i) {
      const auto sequence = line.pop();
      line.serve(*sequence);
      ++since;
      if (sequence->agent == AgentId{1}) {
        ++turns;
        since = 0;
        line.push(turn_of(1, ++number));
      } else {
        newcomer();
      }
      ASSERT_LE(since, 8) << "in round " << i;
    }
    EXPECT_GE(turns, 40);
  }
}

TEST(WaitingLine, WhoLeavesIsHandedOut) {
  WaitingLine line;
  for (SequenceNumber number = 1; number <= 6; ++number) {
    line.push(turn_of(0, number));
  }
  int left = 0;
  line.remove_if([](const Sequence& sequence) { return sequence.number % 2 == 0; },
                 [&left](const auto& sequence) { left += static_cast<int>(sequence->number); });
  EXPECT_EQ(left, 2 + 4 + 6);
  EXPECT_EQ(line.size(), 3U);
}

}  // namespace
}  // namespace puna::engine

#include "model/server_pool.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace puna::model {
namespace {

TEST(ServerPool, AConversationGoesBackToItsServerHoweverBusyThatIs) {
  ServerPool pool(3);
  const std::size_t home = pool.take(7, {}).server();
  for (std::uint64_t i = 0; i < 30; ++i) {
    const ServerPool::Turn turn = pool.take(100 + i, {});
    EXPECT_EQ(pool.take(7, {}).server(), home);
  }
}

TEST(ServerPool, NewConversationsGoWhereTheFewestQuestionsRun) {
  ServerPool pool(3);
  const ServerPool::Turn a = pool.take(1, {});
  const ServerPool::Turn b = pool.take(2, {});
  const ServerPool::Turn c = pool.take(3, {});
  EXPECT_EQ((std::vector{a.server(), b.server(), c.server()}), (std::vector<std::size_t>{0, 1, 2}));
  std::size_t freed = 0;
  {
    const ServerPool::Turn fourth = pool.take(4, {});
    const ServerPool::Turn fifth = pool.take(5, {});
    freed = 3 - fourth.server() - fifth.server();
  }
  EXPECT_EQ(freed, 2U);
  EXPECT_EQ(pool.take(6, {}).server(), freed) << "of equals the one with the fewest conversations";
}

TEST(ServerPool, OneThatDoesNotAnswerIsPassedOverForAWhileAndItsConversationsMove) {
  ServerPool pool(2);
  EXPECT_EQ(pool.take(1, {}).server(), 0U);
  pool.failed(0);
  EXPECT_EQ(pool.take(1, {0}).server(), 1U);
  EXPECT_EQ(pool.take(1, {}).server(), 1U) << "its prefix is there now";
  for (int i = 2; i < ServerPool::kPassed; ++i) {
    EXPECT_EQ(pool.take(static_cast<std::uint64_t>(10 + i), {}).server(), 1U) << i;
  }
  EXPECT_EQ(pool.take(50, {}).server(), 0U) << "it is tried again";
  pool.failed(0);
  pool.failed(1);
  EXPECT_LT(pool.take(60, {}).server(), 2U) << "when all are out, one is tried";
  pool.worked(0);
  EXPECT_EQ(pool.take(61, {}).server(), 0U);
}

TEST(ServerPool, EveryTriedServerIsTriedAgainOnlyWhenAllWere) {
  ServerPool pool(3);
  const std::size_t first = pool.take(1, {}).server();
  const std::size_t second = pool.take(1, {first}).server();
  const std::size_t third = pool.take(1, {first, second}).server();
  EXPECT_EQ(first + second + third, 3U);
  EXPECT_LT(pool.take(1, {0, 1, 2}).server(), 3U);
}

TEST(ServerPool, ForgetsTheOldestConversationsAndKeepsCount) {
  ServerPool pool(2);
  const std::size_t home = pool.take(0, {}).server();
  for (std::uint64_t i = 1; i <= ServerPool::kHomesMax + 10; ++i) {
    static_cast<void>(pool.take(i, {}).server());
  }
  EXPECT_LT(home, 2U);
  const std::size_t last = pool.take(ServerPool::kHomesMax + 10, {}).server();
  EXPECT_EQ(pool.take(ServerPool::kHomesMax + 10, {}).server(), last);
}

TEST(ServerPool, ThreadsMayTakeAndLeaveAtOnce) {
  ServerPool pool(4);
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t t = 0; t < 4; ++t) {
      threads.emplace_back([&pool, t] {
        for (std::uint64_t i = 0; i < 1'000; ++i) {
          const ServerPool::Turn turn = pool.take((t * 1'000) + (i % 50), {});
          i % 3 == 0 ? pool.failed(turn.server()) : pool.worked(turn.server());
        }
      });
    }
  }
  for (std::size_t i = 0; i < 4; ++i) {
    pool.worked(i);
  }
  const ServerPool::Turn a = pool.take(9'001, {});
  const ServerPool::Turn b = pool.take(9'002, {});
  const ServerPool::Turn c = pool.take(9'003, {});
  const ServerPool::Turn d = pool.take(9'004, {});
  EXPECT_EQ(a.server() + b.server() + c.server() + d.server(), 6U) << "nobody was left counted";
}

}  // namespace
}  // namespace puna::model

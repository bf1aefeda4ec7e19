#include "puna/bench/bomb_bench.h"

#include <gtest/gtest.h>

#include <set>

#include "bench/bombs.h"
#include "bench/test_last_line.h"

namespace puna {
namespace {

using bench::last_line;

TEST(Bombs, OneThatTakesTooLongIsAMissAndTheSlowestComesFirst) {
  std::vector<BombResult> results = {
      {.name = "quick", .outcome = "compiles", .compile_ms = 1, .mask_ms = 2, .later_ms = 500},
      {.name = "slow", .outcome = "limit: too large", .is_refused = true, .compile_ms = 60, .mask_ms = 40}};
  EXPECT_EQ(verdict_of(results), BenchVerdict::met);
  EXPECT_LT(table_of(results).find("slow"), table_of(results).find("quick"));
  EXPECT_EQ(last_line(table_of(results)),
            "bombs: met: 0 of 2 took more than 100 ms to compile and mask; 1 were refused; the slowest later mask took "
            "500 ms\n");
  results.back().mask_ms = 41;
  EXPECT_EQ(verdict_of(results), BenchVerdict::missed);
  EXPECT_TRUE(last_line(table_of(results)).starts_with("bombs: missed: 1 of 2"));
}

TEST(Bombs, NoneAtAllProveNothing) {
  EXPECT_EQ(verdict_of(std::vector<BombResult>()), BenchVerdict::inconclusive);
  EXPECT_TRUE(last_line(table_of(std::vector<BombResult>())).starts_with("bombs: inconclusive"));
}

TEST(Bombs, EachHasANameOfItsOwn) {
  std::set<std::string> names;
  std::size_t count = 0;
  for (const auto& bombs : {bench::gbnf_bombs(), bench::pattern_bombs(), bench::schema_bombs()}) {
    for (const bench::Bomb& bomb : bombs) {
      names.insert(bomb.name);
      ++count;
    }
  }
  EXPECT_EQ(names.size(), count);
}

}  // namespace
}  // namespace puna

#include "engine/cpu_load.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace puna::engine {
namespace {

constexpr std::string_view kProcStat =
    "cpu  1110 2220 3330 4440 5550 6660 7770 8880 0 0\n"
    "cpu0 10 20 30 40 50 60 70 80 0 0\n"
    "cpu1 100 200 300 400 500 600 700 800 0 0\n"
    "cpu10 1000 2000 3000 4000 5000 6000 7000 8000 0 0\n"
    "intr 12345 0 0\n";

std::vector<bool> cores(std::initializer_list<std::size_t> counted) {
  std::vector<bool> all(16);
  for (const std::size_t core : counted) {
    all[core] = true;
  }
  return all;
}

TEST(CpuLoad, WorkIsSummedOverTheCoresThatCountWithoutIdleAndStolenTime) {
  EXPECT_EQ(busy_ticks(kProcStat, cores({0}), false), 10U + 30 + 60 + 70);
  EXPECT_EQ(busy_ticks(kProcStat, cores({0, 10}), false), 170U + 17000);
  EXPECT_EQ(busy_ticks(kProcStat, cores({1}), true), 1900U);
}

TEST(CpuLoad, ATextThatIsCutOffOrAnotherOneIsNoMisreading) {
  EXPECT_EQ(busy_ticks(kProcStat.substr(0, kProcStat.find("cpu10") + 9), cores({0, 10}), false), 170U);
  EXPECT_EQ(busy_ticks(kProcStat, cores({3}), false), std::nullopt);
  for (const std::string_view text : {"", "cpu", "cpu \n", "cpu0\n", "cpux 1 2 3 4 5 6 7\n", "intr 5\n"}) {
    EXPECT_EQ(busy_ticks(text, cores({0}), false), std::nullopt) << text;
  }
}

TEST(CpuLoad, ThisMachineTellsOrThereIsNone) {
  const auto load = open_cpu_load();
  if (load == nullptr) {
    GTEST_SKIP() << "no /proc/stat here";
  }
  EXPECT_GE(load->cores(), 1);
  EXPECT_EQ(load->foreign_cores(), std::nullopt) << "one look has nothing to compare with";
  const auto begun = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - begun < std::chrono::milliseconds(50)) {
  }
  const auto foreign = load->foreign_cores();
  ASSERT_TRUE(foreign);
  EXPECT_GE(*foreign, 0);
  EXPECT_LE(*foreign, load->cores() + 1) << "a tick more than there was time, at most";
}

}  // namespace
}  // namespace puna::engine

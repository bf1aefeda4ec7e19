#include "bench/machine_facts.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace puna::bench {
namespace {

TEST(MachineFacts, NameAndFlagsAreReadAndWordsThatOnlyBeginAlikeAreNot) {
  const CpuFacts facts = parse_cpuinfo(
      "processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\nflags\t\t: fpu avx2 avx512f avx512_vnni_x\n\n"
      "processor\t: 1\nmodel name\t: Other\nflags\t\t: fma\n");
  EXPECT_EQ(facts.name, "Some CPU @ 2 GHz");
  EXPECT_EQ(facts.flags, (std::vector<std::string>{"avx2", "avx512f"}));
}

TEST(MachineFacts, AnotherKindOfFileGivesNothing) {
  EXPECT_TRUE(parse_cpuinfo("").name.empty());
  EXPECT_TRUE(parse_cpuinfo("model name\nflags").flags.empty());
}

TEST(MachineFacts, OneChangedByteChangesTheHash) {
  const auto file = std::filesystem::temp_directory_path() / ("puna-hash-" + std::to_string(::getpid()));
  std::ofstream(file) << "abc";
  const auto first = file_hash(file);
  std::ofstream(file) << "abd";
  const auto second = file_hash(file);
  std::filesystem::remove(file);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(*first, "e71fa2190541574b");  // the published value for "abc"
  EXPECT_NE(*first, *second);
  EXPECT_FALSE(file_hash(file));
}

}  // namespace
}  // namespace puna::bench

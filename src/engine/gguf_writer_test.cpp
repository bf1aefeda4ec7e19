// What is written is read back by our own reader.
#include "engine/gguf_writer.h"

#include <gtest/gtest.h>

#include "engine/test_gguf.h"

namespace puna::engine {
namespace {

template <class T>
T value_of(const GgufHeader& header, std::string_view key) {
  const GgufValue* value = header.find(key);
  const T* found = value == nullptr ? nullptr : std::get_if<T>(value);
  EXPECT_NE(found, nullptr) << key;
  return found == nullptr ? T{} : *found;
}

TEST(GgufWriter, EveryKindOfEntryIsReadBack) {
  GgufWriter writer;
  writer.number("n", 4'000'000'000);
  writer.real("r", 0.5F);
  writer.boolean("b", true);
  writer.text("t", "a\nb");
  writer.numbers("ns", std::vector<std::int32_t>{-1, 0, 7});
  writer.reals("rs", std::vector<float>{1.0F, 2.0F});
  writer.texts("ts", std::vector<std::string>{"", "x"});
  const std::string head = writer.head();
  const auto header = parse_gguf_header(test::as_bytes(head), head.size());
  ASSERT_TRUE(header && *header);
  EXPECT_EQ(value_of<std::uint64_t>(**header, "n"), 4'000'000'000U);
  EXPECT_EQ(value_of<double>(**header, "r"), 0.5);
  EXPECT_TRUE(value_of<bool>(**header, "b"));
  EXPECT_EQ(value_of<std::string>(**header, "t"), "a\nb");
  EXPECT_EQ(value_of<GgufArray>(**header, "ns").numbers, (std::vector<std::int64_t>{-1, 0, 7}));
  EXPECT_EQ(value_of<GgufArray>(**header, "rs").count, 2U);
  EXPECT_EQ(gguf_array_string(test::as_bytes(head), value_of<GgufArray>(**header, "ts"), 1), "x");
}

TEST(GgufWriter, TensorsFollowEachOtherAligned) {
  GgufWriter writer;
  const std::uint64_t three = writer.tensor("three", std::vector<std::uint64_t>{3}, *tensor_type(0));
  const std::uint64_t blocks = writer.tensor("blocks", std::vector<std::uint64_t>{64, 2}, *tensor_type(2));
  EXPECT_EQ(three, 12U);
  EXPECT_EQ(blocks, 72U);
  const std::string head = writer.head();
  EXPECT_EQ(head.size() % kGgufAlignment, 0U);
  const std::uint64_t whole = head.size() + three + gguf_padding(three) + blocks;
  const auto header = parse_gguf_header(test::as_bytes(head), whole);
  ASSERT_TRUE(header && *header) << header.error().message;
  EXPECT_EQ((*header)->data_offset, head.size());
  EXPECT_EQ((*header)->parameters, 3U + 128U);
  EXPECT_FALSE(parse_gguf_header(test::as_bytes(head), whole - 1)) << "the last tensor is cut";
}

}  // namespace
}  // namespace puna::engine

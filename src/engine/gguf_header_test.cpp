// The header reader: right files, and every kind of wrong one.
#include "engine/gguf_header.h"

#include <gtest/gtest.h>

#include <limits>

#include "engine/gguf_types.h"
#include "engine/model_facts.h"
#include "engine/test_gguf.h"
#include "puna/base.h"

namespace puna::engine {
namespace {

using test::as_bytes;
using test::GgufBytes;
using test::small_model;

Result<std::optional<GgufHeader>> parse(std::string_view bytes) {
  return parse_gguf_header(as_bytes(bytes), bytes.size());
}

// The error of a file that must be refused; an empty message if it was accepted.
Error refusal(std::string_view bytes) {
  const auto header = parse(bytes);
  if (header) {
    ADD_FAILURE() << (header->has_value() ? "accepted" : "asked for more although the file is whole");
    return {};
  }
  EXPECT_FALSE(header.error().message.empty());
  return header.error();
}

TEST(GgufHeader, AWholeHeaderGivesCountsAndSizes) {
  const std::string bytes = small_model();
  const auto header = parse(bytes);
  ASSERT_TRUE(header) << header.error().message;
  ASSERT_TRUE(header->has_value());
  EXPECT_EQ((*header)->version, 3U);
  EXPECT_EQ((*header)->tensors, 2U);
  EXPECT_EQ((*header)->parameters, 256U + 64U);
  EXPECT_EQ((*header)->weights_bytes, 1024U + 68U);
  EXPECT_EQ((*header)->data_offset + 1024 + 68, bytes.size());
  EXPECT_EQ((*header)->largest_type, "F32");
  EXPECT_EQ((*header)->entries.size(), test::kEntriesOfSmallModel);
}

TEST(GgufHeader, EveryTruncationOfAFileIsRefused) {
  const std::string bytes = small_model();
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const Error error = refusal(std::string_view(bytes).substr(0, length));
    EXPECT_EQ(error.code, ErrorCode::corrupt) << length;
  }
}

TEST(GgufHeader, AHeadThatIsTooShortAsksForMoreUntilTheHeaderIsWhole) {
  const std::string bytes = small_model();
  const std::uint64_t header_end = (*parse(bytes))->data_offset;
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const auto header = parse_gguf_header(as_bytes(bytes).first(length), bytes.size());
    ASSERT_TRUE(header) << length << " " << header.error().message;
    EXPECT_TRUE(header->has_value() || length < header_end) << length;
  }
}

TEST(GgufHeader, AWrongMarkOrVersionIsNamed) {
  std::string bytes = small_model();
  bytes[0] = 'X';
  EXPECT_TRUE(refusal(bytes).message.contains("GGUF"));
  for (const std::uint32_t version : {0U, 1U, 4U, 0x03000000U, 0x02000000U, 0xFFFFFFFFU}) {
    bytes = small_model();
    std::memcpy(bytes.data() + 4, &version, 4);
    const Error error = refusal(bytes);
    EXPECT_EQ(error.message.contains("big-endian"), version == 0x03000000U || version == 0x02000000U) << version;
  }
  bytes = small_model();
  const std::uint32_t two = 2;
  std::memcpy(bytes.data() + 4, &two, 4);
  EXPECT_TRUE(parse(bytes));
}

TEST(GgufHeader, ImpossibleCountsAreRefusedBeforeAnythingIsAllocated) {
  for (const std::uint64_t count : {std::uint64_t{1000}, std::uint64_t{1} << 31, std::uint64_t{1} << 63,
                                    std::numeric_limits<std::uint64_t>::max()}) {
    std::string bytes = small_model();
    std::memcpy(bytes.data() + 8, &count, 8);
    EXPECT_EQ(refusal(bytes).code, ErrorCode::corrupt);
    bytes = small_model();
    std::memcpy(bytes.data() + 16, &count, 8);
    EXPECT_EQ(refusal(bytes).code, ErrorCode::corrupt);
  }
}

TEST(GgufHeader, ImpossibleLengthsAndTypesInEntriesAreRefused) {
  const auto u32 = static_cast<std::uint32_t>(GgufType::u32);
  const auto array = static_cast<std::uint32_t>(GgufType::array);
  const std::uint64_t huge = std::numeric_limits<std::uint64_t>::max();
  const std::vector<GgufBytes> files = {
      GgufBytes().head(0, 1).number(huge).data(64),                                       // key length
      GgufBytes().head(0, 1).string("").number(u32).number(u32),                          // empty key
      GgufBytes().head(0, 1).string(std::string("a\0b", 3)).number(u32).number(u32),      // zero byte in a key
      GgufBytes().head(0, 1).string("k").number(std::uint32_t{13}).number(huge),          // unknown type
      GgufBytes().head(0, 1).string("k").number(std::uint32_t{8}).number(huge).data(64),  // string length
      GgufBytes().head(0, 1).string("k").number(array).number(array).number(std::uint64_t{1}).data(64),
      GgufBytes().head(0, 1).string("k").number(array).number(std::uint32_t{99}).number(std::uint64_t{1}).data(64),
      GgufBytes().head(0, 1).string("k").number(array).number(u32).number(huge).data(64),          // count x size
      GgufBytes().head(0, 1).string("k").number(array).number(u32).number(huge / 4 + 1).data(64),  // ... overflows
      GgufBytes().head(0, 1).string("k").number(array).number(std::uint32_t{8}).number(huge).data(64),
      GgufBytes().head(0, 2).entry("k", GgufType::u32, u32).entry("k", GgufType::u32, u32).data(64),  // twice
  };
  for (std::size_t i = 0; i < files.size(); ++i) {
    EXPECT_EQ(refusal(files[i].bytes()).code, ErrorCode::corrupt) << i;
  }
}

TEST(GgufHeader, AlignmentMustBeAPowerOfTwoOfSaneSize) {
  for (const std::uint32_t alignment : {0U, 3U, 33U, 1U << 31, 0xFFFFFFFFU}) {
    const auto bytes = GgufBytes().head(0, 1).entry("general.alignment", GgufType::u32, alignment).data(64);
    refusal(bytes.bytes());
  }
  refusal(GgufBytes().head(0, 1).entry("general.alignment", "32").data(64).bytes());
  const auto good = GgufBytes()
                        .head(1, 1)
                        .entry("general.alignment", GgufType::u32, std::uint32_t{64})
                        .tensor("t", {4}, 0, 0)
                        .data(16, 64);
  ASSERT_TRUE(parse(good.bytes()));
  EXPECT_EQ((*parse(good.bytes()))->alignment, 64U);
}

TEST(GgufHeader, ImpossibleTensorsAreRefused) {
  const std::uint64_t big = std::uint64_t{1} << 40;
  const auto one = [](const std::vector<std::uint64_t>& sizes, std::uint32_t type, std::uint64_t offset,
                      std::string_view name = "t") {
    return GgufBytes().head(1, 0).tensor(name, sizes, type, offset).data(4096).bytes();
  };
  EXPECT_TRUE(parse(one({16}, 0, 0)));
  refusal(one({}, 0, 0));
  refusal(one({1, 1, 1, 1, 1}, 0, 0));
  refusal(one({0}, 0, 0));
  refusal(one({16, 0}, 0, 0));
  refusal(one({std::uint64_t{1} << 63}, 0, 0));
  refusal(one({big, big}, 0, 0));
  refusal(one({big, big, big, big}, 0, 0));
  refusal(one({16}, 4, 0));   // a type that was withdrawn
  refusal(one({16}, 43, 0));  // a type that is not known
  refusal(one({16}, 0xFFFFFFFFU, 0));
  refusal(one({33}, 8, 0));     // not whole blocks
  refusal(one({16}, 0, 1));     // unaligned
  refusal(one({16}, 0, 4096));  // behind the end
  refusal(one({1025}, 0, 0));   // longer than the file
  refusal(one({16}, 0, std::numeric_limits<std::uint64_t>::max() - 31));
  refusal(one({16}, 0, 0, ""));
  refusal(one({16}, 0, 0, std::string(64, 'n')));
  refusal(GgufBytes().head(2, 0).tensor("t", {16}, 0, 0).tensor("t", {16}, 0, 64).data(4096).bytes());
  refusal(GgufBytes().head(2, 0).tensor("a", {16}, 0, 0).tensor("b", {16}, 0, 32).data(4096).bytes());  // overlap
}

// Whatever one or two bytes become: an answer, never a crash, a hang or a large allocation.
TEST(GgufHeader, NoMutationOfAHeaderIsAnythingButAnAnswer) {
  const std::string original = small_model();
  const std::uint64_t header_end = (*parse(original))->data_offset;
  int refused = 0;
  int tried = 0;
  const auto attempt = [&](const std::string& bytes) {
    ++tried;
    const auto header = parse(bytes);
    refused += header ? 0 : 1;
    if (header && header->has_value()) {
      const auto facts = model_facts(**header, as_bytes(bytes));
      EXPECT_TRUE(facts || !facts.error().message.empty());
    }
  };
  for (std::size_t at = 0; at < header_end; ++at) {
    for (const int value : {0x00, 0x01, 0x7F, 0x80, 0xFF}) {
      std::string bytes = original;
      bytes[at] = static_cast<char>(value);
      attempt(bytes);
    }
  }
  Random random(23);
  for (int round = 0; round < 3000; ++round) {
    std::string bytes = original;
    for (std::uint64_t i = 0; i <= random.next() % 4; ++i) {
      bytes[random.next() % header_end] = static_cast<char>(random.next());
    }
    if (random.next() % 4 == 0) {
      bytes.resize(random.next() % bytes.size());
    }
    attempt(bytes);
  }
  EXPECT_GT(refused, 1000);
  EXPECT_GT(tried, 5000);
}

TEST(GgufHeader, ArrayItemsAreFoundAndOutOfRangeIsEmpty) {
  const std::string bytes = small_model();
  const auto header = parse(bytes);
  const auto& tokens = std::get<GgufArray>(*(*header)->find("tokenizer.ggml.tokens"));
  EXPECT_EQ(gguf_array_string(as_bytes(bytes), tokens, 0), "<s>");
  EXPECT_EQ(gguf_array_string(as_bytes(bytes), tokens, 2), "a");
  EXPECT_EQ(gguf_array_string(as_bytes(bytes), tokens, 3), "");
  EXPECT_EQ(gguf_array_string(as_bytes(bytes).first(10), tokens, 0), "");
}

TEST(GgufTypes, WithdrawnAndUnknownTypesAreAbsent) {
  for (const std::uint32_t id : {4U, 5U, 31U, 33U, 36U, 38U, 43U, 0xFFFFFFFFU}) {
    EXPECT_EQ(tensor_type(id), nullptr) << id;
  }
  EXPECT_EQ(tensor_type(8)->name, "Q8_0");
  EXPECT_EQ(file_type_name(15), "Q4_K_M");
  EXPECT_EQ(file_type_name(999), "");
}

}  // namespace
}  // namespace puna::engine

// Random values of a large struct, and random texts under its grammar: what is written fits the schema and is read back
// the same; what a grammar lets through is always read.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <memory>
#include <string>

#include "base/test_rounds.h"
#include "puna/base.h"
#include "puna/base/grammar_matcher.h"
#include "puna/chat/schema.h"
#include "puna/chat/typed.h"

namespace puna {
namespace {

enum class Kind : std::uint8_t { first, second, last = 63 };

struct Leaf {
  std::string text;
  std::optional<double> weight;
  bool operator==(const Leaf&) const = default;
};
struct Node {
  std::variant<std::monostate, bool, std::int64_t, std::string, Leaf> value;
  std::vector<Node> children;
  bool operator==(const Node&) const = default;
};
struct Measured {
  std::uint64_t count = 0;
  std::string code;
  std::vector<Kind> kinds;
  bool operator==(const Measured&) const = default;
};
struct Everything {
  bool yes = false;
  std::int8_t i8 = 0;
  std::uint8_t u8 = 0;
  std::int16_t i16 = 0;
  std::uint16_t u16 = 0;
  std::int32_t i32 = 0;
  std::uint32_t u32 = 0;
  std::int64_t i64 = 0;
  std::uint64_t u64 = 0;
  float f = 0;
  double d = 0;
  std::string text;
  std::optional<std::string> maybe;
  std::optional<Json> maybe_any;
  std::vector<bool> flags;
  std::array<std::uint64_t, 2> pair{};
  std::map<std::string, std::optional<Leaf>> by_name;
  Kind kind{};
  Node node;
  Measured measured;
  Json any;
  bool operator==(const Everything&) const = default;
};

}  // namespace

template <>
struct Described<Measured> {
  static constexpr std::tuple members{member("count", &Measured::count, "How many", {.min = 3, .max = 0x1p53}),
                                      member("the code", &Measured::code, {}, {.min = 1, .max = 4}),
                                      member("kinds", &Measured::kinds, {}, {.max = 2})};
};

namespace {

class Maker {
 public:
  explicit Maker(std::uint64_t seed) : random_(seed) {}

  Everything everything() {
    return {.yes = coin(),
            .i8 = integer<std::int8_t>(),
            .u8 = integer<std::uint8_t>(),
            .i16 = integer<std::int16_t>(),
            .u16 = integer<std::uint16_t>(),
            .i32 = integer<std::int32_t>(),
            .u32 = integer<std::uint32_t>(),
            .i64 = integer<std::int64_t>(),
            .u64 = integer<std::uint64_t>(),
            .f = std::bit_cast<float>(static_cast<std::uint32_t>(finite_bits(23, 8))),
            .d = number(),
            .text = text(12),
            .maybe = coin() ? std::optional(text(3)) : std::nullopt,
            .maybe_any = coin() ? std::optional(json(2)) : std::nullopt,
            .flags = {coin(), coin()},
            .pair = {integer<std::uint64_t>(), integer<std::uint64_t>()},
            .by_name = {{text(2), leaf()}, {text(5), std::nullopt}},
            .kind = kind(),
            .node = node(3),
            .measured = {.count = 3 + random_.next() % 1000, .code = text(3) + "x", .kinds = {kind()}},
            .any = json(3)};
  }

 private:
  bool coin() { return random_.next() % 2 == 0; }
  template <class T>
  T integer() {
    switch (random_.next() % 4) {
      case 0:
        return std::numeric_limits<T>::max();
      case 1:
        return std::numeric_limits<T>::min();
      default:
        return static_cast<T>(random_.next());
    }
  }
  // Random bits of an IEEE number whose exponent is not that of infinity.
  std::uint64_t finite_bits(int fraction, int exponent) {
    const std::uint64_t all = (std::uint64_t{1} << exponent) - 1;
    std::uint64_t bits = random_.next();
    bits = ((bits >> fraction) & all) == all ? bits ^ (std::uint64_t{1} << fraction) : bits;
    return bits;
  }
  double number() { return std::bit_cast<double>(finite_bits(52, 11)); }
  std::string text(std::uint64_t characters_max) {
    constexpr std::array<std::string_view, 10> kCharacters = {"a", "\"", "\\", "ü", "\n", "😀", "\x01", "/", "~", "é"};
    std::string made;
    for (std::uint64_t i = random_.next() % (characters_max + 1); i > 0; --i) {
      made += kCharacters[random_.next() % kCharacters.size()];
    }
    return made;
  }
  Kind kind() {
    constexpr std::array kKinds = {Kind::first, Kind::second, Kind::last};
    return kKinds[random_.next() % kKinds.size()];
  }
  Leaf leaf() { return {.text = text(4), .weight = coin() ? std::optional(number()) : std::nullopt}; }
  Node node(int depth) {
    Node made;
    switch (random_.next() % 5) {
      case 0:
        break;
      case 1:
        made.value = coin();
        break;
      case 2:
        made.value = integer<std::int64_t>();
        break;
      case 3:
        made.value = text(4);
        break;
      default:
        made.value = leaf();
    }
    for (std::uint64_t i = depth == 0 ? 0 : random_.next() % 3; i > 0; --i) {
      made.children.push_back(node(depth - 1));
    }
    return made;
  }
  Json json(int depth) {
    switch (random_.next() % (depth == 0 ? 5 : 7)) {
      case 0:
        return {};
      case 1:
        return coin();
      case 2:
        return integer<std::uint64_t>();
      case 3:
        return number();
      case 4:
        return text(6);
      case 5:
        return Json::array({json(depth - 1), json(depth - 1)});
      default:
        return Json::object({{text(2), json(depth - 1)}, {text(3), json(depth - 1)}});
    }
  }

  Random random_;
};

TEST(TypedRandom, TenThousandValuesFitTheirSchemaAndAreReadBackTheSame) {
  const Json schema = schema_of<Everything>();
  Maker maker(11);
  for (int round = 0; round < test::rounds(10'000); ++round) {
    const Everything value = maker.everything();
    const auto json = Json::parse(json_of(value).dump());
    ASSERT_TRUE(json) << json.error().message;
    ASSERT_EQ(schema_violations(schema, *json), std::vector<std::string>()) << json->dump();
    const auto again = from_json<Everything>(*json);
    ASSERT_TRUE(again) << again.error().message << "\n" << json->dump();
    ASSERT_EQ(*again, value) << json->dump();
  }
}

// A random text under the grammar; what closes something is preferred, so that it ends. Empty: it did not.
std::string random_typed_text(GrammarMatcher& matcher, Random& random) {
  std::string text;
  GrammarMatcher::State state = matcher.start();
  for (int steps = 0; steps < 20'000; ++steps) {
    if (matcher.may_end(state)) {
      return text;
    }
    const ByteSet next = matcher.next_bytes(state);
    std::string bytes;
    for (unsigned byte = 0; byte < 256; ++byte) {
      if (next.has(static_cast<std::uint8_t>(byte))) {
        const bool closes = std::string_view("\"}],").contains(static_cast<char>(byte));
        bytes.append(closes ? 6 : 1, static_cast<char>(byte));
      }
    }
    if (bytes.empty()) {
      ADD_FAILURE() << text << " leads nowhere";
      return {};
    }
    text += bytes[random.next() % bytes.size()];
    state = matcher.next(state, static_cast<std::uint8_t>(text.back()));
  }
  return {};
}

template <class T>
int read_random_texts(std::uint64_t seed, int rounds) {
  const Json schema = schema_of<T>();
  const auto grammar = grammar_from_schema(schema);
  EXPECT_TRUE(grammar) << (grammar ? "" : grammar.error().message);
  if (!grammar) {
    return 0;
  }
  EXPECT_TRUE(grammar->unenforced.empty());
  RegexPool pool;
  GrammarMatcher matcher(*grammar->grammar, pool);
  Random random(seed);
  int read = 0;
  for (int round = 0; round < rounds; ++round) {
    const std::string text = random_typed_text(matcher, random);
    if (text.empty()) {
      continue;
    }
    const auto json = Json::parse(text);
    EXPECT_TRUE(json) << text;
    const auto value = json ? from_json<T>(*json) : std::unexpected(json.error());
    EXPECT_TRUE(value) << text << "\n" << (value ? "" : value.error().message);
    EXPECT_TRUE(!value || from_json<T>(json_of(*value)) == *value) << text;
    ++read;
  }
  return read;
}

TEST(TypedRandom, WhateverTheGrammarLetsThroughIsRead) {
  int read = read_random_texts<Everything>(1, 300);
  read += read_random_texts<Measured>(2, 500);
  read += read_random_texts<std::vector<Node>>(3, 500);
  read += read_random_texts<std::array<std::int64_t, 3>>(4, 500);
  read += read_random_texts<std::array<std::uint64_t, 3>>(5, 500);
  read += read_random_texts<std::vector<float>>(6, 500);
  read += read_random_texts<std::vector<double>>(7, 500);
  std::printf("%d of 3300 random texts ended, and all were read\n", read);
  EXPECT_GT(read, 2'500);
}

}  // namespace
}  // namespace puna

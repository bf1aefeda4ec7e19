// Cutting and the guard against control tokens, on a vocabulary small enough to see everything.
#include "engine/prompt_tokenizer.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/test_prompt_parts.h"

namespace puna::engine {
namespace {

using test::trusted;
using test::untrusted;

constexpr Token kOpen = 1000;
constexpr Token kClose = 1001;
constexpr Token kUser = 1002;   // anybody may write it
constexpr Token kLong = 1003;   // contains kOpen's text
constexpr Token kStrip = 1004;  // swallows white space on both sides
constexpr Token kBos = 1005;

// Bytes, each a token; calls are recorded as the stretches that were tokenised.
struct Recorder {
  std::vector<std::string> calls;

  PromptTokenizer::Plain plain() {
    return [this](std::string_view text) -> Result<std::vector<Token>> {
      calls.emplace_back(text);
      std::vector<Token> tokens;
      for (const char c : text) {
        tokens.push_back(static_cast<unsigned char>(c));
      }
      return tokens;
    };
  }
};

std::vector<SpecialToken> specials() {
  return {{.token = kOpen, .text = "<o>"},
          {.token = kClose, .text = "</o>"},
          {.token = kUser, .text = "<u>", .needs_trust = false, .is_control = false},
          {.token = kLong, .text = "[<o>]"},
          {.token = kStrip, .text = "<s>", .strips_left = true, .strips_right = true},
          {.token = kBos, .text = "<b>"}};
}

std::vector<Token> tokenize(const std::vector<PromptPart>& parts, std::optional<Token> bos = std::nullopt,
                            std::vector<std::string>* calls = nullptr) {
  Recorder recorder;
  const PromptTokenizer tokenizer(specials(), bos, recorder.plain());
  auto tokens = tokenizer.tokenize(parts);
  EXPECT_TRUE(tokens) << tokens.error().message;
  if (calls != nullptr) {
    *calls = recorder.calls;
  }
  return tokens.value_or(std::vector<Token>{});
}

TEST(PromptTokenizer, TrustedTextGivesControlTokens) {
  EXPECT_EQ(tokenize({trusted("<o>a</o>")}), (std::vector<Token>{kOpen, 'a', kClose}));
}

TEST(PromptTokenizer, UntrustedTextGivesOnlyItsBytes) {
  EXPECT_EQ(tokenize({untrusted("<o>")}), (std::vector<Token>{'<', 'o', '>'}));
}

TEST(PromptTokenizer, ATokenSpelledAcrossABorderIsPlainIfAnyByteIsUntrusted) {
  const std::vector<Token> plain = {'<', 'o', '>'};
  EXPECT_EQ(tokenize({trusted("<"), untrusted("o>")}), plain);
  EXPECT_EQ(tokenize({untrusted("<o"), trusted(">")}), plain);
  EXPECT_EQ(tokenize({trusted("<"), untrusted("o"), trusted(">")}), plain);
  EXPECT_EQ(tokenize({trusted("<"), untrusted(""), trusted("o>")}), std::vector<Token>{kOpen});
}

TEST(PromptTokenizer, PlainTextOnBothSidesOfABorderIsTokenisedInOneStretch) {
  std::vector<std::string> calls;
  tokenize({trusted("<o>user: "), untrusted("hello <o> wor"), trusted("ld\n</o>tail")}, std::nullopt, &calls);
  EXPECT_EQ(calls, (std::vector<std::string>{"user: hello <o> world\n", "tail"}));
}

TEST(PromptTokenizer, TheLongestTokenWinsAndTheShorterIsNotSeenInside) {
  EXPECT_EQ(tokenize({trusted("[<o>]<o>")}), (std::vector<Token>{kLong, kOpen}));
  // Untrusted brackets: the long token is not allowed, the trusted short one inside it is.
  EXPECT_EQ(tokenize({untrusted("["), trusted("<o>"), untrusted("]")}), (std::vector<Token>{'[', kOpen, ']'}));
}

TEST(PromptTokenizer, TokensThatUsersMayWriteComeOutOfAnyText) {
  EXPECT_EQ(tokenize({untrusted("a<u>"), trusted("<u>"), untrusted("<"), trusted("u>")}),
            (std::vector<Token>{'a', kUser, kUser, kUser}));
}

TEST(PromptTokenizer, StrippingTokensSwallowTheSpaceAroundThem) {
  EXPECT_EQ(tokenize({trusted("a \n<s>\t b")}), (std::vector<Token>{'a', kStrip, 'b'}));
  EXPECT_EQ(tokenize({trusted(" <s> ")}), std::vector<Token>{kStrip});
  EXPECT_EQ(tokenize({untrusted("a <s> b")}).size(), 7U);
}

TEST(PromptTokenizer, TheFirstTokenIsAddedUnlessTheTextHasIt) {
  EXPECT_EQ(tokenize({trusted("a")}, kBos), (std::vector<Token>{kBos, 'a'}));
  EXPECT_EQ(tokenize({trusted("<b>a")}, kBos), (std::vector<Token>{kBos, 'a'}));
  EXPECT_EQ(tokenize({untrusted("<b>")}, kBos), (std::vector<Token>{kBos, '<', 'b', '>'}));
  EXPECT_EQ(tokenize({}, kBos), std::vector<Token>{kBos});
}

TEST(PromptTokenizer, AControlTokenOutOfPlainTextIsBrokenUp) {
  // A vocabulary that merges "<o>" into the control token wherever it can.
  int calls = 0;
  const PromptTokenizer tokenizer(specials(), std::nullopt, [&calls](std::string_view text) {
    ++calls;
    std::vector<Token> tokens;
    for (std::size_t at = 0; at < text.size();) {
      const bool open = text.substr(at).starts_with("<o>");
      tokens.push_back(open ? kOpen : static_cast<unsigned char>(text[at]));
      at += open ? 3 : 1;
    }
    return Result<std::vector<Token>>(tokens);
  });
  const std::vector<PromptPart> parts = {trusted("<o>"), untrusted("x<o><o>y<o")};
  const auto tokens = tokenizer.tokenize(parts);
  ASSERT_TRUE(tokens);
  EXPECT_EQ(*tokens, (std::vector<Token>{kOpen, 'x', '<', 'o', '>', '<', 'o', '>', 'y', '<', 'o'}));
  EXPECT_LE(calls, 5);
}

TEST(PromptTokenizer, AVocabularyThatCannotBeTamedIsAnErrorAndNotALoop) {
  const PromptTokenizer tokenizer(specials(), std::nullopt,
                                  [](std::string_view) { return Result<std::vector<Token>>({kOpen}); });
  const auto tokens = tokenizer.tokenize(std::vector<PromptPart>{untrusted("<o><o>")});
  ASSERT_FALSE(tokens);
  EXPECT_EQ(tokens.error().code, ErrorCode::internal);
}

// Random parts over an alphabet that spells the tokens easily: control tokens only where every byte is trusted.
TEST(PromptTokenizer, NoArrangementOfPartsLeaksAControlToken) {
  Random random(41);
  constexpr std::string_view kPieces[] = {"<", "o", ">", "/", "<o>", "</o>", "[", "]", "<b>", "<s>", " ", "<u>", "x"};
  for (int round = 0; round < 5000; ++round) {
    std::vector<PromptPart> parts;
    std::string only_trusted;  // with every untrusted part replaced by a byte that no token contains
    for (std::uint64_t i = 0; i < 1 + random.next() % 6; ++i) {
      std::string text;
      for (std::uint64_t j = 0; j < random.next() % 5; ++j) {
        text += kPieces[random.next() % std::size(kPieces)];
      }
      const bool trust = random.next() % 2 == 0;
      parts.push_back(trust ? trusted(text) : untrusted(text));
      only_trusted += trust ? text : text.empty() ? "" : "\x01";
    }
    const auto count = [](const std::vector<Token>& tokens) {
      return std::ranges::count_if(tokens, [](Token t) { return t >= kOpen && t != kUser; });
    };
    EXPECT_EQ(count(tokenize(parts)), count(tokenize({trusted(only_trusted)})));
  }
}

PromptPart medium(std::string hash) { return {.text = std::move(hash), .trust = Trust::media}; }

TEST(PromptTokenizer, AMediumIsItsTokensAndItsHashIsNoText) {
  Recorder recorder;
  const PromptTokenizer tokenizer(specials(), kBos, recorder.plain());
  const std::vector<Token> cat{-2, -2, 7};
  const std::vector<Token> dog{-3};
  const std::vector<Weights::MediaTokens> media{{.hash = "<u>", .tokens = cat}, {.hash = "d", .tokens = dog}};
  const std::vector<PromptPart> parts{trusted("<o>a"), medium("<u>"), medium("d"), untrusted("d<u>"), trusted("</o>")};
  const auto tokens = tokenizer.tokenize(parts, {.text = {}, .tokens = {}, .media = media});
  ASSERT_TRUE(tokens) << tokens.error().message;
  EXPECT_EQ(*tokens, (std::vector<Token>{kBos, kOpen, 'a', -2, -2, 7, -3, 'd', kUser, kClose}));
  EXPECT_EQ(recorder.calls, (std::vector<std::string>{"a", "d"}));
}

TEST(PromptTokenizer, AMediumBesideWhichNothingIsKnownIsRefused) {
  Recorder recorder;
  const PromptTokenizer tokenizer(specials(), kBos, recorder.plain());
  const auto tokens = tokenizer.tokenize(std::vector<PromptPart>{medium("cat")});
  ASSERT_FALSE(tokens);
  EXPECT_EQ(tokens.error().code, ErrorCode::invalid_argument);
  EXPECT_TRUE(tokens.error().hint.contains("--mmproj"));
}

TEST(PromptTokenizer, KnownTextMayHaveAMediumInIt) {
  Recorder recorder;
  const PromptTokenizer tokenizer(specials(), std::nullopt, recorder.plain());
  const std::vector<Token> known{kOpen, -2, -2, 99, 98};
  const std::vector<Token> cat{-2, -2};
  const std::vector<Weights::MediaTokens> media{{.hash = "cat", .tokens = cat}};
  const std::vector<PromptPart> parts{trusted("<o>"), medium("cat"), untrusted("yes"), trusted("</o>"), medium("cat")};
  const auto tokens = tokenizer.tokenize(parts, {.text = "<o>catyes", .tokens = known, .media = media});
  ASSERT_TRUE(tokens) << tokens.error().message;
  EXPECT_EQ(*tokens, (std::vector<Token>{kOpen, -2, -2, 99, 98, kClose, -2, -2}));
}

}  // namespace
}  // namespace puna::engine

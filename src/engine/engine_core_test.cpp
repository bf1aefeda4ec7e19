// The engine's step, driven by hand on a fake library: exact counts, no threads.
#include "engine/engine_core.h"

#include <gtest/gtest.h>

#include "engine/test_core.h"

namespace puna::engine {
namespace {

using fake::tokens_of;
using test::Caller;
using test::Output;

class EngineCoreTest : public test::EngineCoreTest {};

constexpr Abilities kApart = {.share = Share::nothing, .cut = true};

TEST_F(EngineCoreTest, OneGenerationComputesItsPromptOnceAndOneRowForEachFurtherToken) {
  open({});
  const auto prompt = tokens_of("hello world");
  const Caller caller = submit(prompt, 5);
  run_to_end();
  const Output output = caller.drain();
  EXPECT_EQ(output.text, expected(prompt, 5));
  EXPECT_EQ(output.tokens, tokens_of(output.text));
  ASSERT_TRUE(output.finished);
  EXPECT_EQ(output.finished->reason, FinishReason::tokens_max);
  EXPECT_EQ(output.finished->usage.prompt_tokens, 11);
  EXPECT_EQ(output.finished->usage.output_tokens, 5);
  EXPECT_EQ(output.finished->usage.cached_tokens, 0);
  EXPECT_EQ(backend_->calls().rows, 11 + 4);
  EXPECT_EQ(backend_->calls().logits_rows, 5);
  EXPECT_EQ(counters_.tokens_prefilled, 11);
  EXPECT_EQ(counters_.tokens_decoded, 5);
  EXPECT_EQ(counters_.sequences_busy, 0);
}

TEST_F(EngineCoreTest, GenerationsRunTogetherInOneBatchAndEachGetsWhatItGetsAlone) {
  open({.lanes = 8});
  std::vector<Caller> callers;
  std::vector<std::vector<Token>> prompts;
  for (int i = 0; i < 8; ++i) {
    prompts.push_back(tokens_of(std::string(static_cast<std::size_t>(3 + 7 * i), static_cast<char>('A' + i))));
    callers.push_back(submit(prompts.back(), 20));
  }
  run_to_end();
  for (std::size_t i = 0; i < 8; ++i) {
    EXPECT_EQ(callers[i].drain().text, expected(prompts[i], 20)) << i;
  }
  EXPECT_EQ(backend_->calls().lanes_most, 8);
  EXPECT_EQ(backend_->calls().decodes, 20);  // all prompts fit one batch, so everybody decodes from then on
}

TEST_F(EngineCoreTest, ALongPromptGoesInChunksAndNobodyElseStopsMeanwhile) {
  open({.lanes = 2}, {.batch_tokens = 64});
  const Caller talker = submit(tokens_of("hi"), 2000);
  ASSERT_TRUE(core_->step());
  const Caller reader = submit(std::vector<Token>(1000, 'x'), 1);
  const auto before = counters_.tokens_decoded.load();
  int steps = 0;
  while (counters_.generations_finished == 0 && steps < 1000) {
    ASSERT_TRUE(core_->step());
    ++steps;
  }
  EXPECT_GE(steps, 16);  // at most 63 prompt rows beside one decode row: ceil(1000 / 63)
  EXPECT_EQ(counters_.tokens_decoded - before, steps + 1);
  EXPECT_LE(backend_->calls().rows_largest, 64);
  const Output output = reader.drain();
  ASSERT_FALSE(output.prefills.empty());
  EXPECT_EQ(output.prefills.back().tokens_done, 1000);
}

class EnginePieces : public EngineCoreTest {
 protected:
  // A long reply that has begun.
  Caller submit_talker(bool watched) {
    Caller talker = submit(GenerationRequest{
        .prompt = tokens_of("hi"), .sampling = {.temperature = 0.0F}, .tokens_max = 2000, .watched = watched});
    while (counters_.tokens_decoded < static_cast<std::int64_t>(2 * kStreamTokensMin) && core_->step()) {
    }
    return talker;
  }
};

TEST_F(EnginePieces, BesideAReplyThatNobodyReadsAlongPromptsGoInFullBatches) {
  open({.lanes = 2}, {.batch_tokens = 64});
  const Caller talker = submit_talker(false);
  const Caller reader = submit(std::vector<Token>(1000, 'x'), 1);
  int steps = 0;
  while (counters_.generations_finished == 0 && steps < 1000) {
    ASSERT_TRUE(core_->step());
    ++steps;
  }
  EXPECT_EQ(steps, 16);  // 63 prompt rows beside one decode row
}

TEST_F(EnginePieces, WithSeparateMemoriesDecodingWaitsForAPromptUnlessSomebodyReads) {
  open({.lanes = 2, .abilities = kApart}, {.batch_tokens = 64});
  const Caller talker = submit_talker(false);
  const Caller reader = submit(std::vector<Token>(500, 'x'), 1);
  const auto before = counters_.tokens_decoded.load();
  int steps = 0;
  while (counters_.generations_finished == 0 && steps < 1000) {
    ASSERT_TRUE(core_->step());
    ++steps;
  }
  EXPECT_EQ(steps, 8);
  EXPECT_EQ(counters_.tokens_decoded - before, 1);  // the one behind the prompt
}

TEST_F(EnginePieces, WithSeparateMemoriesAPromptAndAStreamThatIsReadTakeTurns) {
  open({.lanes = 2, .abilities = kApart}, {.batch_tokens = 64});
  const Caller talker = submit_talker(true);
  const Caller reader = submit(std::vector<Token>(500, 'x'), 1);
  const auto before = counters_.tokens_decoded.load();
  int steps = 0;
  while (counters_.generations_finished == 0 && steps < 2000) {
    ASSERT_TRUE(core_->step());
    ++steps;
    EXPECT_NEAR(static_cast<double>(counters_.tokens_decoded - before), steps / 2.0, 1.0);
  }
  EXPECT_GE(steps, 2 * 500 / 64);
  EXPECT_LT(steps, 2000);
}

TEST_F(EnginePieces, WithSeparateMemoriesAReplyThatJustBeganDoesNotWaitForPromptsThatNobodyReads) {
  open({.lanes = 3, .abilities = kApart}, {.batch_tokens = 64});
  const auto quiet = [](char letter) {
    return GenerationRequest{.prompt = std::vector<Token>(6400, letter),
                             .sampling = {.temperature = 0.0F},
                             .tokens_max = 1,
                             .watched = false};
  };
  const Caller one = submit(quiet('x'));
  const Caller two = submit(quiet('y'));
  const Caller reader = submit(tokens_of("hi"), static_cast<int>(kStreamTokensMin) - 1);
  for (int step = 0; step < 20; ++step) {
    ASSERT_TRUE(core_->step());
  }
  EXPECT_EQ(reader.drain().tokens.size(), kStreamTokensMin - 1);
  EXPECT_EQ(counters_.generations_finished, 1);
}

TEST_F(EngineCoreTest, APromptThatContinuesAFinishedOneComputesOnlyWhatIsNew) {
  open({});
  const auto first = tokens_of("system prompt and a question");
  const Caller one = submit(first, 6);
  run_to_end();
  const std::string reply = one.drain().text;
  auto second = first;
  for (const Token token : tokens_of(reply + " and then?")) {
    second.push_back(token);
  }
  const auto rows_before = backend_->calls().rows;
  const Caller two = submit(second, 3);
  run_to_end();
  const Output output = two.drain();
  EXPECT_EQ(output.text, expected(second, 3));
  // The lane holds the prompt and the reply but for its last token, which was never computed.
  EXPECT_EQ(output.finished->usage.cached_tokens, static_cast<std::int64_t>(first.size()) + 5);
  EXPECT_EQ(backend_->calls().rows - rows_before, 1 + 10 + 2);
  EXPECT_EQ(counters_.tokens_reused, output.finished->usage.cached_tokens);
}

TEST_F(EngineCoreTest, AFullyCachedPromptStillComputesItsLastToken) {
  open({});
  const auto prompt = tokens_of("the same prompt");
  const Caller one = submit(prompt, 4);
  run_to_end();
  const auto rows_before = backend_->calls().rows;
  const Caller two = submit(prompt, 1);
  run_to_end();
  EXPECT_EQ(two.drain().finished->usage.cached_tokens, static_cast<std::int64_t>(prompt.size()) - 1);
  EXPECT_EQ(backend_->calls().rows - rows_before, 1);
  EXPECT_EQ(one.drain().text.substr(0, 1), expected(prompt, 1));
}

TEST_F(EngineCoreTest, APrefixIsTakenFromABusyLaneWhenThePoolIsShared) {
  open({.lanes = 2});
  const auto first = tokens_of("a long common beginning, then this");
  const auto second = tokens_of("a long common beginning, then that");
  const Caller one = submit(first, 50);
  ASSERT_TRUE(core_->step());
  const Caller two = submit(second, 5);
  run_to_end();
  EXPECT_EQ(two.drain().text, expected(second, 5));
  EXPECT_EQ(one.drain().text, expected(first, 50));
  EXPECT_EQ(backend_->calls().shares, 1);
  EXPECT_EQ(counters_.tokens_reused, 32);
  EXPECT_EQ(counters_.tokens_prefilled, 34 + 2);
}

TEST_F(EngineCoreTest, SeparateMemoriesNeverShareAndStillReuseTheirOwn) {
  open({.lanes = 2, .abilities = kApart});
  const auto prompt = tokens_of("a long common beginning, then this");
  const Caller one = submit(prompt, 3);
  const Caller two = submit(prompt, 3);
  run_to_end();
  EXPECT_EQ(backend_->calls().shares, 0);
  EXPECT_EQ(counters_.tokens_prefilled, 68);
  const Caller three = submit(prompt, 3);
  run_to_end();
  EXPECT_EQ(counters_.tokens_prefilled, 69);
  EXPECT_EQ(three.drain().text, expected(prompt, 3));
}

TEST_F(EngineCoreTest, MoreGenerationsThanLanesWaitInOrder) {
  open({.lanes = 2});
  std::vector<Caller> callers;
  for (int i = 0; i < 5; ++i) {
    callers.push_back(submit(tokens_of(std::string(4, static_cast<char>('a' + i))), 3));
  }
  EXPECT_EQ(counters_.waiting, 5);
  ASSERT_TRUE(core_->step());
  EXPECT_EQ(counters_.waiting, 3);
  EXPECT_EQ(counters_.sequences_busy, 2);
  run_to_end();
  EXPECT_EQ(counters_.generations_finished, 5);
  for (const Caller& caller : callers) {
    EXPECT_TRUE(caller.drain().finished);
  }
}

TEST_F(EngineCoreTest, ACancelledGenerationLeavesAtTheNextStepAndFreesItsLane) {
  open({.lanes = 1});
  const Caller one = submit(tokens_of("to be dropped"), 1000);
  const Caller two = submit(tokens_of("waiting"), 2);
  const Caller three = submit(tokens_of("dropped while waiting"), 2);
  ASSERT_TRUE(core_->step());
  one.stream->cancel();
  three.stream->cancel();
  ASSERT_TRUE(core_->step());
  EXPECT_EQ(counters_.generations_cancelled, 2);
  run_to_end();
  EXPECT_TRUE(two.drain().finished);
  EXPECT_EQ(counters_.sequences_busy, 0);
  EXPECT_EQ(counters_.waiting, 0);
  EXPECT_LE(backend_->calls().rows, 13 + 7 + 1);
}

TEST_F(EngineCoreTest, AStopStringAcrossTokensEndsTheTextBeforeIt) {
  open({.next = [](const std::vector<Token>& tokens) {
    constexpr std::string_view kText = "some text END more";
    return static_cast<Token>(kText[std::min(tokens.size() - 1, kText.size() - 1)]);
  }});
  const Caller caller = submit(tokens_of("p"), 50, {.temperature = 0.0F}, nullptr, {"END", "never"});
  run_to_end();
  const Output output = caller.drain();
  EXPECT_EQ(output.text, "some text ");
  EXPECT_EQ(output.finished->reason, FinishReason::stop_string);
  EXPECT_EQ(output.finished->usage.output_tokens, 13);
  EXPECT_EQ(output.tokens.size(), 13U);
}

TEST_F(EngineCoreTest, TheEndTokenEndsTheTurnAndIsNotShown) {
  open({.next = [](const std::vector<Token>& tokens) { return tokens.size() < 4 ? Token{'x'} : fake::kEnd; }});
  const Caller caller = submit(tokens_of("p"), 50);
  run_to_end();
  const Output output = caller.drain();
  EXPECT_EQ(output.text, "xxx");
  EXPECT_EQ(output.finished->reason, FinishReason::end_of_turn);
  EXPECT_EQ(output.finished->usage.output_tokens, 4);
}

TEST_F(EngineCoreTest, AFullWindowEndsTheGenerationWithItsOwnReason) {
  open({.lanes = 1}, {.window_tokens = 16});
  const Caller caller = submit(tokens_of("ten tokens"), std::numeric_limits<int>::max());
  run_to_end();
  const Output output = caller.drain();
  EXPECT_EQ(output.finished->reason, FinishReason::window_full);
  EXPECT_EQ(output.finished->usage.output_tokens, 6);
}

TEST_F(EngineCoreTest, AGrammarBendsEveryTokenAndCountsTheRefusedOnes) {
  open({});
  const Caller caller =
      submit(tokens_of("p"), 50, {.temperature = 0.0F}, std::make_unique<fake::ExactText>("{\"a\": 1}"));
  run_to_end();
  const Output output = caller.drain();
  EXPECT_EQ(output.text, "{\"a\": 1}");
  EXPECT_EQ(output.finished->reason, FinishReason::end_of_turn);
  EXPECT_GE(counters_.tokens_rejected, 8);
}

TEST_F(EngineCoreTest, BrokenCharactersNeverLeaveTheEngine) {
  open({.next = [](const std::vector<Token>& tokens) {
    constexpr std::string_view kBytes = "\xC3\xA9\xE2\x82\xAC\xFF\xF0\x9F\x98\x80\xE2\x82";
    return static_cast<Token>(static_cast<unsigned char>(kBytes[tokens.size() - 1]));
  }});
  const Caller caller = submit(tokens_of("p"), 12);
  core_->step();
  core_->step();
  run_to_end();
  const Output output = caller.drain();
  EXPECT_EQ(output.text, "\u00e9\u20ac\ufffd\U0001F600\ufffd\ufffd");
  EXPECT_EQ(output.tokens.size(), 12U);
}

TEST_F(EngineCoreTest, TheSameSeedGivesTheSameTextWhateverRunsBesideIt) {
  const Sampling hot = {.temperature = 5.0F, .top_k = 0, .top_p = 1.0F, .min_p = 0.0F, .seed = 42};
  Sampling hotter = hot;
  hotter.seed = 43;
  std::vector<std::string> texts;
  for (const int others : {0, 3}) {
    open({.lanes = 4, .abilities = kApart});
    const Caller caller = submit(tokens_of("seeded"), 40, hot);
    for (int i = 0; i < others; ++i) {
      submit(tokens_of(std::string(static_cast<std::size_t>(i + 2), 'q')), 25, hotter);
    }
    run_to_end();
    texts.push_back(caller.drain().text);
  }
  EXPECT_EQ(texts[0], texts[1]);
  open({.lanes = 1});
  const Caller other = submit(tokens_of("seeded"), 40, hotter);
  run_to_end();
  EXPECT_NE(other.drain().text, texts[0]);
}

}  // namespace
}  // namespace puna::engine

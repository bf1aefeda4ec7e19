// No token twice: prefixes that are there, prefixes that are on their way, pinned ones, and memories of every kind.
#include <gtest/gtest.h>

#include <set>

#include "base/test_rounds.h"
#include "engine/test_core.h"

namespace puna::engine {
namespace {

using fake::tokens_of;
using test::Caller;
using test::Output;

class EngineSharing : public test::EngineCoreTest {
 protected:
  // Tokens of all prompts, each shared beginning once.
  static std::int64_t distinct(const std::vector<std::vector<Token>>& prompts) {
    std::set<std::vector<Token>> beginnings;
    for (const auto& prompt : prompts) {
      for (std::size_t length = 1; length <= prompt.size(); ++length) {
        beginnings.emplace(prompt.begin(), prompt.begin() + static_cast<std::ptrdiff_t>(length));
      }
    }
    return static_cast<std::int64_t>(beginnings.size());
  }
};

std::vector<Token> with(std::vector<Token> prefix, std::string_view rest) {
  for (const char c : rest) {
    prefix.push_back(static_cast<unsigned char>(c));
  }
  return prefix;
}

TEST_F(EngineSharing, ColdAgentsWithOnePrefixComputeItOnce) {
  for (const Share share : {Share::any_part, Share::whole_lane}) {
    open({.lanes = 8, .abilities = {.share = share, .cut = true}}, {.batch_tokens = 64});
    counters_.tokens_prefilled = 0;
    std::vector<std::vector<Token>> prompts;
    std::vector<Caller> callers;
    for (int i = 0; i < 8; ++i) {
      prompts.push_back(with(std::vector<Token>(300, 's'), "agent " + std::to_string(i)));
      callers.push_back(submit(prompts.back(), 5));
    }
    run_to_end();
    for (std::size_t i = 0; i < 8; ++i) {
      EXPECT_EQ(callers[i].drain().text, expected(prompts[i], 5));
    }
    EXPECT_EQ(counters_.tokens_prefilled, distinct(prompts));
    EXPECT_EQ(backend_->calls().rows, distinct(prompts) + 8 * 4);
  }
}

// Waiting for a prefix is no turn: who asks much at once does not push those back who ask after that.
TEST_F(EngineSharing, OneAgentsManyPromptsWithOnePrefixDoNotHoldUpAnother) {
  for (const int quota : {0, 3}) {
    open({.lanes = 4}, {.batch_tokens = 32, .agent_generations_max = quota});
    const std::int64_t before = counters_.generations_finished;
    std::vector<Caller> many;
    for (int i = 0; i < 40; ++i) {
      many.push_back(submit({.prompt = with(std::vector<Token>(200, 's'), "task " + std::to_string(i)),
                             .tokens_max = 5,
                             .agent = AgentId{1}}));
    }
    for (int i = 0; i < 10; ++i) {  // until they have the prefix, and all the lanes that they may have
      ASSERT_TRUE(core_->step());
    }
    std::vector<Caller> others;
    for (const std::uint64_t agent : {2U, 3U, 4U}) {
      others.push_back(submit({.prompt = tokens_of("another"), .tokens_max = 5, .agent = AgentId{agent}}));
    }
    for (int i = 0; i < 20; ++i) {
      ASSERT_TRUE(core_->step());
    }
    EXPECT_LE(counters_.generations_finished - before, 20) << "quota " << quota;
    for (const Caller& other : others) {
      EXPECT_TRUE(other.drain().finished) << "quota " << quota;
    }
    run_to_end();
    for (const Caller& caller : many) {
      EXPECT_TRUE(caller.drain().finished);
    }
  }
}

TEST_F(EngineSharing, AFollowerGoesOnByItselfWhenItsLeaderIsCancelled) {
  open({.lanes = 4}, {.batch_tokens = 32});
  const auto prompt = with(std::vector<Token>(200, 's'), "x");
  const Caller leader = submit(with(std::vector<Token>(200, 's'), "leader"), 5);
  const Caller follower = submit(prompt, 5);
  ASSERT_TRUE(core_->step());
  ASSERT_TRUE(core_->step());
  leader.stream->cancel();
  run_to_end();
  EXPECT_EQ(follower.drain().text, expected(prompt, 5));
  EXPECT_EQ(counters_.tokens_prefilled, 201);  // what the leader had computed is not computed again
}

TEST_F(EngineSharing, AFollowerThatIsCancelledLeaves) {
  open({.lanes = 4}, {.batch_tokens = 32});
  const Caller leader = submit(std::vector<Token>(200, 's'), 3);
  const Caller follower = submit(std::vector<Token>(200, 's'), 3);
  ASSERT_TRUE(core_->step());
  EXPECT_EQ(counters_.waiting, 1);
  follower.stream->cancel();
  ASSERT_TRUE(core_->step());
  EXPECT_EQ(counters_.waiting, 0);
  EXPECT_EQ(counters_.generations_cancelled, 1);
  run_to_end();
  EXPECT_TRUE(leader.drain().finished);
}

TEST_F(EngineSharing, RandomFamiliesOfPromptsComputeTheirDistinctTokensOnly) {
  for (std::uint64_t seed = 0; seed < puna::test::rounds(200); ++seed) {
    Random random(seed);
    open({.lanes = 16}, {.batch_tokens = static_cast<int>(4 + random.next() % 60)});
    counters_.tokens_prefilled = 0;
    std::vector<std::vector<Token>> prompts = {{'r'}};
    std::set<std::vector<Token>> given;
    std::vector<Caller> callers;
    while (given.size() < 24) {
      auto prompt = prompts[random.next() % prompts.size()];
      const std::size_t more = 1 + random.next() % 40;
      for (std::size_t i = 0; i < more; ++i) {
        prompt.push_back('a' + static_cast<Token>(random.next() % 2));
      }
      prompts.push_back(prompt);
      if (given.insert(prompt).second) {
        callers.push_back(submit(prompt, 1));
      }
    }
    run_to_end();
    prompts.assign(given.begin(), given.end());
    // A prompt that others continue may find even its last token there, and computes that one again.
    std::int64_t inner = 0;
    for (std::size_t i = 0; i + 1 < prompts.size(); ++i) {  // sorted: who continues it comes next
      const auto& next = prompts[i + 1];
      inner +=
          next.size() > prompts[i].size() && std::ranges::equal(prompts[i], std::span(next).first(prompts[i].size()));
    }
    ASSERT_GE(counters_.tokens_prefilled, distinct(prompts)) << seed;
    ASSERT_LE(counters_.tokens_prefilled, distinct(prompts) + inner) << seed;
  }
}

TEST_F(EngineSharing, AForkInTheMiddleOfAGenerationComputesNothingTwice) {
  open({.lanes = 4});
  const auto prompt = tokens_of("a trunk that grows");
  const Caller trunk = submit(prompt, 40);
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(core_->step());
  }
  auto branch = prompt;
  for (int i = 0; i < 12; ++i) {
    branch.push_back(settings_.next(branch));
  }
  const auto rows_before = backend_->calls().rows;
  const Caller fork = submit(with(branch, "!"), 1);
  ASSERT_TRUE(core_->step());
  EXPECT_EQ(backend_->calls().rows - rows_before, 1 + 1);  // its own token, and the trunk's next
  run_to_end();
  EXPECT_EQ(fork.drain().text, expected(with(branch, "!"), 1));
  EXPECT_EQ(trunk.drain().text, expected(prompt, 40));
}

TEST_F(EngineSharing, AgentsThatStartTogetherHaveTheirPromptsComputedInFullBatches) {
  open({.lanes = 8}, {.batch_tokens = 512});
  const std::vector<Token> role(200, 'r');
  std::vector<Caller> callers;
  for (Token agent = 0; agent < 8; ++agent) {
    std::vector<Token> prompt = role;
    prompt.insert(prompt.end(), 30, 'a' + agent);
    callers.push_back(submit(prompt, 16));
  }
  run_to_end();
  EXPECT_EQ(counters_.tokens_prefilled, 200 + 8 * 30);
  EXPECT_EQ(counters_.steps, 1 + 1 + 15) << "the first agent's prompt, all other parts, a token of each in a step";
}

TEST_F(EngineSharing, APromptHoldsBackForStreamsThatAreRead) {
  open({.lanes = 2}, {.batch_tokens = 512});
  const Caller stream = submit(std::vector<Token>(20, 's'), 40);
  for (int step = 0; step < 12; ++step) {
    core_->step();
  }
  const Caller late = submit(std::vector<Token>(400, 'l'), 1);
  core_->step();
  EXPECT_LT(counters_.tokens_prefilled, 20 + 400);
  run_to_end();
  EXPECT_EQ(stream.drain().tokens.size(), 40U);
}

TEST_F(EngineSharing, APinnedPrefixStaysWhileItsHandleLivesAndNoLonger) {
  open({.lanes = 8, .cells = 100}, {.saved_bytes_max = 0});
  const auto role = std::vector<Token>(40, 'r');
  auto state = std::make_shared<Pin::State>();
  const Caller pin = submit({.prompt = role, .tokens_max = 1}, nullptr, state);
  run_to_end();
  EXPECT_TRUE(pin.drain().finished);
  EXPECT_EQ(counters_.tokens_decoded, 0);
  const auto flood = [this] {
    for (int i = 0; i < 5; ++i) {
      submit(std::vector<Token>(55, 'a' + i), 1);
      run_to_end();
    }
  };
  flood();
  const auto before = counters_.tokens_prefilled.load();
  submit(with(role, "x"), 1);
  run_to_end();
  EXPECT_EQ(counters_.tokens_prefilled - before, 1);
  state->dropped = true;
  flood();
  const auto after = counters_.tokens_prefilled.load();
  submit(with(role, "y"), 1);
  run_to_end();
  EXPECT_EQ(counters_.tokens_prefilled - after, 41);
}

TEST_F(EngineSharing, TooLargeAPinIsRefusedWithBothSizes) {
  open({.lanes = 4, .cells = 100});
  const Caller pin =
      submit({.prompt = std::vector<Token>(60, 'r'), .tokens_max = 1}, nullptr, std::make_shared<Pin::State>());
  run_to_end();
  const Output output = pin.drain();
  ASSERT_TRUE(output.error);
  EXPECT_EQ(output.error->code, ErrorCode::limit);
  EXPECT_TRUE(output.error->message.contains("60") && output.error->message.contains("100"));
}

TEST_F(EngineSharing, NothingIsLostOfALaneThatIsCopiedFromInTheStepThatTakesItAway) {
  open({.lanes = 2, .abilities = {.share = Share::whole_lane, .cut = true, .save = true}});
  const std::vector<Token> role(100, 'r');
  for (const char letter : {'a', 'b'}) {
    const Caller caller = submit(with(role, std::string(50, letter)), 1);
    run_to_end();
  }
  std::vector<Caller> others;
  // At once: whichever lane one of them takes, the other's prefix is copied from.
  for (const char letter : {'c', 'd'}) {
    others.push_back(submit(with(role, std::string(50, letter)), 1));
  }
  run_to_end();
  for (const char letter : {'a', 'b'}) {
    const Caller again = submit(with(role, std::string(50, letter) + "!"), 1);
    run_to_end();
    EXPECT_EQ(again.drain().finished->usage.cached_tokens, 150) << letter;
  }
}

TEST_F(EngineSharing, AMemoryThatCannotForgetContinuesWholeLanesAndStaysRight) {
  open({.lanes = 3, .abilities = {.share = Share::whole_lane, .cut = false, .save = true}});
  const auto first = tokens_of("recurrent state, first turn");
  const Caller one = submit(first, 4);
  run_to_end();
  auto second = with(first, one.drain().text + " and the next turn");
  const auto before = counters_.tokens_prefilled.load();
  const Caller two = submit(second, 3);
  run_to_end();
  EXPECT_EQ(two.drain().text, expected(second, 3));
  EXPECT_EQ(counters_.tokens_prefilled - before, 1 + 18);
  const auto other = with(first, "XX");
  const Caller three = submit(other, 3);
  run_to_end();
  EXPECT_EQ(three.drain().text, expected(other, 3));
}

TEST_F(EngineSharing, AMemoryThatCannotForgetGoesBackToItsMarks) {
  open({.lanes = 4, .abilities = {.share = Share::whole_lane, .cut = false, .mark = true}}, {.batch_tokens = 16});
  const auto prompt = tokens_of("recurrent state that was marked at the prompt's end");
  const Caller one = submit(prompt, 6);
  run_to_end();
  const auto before = counters_.tokens_prefilled.load();
  const Caller same = submit(prompt, 6);
  const auto other = with(prompt, ", another reply");
  const Caller two = submit(other, 6);
  run_to_end();
  EXPECT_EQ(one.drain().text, expected(prompt, 6));
  EXPECT_EQ(same.drain().text, expected(prompt, 6));
  EXPECT_EQ(two.drain().text, expected(other, 6));
  EXPECT_EQ(counters_.tokens_prefilled - before, 1 + 16);
}

TEST_F(EngineSharing, ColdAgentsOfAMemoryThatCannotForgetShareAtAMark) {
  open({.lanes = 8, .abilities = {.share = Share::whole_lane, .cut = false, .mark = true}}, {.batch_tokens = 64});
  std::vector<std::vector<Token>> prompts;
  std::vector<Caller> callers;
  for (int i = 0; i < 8; ++i) {
    prompts.push_back(with(std::vector<Token>(300, 's'), std::to_string(i) + " agent"));
    callers.push_back(submit(prompts.back(), 5));
  }
  run_to_end();
  for (std::size_t i = 0; i < 8; ++i) {
    EXPECT_EQ(callers[i].drain().text, expected(prompts[i], 5));
  }
  EXPECT_EQ(counters_.tokens_prefilled, distinct(prompts));
}

TEST_F(EngineSharing, NobodyWaitsForAPlaceThatItsLeaderHasPassedUnmarked) {
  open({.lanes = 4, .abilities = {.share = Share::whole_lane, .cut = false, .mark = true}}, {.batch_tokens = 16});
  const std::vector<Token> shared(300, 's');
  const auto first = with(shared, std::string(300, 'x'));
  const auto second = with(shared, "b");
  const Caller one = submit(first, 5);
  for (int step = 0; step < 25; ++step) {
    ASSERT_TRUE(core_->step());  // 400 tokens: behind what the second prompt shares
  }
  const Caller two = submit(second, 5);
  ASSERT_TRUE(core_->step());
  EXPECT_EQ(counters_.sequences_busy, 2);
  run_to_end();
  EXPECT_EQ(one.drain().text, expected(first, 5));
  EXPECT_EQ(two.drain().text, expected(second, 5));
}

TEST_F(EngineSharing, AnAgentRunsAtMostAsManyGenerationsAsItMay) {
  open({.lanes = 8}, {.agent_generations_max = 2});
  std::vector<Caller> callers;
  for (int i = 0; i < 6; ++i) {
    callers.push_back(submit({.prompt = tokens_of(std::to_string(i) + " greedy agent"),
                              .sampling = {.temperature = 0.0F},
                              .tokens_max = 4,
                              .agent = AgentId{1}}));
  }
  callers.push_back(submit({.prompt = tokens_of("modest"), .sampling = {.temperature = 0.0F}, .tokens_max = 4}));
  ASSERT_TRUE(core_->step());
  EXPECT_EQ(counters_.sequences_busy, 3);
  run_to_end();
  for (const Caller& caller : callers) {
    EXPECT_TRUE(caller.drain().finished);
  }
}

TEST_F(EngineSharing, APassedDeadlineEndsAGenerationAndKeepsWhatCame) {
  open({.lanes = 1});
  const auto soon = std::chrono::steady_clock::now() + std::chrono::milliseconds(30);
  const Caller late = submit({.prompt = tokens_of("endless"), .sampling = {.temperature = 0.0F}, .deadline = soon});
  const Caller never = submit({.prompt = tokens_of("too late"), .deadline = soon});
  run_to_end();
  const Output output = late.drain();
  ASSERT_TRUE(output.finished);
  if (output.finished->reason == FinishReason::deadline) {  // a fast machine fills the window first
    EXPECT_EQ(static_cast<std::int64_t>(output.tokens.size()), output.finished->usage.output_tokens);
    EXPECT_EQ(never.drain().finished->reason, FinishReason::deadline);
  }
  EXPECT_EQ(counters_.waiting, 0);
}

}  // namespace
}  // namespace puna::engine

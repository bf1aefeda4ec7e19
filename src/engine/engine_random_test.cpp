// Random operations on the engine against a naive model of the cache: every generation's text is what it is alone, and
// after every step the ledger says what the library holds.
#include <gtest/gtest.h>

#include "base/test_rounds.h"
#include "engine/test_account.h"
#include "engine/test_core.h"

namespace puna::engine {
namespace {

using test::Caller;
using test::Output;

struct AskedByCaller {
  Caller caller;
  std::vector<Token> prompt;
  int tokens_max = 0;
  bool cancelled = false;
  bool started = false;
};

class EngineRandom : public test::EngineCoreTest {
 protected:
  void check_ledger(int lanes) const {
    for (int i = 0; i < lanes; ++i) {
      const auto lane = static_cast<LaneId>(i);
      const auto held = core_->ledger().tokens(lane);
      ASSERT_EQ(std::vector<Token>(held.begin(), held.end()), backend_->tokens(lane)) << "lane " << i;
      ASSERT_EQ(account_->tokens(lane), backend_->tokens(lane)) << "lane " << i;
    }
    ASSERT_EQ(account_->violation(), "");
  }

  // What is said to come from the cache must have been there. Takes the first piece, which is about that.
  void check_reuse(std::vector<AskedByCaller>& asked) const {
    for (AskedByCaller& one : asked) {
      const auto piece = one.started ? std::nullopt : one.caller.stream->poll();
      if (!piece || !*piece || !std::holds_alternative<piece::Prefill>(**piece)) {
        continue;
      }
      one.started = true;
      ASSERT_LE(std::get<piece::Prefill>(**piece).tokens_cached,
                static_cast<std::int64_t>(account_->reusable(one.prompt)));
    }
  }

  void step(int lanes, std::vector<AskedByCaller>& asked) {
    account_->begin_step();
    core_->step();
    ASSERT_NO_FATAL_FAILURE(check_ledger(lanes));
    ASSERT_NO_FATAL_FAILURE(check_reuse(asked));
    ASSERT_EQ(backend_->calls().violation, "");
  }

  void check_replies(const std::vector<AskedByCaller>& asked) const {
    for (const AskedByCaller& one : asked) {
      const Output output = one.caller.drain();
      if (!one.cancelled) {
        ASSERT_TRUE(output.finished) << output.error->message;
        ASSERT_EQ(output.text, expected(one.prompt, one.tokens_max));
        ASSERT_LE(output.finished->usage.cached_tokens, static_cast<std::int64_t>(one.prompt.size()) - 1);
      }
    }
  }

  // A prompt that continues, repeats or branches from what was asked before, or is new.
  std::vector<Token> next_prompt(Random& random, const std::vector<AskedByCaller>& asked) const {
    std::vector<Token> prompt;
    if (!asked.empty() && random.next() % 4 != 0) {
      const AskedByCaller& old = asked[random.next() % asked.size()];
      prompt = old.prompt;
      const std::size_t more = random.next() % 8;
      for (std::size_t i = 0; i < more; ++i) {
        prompt.push_back(settings_.next(prompt));  // what the model would have said: a next turn, or a fork
      }
      if (random.next() % 3 == 0) {
        prompt.resize(1 + random.next() % prompt.size());  // a rollback
      }
    }
    const std::size_t own = random.next() % 12 + (prompt.empty() ? 1 : 0);
    for (std::size_t i = 0; i < own; ++i) {
      prompt.push_back('A' + static_cast<Token>(random.next() % 3));
    }
    prompt.resize(std::min<std::size_t>(prompt.size(), 40));
    return prompt;
  }

  // Every third generation has parts of its text forced.
  std::unique_ptr<TokenFilter> some_filter(Random& random, const AskedByCaller& asked) const {
    if (random.next() % 3 != 0) {
      return nullptr;
    }
    return std::make_unique<fake::ForcedStretches>(expected(asked.prompt, asked.tokens_max), 1 + random.next() % 7);
  }

  void play(std::uint64_t seed);

  std::unique_ptr<test::Account> account_;
};

void EngineRandom::play(std::uint64_t seed) {
  Random random(seed);
  const auto pick = [&random](int low, int high) {
    return low + static_cast<int>(random.next() % static_cast<std::uint64_t>(high - low + 1));
  };
  const int lanes = pick(1, 6);
  fake::Settings settings{.lanes = lanes, .cells = pick(70, 200)};
  settings.abilities = {.share = static_cast<Share>(pick(0, 2)), .cut = pick(0, 2) != 0, .save = pick(0, 2) != 0};
  settings.abilities.mark = !settings.abilities.cut && pick(0, 1) == 0;
  for (int i = 0; i < pick(0, 4); ++i) {
    settings.outcomes[pick(1, 200)] = pick(0, 1) == 0 ? DecodeStatus::failed : DecodeStatus::aborted;
  }
  open(settings, {.window_tokens = 64, .batch_tokens = pick(1, 48), .saved_bytes_max = pick(0, 2) * 400},
       pick(1, lanes));
  account_ = std::make_unique<test::Account>(*backend_);
  core_ = std::make_unique<EngineCore>(*account_, weights_, options_, Clock::system(), counters_);
  std::vector<AskedByCaller> asked;
  std::vector<std::pair<std::shared_ptr<Pin::State>, Caller>> pins;
  for (int operation = 0; operation < 120; ++operation) {
    const int kind = pick(0, 19);
    if (kind < 5 && asked.size() < 40) {
      AskedByCaller next{.caller = {}, .prompt = next_prompt(random, asked), .tokens_max = pick(1, 12)};
      next.caller = submit({.prompt = next.prompt,
                            .sampling = {.temperature = 0.0F},
                            .tokens_max = next.tokens_max,
                            .agent = AgentId{static_cast<std::uint64_t>(pick(0, 3))}},
                           some_filter(random, next));
      asked.push_back(std::move(next));
    } else if (kind == 5 && !asked.empty()) {
      AskedByCaller& victim = asked[random.next() % asked.size()];
      victim.caller.stream->cancel();
      victim.cancelled = true;
    } else if (kind == 6) {
      core_->leave_for_tool(AgentId{static_cast<std::uint64_t>(pick(1, 3))}, "tool");
    } else if (kind == 7 && pins.size() < 3) {
      auto state = std::make_shared<Pin::State>();
      const auto caller = submit({.prompt = next_prompt(random, asked), .tokens_max = 1}, nullptr, state);
      pins.emplace_back(std::move(state), caller);
    } else if (kind == 8 && !pins.empty()) {
      pins.back().first->dropped = true;
    } else {
      ASSERT_NO_FATAL_FAILURE(step(lanes, asked));
    }
  }
  for (const auto& [state, caller] : pins) {
    state->dropped = true;
  }
  run_to_end();
  ASSERT_NO_FATAL_FAILURE(check_ledger(lanes));
  ASSERT_EQ(counters_.waiting, 0);
  ASSERT_EQ(counters_.sequences_busy, 0);
  check_replies(asked);
}

TEST_F(EngineRandom, EveryGenerationGetsItsOwnTextAndTheLedgerIsRight) {
  for (std::uint64_t seed = 1; seed <= puna::test::rounds(3000); ++seed) {
    play(seed);
    ASSERT_FALSE(HasFailure()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace puna::engine

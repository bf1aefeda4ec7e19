// States that come from outside, and what may be pinned: what an engine is given or asked for never lets lanes and
// ledger disagree, and never takes the cache away from everybody.
#include <gtest/gtest.h>

#include "engine/test_core.h"

namespace puna::engine {
namespace {

using fake::tokens_of;
using test::Caller;

class EngineStates : public test::EngineCoreTest {
 protected:
  void expect_agreement() const {
    for (int i = 0; i < settings_.lanes; ++i) {
      const auto lane = static_cast<LaneId>(i);
      const auto held = core_->ledger().tokens(lane);
      EXPECT_EQ(std::vector<Token>(held.begin(), held.end()), backend_->tokens(lane)) << "lane " << i;
    }
  }
  static std::vector<std::byte> bytes_of(const std::vector<Token>& tokens) {
    const auto raw = std::as_bytes(std::span(tokens));
    return {raw.begin(), raw.end()};
  }
};

constexpr Abilities kNeverCut = {.share = Share::whole_lane, .cut = false, .mark = true, .save = true};

TEST_F(EngineStates, AMemoryThatCannotBeCutGivesOnlyAStateThatCanBeUsed) {
  open({.lanes = 2, .abilities = kNeverCut});
  const auto prompt = tokens_of("one conversation");
  const Caller caller = submit(prompt, 4);
  run_to_end();
  auto talk = prompt;
  for (const char letter : caller.drain().text) {
    talk.push_back(static_cast<unsigned char>(letter));
  }
  const auto held = core_->state_of(talk);
  ASSERT_TRUE(held);
  EXPECT_EQ(held->tokens, talk.size() - 1);
  EXPECT_EQ(held->state.tokens.size(), held->tokens);
  EXPECT_FALSE(core_->state_of(tokens_of("one conversation that went another way")));
  EXPECT_FALSE(core_->state_of(tokens_of("one")));
}

TEST_F(EngineStates, ASavedOneThatCannotBeCutIsGivenForItsOwnTokensOnly) {
  open({.lanes = 1, .abilities = kNeverCut});
  submit(tokens_of("one conversation"), 1);
  run_to_end();
  submit(tokens_of("something else"), 1);  // pushes it out
  run_to_end();
  ASSERT_EQ(counters_.states_saved, 1);
  EXPECT_TRUE(core_->state_of(tokens_of("one conversation, and on")));
  EXPECT_FALSE(core_->state_of(tokens_of("one conversatiom")));
}

// The fork goes on in the lane that its parent left, or both were pushed out of it: the parent can still be put to
// sleep, and nothing of the fork goes with it.
TEST_F(EngineStates, WhatAForkWentOnFromIsGivenWithoutTheFork) {
  for (const int lanes : {1, 2}) {
    for (const bool is_pushed_out : {false, true}) {
      open({.lanes = lanes});
      const auto prompt = tokens_of("one conversation");
      const Caller parent = submit(prompt, 4);
      run_to_end();
      auto talk = prompt;
      for (const char letter : parent.drain().text) {
        talk.push_back(static_cast<unsigned char>(letter));
      }
      auto branch = talk;
      branch.insert(branch.end(), 12, 'f');
      const Caller fork = submit(branch, 3);
      run_to_end();
      for (int i = 0; is_pushed_out && i < lanes; ++i) {
        submit(std::vector<Token>(20, 'x' + i), 1);
        run_to_end();
      }
      const auto held = core_->state_of(talk);
      if (is_pushed_out) {
        EXPECT_FALSE(held) << "no lane is empty, and none that others use is emptied for it";
      } else {
        ASSERT_TRUE(held) << lanes;
        EXPECT_EQ(held->tokens, talk.size());
        EXPECT_EQ(held->state.tokens, talk);
        EXPECT_EQ(held->state.bytes, bytes_of(talk));
      }
      expect_agreement();
      EXPECT_EQ(backend_->calls().violation, "");
      branch.push_back('g');
      const Caller on = submit(branch, 3);
      run_to_end();
      EXPECT_EQ(on.drain().text, expected(branch, 3));
    }
  }
}

TEST_F(EngineStates, WhatIsOnItsWayToAFileHasRoomAmongTheSavedOnes) {
  const auto prompt = tokens_of("one conversation");
  const std::int64_t size = 2 * static_cast<std::int64_t>(prompt.size() * sizeof(Token));  // its tokens, and its cells
  for (const std::int64_t room : {size - 1, size}) {
    open({.lanes = 2}, {.saved_bytes_max = room});
    submit(prompt, 1);
    run_to_end();
    const auto held = core_->state_of(prompt);
    if (room < size) {
      ASSERT_FALSE(held);
      EXPECT_EQ(held.error().code, ErrorCode::limit);
    } else {
      ASSERT_TRUE(held) << held.error().message;
      EXPECT_EQ(held->state.bytes, bytes_of(prompt));
      EXPECT_FALSE(core_->room_for(1));
    }
    expect_agreement();
  }
  EXPECT_TRUE(core_->room_for(static_cast<std::uint64_t>(size))) << "it is written";
}

TEST_F(EngineStates, ASavedOneStaysWhereThereIsRoomForTwo) {
  const auto prompt = tokens_of("one conversation");
  const std::int64_t size = 2 * static_cast<std::int64_t>(prompt.size() * sizeof(Token));
  for (const std::int64_t states : {1, 2}) {
    open({.lanes = 1}, {.saved_bytes_max = states * size});
    ASSERT_TRUE(core_->keep({.tokens = prompt, .bytes = bytes_of(prompt)}));
    {
      const auto held = core_->state_of(prompt);
      ASSERT_TRUE(held);
      EXPECT_EQ(held->state.bytes, bytes_of(prompt));
      EXPECT_EQ(counters_.saved_bytes, (states - 1) * size);
    }
    EXPECT_EQ(core_->state_of(prompt).has_value(), states == 2);
    ASSERT_TRUE(core_->keep({.tokens = prompt, .bytes = bytes_of(prompt)}, *core_->room_for(10)));
    EXPECT_EQ(counters_.saved_bytes, size);
  }
}

TEST_F(EngineStates, APartThatThereIsNoRoomForLeavesTheShorterWholeOne) {
  open({.lanes = 2}, {.saved_bytes_max = 500});
  std::vector<Token> tokens(20, 'a');
  ASSERT_TRUE(core_->keep({.tokens = tokens, .bytes = bytes_of(tokens)}));
  tokens.insert(tokens.end(), 30, 'b');
  submit(tokens, 1);
  run_to_end();
  ASSERT_EQ(counters_.tokens_restored, 20);
  std::fill(tokens.begin() + 40, tokens.end(), 'c');
  const auto held =
      core_->state_of(tokens);  // 40 of them stand in a lane, whose state there is room for, but not twice
  ASSERT_TRUE(held) << held.error().message;
  EXPECT_EQ(held->tokens, 20U);
  expect_agreement();
}

TEST_F(EngineStates, WhatIsRestoredKeepsItsRoomUntilItIsThere) {
  const std::vector<Token> one(40, 'a');
  const std::vector<Token> other(40, 'b');
  open({.lanes = 1}, {.saved_bytes_max = 400});  // room for one of them
  for (const std::vector<Token>& prompt : {one, other, one, other}) {
    const Caller caller = submit(prompt, 2);
    run_to_end();
    EXPECT_EQ(caller.drain().text, expected(prompt, 2));
    EXPECT_LE(counters_.saved_bytes, 400);
    expect_agreement();
  }
  EXPECT_EQ(counters_.states_saved, 1) << "the other one comes while the one is on its way back";
}

TEST_F(EngineStates, AStateThatHoldsLessThanItSaysIsNotUsed) {
  for (const Abilities& abilities : {Abilities{.share = Share::any_part, .cut = true, .save = true}, kNeverCut}) {
    open({.lanes = 2, .abilities = abilities});
    const auto said = std::vector<Token>(30, 'a');
    for (const std::size_t really : {10U, 40U}) {
      core_->keep({.tokens = said, .bytes = bytes_of(std::vector<Token>(really, 'a'))});
      auto prompt = said;
      prompt.push_back(static_cast<Token>('A' + really));
      const Caller caller = submit(prompt, 4);
      run_to_end();
      EXPECT_EQ(caller.drain().text, expected(prompt, 4));
      EXPECT_EQ(counters_.tokens_restored, 0);
      expect_agreement();
    }
  }
}

TEST_F(EngineStates, AStateLongerThanTheWindowServesItsBeginning) {
  open({.lanes = 2}, {.window_tokens = 64});
  const auto tokens = std::vector<Token>(100, 'a');
  ASSERT_TRUE(core_->keep({.tokens = tokens, .bytes = bytes_of(tokens)}));
  auto prompt = std::vector<Token>(50, 'a');
  prompt.push_back('b');
  const Caller caller = submit(prompt, 4);
  run_to_end();
  EXPECT_EQ(caller.drain().text, expected(prompt, 4));
  EXPECT_EQ(counters_.tokens_restored, 50);
  expect_agreement();
}

TEST_F(EngineStates, ALaneThatALinkToAnotherEmptiedIsComputedAgain) {
  open({.lanes = 3, .cells = 230, .relink_fails = true});
  auto state = std::make_shared<Pin::State>();
  submit({.prompt = std::vector<Token>(80, 't'), .tokens_max = 1}, nullptr, state);
  run_to_end();
  auto branch = std::vector<Token>(100, 't');
  branch.resize(130, 'b');
  submit(branch, 1);
  run_to_end();
  submit(std::vector<Token>(110, 'x'), 1);  // pushes the branch out
  run_to_end();
  branch.push_back('c');
  const Caller back = submit(branch, 3);
  run_to_end();
  EXPECT_EQ(back.drain().text, expected(branch, 3));
  expect_agreement();
}

TEST_F(EngineStates, PinsThatAreAskedForAtOnceLeaveHalfOfTheLanesToOthers) {
  open({.lanes = 4});
  std::vector<std::shared_ptr<Pin::State>> states;
  std::vector<Caller> pins;
  for (int i = 0; i < 4; ++i) {
    states.push_back(std::make_shared<Pin::State>());
    pins.push_back(submit({.prompt = std::vector<Token>(20, 'a' + i), .tokens_max = 1}, nullptr, states.back()));
  }
  run_to_end();
  int kept = 0;
  for (const Caller& pin : pins) {
    const auto output = pin.drain();
    kept += output.finished ? 1 : 0;
    EXPECT_TRUE(output.finished || output.error->code == ErrorCode::limit);
  }
  EXPECT_EQ(kept, 2);
  const Caller caller = submit(tokens_of("somebody else"), 3);
  run_to_end();
  EXPECT_EQ(caller.drain().text, expected(tokens_of("somebody else"), 3));
}

}  // namespace
}  // namespace puna::engine

// Test support: several agents in one engine, in all the ways in which they meet. A common beginning, followers, a
// quota, a pin, a cache that is too small, states that are saved and restored, next turns. Every reply is known in
// advance, so a fault can be put anywhere and what it did to each of them is seen.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <thread>

#include "engine/test_core.h"

namespace puna::engine::test {

class ScenarioTest : public EngineCoreTest {
 protected:
  struct Talk {
    std::vector<Token> prompt;
    int tokens_max = 0;
    Caller caller;
  };
  struct Memory {
    const char* name;
    Abilities abilities;
  };
  static std::vector<Memory> memories() {
    return {{.name = "one pool", .abilities = {.share = Share::any_part, .cut = true, .save = true}},
            {.name = "copies", .abilities = {.share = Share::whole_lane, .cut = true, .save = true}},
            {.name = "marks", .abilities = {.share = Share::whole_lane, .cut = false, .mark = true, .save = true}},
            {.name = "nothing", .abilities = {.share = Share::nothing, .cut = false, .save = false}}};
  }

  // Calls into the engine go through here.
  virtual void enter(const std::function<void()>& call) { call(); }
  void hand_over(std::unique_ptr<Sequence> sequence) override {
    if (core_->dead()) {  // as the engine's thread does
      counters_.leave_line();
      return sequence->stream->fail({.code = ErrorCode::unavailable, .message = "dead", .hint = {}});
    }
    enter([&] { core_->submit(std::move(sequence)); });
  }

  // Once. after_open: before anything is asked.
  void play(fake::Settings settings, const std::function<void()>& after_open = [] {}) {
    settings.lanes = 5;
    settings.cells = 120;
    open(std::move(settings),
         {.window_tokens = 64, .batch_tokens = 24, .agent_generations_max = 1, .saved_bytes_max = 1200}, 4);
    after_open();
    talks_.clear();
    auto pin = std::make_shared<Pin::State>();
    first_turns(pin);
    for (int agent = 1; agent <= 4; ++agent) {  // they push the others out
      ask(std::vector<Token>(30, 'p' + agent), 4, agent);
    }
    run_out();
    next_turns();
    pin->dropped = true;
    ask(fake::tokens_of(kTrunk), 3, 5);
    run_out();
  }

  // Long talks in a cache for one, memory for one state, and files for the others, which are read back.
  void play_with_files(
      const std::filesystem::path& folder, const FileCalls& calls, const std::function<void()>& after_open = [] {}) {
    constexpr int kTalks = 4;
    open({.lanes = 2, .cells = 150}, {.window_tokens = 128, .saved_bytes_max = 1000});
    core_->use_folder(*StateFolder::open(folder, "fake", 1 << 20, 1 << 20, calls));
    after_open();
    talks_.clear();
    for (int i = 0; i < kTalks; ++i) {
      ask(std::vector<Token>(100, 'a' + i), 2, i);
      run_out();
      if (i >= 2) {  // one is in the cache, one in memory
        wait_for_files();
      }
    }
    for (int i = 0; i < kTalks; ++i) {
      auto prompt = talks_[static_cast<std::size_t>(i)].prompt;
      prompt.push_back('!');
      ask(std::move(prompt), 3, i);
      run_out();
    }
  }

  // Afterwards: how many ended early. Those that did not said what they had to; the others began to.
  int failed(ErrorCode expected_code) {
    int count = 0;
    for (const Talk& talk : talks_) {
      const Output output = talk.caller.drain();
      const std::string whole = expected(talk.prompt, talk.tokens_max);
      if (output.finished) {
        EXPECT_EQ(output.text, whole);
      } else {
        ++count;
        EXPECT_EQ(output.error->code, expected_code) << output.error->message;
        EXPECT_NE(output.error->message, "test: nothing more");
        EXPECT_TRUE(whole.starts_with(output.text)) << output.text;
      }
    }
    EXPECT_EQ(counters_.waiting, 0);
    EXPECT_EQ(counters_.sequences_busy, 0);
    return count;
  }

  void expect_that_it_still_works() {
    EXPECT_FALSE(core_->dead());
    const auto prompt = fake::tokens_of("still there");
    const Caller caller = submit(prompt, 5);
    run_out();
    EXPECT_EQ(caller.drain().text, expected(prompt, 5));
  }

  void run_out() {
    const auto late = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!core_->idle() && std::chrono::steady_clock::now() < late) {
      step();
      std::this_thread::yield();  // a file may be on its way
    }
    ASSERT_TRUE(core_->idle());
  }

  std::vector<Talk> talks_;

 private:
  // Until one more state is in a file, or none will be.
  void wait_for_files() {
    const auto before = counters_.saved_files_bytes.load();
    const auto late = std::chrono::steady_clock::now() + std::chrono::milliseconds(3);
    while (counters_.saved_files_bytes <= before && std::chrono::steady_clock::now() < late) {
      step();
      std::this_thread::yield();
    }
  }

  static constexpr std::string_view kTrunk = "how all of them begin, ";

  void ask(std::vector<Token> prompt, int tokens_max, int agent) {
    Talk talk{.prompt = prompt, .tokens_max = tokens_max, .caller = {}};
    talk.caller = submit({.prompt = std::move(prompt),
                          .sampling = {.temperature = 0.0F},
                          .tokens_max = tokens_max,
                          .agent = AgentId{static_cast<std::uint64_t>(agent)}});
    talks_.push_back(std::move(talk));
  }

  void first_turns(const std::shared_ptr<Pin::State>& pin) {
    for (int agent = 1; agent <= 4; ++agent) {
      auto prompt = fake::tokens_of(kTrunk);
      prompt.resize(prompt.size() + 6, 'A' + agent);
      ask(std::move(prompt), 9, agent);
    }
    steps(4);
    ask(fake::tokens_of("how all of them end"), 5, 1);  // agent 1 may run one only
    auto pinned = fake::tokens_of(kTrunk);
    pinned.resize(12);
    submit({.prompt = std::move(pinned), .tokens_max = 1}, nullptr, pin);
    steps(5);
    enter([&] { core_->leave_for_tool(AgentId{2}, "a tool with a long name"); });
    run_out();
  }

  void next_turns() {
    for (std::size_t i = 0; i < 4; ++i) {
      auto prompt = talks_[i].prompt;
      for (const char letter : expected(prompt, talks_[i].tokens_max)) {
        prompt.push_back(static_cast<unsigned char>(letter));
      }
      prompt.resize(prompt.size() + 3, '!');
      ask(std::move(prompt), 6, static_cast<int>(i) + 1);
    }
    steps(6);
    std::optional<EngineCore::Held> held;
    enter([&] {
      try {
        if (auto given = core_->state_of(talks_[0].prompt)) {
          held = *std::move(given);
          core_->keep(held->state, std::move(held->room));
        }
      } catch (const std::bad_alloc&) {
        held.reset();  // said to whoever asked
      }
    });
    run_out();
  }

  void steps(int count) {
    for (int i = 0; i < count; ++i) {
      step();
    }
  }
  void step() {
    enter([this] { core_->step(); });
    EXPECT_EQ(backend_->calls().violation, "");
    for (int i = 0; i < settings_.lanes; ++i) {
      const auto lane = static_cast<LaneId>(i);
      const auto held = core_->ledger().tokens(lane);
      EXPECT_EQ(std::vector<Token>(held.begin(), held.end()), backend_->tokens(lane)) << "lane " << i;
    }
  }
};

}  // namespace puna::engine::test

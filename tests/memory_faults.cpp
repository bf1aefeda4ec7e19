// Every allocation of the engine fails once: the n-th, for each n that a scenario of several agents has, alone, with a
// few more behind it, or with all that follow. What the (fake) library and the test take is left alone.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <limits>
#include <new>

#include "engine/test_grammar.h"
#include "engine/test_scenario.h"
#include "replaced_new.h"

namespace {

constexpr std::int64_t kForEver = std::numeric_limits<std::int64_t>::max() / 2;

// Which allocations fail: `many`, from the one with number `first` on. 0: none.
std::atomic<std::int64_t> first = 0;
std::atomic<std::int64_t> many = 1;
std::atomic<std::int64_t> seen = 0;
thread_local int outside = 0;  // above 0: this thread runs the test's own code

struct Outside {
  Outside() { ++outside; }
  ~Outside() { --outside; }
  Outside(const Outside&) = delete;
  Outside& operator=(const Outside&) = delete;
};

struct Within {
  Within() { --outside; }
  ~Within() { ++outside; }
  Within(const Within&) = delete;
  Within& operator=(const Within&) = delete;
};

}  // namespace

void note_allocation(const void* /*caller*/) {
  if (first == 0 || outside > 0 || puna::engine::fake::inside_library > 0) {
    return;
  }
  const std::int64_t number = ++seen;
  if (number >= first && number - first < many) {
    throw std::bad_alloc();
  }
}

namespace puna::engine {
namespace {

void refuse(std::int64_t from, std::int64_t count) {
  seen = 0;
  many = count;
  first = from;
}
void refuse_nothing() { first = 0; }

class MemoryFault : public test::ScenarioTest {
 protected:
  void enter(const std::function<void()>& call) override {
    const Within within;
    call();
  }
  void TearDown() override { refuse_nothing(); }

  // Refuses `count` allocations from the n-th on, for each n, and plays; `play` calls refuse_from_now() when the engine
  // is open. generations_max: how many such a fault may end.
  void play_each(std::int64_t count, int generations_max, const std::function<void()>& play) {
    const Outside test;
    int ended_of_all = 0;
    for (std::int64_t n = 1;; ++n) {
      refuse_from_now = [n, count] { refuse(n, count); };
      play();
      refuse_nothing();
      const bool reached = seen >= n;
      const int ended = failed(ErrorCode::limit);
      EXPECT_LE(ended, generations_max);
      ended_of_all += ended;
      expect_that_it_still_works();
      core_.reset();
      if (!reached || HasFailure()) {
        EXPECT_FALSE(HasFailure()) << "allocation " << n;
        EXPECT_GT(n, 100);
        EXPECT_GT(ended_of_all, 0);
        return;
      }
    }
  }
  void play_each_memory(std::int64_t count, int generations_max) {
    for (const Memory& memory : memories()) {
      SCOPED_TRACE(memory.name);
      play_each(count, generations_max, [&] { play({.abilities = memory.abilities}, refuse_from_now); });
    }
  }

  std::function<void()> refuse_from_now;
};

TEST_F(MemoryFault, OneAllocationThatFailsEndsOneGenerationAtMost) { play_each_memory(1, 1); }

TEST_F(MemoryFault, SeveralThatFailEndWhatTheyMeetAndNothingElse) { play_each_memory(5, 5); }

TEST_F(MemoryFault, AnEngineWithoutAnyMemoryEndsEveryNewGenerationAndWorksAgainLater) {
  play_each_memory(kForEver, std::numeric_limits<int>::max());
}

// The folder's thread has its own share of the allocations, so n is not always the same one.
TEST_F(MemoryFault, WithAFolderForStatesItIsTheSame) {
  const auto folder = std::filesystem::path(testing::TempDir()) / ("memory-fault-" + std::to_string(::getpid()));
  play_each(1, 1, [&] { play_with_files(folder, FileCalls::system(), refuse_from_now); });
  EXPECT_TRUE(std::filesystem::is_empty(folder));
  std::filesystem::remove_all(folder);
}

// The whole engine, its thread and its door.
class WholeEngineMemoryFault : public testing::Test {
 protected:
  void SetUp() override {
    file_ = std::filesystem::path(testing::TempDir()) / ("memory-fault-" + std::to_string(::getpid()) + ".kv");
  }
  void TearDown() override {
    refuse_nothing();
    std::filesystem::remove(file_);
  }

  // What the caller got: the text, or nothing and then the error is one of memory.
  std::optional<std::string> reply(Result<Generation>& generation) {
    std::string text;
    while (generation) {
      auto piece = [&] {
        const Within within;
        return generation->next();
      }();
      if (!piece) {
        generation = std::unexpected(piece.error());
      } else if (std::holds_alternative<piece::Finished>(*piece)) {
        return text;
      } else if (const auto* more = std::get_if<piece::Text>(&*piece)) {
        text += more->text;
      }
    }
    EXPECT_EQ(generation.error().code, ErrorCode::limit) << generation.error().message;
    return std::nullopt;
  }

  static Result<Generation> ask(Engine& engine, std::vector<Token> prompt, std::shared_ptr<const Grammar> grammar) {
    GenerationRequest request{.prompt = std::move(prompt),
                              .sampling = {.temperature = 0.0F},
                              .grammar = std::move(grammar),
                              .stop = {"#"},
                              .tokens_max = 6};
    const Within within;
    return engine.submit(std::move(request));
  }

  // Returns how many ended early.
  int ask_all(Engine& engine) {
    std::vector<std::vector<Token>> prompts;
    for (const std::string_view text : {"one beginning, a", "one beginning, b", "one beginning, c", "another one"}) {
      prompts.push_back(fake::tokens_of(text));
    }
    int ended = 0;
    for (int round = 0; round < 2; ++round) {
      std::vector<Result<Generation>> generations;
      for (const auto& prompt : prompts) {  // every second one under a grammar that allows what it says
        generations.push_back(ask(engine, prompt, generations.size() % 2 == 0 ? nullptr : letters_));
      }
      for (std::size_t i = 0; i < prompts.size(); ++i) {
        const auto text = reply(generations[i]);
        ended += text ? 0 : 1;
        EXPECT_EQ(text.value_or(expected(prompts[i])), expected(prompts[i]));
      }
      sleep_and_wake(engine, prompts[0]);
    }
    return ended;
  }

  void sleep_and_wake(Engine& engine, const std::vector<Token>& prompt) {
    const auto expect_limit = [](const auto& result) {
      EXPECT_TRUE(result || result.error().code == ErrorCode::limit || result.error().code == ErrorCode::not_found)
          << result.error().message;
    };
    std::vector<Token> tokens = prompt;
    std::vector<Token> pinned = {1, 2, 3};
    const Within within;
    const auto slept = engine.hibernate(std::move(tokens), file_);
    const auto woken = engine.wake(file_);
    engine.leave_for_tool(AgentId{1}, "a tool with a long name");
    const auto pin = engine.pin(std::move(pinned), {});
    const Outside test;
    expect_limit(slept);
    expect_limit(woken);
    expect_limit(pin);
  }

  static std::string expected(const std::vector<Token>& prompt) {
    return fake::expected_text(fake::hashed_letter, prompt, 6);
  }

  std::filesystem::path file_;
  const std::shared_ptr<const Grammar> letters_ = testing_grammar::letters(1, 40);
};

TEST_F(WholeEngineMemoryFault, NoExceptionCrossesTheDoorAndNobodyWaitsForEver) {
  const Outside test;
  bool reached = true;
  for (std::int64_t n = 1; reached && !HasFailure(); ++n) {
    const auto weights = std::make_shared<fake::FakeWeights>(fake::Settings{.lanes = 4, .cells = 200});
    refuse(n, 1);
    auto engine = [&] {
      const Within within;
      return Engine::create(weights, {.window_tokens = 64, .sequences_max = 3});
    }();
    if (engine) {
      EXPECT_LE(ask_all(**engine), 1) << n;
      refuse_nothing();
      reached = seen >= n;
      EXPECT_EQ(ask_all(**engine), 0) << n;
      EXPECT_EQ((*engine)->stats().waiting, 0);
    } else {
      EXPECT_EQ(engine.error().code, ErrorCode::limit) << engine.error().message;
      refuse_nothing();
    }
  }
  EXPECT_FALSE(reached);
}

}  // namespace
}  // namespace puna::engine

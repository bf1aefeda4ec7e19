// The ledger beside the library's own account, on real models of every kind of memory, in both profiles. Random
// operations and failures from many seeds; after every step each lane holds, by the ledger, by the library and by a
// naive account, the same tokens.
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <thread>
#include <tuple>

#include "engine/engine_core.h"
#include "engine/llama_backend.h"
#include "engine/memory_plan.h"
#include "engine/test_account.h"
#include "puna/engine/random_model.h"

namespace puna::engine {
namespace {

using test::Account;
using Tokens = std::vector<Token>;

constexpr int kWindow = 160;
constexpr int kSequences = 4;
constexpr int kOperations = 250;
constexpr std::uint64_t kSeeds = 10;

std::filesystem::path own_path(const std::string& name) {
  return std::filesystem::path(testing::TempDir()) / ("account-" + name + "-" + std::to_string(::getpid()));
}

struct Asked {
  Tokens prompt;
  int tokens_max = 0;
  std::shared_ptr<Generation::Stream> stream;
  bool cancelled = false;
  bool started = false;
  Tokens said;
  std::optional<piece::Finished> finished;
  std::optional<Error> error;
};

// The two layouts of the fast profile, parts as on a processor that multiplies BF16; the deterministic one.
enum class Cache : std::uint8_t { pool, parts, exact };
constexpr std::array<std::string_view, 3> kCacheNames = {"_pool", "_parts", "_deterministic"};

class EngineAccount : public testing::TestWithParam<std::tuple<RandomModelKind, Cache>> {
 protected:
  void SetUp() override {
    const auto file = own_path("model.gguf");
    ASSERT_TRUE(write_random_model(file, RandomModelOptions::tiny(kind())));
    auto weights = Weights::load({.file = file});
    std::filesystem::remove(file);
    ASSERT_TRUE(weights) << weights.error().message;
    weights_ = std::dynamic_pointer_cast<const EngineWeights>(*weights);
    ASSERT_NE(weights_, nullptr);
  }

  static RandomModelKind kind() { return std::get<0>(GetParam()); }
  static Cache cache() { return std::get<1>(GetParam()); }

  EngineOptions options(int sequences_max, int batch_tokens, std::int64_t saved_bytes_max) const {
    return with_defaults({.window_tokens = kWindow,
                          .sequences_max = sequences_max,
                          .batch_tokens = batch_tokens,
                          .saved_bytes_max = saved_bytes_max,
                          .profile = cache() == Cache::exact ? Profile::deterministic : Profile::fast,
                          .cache = cache() == Cache::parts ? CacheLayout::parts : CacheLayout::pool},
                         weights_->facts(), 1, true);
  }
  // The pool has fewer cells than its sequences want.
  std::unique_ptr<Backend> open_backend(const EngineOptions& options) const {
    const int cells = options.has_pool() ? kCellsStep : kCellsStep * options.sequences_max;
    auto backend = open_llama_backend(library_model(*weights_), weights_->facts(), options, cells, 1);
    EXPECT_TRUE(backend) << backend.error().message;
    return *std::move(backend);
  }

  void play(std::uint64_t seed);
  void operate(Random& random);
  std::unique_ptr<Sequence> sequence_of(const Tokens& prompt, int tokens_max, AgentId agent) const;
  Asked& ask(Tokens prompt, int tokens_max, AgentId agent, std::shared_ptr<Pin::State> pin = nullptr);
  Tokens next_prompt(Random& random) const;
  void hibernate_and_wake(const Asked& agent);
  void step();
  void read_all();
  void expect_agreement();
  void expect_replies();
  Tokens alone(const Asked& asked);

  std::shared_ptr<const EngineWeights> weights_;
  std::unique_ptr<Backend> backend_;
  std::unique_ptr<Account> account_;
  EngineOptions options_;
  Counters counters_;
  std::unique_ptr<EngineCore> core_;
  std::vector<Asked> asked_;
  std::vector<std::shared_ptr<Pin::State>> pins_;
  EngineOptions alone_options_;
  std::unique_ptr<Backend> alone_;  // of one sequence
};

std::unique_ptr<Sequence> EngineAccount::sequence_of(const Tokens& prompt, int tokens_max, AgentId agent) const {
  GenerationRequest request{
      .prompt = prompt, .sampling = {.temperature = 0.0F}, .tokens_max = tokens_max, .agent = agent};
  auto stream =
      std::make_shared<Generation::Stream>(static_cast<std::size_t>(tokens_max), request.stop,
                                           [weights = weights_](Token token) { return weights->bytes(token); });
  return std::make_unique<Sequence>(std::move(request), nullptr, std::move(stream), options_.window_tokens);
}

Asked& EngineAccount::ask(Tokens prompt, int tokens_max, AgentId agent, std::shared_ptr<Pin::State> pin) {
  auto sequence = sequence_of(prompt, tokens_max, agent);
  sequence->pin = std::move(pin);
  const auto stream = sequence->stream;
  ++counters_.waiting;
  core_->submit(std::move(sequence));
  asked_.push_back({.prompt = std::move(prompt), .tokens_max = tokens_max, .stream = stream});
  return asked_.back();
}

// A next turn, a fork, a rollback, the same again, or something new.
Tokens EngineAccount::next_prompt(Random& random) const {
  Tokens prompt;
  if (!asked_.empty() && random.next() % 3 != 0) {
    const Asked& old = asked_[random.next() % asked_.size()];
    prompt = old.prompt;
    prompt.insert(prompt.end(), old.said.begin(), old.said.end());
    if (random.next() % 3 == 0) {
      prompt.resize(1 + random.next() % prompt.size());
    }
  }
  const std::size_t own = prompt.empty() ? 5 + random.next() % 100 : random.next() % 12;
  for (std::size_t i = 0; i < own; ++i) {
    prompt.push_back(static_cast<Token>(20 + random.next() % 400));
  }
  prompt.resize(std::min<std::size_t>(prompt.size(), kWindow - 20));
  return prompt;
}

void EngineAccount::hibernate_and_wake(const Asked& agent) {
  Tokens tokens = agent.prompt;
  tokens.insert(tokens.end(), agent.said.begin(), agent.said.end());
  auto held = core_->state_of(tokens);
  if (!held) {
    return;
  }
  ASSERT_LE(held->tokens, tokens.size());
  const Tokens* saved = account_->saved(held->state.bytes);
  ASSERT_NE(saved, nullptr);
  ASSERT_EQ(held->state.tokens, *saved);
  const auto file = own_path("sleeping.kv");
  ASSERT_TRUE(write_state(file, account_->state_key(), held->state));
  auto read = read_state(file, account_->state_key(), std::uint64_t{1} << 30U);
  std::filesystem::remove(file);
  ASSERT_TRUE(read) << read.error().message;
  core_->keep(*std::move(read), std::move(held->room));
}

void EngineAccount::operate(Random& random) {
  const auto agent = AgentId{random.next() % 4};
  switch (random.next() % 16) {
    case 0:
    case 1:
    case 2:
      ask(next_prompt(random), 1 + static_cast<int>(random.next() % (random.next() % 4 == 0 ? 50 : 10)), agent);
      break;
    case 3:
      if (!asked_.empty() && random.next() % 2 == 0) {
        Asked& victim = asked_[random.next() % asked_.size()];
        victim.stream->cancel();
        victim.cancelled = true;
      }
      break;
    case 4:
      core_->leave_for_tool(agent, "tool");
      break;
    case 5:
      if (pins_.size() < 2) {
        Tokens prefix = next_prompt(random);
        prefix.resize(std::min<std::size_t>(prefix.size(), 40));
        pins_.push_back(std::make_shared<Pin::State>());
        ask(std::move(prefix), 1, kNoAgent, pins_.back()).cancelled = true;  // says nothing
      } else {
        pins_[random.next() % 2]->dropped = true;
      }
      break;
    case 6:
      if (!asked_.empty()) {
        hibernate_and_wake(asked_[random.next() % asked_.size()]);
      }
      break;
    case 7:
      account_->fail_next(random.next() % 2 == 0);
      break;
    default:
      step();
  }
}

void EngineAccount::step() {
  account_->begin_step();
  core_->step();
  read_all();
  expect_agreement();
}

// What is said to come from the cache must have been there.
void EngineAccount::read_all() {
  for (Asked& asked : asked_) {
    while (!asked.finished && !asked.error) {
      auto piece = asked.stream->poll();
      if (!piece) {
        break;
      }
      if (!*piece) {
        asked.error = piece->error();
      } else if (const auto* text = std::get_if<piece::Text>(&**piece)) {
        asked.said.insert(asked.said.end(), text->tokens.begin(), text->tokens.end());
      } else if (const auto* finished = std::get_if<piece::Finished>(&**piece)) {
        asked.finished = *finished;
      } else if (!std::exchange(asked.started, true)) {
        const auto& progress = std::get<piece::Prefill>(**piece);
        ASSERT_LE(progress.tokens_cached, static_cast<std::int64_t>(account_->reusable(asked.prompt)));
      }
    }
  }
}

void EngineAccount::expect_agreement() {
  ASSERT_EQ(account_->violation(), "");
  for (int i = 0; i < account_->shape().lanes; ++i) {
    const auto lane = static_cast<LaneId>(i);
    const auto held = core_->ledger().tokens(lane);
    const int length = static_cast<int>(held.size());
    ASSERT_EQ(Tokens(held.begin(), held.end()), account_->tokens(lane)) << "lane " << i;
    ASSERT_EQ(account_->length(lane), length) << "lane " << i;
    const int oldest = account_->oldest(lane);
    if (length == 0) {
      ASSERT_EQ(oldest, -1) << "lane " << i;
    } else if (kind() == RandomModelKind::attention) {
      ASSERT_EQ(oldest, 0) << "lane " << i;
    } else if (kind() == RandomModelKind::sliding_window) {
      ASSERT_GE(oldest, 0) << "lane " << i;
      ASSERT_LE(oldest, std::max(0, length - kRandomModelSlidingTokens + 1))
          << "lane " << i;  // what comes next sees it
    } else {
      ASSERT_TRUE(oldest >= 0 && oldest < length) << "lane " << i << " " << oldest;
    }
  }
}

// What the same prompt gives when nothing was ever held.
Tokens EngineAccount::alone(const Asked& asked) {
  alone_->clear(LaneId{});
  Counters counters;
  EngineCore core(*alone_, *weights_, alone_options_, Clock::system(), counters);
  auto one = sequence_of(asked.prompt, asked.tokens_max, kNoAgent);
  const auto stream = one->stream;
  ++counters.waiting;
  core.submit(std::move(one));
  while (core.step()) {
  }
  Tokens said;
  while (auto piece = stream->poll()) {
    if (!*piece || std::holds_alternative<piece::Finished>(**piece)) {
      break;
    }
    if (const auto* text = std::get_if<piece::Text>(&**piece)) {
      said.insert(said.end(), text->tokens.begin(), text->tokens.end());
    }
  }
  return said;
}

// In the fast profile rounding depends on what runs beside a sequence, so tokens are compared in the other one only.
void EngineAccount::expect_replies() {
  ASSERT_EQ(counters_.waiting, 0);
  ASSERT_EQ(counters_.sequences_busy, 0);
  for (const Asked& asked : asked_) {
    if (asked.cancelled) {
      continue;
    }
    ASSERT_TRUE(asked.finished) << (asked.error ? asked.error->message : "it never ended");
    ASSERT_EQ(asked.finished->usage.prompt_tokens, static_cast<std::int64_t>(asked.prompt.size()));
    if (cache() == Cache::exact) {
      ASSERT_EQ(asked.said, alone(asked))
          << "after " << asked.finished->usage.cached_tokens << " cached of " << asked.prompt.size();
    }
  }
}

void EngineAccount::play(std::uint64_t seed) {
  constexpr std::array<std::int64_t, 3> kSavedBytes = {1 << 24, 300'000, 0};
  Random random(seed);
  options_ = options(kSequences, 16 << (seed % 3), kSavedBytes.at(seed / 2 % 3));
  backend_ = open_backend(options_);
  account_ = std::make_unique<Account>(*backend_);
  core_ = std::make_unique<EngineCore>(*account_, *weights_, options_, Clock::system(), counters_);
  const auto folder = own_path("states");
  if (seed % 2 == 0) {
    core_->use_folder(*StateFolder::open(folder, account_->state_key(), 1 << 24, 1 << 24));
  }
  asked_.clear();
  pins_.clear();
  for (int i = 0; i < kOperations && !HasFatalFailure(); ++i) {
    operate(random);
  }
  for (const auto& pin : pins_) {
    pin->dropped = true;
  }
  while (!core_->idle() && !HasFatalFailure()) {
    step();
    std::this_thread::yield();  // a file may be on its way
  }
  if (!HasFatalFailure()) {
    expect_replies();
  }
  core_.reset();
  std::filesystem::remove_all(folder);
}

TEST_P(EngineAccount, LedgerLibraryAndTheNaiveAccountAgreeAfterEveryStep) {
  alone_options_ = options(1, 32, 0);
  alone_ = open_backend(alone_options_);
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    play(seed);
    ASSERT_FALSE(HasFailure()) << "seed " << seed;
  }
  EXPECT_GT(counters_.tokens_reused, 0);
  EXPECT_GT(counters_.tokens_restored, 0);
  EXPECT_TRUE(cache() != Cache::pool || kind() == RandomModelKind::recurrent || counters_.sequences_parked > 0);
}

std::string kind_name(const testing::TestParamInfo<EngineAccount::ParamType>& info) {
  constexpr std::array kNames = {"attention", "sliding_window", "recurrent", "hybrid"};
  return std::string(kNames.at(static_cast<std::size_t>(std::get<0>(info.param)))) +
         std::string(kCacheNames.at(static_cast<std::size_t>(std::get<1>(info.param))));
}

INSTANTIATE_TEST_SUITE_P(Kinds, EngineAccount,
                         testing::Combine(testing::Values(RandomModelKind::attention, RandomModelKind::sliding_window,
                                                          RandomModelKind::recurrent, RandomModelKind::hybrid),
                                          testing::Values(Cache::pool, Cache::parts, Cache::exact)),
                         kind_name);

}  // namespace
}  // namespace puna::engine

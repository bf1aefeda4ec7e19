// determinism: one agent's tokens at temperature 1 with a fixed seed, and the bits of the logits that each was chosen
// from, under every condition that must not change them.
//
// The reference runs alone, cold, with one thread. The deterministic profile is held to equality; the fast one is
// shown.
#include <algorithm>
#include <deque>
#include <functional>
#include <utility>

#include "bench/cases.h"
#include "bench/trace.h"

namespace puna::bench {
namespace {

struct Sizes {
  int prompt_tokens = 200;
  int output_tokens = 64;
  std::vector<int> others = {1, 3, 7, 15};
};

Sizes sizes_of(const BenchOptions& options) {
  return options.quick ? Sizes{.prompt_tokens = 80, .output_tokens = 24, .others = {1, 7}} : Sizes{};
}

// What was computed before the agent asks.
enum class Before : std::uint8_t {
  nothing,
  same_prompt,  // it was answered once already
  sibling,      // another agent with the first half of the prompt: a fork, as the engine sees it
  displaced,    // it was answered, then others took its place
};

struct Condition {
  std::string name;
  int others = 0;  // agents that join and leave while it is answered
  int threads = 1;
  int batch_tokens = 512;
  Before before = Before::nothing;
};

std::vector<Condition> conditions(const Sizes& sizes) {
  std::vector<Condition> all{{.name = "alone again"}};
  for (const int others : sizes.others) {
    all.push_back({.name = format_text("beside {} that join and leave", others), .others = others});
  }
  all.push_back({.name = "2 threads", .threads = 2});
  for (const int chunk : {64, 37, 1}) {
    all.push_back({.name = format_text("prefill in pieces of {}", chunk), .batch_tokens = chunk});
  }
  all.push_back({.name = "its prompt was cached", .before = Before::same_prompt});
  all.push_back({.name = "forked from a sibling", .before = Before::sibling});
  all.push_back({.name = "displaced and back", .before = Before::displaced});
  all.push_back({.name = "all at once",
                 .others = sizes.others.back(),
                 .threads = 2,
                 .batch_tokens = 37,
                 .before = Before::sibling});
  return all;
}

Result<Generation> ask(Engine& engine, const std::vector<Token>& prompt, int output_tokens) {
  GenerationRequest request{.prompt = prompt, .tokens_max = output_tokens, .logit_hashes = true};
  request.sampling = {.temperature = 1.0F, .top_k = 0, .top_p = 1.0F, .min_p = 0.0F, .seed = 20};
  return engine.submit(std::move(request));
}

// Takes what the next piece brings. Returns whether the generation goes on.
Result<bool> take(Generation& generation, Trace& trace, const std::stop_token& stop) {
  PUNA_TRY(const Piece piece, generation.next(stop));
  if (const auto* text = std::get_if<piece::Text>(&piece)) {
    trace.tokens.append_range(text->tokens);
    trace.logit_hashes.append_range(text->logit_hashes);
  }
  return !std::holds_alternative<piece::Finished>(piece);
}

Result<Trace> read_to_end(Generation generation, const std::stop_token& stop) {
  Trace trace;
  for (bool more = true; more;) {
    PUNA_TRY(more, take(generation, trace, stop));
  }
  return trace;
}

// Agents of ragged lengths that come and go at the agent's own pace.
class Crowd {
 public:
  Crowd(Engine& engine, int others, const Sizes& sizes, TokenSource source)
      : engine_(engine), others_(others), sizes_(sizes), source_(source) {}

  Result<void> change() {
    if (others_ == 0) {
      return {};
    }
    if (std::cmp_greater_equal(running_.size(), others_) || (!running_.empty() && source_.below(3) == 0)) {
      running_.erase(running_.begin() + source_.below(static_cast<int>(running_.size())));  // cancelled where it is
    }
    const int prompt = 1 + source_.below(sizes_.prompt_tokens);
    PUNA_TRY(Generation generation, ask(engine_, source_.draw(prompt), 1 + source_.below(sizes_.output_tokens)));
    running_.push_back(std::move(generation));
    return {};
  }

 private:
  Engine& engine_;
  int others_;
  const Sizes& sizes_;
  TokenSource source_;
  std::deque<Generation> running_;
};

Result<void> prepare(Engine& engine, Before before, const std::vector<Token>& prompt, const Sizes& sizes,
                     TokenSource source, int agents, const std::stop_token& stop) {
  const auto answer = [&](const std::vector<Token>& tokens) -> Result<void> {
    PUNA_TRY(Generation generation, ask(engine, tokens, sizes.output_tokens / 2));
    return read_to_end(std::move(generation), stop).transform([](const Trace&) {});
  };
  switch (before) {
    case Before::nothing:
      return {};
    case Before::same_prompt:
      return answer(prompt);
    case Before::sibling: {
      std::vector<Token> sibling(prompt.begin(), prompt.begin() + static_cast<std::ptrdiff_t>(prompt.size() / 2));
      const std::vector<Token> own = source.draw(sizes.prompt_tokens / 2);
      sibling.insert(sibling.end(), own.begin(), own.end());
      return answer(sibling);
    }
    case Before::displaced:
      PUNA_TRY_VOID(answer(prompt));
      for (int other = 0; other <= 2 * agents; ++other) {
        PUNA_TRY_VOID(answer(source.draw(sizes.prompt_tokens)));
      }
      return {};
  }
  return {};
}

struct Outcome {
  Trace trace;
  std::int64_t tokens_reused = 0;
  std::int64_t tokens_restored = 0;
};

Result<Outcome> run_condition(Harness& harness, const Condition& condition, const Sizes& sizes, Profile profile) {
  TokenSource source = harness.tokens("determinism", 0);
  const std::vector<Token> prompt = source.draw(sizes.prompt_tokens);
  const int agents = condition.others + 1;
  const int window = sizes.prompt_tokens + sizes.output_tokens + 8;
  PUNA_TRY(const auto peer, harness.open_engine({.window_tokens = window,
                                                 .agents = agents,
                                                 .pool_tokens = std::int64_t{agents} * window,
                                                 .threads = condition.threads,
                                                 .batch_tokens = condition.batch_tokens,
                                                 .profile = profile}));
  Engine& engine = peer->engine();
  PUNA_TRY_VOID(prepare(engine, condition.before, prompt, sizes, source, agents, harness.stop()));
  const EngineStats prepared = engine.stats();
  Crowd crowd(engine, condition.others, sizes, harness.tokens(condition.name, 0));
  PUNA_TRY_VOID(crowd.change());
  PUNA_TRY(Generation generation, ask(engine, prompt, sizes.output_tokens));
  Outcome outcome;
  for (bool more = true; more;) {
    PUNA_TRY_VOID(crowd.change());
    PUNA_TRY(more, take(generation, outcome.trace, harness.stop()));
  }
  outcome.tokens_reused = engine.stats().tokens_reused - prepared.tokens_reused;
  outcome.tokens_restored = engine.stats().tokens_restored - prepared.tokens_restored;
  return outcome;
}

// What was found in the cache says whether the condition was what it claims to be.
std::string note_of(const Condition& condition, const Outcome& outcome, const Difference& difference) {
  std::string note = difference.equal() ? "" : "first difference: " + describe(difference) + "; ";
  if (condition.before != Before::nothing) {
    note += format_text("{} tokens reused, {} of them restored; ", outcome.tokens_reused, outcome.tokens_restored);
  }
  return note.substr(0, note.empty() ? 0 : note.size() - 2);
}

Result<void> run_profile(Harness& harness, Profile profile) {
  const Sizes sizes = sizes_of(harness.options());
  const bool held = profile == Profile::deterministic;
  const std::string profile_name = held ? "deterministic" : "fast";
  PUNA_TRY(const Outcome alone, run_condition(harness, {.name = "alone"}, sizes, profile));
  for (const Condition& condition : conditions(sizes)) {
    const std::string name = format_text("{}, {}", profile_name, condition.name);
    PUNA_TRY_VOID(harness.workload("determinism", name, [&]() -> Result<void> {
      PUNA_TRY(const Outcome outcome, run_condition(harness, condition, sizes, profile));
      const Difference difference = compare(alone.trace, outcome.trace);
      const auto wanted = static_cast<double>(alone.trace.tokens.size());
      const std::size_t same = std::min(difference.token.value_or(alone.trace.tokens.size()),
                                        difference.logits.value_or(alone.trace.tokens.size()));
      BenchResult result =
          counted({.bench = "determinism", .workload = name, .metric = "tokens with equal bits"},
                  static_cast<double>(same), "alone", wanted, held ? Goal{.floor = wanted, .moon = wanted} : Goal{});
      result.ratio.reset();  // neither side wins
      result.note = note_of(condition, outcome, difference);
      if (held && !difference.equal()) {  // also when only a length differs
        result.verdict = BenchVerdict::missed;
        result.moon_verdict = BenchVerdict::missed;
      }
      harness.emit(std::move(result));
      return {};
    }));
  }
  return {};
}

}  // namespace

Result<void> run_determinism(Harness& harness) {
  for (const Profile profile : {Profile::deterministic, Profile::fast}) {
    PUNA_TRY_VOID(
        harness.workload("determinism", "the reference, alone", [&] { return run_profile(harness, profile); }));
  }
  return {};
}

}  // namespace puna::bench

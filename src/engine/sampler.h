// Chooses the next token from one row of logits: runs a plan's stages and draws. Own code, because the order matters
// for speed: candidates are cut to the best few before anything is sorted or exponentiated.
//
// Invariant: a token whose logit is not finite, or that the model suppresses, is never chosen. Equal logits: the lower
// id goes first. The same logits, plan, state, history and key give the same token on every machine with IEEE floats.
// Thread  one owner (the scratch memory is reused from call to call).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/backend.h"
#include "engine/sampler_plan.h"
#include "engine/sampler_stages.h"

namespace puna::engine {

// How many of the best tokens are tried one by one against a grammar before the whole vocabulary is masked.
inline constexpr std::size_t kFilterTries = 64;

class Sampler {
 public:
  struct Choice {
    Token token = 0;
    std::int64_t rejected = 0;  // tokens that the grammar refused before this one was taken
  };
  enum class Refusal : std::uint8_t { none, nothing_finite, nothing_allowed };

  // suppressed: ids that are never chosen; those outside the vocabulary are ignored.
  Sampler(int vocabulary, std::span<const Token> suppressed);

  // Makes room, so that choose() takes no memory for this plan while a sequence has at most so many tokens.
  void prepare(const SamplerPlan& plan, std::size_t tokens_max);

  // state     moves on with the token that is returned; with an error it stays.
  // history   the sequence's tokens so far, prompt included.
  // key       the random numbers are a function of it alone.
  // filter    may be nullptr. It is asked, never moved on.
  // Requires  logits.size() == vocabulary.
  // Errors    internal          no finite logit, or the filter failed;
  //           invalid_argument  the biases or the filter allow no token (refusal() then is nothing_allowed)
  [[nodiscard]] Result<Choice> choose(std::span<const float> logits, const SamplerPlan& plan, SamplerState& state,
                                      std::span<const Token> history, std::uint64_t key, TokenFilter* filter);
  // What choose() without a filter draws from, with probabilities; for tests. Borrowed until the next call.
  [[nodiscard]] Result<std::span<const Candidate>> distribution(std::span<const float> logits, const SamplerPlan& plan,
                                                                const SamplerState& state,
                                                                std::span<const Token> history, std::uint64_t key);
  // Why the last choose() failed.
  [[nodiscard]] Refusal refusal() const { return refusal_; }

 private:
  struct Recent {
    Token token;
    int count;
  };
  struct Changed {
    Token token;
    float logit;
  };
  struct Pick {
    Token token = 0;
    double probability = 1;  // that the state is told
  };

  // sampler_lowering.cpp: what the tokens so far and the biases do to logits.
  void look_back(const SamplerPlan& plan, std::span<const Token> history);
  void count_recent(const SamplerPlan& plan, std::span<const Token> history);
  void change_logits(std::span<const float> logits, const SamplerPlan& plan);
  [[nodiscard]] float lowered(const SamplerPlan& plan, SamplerStage stage, Token token, float logit) const;
  void lower_candidates(const SamplerPlan& plan, SamplerStage stage);

  [[nodiscard]] Result<void> begin(std::span<const float> logits, const SamplerPlan& plan,
                                   std::span<const Token> history);
  void take_best(std::span<const float> logits, std::size_t count);
  void keep_heap(std::span<const float> logits, std::size_t count);
  [[nodiscard]] bool usable(float logit, std::size_t token) const;
  void run_stages(const SamplerPlan& plan, const SamplerState& state, std::uint64_t key);
  void run_stage(const SamplerPlan& plan, std::size_t index, std::uint64_t key);
  [[nodiscard]] Pick pick(const SamplerPlan& plan, const SamplerState& state, std::uint64_t key);
  [[nodiscard]] Result<void> keep_allowed(TokenFilter& filter);
  [[nodiscard]] Result<void> keep_allowed_best(std::span<const float> logits, const SamplerPlan& plan, Token first,
                                               TokenFilter& filter, std::int64_t& refused);

  std::vector<std::uint8_t> suppressed_;  // by token
  std::vector<Recent> recent_;            // sorted by token
  std::vector<Repeat> repeats_;           // sorted by token
  std::vector<Changed> changed_;          // sorted by token: logits that differ from the row's
  Candidates candidates_;
  std::vector<double> original_;  // adaptive-p: probabilities before it
  std::vector<Token> tokens_;
  std::vector<int> scratch_;
  std::vector<std::uint8_t> allowed_;
  Refusal refusal_ = Refusal::none;
};

}  // namespace puna::engine

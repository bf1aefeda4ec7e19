// Chooses the next token from one row of logits. Own code, because the order matters for speed: candidates are cut to
// the best few before anything is sorted or exponentiated.
//
// Invariant: a token whose logit is not finite, or that the model suppresses, is never chosen. Equal logits: the lower
// id goes first. The same logits, settings, history and index give the same token on every machine with IEEE floats.
// Thread  one owner (the scratch memory is reused from call to call).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/backend.h"

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

  // history   the sequence's tokens so far, prompt included.
  // key       the random number is a function of it alone.
  // filter    may be nullptr. It is asked, never moved on.
  // Requires  validate(sampling), logits.size() == vocabulary.
  // Errors    internal          no finite logit, or the filter failed;
  //           invalid_argument  the filter allows no token at all (refusal() then is nothing_allowed)
  [[nodiscard]] Result<Choice> choose(std::span<const float> logits, const Sampling& sampling,
                                      std::span<const Token> history, std::uint64_t key, TokenFilter* filter);
  // Why the last choose() failed.
  [[nodiscard]] Refusal refusal() const { return refusal_; }

 private:
  struct Candidate {
    Token token;
    float logit;
    double probability;
  };
  struct Recent {
    Token token;
    int count;
  };

  void count_recent(const Sampling& sampling, std::span<const Token> history);
  [[nodiscard]] float adjusted(const Sampling& sampling, Token token, float logit) const;
  void take_best(std::span<const float> logits, const Sampling& sampling, std::size_t count);
  void keep_heap(std::span<const float> logits, std::size_t count);
  [[nodiscard]] bool usable(float logit, std::size_t token) const;
  [[nodiscard]] Result<void> keep_allowed(TokenFilter& filter);
  [[nodiscard]] Result<Choice> choose_filtered(std::span<const float> logits, const Sampling& sampling, double draw,
                                               Token first, TokenFilter& filter);
  [[nodiscard]] Token pick(const Sampling& sampling, double draw);
  void softmax();
  void keep_typical(float mass);
  void keep_top_p(float mass);
  void keep_min_p(float share);

  std::vector<std::uint8_t> suppressed_;  // by token
  std::vector<Recent> recent_;            // sorted by token
  std::vector<Candidate> candidates_;     // best first
  std::vector<Token> tokens_;
  std::vector<std::uint8_t> allowed_;
  Refusal refusal_ = Refusal::none;
};

}  // namespace puna::engine

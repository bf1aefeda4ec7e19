// How the next token is chosen: what a caller may ask for, and what is then in force.
//
//   asked by the caller  >  asked by the model's file  >  llama.cpp's default
//
// Names, defaults, order and formulas are llama.cpp's. A value that would change nothing where it stands is an error,
// not a surprise. docs/sampling.md has every parameter; its table is checked against sampling_parameters().
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "puna/base.h"
#include "puna/engine/token.h"

namespace puna {

// What a sampler chain is made of.
enum class SamplerStage : std::uint8_t {
  penalties,    // lowers what was said already
  dry,          // lowers what would go on repeating a sequence
  top_n_sigma,  // cuts what is so many standard deviations below the best logit
  top_k,
  typ_p,
  top_p,
  min_p,
  xtc,  // sometimes cuts the likeliest
  temperature,
  infill,      // for filling in the middle: merges beginnings of each other, ends early
  adaptive_p,  // draws tokens near a probability; only ever the last
};
inline constexpr std::size_t kSamplerStages = 11;
[[nodiscard]] std::string_view name_of(SamplerStage stage) noexcept;

struct LogitBias {
  std::variant<Token, std::string> token;  // an id, or a text: then each of its tokens
  float bias = 0;                          // added to the logit; -infinity forbids

  bool operator==(const LogitBias&) const = default;
};

// Unset: the model's file decides, then the default.
struct Sampling {
  std::optional<float> temperature;  // 0 = greedy: the likeliest allowed token, no random number drawn
  std::optional<float> dynatemp_range;
  std::optional<float> dynatemp_exponent;
  std::optional<int> top_k;
  std::optional<float> top_p;
  std::optional<float> min_p;
  std::optional<float> typical_p;
  std::optional<float> top_n_sigma;
  std::optional<float> xtc_probability;
  std::optional<float> xtc_threshold;
  std::optional<int> min_keep;
  std::optional<float> repeat_penalty;
  std::optional<float> frequency_penalty;
  std::optional<float> presence_penalty;
  std::optional<int> repeat_last_n;
  std::optional<float> dry_multiplier;
  std::optional<float> dry_base;
  std::optional<int> dry_allowed_length;
  std::optional<int> dry_penalty_last_n;
  std::optional<std::vector<std::string>> dry_sequence_breakers;
  std::optional<int> mirostat;
  std::optional<float> mirostat_tau;
  std::optional<float> mirostat_eta;
  std::optional<float> adaptive_target;
  std::optional<float> adaptive_decay;
  std::optional<std::vector<SamplerStage>> samplers;  // in this order
  std::vector<LogitBias> logit_bias;
  int n_probs = 0;         // > 0: log probabilities of each token and of that many best ones
  std::uint64_t seed = 0;  // two generations with one seed and one prompt draw the same numbers

  bool operator==(const Sampling&) const = default;
};

// One parameter, for flags, requests and documents. The texts live as long as the program.
struct SamplingParameter {
  std::string_view name;   // in requests
  std::string_view flags;  // of the program, as "-l,--logit-bias"
  std::string_view what;
  std::string_view range;
  std::string_view otherwise;  // the default
  bool repeats = false;        // set_parameter() adds to what is there
};
[[nodiscard]] std::span<const SamplingParameter> sampling_parameters();

// Sets one parameter from text: a number; stages as "top_k;top_p"; one breaker, or "none"; "15043+1", "15043-inf" or
// "text=1".
// Errors  invalid_argument  no such parameter (the hint names the nearest), or a value that it cannot have
[[nodiscard]] Result<void> set_parameter(Sampling& sampling, std::string_view name, std::string_view value);

// From {"top_k": 40, ...}; logit_bias as {"15043": 1} or [[15043, false], ["text", -1]], where false forbids.
// Errors  as set_parameter(); an object is required
[[nodiscard]] Result<Sampling> sampling_from(const Json& object);
// What is set; sampling_from() reads it back.
[[nodiscard]] Json to_json(const Sampling& sampling);

// What is in force. Stages that are left out, or that mirostat or temperature 0 make idle, are switched off in it;
// parameters of what is off are unset. Asking for the result gives the result again.
//
// defaults  of the model's file (ModelFacts::sampling). They yield where they contradict what was asked.
// Errors    invalid_argument  a value out of its range or NaN, or one that would have no effect; the message names it
[[nodiscard]] Result<Sampling> effective(const Sampling& asked, const Sampling& defaults = {});
// Whether effective() would take it.
[[nodiscard]] Result<void> validate(const Sampling& sampling);

}  // namespace puna

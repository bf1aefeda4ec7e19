// The one table of sampling parameters: names, ranges, defaults and what each depends on. Flags, requests, the echo,
// the checks and docs/sampling.md come from it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "puna/engine/sampling.h"

namespace puna::engine {

using SamplingField =
    std::variant<std::optional<float> Sampling::*, std::optional<int> Sampling::*, int Sampling::*,
                 std::uint64_t Sampling::*, std::optional<std::vector<std::string>> Sampling::*,
                 std::optional<std::vector<SamplerStage>> Sampling::*, std::vector<LogitBias> Sampling::*>;

// Values from least to most that change nothing.
struct Idle {
  float least;
  float most;
};

struct SamplingRow {
  std::string_view name;
  std::string_view flags;
  std::string_view what;
  SamplingField field;
  // Of numbers.
  float least = 0;
  float most = 0;
  std::optional<Idle> idle;           // the parameter switches something on, unless its value is one of these
  std::optional<SamplerStage> stage;  // that it switches on
  std::string_view master;            // it has no effect unless this parameter is on
  std::string_view gguf;              // the file's key, after "general.sampling."
};

[[nodiscard]] std::span<const SamplingRow> sampling_rows();
// nullptr: none is called so.
[[nodiscard]] const SamplingRow* sampling_row(std::string_view name);
// Every parameter's default.
[[nodiscard]] const Sampling& default_sampling();

// A row's value, for those that are numbers (not the seed); nothing when it is unset.
[[nodiscard]] std::optional<float> number_of(const SamplingRow& row, const Sampling& sampling);
// Requires a row of an optional number.
void set_number(const SamplingRow& row, Sampling& sampling, std::optional<float> value);
[[nodiscard]] bool is_idle(const SamplingRow& row, float value);

// Errors  invalid_argument  out of its range or NaN; the message begins with the name
[[nodiscard]] Result<void> check_range(const SamplingRow& row, const Sampling& sampling);

// "top_k;top-p" and the like. Errors  invalid_argument  an unknown stage, or one twice
[[nodiscard]] Result<std::vector<SamplerStage>> stages_from(std::string_view text);
[[nodiscard]] std::string stages_text(std::span<const SamplerStage> stages);

}  // namespace puna::engine

#include "engine/gguf_sampling.h"

#include <cmath>

#include "engine/sampling_table.h"

namespace puna::engine {
namespace {

Result<double> as_number(const GgufValue& value) {
  if (const auto* positive = std::get_if<std::uint64_t>(&value)) {
    return static_cast<double>(*positive);
  }
  if (const auto* whole = std::get_if<std::int64_t>(&value)) {
    return static_cast<double>(*whole);
  }
  if (const auto* real = std::get_if<double>(&value)) {
    return *real;
  }
  return fail(ErrorCode::invalid_argument, "it is not a number");
}

Result<void> read(const SamplingRow& row, const GgufValue& value, Sampling& sampling) {
  Sampling one;
  if (row.name == "samplers") {
    const auto* text = std::get_if<std::string>(&value);
    if (text == nullptr) {
      return fail(ErrorCode::invalid_argument, "it is not a text");
    }
    PUNA_TRY(one.samplers, stages_from(*text));
    PUNA_TRY_VOID(validate(one));
    sampling.samplers = std::move(one.samplers);
    return {};
  }
  PUNA_TRY(const double found, as_number(value));
  const bool whole = std::holds_alternative<std::optional<int> Sampling::*>(row.field);
  if (whole && (std::floor(found) != found || std::abs(found) > 1e9)) {
    return fail(ErrorCode::invalid_argument, format_text("{} is no count", found));
  }
  // Where 0 is off, so is what is below, as in llama.cpp.
  const bool off = found < row.least && row.idle && row.idle->least == 0.0F && row.least == 0.0F;
  set_number(row, one, off ? 0.0F : static_cast<float>(found));
  PUNA_TRY_VOID(check_range(row, one));
  set_number(row, sampling, number_of(row, one));
  return {};
}

}  // namespace

void read_sampling(const GgufHeader& header, ModelFacts& facts) {
  for (const SamplingRow& row : sampling_rows()) {
    const std::string key = "general.sampling." + std::string(row.gguf);
    const GgufValue* value = row.gguf.empty() ? nullptr : header.find(key);
    if (value == nullptr) {
      continue;
    }
    if (const auto taken = read(row, *value, facts.sampling); !taken) {
      facts.sampling_refused.push_back(format_text("{}: {}", key, taken.error().message));
    }
  }
}

}  // namespace puna::engine

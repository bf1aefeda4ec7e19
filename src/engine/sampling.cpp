// From what was asked to what is in force.
#include "puna/engine/sampling.h"

#include <algorithm>
#include <cmath>

#include "engine/sampling_table.h"

namespace puna {
namespace engine {
namespace {

using Stage = SamplerStage;

constexpr std::size_t kBiasesMax = 65'536;
constexpr std::size_t kBreakersMax = 64;
constexpr std::size_t kBreakerBytesMax = 40;  // llama.cpp cuts longer ones

bool has(const Sampling& all, Stage stage) { return all.samplers && std::ranges::contains(*all.samplers, stage); }

bool is_on(std::string_view name, const Sampling& all) {
  const SamplingRow& row = *sampling_row(name);
  const std::optional<float> value = number_of(row, all);
  return value && !is_idle(row, *value);
}

// The likeliest token is taken, so what cuts the others changes nothing. Infill may change which one is the likeliest.
bool is_greedy(const Sampling& all) { return all.temperature == 0.0F && !has(all, Stage::infill); }

// Why a parameter would have no effect where it stands.
struct Reason {
  std::string why;
  std::string hint;
};

std::optional<Reason> idle_by_mode(const SamplingRow& row, const Sampling& all) {
  const bool lowers = row.stage == Stage::penalties || row.stage == Stage::dry;
  if (is_greedy(all) && ((row.stage && !lowers) || row.name == "mirostat") && row.name != "temperature") {
    return Reason{.why = "at temperature 0, which always takes the likeliest token",
                  .hint = format_text("set temperature (--temp) above 0, or leave {} out", row.name)};
  }
  if (*all.mirostat != 0 && ((row.stage && row.name != "temperature") || row.name == "samplers")) {
    return Reason{
        .why = format_text("with mirostat {}, which replaces every other stage but the temperature", *all.mirostat),
        .hint = format_text("leave {} out, or set mirostat to 0", row.name)};
  }
  return std::nullopt;
}

std::optional<Reason> idle_by_value(const SamplingRow& row, const Sampling& all) {
  const auto needs = [&row](std::string_view name, std::string_view why) {
    return Reason{.why = std::string(why), .hint = format_text("set {}, or leave {} out", name, row.name)};
  };
  if (row.stage == Stage::penalties && all.repeat_last_n == 0) {
    return needs("repeat_last_n", "while repeat_last_n is 0");
  }
  if (row.stage == Stage::dry && all.dry_penalty_last_n == 0) {
    return needs("dry_penalty_last_n", "while dry_penalty_last_n is 0");
  }
  if (row.stage == Stage::xtc && all.xtc_threshold.value_or(0) > 0.5F) {
    return needs("xtc_threshold", "while xtc_threshold is above 0.5");
  }
  if (row.name == "repeat_last_n") {
    const bool penalties =
        is_on("repeat_penalty", all) || is_on("frequency_penalty", all) || is_on("presence_penalty", all);
    return penalties ? std::nullopt : std::optional(needs(row.master, "while no penalty is set"));
  }
  if (row.name == "min_keep") {
    const bool cuts =
        is_on("typical_p", all) || is_on("top_p", all) || is_on("min_p", all) || is_on("xtc_probability", all);
    return cuts ? std::nullopt
                : std::optional(needs("typical_p, top_p, min_p or xtc_probability", "while none of those cuts"));
  }
  if (!row.master.empty() && !is_on(row.master, all)) {
    return needs(row.master, format_text("while {} is off", row.master));
  }
  return std::nullopt;
}

std::optional<Reason> why_idle(const SamplingRow& row, const Sampling& all) {
  if (auto reason = idle_by_mode(row, all)) {
    return reason;
  }
  const bool always = row.name == "temperature" && *all.mirostat != 0;
  if (row.stage && !always && !has(all, *row.stage)) {
    std::vector<Stage> with = *all.samplers;
    const bool is_last = *row.stage == Stage::adaptive_p || with.empty();
    with.insert(is_last ? with.end() : with.end() - (with.back() == Stage::temperature ? 1 : 0), *row.stage);
    return Reason{
        .why = format_text("because samplers leaves {} out", name_of(*row.stage)),
        .hint = format_text("set samplers (--samplers) to \"{}\", or leave {} out", stages_text(with), row.name)};
  }
  return idle_by_value(row, all);
}

// What was asked, else the defaults' value, else llama.cpp's.
Sampling merged(const Sampling& asked, const Sampling& defaults) {
  Sampling all = asked;
  const auto fill = [&](const auto member) {
    if constexpr (requires { (all.*member).has_value(); }) {
      if (!(all.*member).has_value()) {
        all.*member = (defaults.*member).has_value() ? defaults.*member : default_sampling().*member;
      }
    }
  };
  for (const SamplingRow& row : sampling_rows()) {
    std::visit(fill, row.field);
  }
  return all;
}

bool is_set(const SamplingRow& row, const Sampling& sampling) {
  return std::visit(
      [&sampling](const auto member) {
        if constexpr (requires { (sampling.*member).has_value(); }) {
          return (sampling.*member).has_value();
        } else {
          return false;
        }
      },
      row.field);
}

void unset(const SamplingRow& row, Sampling& sampling) {
  std::visit(
      [&sampling](const auto member) {
        if constexpr (requires { (sampling.*member).reset(); }) {
          (sampling.*member).reset();
        }
      },
      row.field);
}

Result<void> check_stages(const std::vector<Stage>& stages) {
  for (std::size_t i = 0; i < stages.size(); ++i) {
    if (std::ranges::find(stages.begin() + static_cast<std::ptrdiff_t>(i) + 1, stages.end(), stages[i]) !=
        stages.end()) {
      return fail(ErrorCode::invalid_argument, format_text("samplers names {} twice", name_of(stages[i])),
                  "name each stage once");
    }
  }
  if (std::ranges::contains(stages, Stage::adaptive_p) && stages.back() != Stage::adaptive_p) {
    return fail(ErrorCode::invalid_argument, "samplers has a stage after adaptive_p, which draws the token",
                "put adaptive_p last");
  }
  return {};
}

Result<void> check_lists(const Sampling& asked) {
  if (asked.samplers) {
    PUNA_TRY_VOID(check_stages(*asked.samplers));
  }
  for (const std::string& breaker : asked.dry_sequence_breakers.value_or(std::vector<std::string>{})) {
    if (breaker.empty() || breaker.size() > kBreakerBytesMax) {
      return fail(ErrorCode::invalid_argument,
                  format_text("dry_sequence_breakers has one of {} bytes and they must have from 1 to {}",
                              breaker.size(), kBreakerBytesMax));
    }
  }
  if (asked.dry_sequence_breakers && asked.dry_sequence_breakers->size() > kBreakersMax) {
    return fail(ErrorCode::invalid_argument, format_text("dry_sequence_breakers has {} texts and may have {}",
                                                         asked.dry_sequence_breakers->size(), kBreakersMax));
  }
  if (asked.logit_bias.size() > kBiasesMax) {
    return fail(ErrorCode::invalid_argument,
                format_text("logit_bias has {} entries and may have {}", asked.logit_bias.size(), kBiasesMax));
  }
  for (const LogitBias& entry : asked.logit_bias) {
    if (std::isnan(entry.bias) || (std::isinf(entry.bias) && entry.bias > 0)) {
      return fail(ErrorCode::invalid_argument,
                  format_text("logit_bias has the value {} and must be finite or -inf", entry.bias));
    }
    const auto* text = std::get_if<std::string>(&entry.token);
    if (text != nullptr && text->empty()) {
      return fail(ErrorCode::invalid_argument, "logit_bias has an empty text", "give a token's number or a text");
    }
  }
  return {};
}

// Switches the parameter off if it has no effect; refuses if somebody asked for it.
Result<void> settle(const SamplingRow& row, const Sampling& asked, Sampling& all) {
  const std::optional<Reason> reason = why_idle(row, all);
  if (!reason) {
    return {};
  }
  const std::optional<float> value = number_of(row, asked);
  const bool looks_back = row.name == "repeat_last_n" || row.name == "dry_penalty_last_n";
  const bool harmless =
      (row.name == "xtc_threshold" && value.value_or(0) > 0.5F) || (looks_back && value.value_or(1) == 0.0F);
  if (is_set(row, asked) && !(value && is_idle(row, *value)) && !harmless) {
    return fail(ErrorCode::invalid_argument, format_text("{} has no effect {}", row.name, reason->why), reason->hint);
  }
  if (!row.idle) {
    unset(row, all);
  } else if (!is_idle(row, *number_of(row, all))) {
    set_number(row, all, is_idle(row, 1) ? 1.0F : row.idle->least);
  }
  return {};
}

}  // namespace
}  // namespace engine

Result<Sampling> effective(const Sampling& asked, const Sampling& defaults) {
  for (const engine::SamplingRow& row : engine::sampling_rows()) {
    PUNA_TRY_VOID(engine::check_range(row, asked));
  }
  PUNA_TRY_VOID(engine::check_lists(asked));
  Sampling all = engine::merged(asked, defaults);
  for (const engine::SamplingRow& row : engine::sampling_rows()) {
    PUNA_TRY_VOID(engine::settle(row, asked, all));
  }
  return all;
}

Result<void> validate(const Sampling& sampling) {
  PUNA_TRY_VOID(effective(sampling));
  return {};
}

}  // namespace puna

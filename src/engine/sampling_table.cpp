// Names, flags, defaults and ranges are those of llama.cpp's server and programs (their --help and README).
#include "engine/sampling_table.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace puna::engine {
namespace {

constexpr float kMany = 1'000'000'000.0F;  // for counts: no limit of ours
constexpr float kBelowZero = -std::numeric_limits<float>::denorm_min();
constexpr int kProbabilitiesMax = 100;

using S = Sampling;
using Stage = SamplerStage;

// A parameter stands after those that it depends on.
const std::array kRows = {
    SamplingRow{.name = "temperature",
                .flags = "--temp",
                .what = "temperature; 0 = greedy",
                .field = &S::temperature,
                .least = 0,
                .most = 100,
                .idle = Idle{.least = 1, .most = 1},
                .stage = Stage::temperature,
                .gguf = "temp"},
    SamplingRow{.name = "mirostat",
                .flags = "--mirostat",
                .what = "version of Mirostat, which replaces every other cut; 0 = off",
                .field = &S::mirostat,
                .least = 0,
                .most = 2,
                .idle = Idle{.least = 0, .most = 0},
                .gguf = "mirostat"},
    SamplingRow{.name = "mirostat_tau",
                .flags = "--mirostat-ent",
                .what = "Mirostat: surprise to aim at, in bits",
                .field = &S::mirostat_tau,
                .least = 0,
                .most = 100,
                .master = "mirostat",
                .gguf = "mirostat_tau"},
    SamplingRow{.name = "mirostat_eta",
                .flags = "--mirostat-lr",
                .what = "Mirostat: how fast it learns",
                .field = &S::mirostat_eta,
                .least = 0,
                .most = 10,
                .master = "mirostat",
                .gguf = "mirostat_eta"},
    SamplingRow{.name = "samplers",
                .flags = "--samplers",
                .what = "the stages, in their order, separated by ';'",
                .field = &S::samplers,
                .gguf = "sequence"},
    SamplingRow{.name = "dynatemp_range",
                .flags = "--dynatemp-range",
                .what = "the temperature moves by this with the entropy; 0 = off",
                .field = &S::dynatemp_range,
                .least = 0,
                .most = 100,
                .idle = Idle{.least = 0, .most = 0},
                .stage = Stage::temperature},
    SamplingRow{.name = "dynatemp_exponent",
                .flags = "--dynatemp-exp",
                .what = "how the entropy moves it",
                .field = &S::dynatemp_exponent,
                .least = 0,
                .most = 100,
                .master = "dynatemp_range"},
    SamplingRow{.name = "top_k",
                .flags = "--top-k",
                .what = "keep the k likeliest tokens; 0 = off",
                .field = &S::top_k,
                .least = 0,
                .most = kMany,
                .idle = Idle{.least = 0, .most = 0},
                .stage = Stage::top_k,
                .gguf = "top_k"},
    SamplingRow{.name = "top_p",
                .flags = "--top-p",
                .what = "keep the likeliest that hold this share of probability; 1 = off",
                .field = &S::top_p,
                .least = 0,
                .most = 1,
                .idle = Idle{.least = 1, .most = 1},
                .stage = Stage::top_p,
                .gguf = "top_p"},
    SamplingRow{.name = "min_p",
                .flags = "--min-p",
                .what = "drop tokens below this share of the best; 0 = off",
                .field = &S::min_p,
                .least = 0,
                .most = 1,
                .idle = Idle{.least = 0, .most = 0},
                .stage = Stage::min_p,
                .gguf = "min_p"},
    SamplingRow{.name = "typical_p",
                .flags = "--typical,--typical-p",
                .what = "locally typical sampling, the share kept; 1 = off",
                .field = &S::typical_p,
                .least = 0,
                .most = 1,
                .idle = Idle{.least = 1, .most = 1},
                .stage = Stage::typ_p},
    SamplingRow{.name = "top_n_sigma",
                .flags = "--top-nsigma,--top-n-sigma",
                .what = "drop logits so many standard deviations below the best; 0 or less = off",
                .field = &S::top_n_sigma,
                .least = -1,
                .most = 1000,
                .idle = Idle{.least = -1, .most = 0},
                .stage = Stage::top_n_sigma},
    SamplingRow{.name = "xtc_probability",
                .flags = "--xtc-probability",
                .what = "how often the likeliest are cut; 0 = off",
                .field = &S::xtc_probability,
                .least = 0,
                .most = 1,
                .idle = Idle{.least = 0, .most = 0},
                .stage = Stage::xtc,
                .gguf = "xtc_probability"},
    SamplingRow{.name = "xtc_threshold",
                .flags = "--xtc-threshold",
                .what = "XTC cuts all but the last that reach this probability; above 0.5 = off",
                .field = &S::xtc_threshold,
                .least = 0,
                .most = 1,
                .master = "xtc_probability",
                .gguf = "xtc_threshold"},
    SamplingRow{.name = "min_keep",
                .flags = "--min-keep",
                .what = "tokens that typical_p, top_p, min_p and XTC leave at least; 0 = one",
                .field = &S::min_keep,
                .least = 0,
                .most = kMany},
    SamplingRow{.name = "repeat_penalty",
                .flags = "--repeat-penalty",
                .what = "divides the logits of what was said; 1 = off",
                .field = &S::repeat_penalty,
                .least = 0.01F,
                .most = 100,
                .idle = Idle{.least = 1, .most = 1},
                .stage = Stage::penalties,
                .gguf = "penalty_repeat"},
    SamplingRow{.name = "frequency_penalty",
                .flags = "--frequency-penalty",
                .what = "lowers a logit for each time it was said; 0 = off",
                .field = &S::frequency_penalty,
                .least = -100,
                .most = 100,
                .idle = Idle{.least = 0, .most = 0},
                .stage = Stage::penalties},
    SamplingRow{.name = "presence_penalty",
                .flags = "--presence-penalty",
                .what = "lowers a logit if it was said; 0 = off",
                .field = &S::presence_penalty,
                .least = -100,
                .most = 100,
                .idle = Idle{.least = 0, .most = 0},
                .stage = Stage::penalties},
    SamplingRow{.name = "repeat_last_n",
                .flags = "--repeat-last-n",
                .what = "how far back these penalties look; -1 = the whole window, 0 = off",
                .field = &S::repeat_last_n,
                .least = -1,
                .most = kMany,
                .master = "repeat_penalty, frequency_penalty or presence_penalty",
                .gguf = "penalty_last_n"},
    SamplingRow{.name = "dry_multiplier",
                .flags = "--dry-multiplier",
                .what = "DRY: strength of the penalty on repeated sequences; 0 = off",
                .field = &S::dry_multiplier,
                .least = 0,
                .most = 100,
                .idle = Idle{.least = 0, .most = 0},
                .stage = Stage::dry},
    SamplingRow{.name = "dry_base",
                .flags = "--dry-base",
                .what = "DRY: it grows by this factor with each token",
                .field = &S::dry_base,
                .least = 1,
                .most = 100,
                .master = "dry_multiplier"},
    SamplingRow{.name = "dry_allowed_length",
                .flags = "--dry-allowed-length",
                .what = "DRY: sequences up to this length may repeat",
                .field = &S::dry_allowed_length,
                .least = 0,
                .most = kMany,
                .master = "dry_multiplier"},
    SamplingRow{.name = "dry_penalty_last_n",
                .flags = "--dry-penalty-last-n",
                .what = "DRY: how far back it looks; -1 = the whole window, 0 = off",
                .field = &S::dry_penalty_last_n,
                .least = -1,
                .most = kMany,
                .master = "dry_multiplier"},
    SamplingRow{.name = "dry_sequence_breakers",
                .flags = "--dry-sequence-breaker",
                .what = "DRY: no sequence goes on over this text; the first replaces the default, 'none' = none",
                .field = &S::dry_sequence_breakers,
                .master = "dry_multiplier"},
    SamplingRow{.name = "adaptive_target",
                .flags = "--adaptive-target",
                .what = "adaptive-p: draw tokens near this probability; below 0 = off",
                .field = &S::adaptive_target,
                .least = -1,
                .most = 1,
                .idle = Idle{.least = -1, .most = kBelowZero},
                .stage = Stage::adaptive_p},
    SamplingRow{.name = "adaptive_decay",
                .flags = "--adaptive-decay",
                .what = "adaptive-p: how long it remembers; 0.9 = about ten tokens",
                .field = &S::adaptive_decay,
                .least = 0,
                .most = 0.99F,
                .master = "adaptive_target"},
    SamplingRow{.name = "logit_bias",
                .flags = "-l,--logit-bias",
                .what = "15043+1, 15043-inf (never) or text=-1 (each of its tokens)",
                .field = &S::logit_bias},
    SamplingRow{.name = "n_probs",
                .flags = "--n-probs",
                .what = "log probabilities of each token and of so many best ones; 0 = none",
                .field = &S::n_probs,
                .least = 0,
                .most = kProbabilitiesMax},
    SamplingRow{.name = "seed", .flags = "--seed", .what = "seed of the random draws", .field = &S::seed},
};

constexpr std::array<std::string_view, kSamplerStages> kStageNames = {"penalties",   "dry",    "top_n_sigma", "top_k",
                                                                      "typ_p",       "top_p",  "min_p",       "xtc",
                                                                      "temperature", "infill", "adaptive_p"};

// What else llama.cpp understands.
struct OtherName {
  std::string_view name;
  Stage stage;
};
constexpr std::array kOtherNames = {
    OtherName{.name = "typical_p", .stage = Stage::typ_p}, OtherName{.name = "typical", .stage = Stage::typ_p},
    OtherName{.name = "typ", .stage = Stage::typ_p}, OtherName{.name = "nucleus", .stage = Stage::top_p},
    OtherName{.name = "temp", .stage = Stage::temperature}};

Result<Stage> stage_from(std::string_view text) {
  std::string name(text);
  std::ranges::replace(name, '-', '_');
  if (const auto found = std::ranges::find(kStageNames, name); found != kStageNames.end()) {
    return static_cast<Stage>(found - kStageNames.begin());
  }
  if (const auto other = std::ranges::find(kOtherNames, name, &OtherName::name); other != kOtherNames.end()) {
    return other->stage;
  }
  const std::string_view nearest = nearest_name(name, kStageNames);
  return fail(ErrorCode::invalid_argument, format_text("samplers: no stage is called \"{}\"", printable(text)),
              nearest.empty() ? "the stages are " + stages_text(std::to_array<Stage>(
                                                        {Stage::penalties, Stage::dry, Stage::top_n_sigma, Stage::top_k,
                                                         Stage::typ_p, Stage::top_p, Stage::min_p, Stage::xtc,
                                                         Stage::temperature, Stage::infill, Stage::adaptive_p}))
                              : format_text("did you mean {}?", nearest));
}

}  // namespace

std::span<const SamplingRow> sampling_rows() { return kRows; }

const SamplingRow* sampling_row(std::string_view name) {
  const auto* found = std::ranges::find(kRows, name, &SamplingRow::name);
  return found == kRows.end() ? nullptr : found;
}

const Sampling& default_sampling() {
  static const Sampling kDefault = {
      .temperature = 0.8F,
      .dynatemp_range = 0.0F,
      .dynatemp_exponent = 1.0F,
      .top_k = 40,
      .top_p = 0.95F,
      .min_p = 0.05F,
      .typical_p = 1.0F,
      .top_n_sigma = -1.0F,
      .xtc_probability = 0.0F,
      .xtc_threshold = 0.1F,
      .min_keep = 0,
      .repeat_penalty = 1.0F,
      .frequency_penalty = 0.0F,
      .presence_penalty = 0.0F,
      .repeat_last_n = 64,
      .dry_multiplier = 0.0F,
      .dry_base = 1.75F,
      .dry_allowed_length = 2,
      .dry_penalty_last_n = 64,
      .dry_sequence_breakers = std::vector<std::string>{"\n", ":", "\"", "*"},
      .mirostat = 0,
      .mirostat_tau = 5.0F,
      .mirostat_eta = 0.1F,
      .adaptive_target = -1.0F,
      .adaptive_decay = 0.9F,
      .samplers = std::vector<Stage>{Stage::penalties, Stage::dry, Stage::top_n_sigma, Stage::top_k, Stage::typ_p,
                                     Stage::top_p, Stage::min_p, Stage::xtc, Stage::temperature},
      .logit_bias = {},
      .n_probs = 0,
      .seed = 0};
  return kDefault;
}

std::optional<float> number_of(const SamplingRow& row, const Sampling& sampling) {
  if (const auto* real = std::get_if<std::optional<float> Sampling::*>(&row.field)) {
    return sampling.*(*real);
  }
  if (const auto* whole = std::get_if<std::optional<int> Sampling::*>(&row.field)) {
    const std::optional<int> value = sampling.*(*whole);
    return value ? std::optional(static_cast<float>(*value)) : std::nullopt;
  }
  if (const auto* count = std::get_if<int Sampling::*>(&row.field)) {
    return static_cast<float>(sampling.*(*count));
  }
  return std::nullopt;
}

void set_number(const SamplingRow& row, Sampling& sampling, std::optional<float> value) {
  if (const auto* real = std::get_if<std::optional<float> Sampling::*>(&row.field)) {
    sampling.*(*real) = value;
  } else if (const auto* whole = std::get_if<std::optional<int> Sampling::*>(&row.field)) {
    sampling.*(*whole) = value ? std::optional(static_cast<int>(*value)) : std::nullopt;
  }
}

bool is_idle(const SamplingRow& row, float value) {
  return row.idle && value >= row.idle->least && value <= row.idle->most;
}

Result<void> check_range(const SamplingRow& row, const Sampling& sampling) {
  const std::optional<float> value = number_of(row, sampling);
  if (value && !(*value >= row.least && *value <= row.most)) {  // also refuses NaN
    return row.most == kMany
               ? fail(ErrorCode::invalid_argument, format_text("{} is {} and must be at least {}", row.name,
                                                               static_cast<std::int64_t>(*value), row.least))
               : fail(ErrorCode::invalid_argument,
                      format_text("{} is {} and must be from {} to {}", row.name, *value, row.least, row.most));
  }
  return {};
}

Result<std::vector<SamplerStage>> stages_from(std::string_view text) {
  std::vector<Stage> stages;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(";,"), text.size());
    PUNA_TRY(const Stage stage, stage_from(text.substr(0, end)));
    stages.push_back(stage);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return stages;
}

std::string stages_text(std::span<const SamplerStage> stages) {
  std::string text;
  for (const Stage stage : stages) {
    text += text.empty() ? "" : ";";
    text += name_of(stage);
  }
  return text;
}

}  // namespace puna::engine

namespace puna {

std::string_view name_of(SamplerStage stage) noexcept {
  return engine::kStageNames.at(static_cast<std::size_t>(stage));
}

}  // namespace puna

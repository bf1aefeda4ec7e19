// Sampling parameters: the table, what is in force, text and JSON.
#include "puna/engine/sampling.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "engine/sampling_table.h"
#include "engine/test_sampling.h"
#include "source_folder.h"

namespace puna::engine {
namespace {

using test::kInfinity;
using test::kNan;
using Stage = SamplerStage;

TEST(Sampling, EveryValueOutOfItsRangeIsNamed) {
  const std::vector<std::pair<Sampling, std::string>> cases = {
      {{.temperature = -0.1F}, "temperature"},
      {{.temperature = kNan}, "temperature"},
      {{.temperature = kInfinity}, "temperature"},
      {{.top_k = -1}, "top_k"},
      {{.top_p = 1.1F}, "top_p"},
      {{.min_p = -0.1F}, "min_p"},
      {{.typical_p = kNan}, "typical_p"},
      {{.repeat_penalty = 0.0F}, "repeat_penalty"},
      {{.frequency_penalty = kInfinity}, "frequency_penalty"},
      {{.presence_penalty = -1e9F}, "presence_penalty"},
      {{.repeat_last_n = -2}, "repeat_last_n"},
      {{.dry_multiplier = 1.0F, .dry_base = 0.5F}, "dry_base"},
      {{.mirostat = 3}, "mirostat"},
      {{.adaptive_target = 0.5F, .adaptive_decay = 1.0F}, "adaptive_decay"},
      {{.logit_bias = {{.token = 1, .bias = kNan}}}, "logit_bias"},
      {{.logit_bias = {{.token = 1, .bias = kInfinity}}}, "logit_bias"},
      {{.logit_bias = {{.token = std::string()}}}, "logit_bias"},
      {{.dry_multiplier = 1.0F, .dry_sequence_breakers = std::vector<std::string>{""}}, "dry_sequence_breakers"},
      {{.dry_multiplier = 1.0F, .dry_sequence_breakers = std::vector<std::string>{std::string(41, 'x')}},
       "dry_sequence_breakers"},
      {{.samplers = std::vector{Stage::top_k, Stage::top_k}}, "samplers"},
      {{.samplers = std::vector{Stage::adaptive_p, Stage::top_k}}, "samplers"},
      {{.n_probs = 101}, "n_probs"},
      {{.n_probs = -1}, "n_probs"},
  };
  for (const auto& [sampling, name] : cases) {
    const auto valid = validate(sampling);
    ASSERT_FALSE(valid) << name;
    EXPECT_EQ(valid.error().code, ErrorCode::invalid_argument);
    EXPECT_TRUE(valid.error().message.starts_with(name)) << valid.error().message;
  }
  EXPECT_TRUE(validate(Sampling{}));
  EXPECT_TRUE(validate(Sampling{.temperature = 0.0F}));
}

TEST(Sampling, WhatWouldHaveNoEffectIsRefusedByNameWithAWayOut) {
  const std::vector<std::tuple<Sampling, std::string, std::string>> cases = {
      {{.temperature = 0.0F, .top_p = 0.9F}, "top_p has no effect at temperature 0", "temperature"},
      {{.temperature = 0.0F, .top_p = 0.95F}, "top_p has no effect", "temperature"},  // the default, but asked for
      {{.temperature = 0.0F, .dynatemp_range = 0.5F}, "dynatemp_range has no effect", "temperature"},
      {{.temperature = 0.0F, .mirostat = 2}, "mirostat has no effect at temperature 0", "temperature"},
      {{.top_k = 40, .mirostat = 2}, "top_k has no effect with mirostat 2", "mirostat"},
      {{.repeat_penalty = 1.1F, .mirostat = 1}, "repeat_penalty has no effect with mirostat 1", "mirostat"},
      {{.mirostat = 1, .samplers = std::vector{Stage::top_k}}, "samplers has no effect with mirostat", "mirostat"},
      {{.mirostat_tau = 3.0F}, "mirostat_tau has no effect while mirostat is off", "mirostat"},
      {{.top_p = 0.9F, .samplers = std::vector{Stage::top_k, Stage::temperature}},
       "top_p has no effect because samplers leaves top_p out",
       "top_k;top_p;temperature"},
      {{.temperature = 0.0F, .samplers = std::vector{Stage::top_k}}, "temperature has no effect", "temperature"},
      {{.adaptive_target = 0.5F},
       "adaptive_target has no effect because samplers leaves adaptive_p out",
       "xtc;temperature;adaptive_p"},
      {{.adaptive_decay = 0.5F}, "adaptive_decay has no effect while adaptive_target is off", "adaptive_target"},
      {{.dry_base = 2.0F}, "dry_base has no effect while dry_multiplier is off", "dry_multiplier"},
      {{.dry_multiplier = 1.0F, .dry_penalty_last_n = 0}, "dry_multiplier has no effect", "dry_penalty_last_n"},
      {{.dry_sequence_breakers = std::vector<std::string>{"x"}},
       "dry_sequence_breakers has no effect",
       "dry_multiplier"},
      {{.repeat_last_n = 32}, "repeat_last_n has no effect while no penalty is set", "repeat_penalty"},
      {{.repeat_penalty = 1.2F, .repeat_last_n = 0}, "repeat_penalty has no effect", "repeat_last_n"},
      {{.xtc_threshold = 0.2F}, "xtc_threshold has no effect while xtc_probability is off", "xtc_probability"},
      {{.xtc_probability = 0.5F, .xtc_threshold = 0.6F}, "xtc_probability has no effect", "xtc_threshold"},
      {{.dynatemp_exponent = 2.0F}, "dynatemp_exponent has no effect", "dynatemp_range"},
      {{.top_p = 1.0F, .min_p = 0.0F, .min_keep = 3}, "min_keep has no effect", "top_p"},
  };
  for (const auto& [sampling, message, hint] : cases) {
    const auto valid = validate(sampling);
    ASSERT_FALSE(valid) << message;
    EXPECT_EQ(valid.error().code, ErrorCode::invalid_argument);
    EXPECT_TRUE(valid.error().message.starts_with(message)) << valid.error().message;
    EXPECT_NE(valid.error().hint.find(hint), std::string::npos) << valid.error().hint;
  }
}

TEST(Sampling, SwitchingOffWhatIsOffAnywayIsNoMistake) {
  EXPECT_TRUE(validate({.temperature = 0.0F, .top_k = 0, .top_p = 1.0F, .min_p = 0.0F, .seed = 5}));
  EXPECT_TRUE(validate({.top_k = 0, .repeat_penalty = 1.0F, .mirostat = 2}));
  EXPECT_TRUE(validate({.top_p = 1.0F, .samplers = std::vector{Stage::temperature}}));
  EXPECT_TRUE(validate({.temperature = 1.0F, .samplers = std::vector<Stage>{}}));
  EXPECT_TRUE(validate({.xtc_threshold = 1.0F}));
  EXPECT_TRUE(validate({.repeat_last_n = 0}));
  EXPECT_TRUE(validate({.adaptive_target = -0.5F}));
}

TEST(Sampling, DefaultsOfAFileYieldToWhatWasAskedAlsoWhereTheyContradictIt) {
  const Sampling file = {.temperature = 0.6F, .top_k = 20, .top_p = 0.9F};
  const auto both = effective({.top_k = 5}, file);
  ASSERT_TRUE(both);
  EXPECT_EQ(both->temperature, 0.6F);
  EXPECT_EQ(both->top_k, 5);
  EXPECT_EQ(both->top_p, 0.9F);
  EXPECT_EQ(both->min_p, 0.05F);
  const auto greedy = effective({.temperature = 0.0F}, file);
  ASSERT_TRUE(greedy);  // nobody asked for its top_k
  EXPECT_EQ(greedy->top_k, 0);
  EXPECT_EQ(greedy->top_p, 1.0F);
  const auto clash = effective({.top_k = 5}, {.mirostat = 2});
  ASSERT_FALSE(clash);
  EXPECT_NE(clash.error().hint.find("set mirostat to 0"), std::string::npos);
  EXPECT_TRUE(effective({.top_k = 5, .mirostat = 0}, {.mirostat = 2}));
}

TEST(Sampling, WhatIsInForceSaysNothingElseAndAskingForItGivesItAgain) {
  const std::vector<Sampling> asked = {
      {},
      {.temperature = 0.0F},
      {.temperature = 0.0F, .repeat_penalty = 1.1F, .seed = 9},
      {.temperature = 0.5F, .mirostat = 1},
      {.dynatemp_range = 0.3F, .xtc_probability = 0.5F, .dry_multiplier = 0.8F, .n_probs = 3},
      {.adaptive_target = 0.4F, .samplers = std::vector{Stage::min_p, Stage::adaptive_p}},
      {.temperature = 0.0F, .top_k = 7, .samplers = std::vector{Stage::top_k, Stage::infill, Stage::temperature}},
      {.logit_bias = {{.token = 3, .bias = -kInfinity}, {.token = std::string("no"), .bias = -0.1F}}},
  };
  for (const Sampling& one : asked) {
    const auto once = effective(one);
    ASSERT_TRUE(once) << once.error().message;
    const auto twice = effective(*once);
    ASSERT_TRUE(twice) << twice.error().message;
    EXPECT_EQ(*once, *twice);
    const auto read = sampling_from(to_json(*once));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(*once, *read) << to_json(*once).dump();
  }
  const auto greedy = effective(asked[1]);
  EXPECT_FALSE(greedy->dry_base);
  EXPECT_FALSE(greedy->repeat_last_n);
  const auto left_out = effective({.samplers = std::vector{Stage::top_k}});
  EXPECT_EQ(left_out->temperature, 1.0F);  // not 0.8: no stage divides by it
  EXPECT_EQ(left_out->min_p, 0.0F);
}

TEST(SamplingText, EveryParameterTakesItsDefaultAsText) {
  for (const SamplingParameter& parameter : sampling_parameters()) {
    Sampling sampling;
    if (parameter.name == "logit_bias" || parameter.name == "dry_sequence_breakers") {
      continue;
    }
    const auto set = set_parameter(sampling, parameter.name, parameter.otherwise);
    EXPECT_TRUE(set) << parameter.name << ": " << set.error().message;
    EXPECT_FALSE(set_parameter(sampling, parameter.name, "nonsense")) << parameter.name;
    EXPECT_FALSE(set_parameter(sampling, parameter.name, "1 2")) << parameter.name;
  }
}

TEST(SamplingText, AnUnknownNameIsAnErrorThatNamesTheNearest) {
  for (const auto& [wrong, right] :
       std::vector<std::pair<std::string, std::string>>{{"top-p", "top_p"},
                                                        {"topk", "top_k"},
                                                        {"temprature", "temperature"},
                                                        {"temp", "temperature"},
                                                        {"mirostat_lr", "mirostat_eta"},
                                                        {"mirostat_ent", "mirostat_tau"},
                                                        {"penalty_last_n", "repeat_last_n"},
                                                        {"dynatemp_exp", "dynatemp_exponent"}}) {
    Sampling sampling;
    const auto set = set_parameter(sampling, wrong, "1");
    ASSERT_FALSE(set) << wrong;
    EXPECT_EQ(set.error().hint, "did you mean " + right + "?") << wrong;
    EXPECT_EQ(sampling_from(Json::object({{wrong, 1}})).error().hint, set.error().hint);
  }
  Sampling sampling;
  EXPECT_EQ(set_parameter(sampling, "cache_prompt", "1").error().hint, "docs/sampling.md has them all");
}

TEST(SamplingText, StagesAreReadByLlamaCppsNamesInTheirOrder) {
  Sampling sampling;
  ASSERT_TRUE(set_parameter(sampling, "samplers", "min-p;typical;temp;adaptive-p"));
  EXPECT_EQ(*sampling.samplers, (std::vector{Stage::min_p, Stage::typ_p, Stage::temperature, Stage::adaptive_p}));
  ASSERT_TRUE(set_parameter(sampling, "samplers", ""));
  EXPECT_TRUE(sampling.samplers->empty());
  const auto wrong = set_parameter(sampling, "samplers", "top_k;top_q");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().hint, "did you mean top_k?");
  EXPECT_NE(set_parameter(sampling, "samplers", "grammatical").error().hint.find("xtc"), std::string::npos);
}

TEST(SamplingText, BiasesAreReadByNumberAndByText) {
  Sampling sampling;
  for (const std::string_view text : {"15043+1", "7-0.5", "9-inf", "a=b=-2", "5=3"}) {
    ASSERT_TRUE(set_parameter(sampling, "logit_bias", text)) << text;
  }
  EXPECT_EQ(sampling.logit_bias, (std::vector<LogitBias>{{.token = 15043, .bias = 1.0F},
                                                         {.token = 7, .bias = -0.5F},
                                                         {.token = 9, .bias = -kInfinity},
                                                         {.token = std::string("a=b"), .bias = -2.0F},
                                                         {.token = std::string("5"), .bias = 3.0F}}));
  for (const std::string_view text : {"", "5", "5+", "=1", "text", "text=", "5+x", "99999999999+1"}) {
    EXPECT_FALSE(set_parameter(sampling, "logit_bias", text)) << text;
  }
  const auto json = sampling_from(*Json::parse(R"({"logit_bias": {"12": 1, "no": -1.5}})"));
  ASSERT_TRUE(json) << json.error().message;
  EXPECT_EQ(json->logit_bias,
            (std::vector<LogitBias>{{.token = 12, .bias = 1.0F}, {.token = std::string("no"), .bias = -1.5F}}));
  const auto pairs = sampling_from(*Json::parse(R"({"logit_bias": [[12, false], ["no", 2]]})"));
  ASSERT_TRUE(pairs) << pairs.error().message;
  EXPECT_EQ(pairs->logit_bias[0].bias, -kInfinity);
}

TEST(SamplingText, JsonOfAnotherShapeIsRefused) {
  for (const std::string_view text :
       {"[]", R"({"top_k": "forty"})", R"({"top_k": 1.5})", R"({"top_k": null})", R"({"top_k": [1]})",
        R"({"samplers": [1]})", R"({"samplers": 3})", R"({"dry_sequence_breakers": [1]})", R"({"logit_bias": 1})",
        R"({"logit_bias": [[1]]})", R"({"logit_bias": [[1, true]]})", R"({"logit_bias": [[-1, 1]]})",
        R"({"logit_bias": [[1.5, 1]]})", R"({"seed": -1})", R"({"temperature": true})"}) {
    const auto read = sampling_from(*Json::parse(text));
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, ErrorCode::invalid_argument);
  }
  EXPECT_EQ(sampling_from(*Json::parse(R"({"seed": "18446744073709551615"})"))->seed, 18446744073709551615U);
}

TEST(SamplingTable, NamesAndFlagsAreUniqueAndDefaultsAreInTheirRange) {
  std::set<std::string_view> names;
  std::set<std::string> flags;
  for (const SamplingRow& row : sampling_rows()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_TRUE(flags.insert(std::string(row.flags)).second) << row.flags;
    EXPECT_TRUE(check_range(row, default_sampling())) << row.name;
    EXPECT_TRUE(row.master.empty() || row.name == "repeat_last_n" || sampling_row(row.master) != nullptr) << row.name;
  }
  for (std::size_t stage = 0; stage < kSamplerStages; ++stage) {
    EXPECT_EQ(*stages_from(name_of(static_cast<Stage>(stage))), std::vector{static_cast<Stage>(stage)});
  }
}

std::string table_of_parameters() {
  std::string table = "| name | flags | range | default | what |\n|---|---|---|---|---|\n";
  for (const SamplingParameter& parameter : sampling_parameters()) {
    std::string flags(parameter.flags);
    for (std::size_t at = flags.find(','); at != std::string::npos; at = flags.find(',', at + 3)) {
      flags.replace(at, 1, "` `");
    }
    table += format_text("| `{}` | `{}` | {} | `{}` | {} |\n", parameter.name, flags, parameter.range,
                         parameter.otherwise, parameter.what);
  }
  return table;
}

TEST(SamplingTable, TheDocumentHasItLineByLine) {
  std::ifstream file(std::filesystem::path(PUNA_SOURCE_DIR) / "docs" / "sampling.md");
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const std::string table = table_of_parameters();
  EXPECT_NE(text.find("\n" + table + "\n"), std::string::npos) << "docs/sampling.md must have this table:\n" << table;
}

}  // namespace
}  // namespace puna::engine

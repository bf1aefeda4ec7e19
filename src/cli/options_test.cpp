#include "cli/options.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <limits>
#include <vector>

namespace puna::cli {
namespace {

ParsedOptions parse(std::initializer_list<const char*> words) {
  std::vector<const char*> argv{"puna"};
  argv.insert(argv.end(), words);
  return parse_options(static_cast<int>(argv.size()), argv.data());
}

TEST(Options, TheWordsOfATaskAreJoined) {
  const ParsedOptions parsed = parse({"run", "What", "is", "2 + 2?"});
  ASSERT_FALSE(parsed.answer);
  EXPECT_EQ(parsed.options.command, Command::run);
  EXPECT_EQ(parsed.options.text, "What is 2 + 2?");
}

TEST(Options, FlagsOfOneCommandDoNotLeakIntoTheDefaultsOfAnother) {
  EXPECT_EQ(parse({"run", "x"}).options.temperature, 0.0F);
  EXPECT_EQ(parse({"run", "x"}).options.sampling, Sampling{});
  EXPECT_EQ(parse({"chat"}).options.temperature, 0.7F);
  EXPECT_EQ(parse({"chat", "--temp", "0.2"}).options.sampling.temperature, 0.2F);
  EXPECT_EQ(parse({"ask", "x"}).options.engine.sequences_max, 1);
  EXPECT_EQ(parse({"chat"}).options.engine.sequences_max, 4);
  EXPECT_EQ(parse({"serve"}).options.engine.sequences_max, 8);
}

TEST(Options, TracesAndAgentsAreNamed) {
  const Options run = parse({"run", "--trace", "a.trace", "--agents", "x", "--agents", "y.md", "task"}).options;
  EXPECT_EQ(run.trace_file, "a.trace");
  EXPECT_EQ(run.agents, (std::vector<std::string>{"x", "y.md"}));
  const Options show = parse({"trace", "show", "-", "--full", "--step", "3"}).options;
  EXPECT_EQ(show.command, Command::trace);
  EXPECT_EQ(show.trace.file, "-");
  EXPECT_TRUE(show.trace.full);
  EXPECT_EQ(show.trace.step, 3);
  EXPECT_EQ(parse({"trace"}).answer.value().exit_status, 0);
  EXPECT_EQ(parse({"trace", "show"}).answer.value().exit_status, 2);
  EXPECT_EQ(parse({"show", "--trace", "x"}).answer.value().exit_status, 2);
}

TEST(Options, RecordingsHaveTwoSpellings) {
  const Options run = parse({"trace", "record", "a.rec", "--code", "--", "do", "it"}).options;
  EXPECT_EQ(run.command, Command::run);
  EXPECT_EQ(run.record_file, "a.rec");
  EXPECT_EQ(run.text, "do it");
  EXPECT_TRUE(run.code);
  EXPECT_EQ(parse({"run", "--record", "a.rec", "x"}).options.record_file, "a.rec");
  EXPECT_EQ(parse({"run", "--record", "a.rec", "--agents", "y", "x"}).answer.value().exit_status, 2);
  const Options replay = parse({"trace", "replay", "a.rec", "--jsonl", "-"}).options;
  EXPECT_EQ(replay.trace.action, "replay");
  EXPECT_EQ(replay.trace.events_file, "-");
  EXPECT_FALSE(replay.trace.asks_again);
  const Options again = parse({"trace", "replay", "a.rec", "-m", "b.gguf", "--profile", "fast"}).options;
  EXPECT_TRUE(again.trace.asks_again);
  EXPECT_TRUE(again.trace.has_profile);
  const Options diff = parse({"trace", "diff", "a.rec", "b.rec"}).options;
  EXPECT_EQ(diff.trace.action, "diff");
  EXPECT_EQ(diff.trace.other, "b.rec");
}

TEST(Options, LlamaCppsSpellingsWork) {
  const Options o = parse({"run", "-m", "a.gguf", "-c", "512", "-t", "3", "--threads-batch", "4", "-ngl", "7",
                           "--device", "CUDA0,CPU", "--seed", "18446744073709551615", "task"})
                        .options;
  EXPECT_EQ(o.model_file, "a.gguf");
  EXPECT_EQ(o.engine.window_tokens, 512);
  EXPECT_EQ(o.engine.threads, 3);
  EXPECT_EQ(o.engine.threads_batch, 4);
  EXPECT_EQ(o.gpu_layers, 7);
  EXPECT_EQ(o.devices, (std::vector<std::string>{"CUDA0", "CPU"}));
  EXPECT_EQ(o.sampling.seed, 18446744073709551615U);
}

TEST(Options, AModelByNameTakesTheFilesPlace) {
  for (const char* flag : {"-hf", "-hfr", "--hf-repo"}) {
    const Options o = parse({"ask", flag, "a/b:Q8_0", "--offline", "Hi"}).options;
    EXPECT_EQ(o.hub_model, "a/b:Q8_0") << flag;
    EXPECT_TRUE(o.offline);
    EXPECT_EQ(o.text, "Hi");
  }
  for (const char* command : {"run", "ask"}) {
    EXPECT_EQ(parse({command, "-hf", "a/b", "-m", "x.gguf", "Hi"}).answer.value().exit_status, 2);
    EXPECT_EQ(parse({command, "-hf", "a/b", "--url", "http://x", "Hi"}).answer.value().exit_status, 2);
  }
  EXPECT_EQ(parse({"ask", "--", "-hf", "Hi"}).options.text, "-hf Hi");
  EXPECT_EQ(parse({"bench", "-hf", "a/b"}).options.hub_model, "a/b");
  EXPECT_EQ(parse({"serve", "-hf", "a/b"}).options.hub_model, "a/b");
  const Options pull = parse({"pull", "a/b"}).options;
  EXPECT_EQ(pull.command, Command::pull);
  EXPECT_EQ(pull.hub.name, "a/b");
  EXPECT_TRUE(parse({"pull", "--list"}).options.hub.list_suggested);
  EXPECT_EQ(parse({"pull", "a/b", "--list"}).answer.value().exit_status, 2);
  EXPECT_TRUE(parse({"ls", "--json"}).options.jsonl);
  EXPECT_TRUE(parse({"rm", "-y", "a/b"}).options.hub.is_sure);
  EXPECT_EQ(parse({"rm"}).answer.value().exit_status, 2);
}

TEST(Options, EverySamplingParameterHasAFlagThatReachesIt) {
  const Options o = parse({"run",
                           "--temp",
                           "0.5",
                           "--mirostat-lr",
                           "0.2",
                           "--top-k",
                           "7",
                           "--typical-p",
                           "0.9",
                           "--top-nsigma",
                           "2",
                           "--samplers",
                           "top_k;temperature",
                           "--dry-sequence-breaker",
                           "x",
                           "--dry-sequence-breaker",
                           "y",
                           "-l",
                           "15+1",
                           "--logit-bias",
                           " no=-inf",
                           "--n-probs",
                           "2",
                           "--adaptive-target",
                           "-1",
                           "task"})
                        .options;
  Sampling expected{.temperature = 0.5F,
                    .top_k = 7,
                    .typical_p = 0.9F,
                    .top_n_sigma = 2.0F,
                    .dry_sequence_breakers = std::vector<std::string>{"x", "y"},
                    .mirostat_eta = 0.2F,
                    .adaptive_target = -1.0F,
                    .samplers = std::vector{SamplerStage::top_k, SamplerStage::temperature}};
  expected.logit_bias = {{.token = 15, .bias = 1.0F},
                         {.token = std::string(" no"), .bias = -std::numeric_limits<float>::infinity()}};
  expected.n_probs = 2;
  EXPECT_EQ(o.sampling, expected);
  EXPECT_EQ(o.text, "task");
}

TEST(Options, AWrongSamplingValueOrFlagIsNamedAndTheNearestFlagToo) {
  const ParsedOptions value = parse({"run", "--top-p", "1.5", "x"});
  ASSERT_TRUE(value.answer);
  EXPECT_EQ(value.answer->exit_status, 2);
  EXPECT_NE(value.answer->text.find("top_p is 1.5"), std::string::npos) << value.answer->text;
  const ParsedOptions flag = parse({"run", "--top-n", "1.5", "x"});
  ASSERT_TRUE(flag.answer);
  EXPECT_NE(flag.answer->text.find("did you mean --top-"), std::string::npos) << flag.answer->text;
}

TEST(Options, AWordAfterTwoDashesIsTextEvenWhenItLooksLikeAFlag) {
  const ParsedOptions parsed = parse({"ask", "--", "-ngl"});
  ASSERT_FALSE(parsed.answer) << parsed.answer->text;
  EXPECT_EQ(parsed.options.text, "-ngl");
}

TEST(Options, ToolsAreToldApartFromNoFlag) {
  EXPECT_FALSE(parse({"run", "x"}).options.tools_given);
  const Options o = parse({"run", "--tools", "calculator,read_file", "x"}).options;
  EXPECT_TRUE(o.tools_given);
  EXPECT_EQ(o.tools, (std::vector<std::string>{"calculator", "read_file"}));
}

TEST(Options, TimeLimitsAreRoundedToMilliseconds) {
  EXPECT_EQ(parse({"run", "--max-seconds", "1.5", "x"}).options.budget.time_max, std::chrono::milliseconds(1500));
}

TEST(Options, MistakesAreUsageErrorsThatNameTheFlagAndTheHelp) {
  for (const auto& [words, part] : std::vector<std::pair<std::initializer_list<const char*>, std::string>>{
           {{"run", "--wat", "x"}, "--wat"},
           {{"run", "-c", "0", "x"}, "--ctx"},
           {{"run", "--profile", "warp", "x"}, "--profile"},
           {{"run"}, "task"},
           {{"fly"}, "fly"},
           {{}, "subcommand"},
           {{"ask", "--max-turns", "3", "x"}, "--max-turns"}}) {
    const ParsedOptions parsed = parse(words);
    ASSERT_TRUE(parsed.answer);
    EXPECT_EQ(parsed.answer->exit_status, 2);
    EXPECT_NE(parsed.answer->text.find(part), std::string::npos) << parsed.answer->text;
    EXPECT_NE(parsed.answer->text.find("--help"), std::string::npos) << parsed.answer->text;
  }
}

TEST(Options, HelpIsNotAMistake) {
  const ParsedOptions parsed = parse({"run", "--help"});
  ASSERT_TRUE(parsed.answer);
  EXPECT_EQ(parsed.answer->exit_status, 0);
  EXPECT_NE(parsed.answer->text.find("--max-turns"), std::string::npos);
}

TEST(Options, PermissionsAreFlagsThatRepeat) {
  const Options o = parse({"run", "--allow", "write:docs/**", "--allow", "bash:git status", "--deny", "bash", "--ask",
                           "read", "--policy", "p.toml", "x"})
                        .options;
  EXPECT_EQ(o.allow, (std::vector<std::string>{"write:docs/**", "bash:git status"}));
  EXPECT_EQ(o.deny, std::vector<std::string>{"bash"});
  EXPECT_EQ(o.ask, std::vector<std::string>{"read"});
  EXPECT_EQ(o.policy_file, "p.toml");
  EXPECT_EQ(o.text, "x");
}

}  // namespace
}  // namespace puna::cli

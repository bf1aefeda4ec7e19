// puna bench as a user runs it, with the bundled demo model: the counts, in seconds.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "program.h"
#include "puna/base.h"

namespace puna::test {
namespace {

struct Benched {
  Ran ran;
  std::vector<Json> lines;  // header first
};

Benched run_counts(const std::string& seed) {
  const auto file = std::filesystem::temp_directory_path() / ("puna-bench-" + std::to_string(::getpid()) + ".jsonl");
  Benched benched{.ran = run_program({kProgram, "bench", "--only", "B0", "--quick", "-m", kDemoModel, "--seed", seed,
                                      "--jsonl", file.string()})};
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    const auto json = Json::parse(line);
    EXPECT_TRUE(json) << line;
    benched.lines.push_back(json.value_or(Json()));
  }
  in.close();
  std::filesystem::remove(file);
  return benched;
}

TEST(Bench, AModelThatCannotBeWrittenIsAnError) {
  const Ran ran = run_program({kProgram, "bench", "--write-model", "/no/such/folder/model.gguf"});
  EXPECT_NE(ran.exit_status, 0);
  EXPECT_NE(ran.err.find("in the folder /no/such/folder"), std::string::npos) << ran.err;
}

TEST(Bench, WhatSchemasCostIsCountedAndJudged) {
  const Ran ran = run_program({kProgram, "bench", "--only", "schemas", "--rounds", "1", "-m", kDemoModel});
  EXPECT_TRUE(ran.exit_status == 0 || ran.exit_status == 1 || ran.exit_status == 75) << ran.err;
  EXPECT_NE(ran.out.find("passes per token"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("cpu, times free text"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("{\"tool\":\"create_issue\""), std::string::npos) << ran.out;
}

TEST(Bench, CountsAreWrittenAsJsonLinesAndAsATableAndTheStatusSaysWhetherTheyHold) {
  const auto [ran, lines] = run_counts("1");
  ASSERT_GE(lines.size(), 5U) << ran.err;
  EXPECT_EQ(lines.front().text_or("type"), "header");
  EXPECT_TRUE(lines.front().text_or("model_hash").starts_with("fnv1a:"));
  EXPECT_EQ(lines.front().text_or("wait_policy"), "passive");
  bool missed = false;
  bool inconclusive = false;
  for (const Json& line : std::vector(lines.begin() + 1, lines.end())) {
    EXPECT_EQ(line.text_or("bench"), "B0");
    EXPECT_NE(line.find("ours"), nullptr);
    missed = missed || line.text_or("verdict") == "missed";
    inconclusive = inconclusive || line.text_or("verdict") == "inconclusive";
  }
  EXPECT_EQ(ran.exit_status, missed ? 1 : inconclusive ? 75 : 0) << ran.out << ran.err;
  EXPECT_NE(ran.out.find("prompt tokens computed"), std::string::npos) << ran.out;
  const std::string last = ran.out.substr(ran.out.rfind('\n', ran.out.size() - 2) + 1);
  EXPECT_TRUE(last.starts_with("bench: ")) << last;
}

TEST(Bench, TheBoundOfOneRunIsThatOfEveryRun) {
  const auto bounds = [] {
    std::vector<double> values;
    for (const Json& line : run_counts("5").lines) {
      if (line.text_or("metric") == "prompt tokens computed") {
        values.push_back(line.find("value")->as_double());
      }
    }
    return values;
  };
  const std::vector<double> first = bounds();
  EXPECT_EQ(first.size(), 3U);
  EXPECT_EQ(first, bounds());
}

TEST(Bench, AnUnknownBenchmarkIsAMistakeThatNamesTheKnownOnes) {
  const Ran ran = run_program({kProgram, "bench", "--only", "B99"});
  EXPECT_EQ(ran.exit_status, 2);
  EXPECT_NE(ran.err.find("B99"), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find("determinism"), std::string::npos) << ran.err;
}

TEST(Bench, AnUnknownPeerIsAMistakeThatNamesTheKnownOnes) {
  const Ran ran = run_program({kProgram, "bench", "--only", "B0", "--without", "X"});
  EXPECT_EQ(ran.exit_status, 2);
  EXPECT_NE(ran.err.find("no peer is called 'X'"), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find("S unified"), std::string::npos) << ran.err;
}

TEST(Bench, AModelThatIsNotThereAndAFileThatCannotBeWrittenAreErrors) {
  EXPECT_EQ(run_program({kProgram, "bench", "--only", "B0", "-m", "no-such.gguf"}).exit_status, 4);
  EXPECT_EQ(
      run_program({kProgram, "bench", "--only", "B0", "-m", kDemoModel, "--jsonl", "/no/such/folder/x"}).exit_status,
      1);
}

TEST(Bench, MasksAreMeasuredBesideTheLibrarysOnTheSameStatesAndFewStatesAreNotJudged) {
  const auto folder = std::filesystem::temp_directory_path() / ("puna-masks-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "one.json") << R"({"schema": {"type": "object", "properties": {"a": {"type": "string"}}},
      "tests": [{"data": {"a": "Größe \" 1", "b": [1.5e3, true, null]}, "valid": true}, {"data": 3, "valid": false}]})";
  std::ofstream(folder / "two.json") << R"({"schema": {"type": "strin"}, "tests": []})";
  const auto run = [&](const std::string& states) {
    return run_program({kProgram, "bench", "--only", "maskbench", "--data", folder.string(), "--vocab", kDemoModel,
                        "--peer-states", states, "--seed", "5", "--jsonl", (folder / "lines.jsonl").string()});
  };
  const Ran ran = run("10");
  EXPECT_EQ(ran.exit_status, 1) << ran.out << ran.err;  // one schema of two does not compile
  EXPECT_TRUE(ran.out.contains("refused: two")) << ran.out;
  EXPECT_TRUE(ran.out.contains("1 valid instances, 0 refused; 1 invalid ones, 0 accepted")) << ran.out;
  EXPECT_TRUE(ran.out.contains("on 10 states, drawn from")) << ran.out;
  EXPECT_TRUE(ran.out.contains("with seed 5")) << ran.out;
  EXPECT_TRUE(ran.out.contains("other tokens: 0 tokens")) << ran.out;
  EXPECT_TRUE(ran.out.contains("not judged: too few states")) << ran.out;
  EXPECT_TRUE(ran.out.ends_with("maskbench: missed\n")) << ran.out;
  std::ifstream in(folder / "lines.jsonl");
  std::size_t states = 0;
  for (std::string line; std::getline(in, line);) {
    const auto json = Json::parse(line);
    ASSERT_TRUE(json) << line;
    states += json->find("library_us") != nullptr ? 1U : 0U;
  }
  EXPECT_EQ(states, 10U);
  std::filesystem::remove(folder / "two.json");
  const Ran without = run("0");
  EXPECT_EQ(without.exit_status, 75) << without.out << without.err;
  EXPECT_TRUE(without.out.contains("the library's mask was not measured")) << without.out;
  std::filesystem::remove_all(folder);
}

TEST(Bench, EveryBombCompilesOrIsRefusedWithAnErrorThatHasAName) {
  const auto file = std::filesystem::temp_directory_path() / ("puna-bombs-" + std::to_string(::getpid()) + ".jsonl");
  const Ran ran = run_program({kProgram, "bench", "--only", "bombs", "--jsonl", file.string()});
  EXPECT_TRUE(ran.exit_status == 0 || ran.exit_status == 1) << ran.out << ran.err;  // in time, or not
  std::ifstream in(file);
  std::size_t refused = 0;
  std::size_t count = 0;
  for (std::string line; std::getline(in, line); ++count) {
    const auto json = Json::parse(line);
    ASSERT_TRUE(json) << line;
    const std::string_view outcome = json->text_or("outcome");
    const bool is_refused = json->find("refused")->as_bool();
    refused += is_refused ? 1U : 0U;
    EXPECT_EQ(!is_refused, outcome == "compiles") << line;
    EXPECT_EQ(is_refused, outcome.contains("limit: ") || outcome.contains("invalid_argument: ")) << line;
  }
  in.close();
  std::filesystem::remove(file);
  EXPECT_GT(count, 70U);
  EXPECT_GT(refused, 10U);
  EXPECT_LT(refused, count / 2);
  EXPECT_TRUE(ran.out.contains(" of " + std::to_string(count) + " took more than 100 ms")) << ran.out;
}

}  // namespace
}  // namespace puna::test

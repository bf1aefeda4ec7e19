// puna sim, as a user starts it; and every command of docs/scenarios.md.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <thread>

#include "program.h"
#include "puna/base.h"
#include "source_folder.h"

namespace puna::test {
namespace {

class SimCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "puna-sim-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  static Ran sim(std::vector<std::string> words) {
    words.insert(words.begin(), {PUNA_PROGRAM, "sim"});
    return run_program(words);
  }
  [[nodiscard]] std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
    return (folder_ / name).string();
  }
  [[nodiscard]] std::map<std::string, std::string> files_of(const std::string& name) const {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / name)) {
      if (entry.is_regular_file() && !entry.path().string().ends_with("_usage.json")) {
        std::ifstream in(entry.path(), std::ios::binary);
        files[entry.path().filename()] = {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
      }
    }
    return files;
  }

  std::filesystem::path folder_;
};

TEST_F(SimCommand, ANewFileIsGoodAndRuns) {
  const std::string name = (folder_ / "s.yaml").string();
  EXPECT_EQ(sim({"new", name, "--world", "swarm"}).exit_status, 0);
  EXPECT_EQ(sim({"new", name}).exit_status, 1) << "it is never overwritten";
  const Ran checked = sim({"check", name});
  EXPECT_EQ(checked.exit_status, 0) << checked.err;
  EXPECT_TRUE(checked.out.contains("swarm, world swarm, 5 agents, 5 epochs of 8 steps")) << checked.out;
  const Ran ran = sim({"run", name, "--seed", "1", "--out", (folder_ / "out").string()});
  EXPECT_EQ(ran.exit_status, 0) << ran.out << ran.err;
  EXPECT_TRUE(ran.out.contains("PASS  max_toxicity 0.5: ")) << ran.out;
  EXPECT_EQ(files_of("out").size(), 4U);
  const Ran again = sim({"run", name, "--seed", "1", "--out", (folder_ / "out").string()});
  EXPECT_EQ(again.out, ran.out);
  EXPECT_TRUE(again.err.contains("events were there already")) << again.err;
  EXPECT_EQ(sim({"new", name + "2", "--world", "chess"}).exit_status, 2);
}

TEST_F(SimCommand, ABadFileEndsWithThreeAndNothingIsWritten) {
  const std::string name =
      file("bad.yaml", "scenario_id: s\nagents: [{type: honst}]\nsuccess_criteria: {max_toxicty: 1}\n");
  for (const std::string action : {"check", "run"}) {
    std::vector<std::string> words{action, name};
    if (action == "run") {
      words.insert(words.end(), {"--out", (folder_ / "out").string()});
    }
    const Ran ran = sim(words);
    EXPECT_EQ(ran.exit_status, 3);
    EXPECT_EQ(ran.err,
              name + ":2:17: 'agents.type' cannot be 'honst'\n  try: did you mean honest?\n" + name +
                  ":3:20: 'max_toxicty' means nothing in success_criteria\n  try: did you mean max_toxicity?\n");
    EXPECT_EQ(ran.out, "");
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
  EXPECT_EQ(sim({"check", name + "x"}).exit_status, 4);
}

TEST_F(SimCommand, AModelThatIsNotThereIsFoundBeforeAnythingIsWritten) {
  const auto agents = [](const std::string& where) {
    return "scenario_id: s\nagents: [{type: llm, llm: {provider: llama_cpp, model: m, " + where + "}}]\n";
  };
  const std::string out = (folder_ / "out").string();
  const Ran dead =
      sim({"run", file("dead.yaml", agents("base_url: \"http://127.0.0.1:9/v1\", max_retries: 0")), "--out", out});
  EXPECT_EQ(dead.exit_status, 75) << dead.err;
  EXPECT_TRUE(dead.err.contains("http://127.0.0.1:9")) << dead.err;
  const Ran missing = sim({"run", file("missing.yaml", agents("model_path: nothing.gguf")), "--out", out});
  EXPECT_EQ(missing.exit_status, 4) << missing.err;
  EXPECT_TRUE(missing.err.contains("nothing.gguf")) << missing.err;
  EXPECT_FALSE(std::filesystem::exists(out));
}

TEST_F(SimCommand, TheSchemaOfScenariosIsJson) {
  const Ran ran = sim({"schema"});
  EXPECT_EQ(ran.exit_status, 0) << ran.err;
  const auto schema = Json::parse(ran.out);
  ASSERT_TRUE(schema) << ran.out;
  EXPECT_FALSE(schema->find("additionalProperties")->as_bool());
  EXPECT_NE(schema->find("properties")->find("success_criteria"), nullptr);
}

TEST_F(SimCommand, SuccessCriteriaSetTheExitStatusAlsoWhenQuiet) {
  const std::string name =
      file("s.yaml",
           "scenario_id: s\nworld: public_goods\nagents: [{type: adversarial, count: 3}]\n"
           "simulation: {n_epochs: 1, steps_per_epoch: 2}\nsuccess_criteria: {max_toxicity: 0.1}\n");
  const Ran loud = sim({"run", name, "--out", (folder_ / "a").string()});
  EXPECT_EQ(loud.exit_status, 99);
  EXPECT_TRUE(loud.out.contains("FAIL  max_toxicity 0.1: ")) << loud.out;
  const Ran quiet = sim({"run", name, "-q", "--out", (folder_ / "b").string()});
  EXPECT_EQ(quiet.exit_status, 99);
  EXPECT_EQ(quiet.out + quiet.err, "");
  EXPECT_EQ(files_of("a"), files_of("b"));
}

TEST_F(SimCommand, AProcessThatWasKilledGoesOnAndEndsWithTheSameBytes) {
  const std::string name = file("s.yaml",
                                "scenario_id: s\nworld: public_goods\nagents:\n  - {type: honest}\n  - type: llm\n"
                                "    count: 4\n    llm: {provider: llama_cpp, model: puna-demo, max_tokens: 40}\n"
                                "simulation: {n_epochs: 2, steps_per_epoch: 4}\n");
  ASSERT_EQ(sim({"run", name, "-q", "--out", (folder_ / "whole").string()}).exit_status, 0);
  const auto expected = files_of("whole");
  const std::size_t bytes = expected.at("s_events.jsonl").size();
  const std::string out = (folder_ / "killed").string();
  int kills = 0;
  for (const std::size_t part : {1U, 3U, 5U}) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::execl(PUNA_PROGRAM, PUNA_PROGRAM, "sim", "run", name.c_str(), "-q", "--out", out.c_str(), nullptr);
      ::_exit(127);
    }
    const auto written = [&] {
      std::error_code none;
      const std::uintmax_t size = std::filesystem::file_size(out + "/s_events.jsonl", none);
      return none ? 0 : size;
    };
    bool has_ended = false;
    while (!has_ended && written() < bytes * part / 6) {
      has_ended = ::waitpid(child, nullptr, WNOHANG) == child;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    if (!has_ended) {
      ::kill(child, SIGKILL);
      ::waitpid(child, nullptr, 0);
      ++kills;
    }
  }
  EXPECT_GT(kills, 0);
  ASSERT_EQ(sim({"run", name, "-q", "--out", out}).exit_status, 0);
  EXPECT_EQ(files_of("killed"), expected);
}

TEST_F(SimCommand, ListNamesWorldsTypesAndCriteria) {
  const Ran ran = sim({"list"});
  EXPECT_EQ(ran.exit_status, 0);
  for (const std::string word : {"swarm", "public_goods", "market", "debate", "reciprocator", "llm", "min_welfare"}) {
    EXPECT_TRUE(ran.out.contains(word)) << word;
  }
}

TEST_F(SimCommand, EventsAreFoundByWhatTheyAreAndInteractionsAreATable) {
  const std::string name = (folder_ / "s.yaml").string();
  const std::string out = (folder_ / "out").string();
  ASSERT_EQ(sim({"new", name}).exit_status, 0);
  ASSERT_EQ(sim({"run", name, "--out", out, "-q"}).exit_status, 0);
  const auto lines = [](const std::string& text) { return std::ranges::count(text, '\n'); };
  const Ran all = sim({"events", out});
  EXPECT_EQ(all.exit_status, 0) << all.err;
  EXPECT_EQ(all.out, files_of("out").at("public_goods_events.jsonl"));
  const Ran some = sim({"events", out, "--type", "action", "--type", "pot_shared", "--from", "1.2", "--to", "1"});
  EXPECT_EQ(lines(some.out), (8 - 2) * (5 + 1)) << some.out;
  EXPECT_EQ(lines(sim({"events", out, "--type", "action", "--agent", "honest_2", "--to", "0.3"}).out), 4);
  EXPECT_EQ(sim({"events", out, "--type", "none"}).out, "");
  const Ran table = sim({"events", out, "--interactions", "--id", "x000003"});
  EXPECT_EQ(lines(table.out), 2) << table.out;
  EXPECT_TRUE(table.out.contains("\nx000003,0,0,contribution,honest_3,,true,")) << table.out;
  for (const std::string bad : {"1.", ".2", "-1", "1.2.3", "x", "", "99999999999"}) {
    const Ran refused = sim({"events", out, "--from", bad});
    EXPECT_EQ(refused.exit_status, 2) << bad;
    EXPECT_TRUE(refused.err.contains("--from")) << refused.err;
  }
  const Ran none = sim({"events", (folder_ / "nowhere").string()});
  EXPECT_EQ(none.exit_status, 4);
  EXPECT_TRUE(none.err.contains("nowhere")) << none.err;
}

TEST_F(SimCommand, OutputThatIsLostIsAnError) {
  const Ran full = run_program({"/bin/sh", "-c", "exec '" PUNA_PROGRAM "' sim list > /dev/full"});
  EXPECT_EQ(full.exit_status, 1);
  EXPECT_TRUE(full.err.contains("could not be written to stdout: No space left on device")) << full.err;
  const Ran closed = run_program({"/bin/sh", "-c", "'" PUNA_PROGRAM "' sim list | head -c 5"});
  EXPECT_EQ(closed.err, "") << "who stops reading has seen enough";
}

// Every line of docs/scenarios.md that begins with "$ puna" is run, in order, in one folder; so is its YAML.
TEST_F(SimCommand, TheCommandsOfTheDocumentWork) {
  std::ifstream in(std::string(PUNA_SOURCE_DIR) + "/docs/scenarios.md");
  std::string line;
  std::string yaml;
  bool in_yaml = false;
  std::vector<std::string> commands;
  while (std::getline(in, line)) {
    if (line == "```yaml" && yaml.empty()) {
      in_yaml = true;
    } else if (line == "```") {
      in_yaml = false;
    } else if (in_yaml) {
      yaml += line + "\n";
    } else if (line.starts_with("$ puna ")) {
      commands.push_back(line.substr(7));
    }
  }
  ASSERT_GE(commands.size(), 4U);
  (void)file("talk.yaml", yaml);
  for (const std::string& command : commands) {
    const Ran ran =
        run_program({"/bin/sh", "-c", "cd '" + folder_.string() + "' && exec '" PUNA_PROGRAM "' " + command});
    EXPECT_EQ(ran.exit_status, 0) << command << "\n" << ran.err << ran.out;
  }
}

}  // namespace
}  // namespace puna::test

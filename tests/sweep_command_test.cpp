// puna sweep, as a user starts it; and every command of docs/sweeps.md.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <thread>

#include "program.h"
#include "source_folder.h"

namespace puna::test {
namespace {

class SweepCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "puna-sweep-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    (void)file("town.yaml",
               "scenario_id: town\nworld: public_goods\nagents:\n  - {type: honest, count: 3}\n  - {type: random}\n"
               "simulation: {n_epochs: 2, steps_per_epoch: 3}\n");
    sweep_ = file("sweep.yaml",
                  "sweep_id: towns\nscenario: town.yaml\nseeds: [1, 2]\ngrid: {world.multiplier: [1.2, 1.6, 2]}\n");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  static Ran sweep(std::vector<std::string> words) {
    words.insert(words.begin(), {PUNA_PROGRAM, "sweep"});
    return run_program(words);
  }
  // In a shell, so that a variable may stand before the program.
  [[nodiscard]] Ran in_shell(const std::string& before, const std::string& words) const {
    return run_program(
        {"/bin/sh", "-c", "cd '" + folder_.string() + "' && " + before + " exec '" PUNA_PROGRAM "' " + words});
  }
  [[nodiscard]] std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
    return (folder_ / name).string();
  }
  [[nodiscard]] std::string at(const std::string& name) const { return (folder_ / name).string(); }
  [[nodiscard]] std::string text_of(const std::string& name) const {
    std::ifstream in(folder_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  [[nodiscard]] std::map<std::string, std::string> files_of(const std::string& name) const {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / name)) {
      if (entry.is_regular_file() && !entry.path().string().ends_with("_usage.json")) {
        const std::filesystem::path path = std::filesystem::relative(entry.path(), folder_);
        files[std::filesystem::relative(entry.path(), folder_ / name)] = text_of(path);
      }
    }
    return files;
  }

  std::filesystem::path folder_;
  std::string sweep_;
};

TEST_F(SweepCommand, PlanPrintsTheRunsWithTheirIds) {
  const Ran plan = sweep({"plan", sweep_});
  EXPECT_EQ(plan.exit_status, 0) << plan.err;
  EXPECT_EQ(std::ranges::count(plan.out, '\n'), 6);
  EXPECT_EQ(plan.out.find("  seed 1  world.multiplier 1.2\n"), 16U) << plan.out;
  const Ran lines = sweep({"plan", sweep_, "--json"});
  EXPECT_TRUE(lines.out.starts_with("{\"run\":\"" + plan.out.substr(0, 16) +
                                    "\",\"seed\":1,\"values\":{\"world.multiplier\":1.2},\"scenario\":\"agents: "))
      << lines.out;
}

TEST_F(SweepCommand, AShardDoesItsRunsAndCollectNamesTheRest) {
  const Ran first = sweep({"run", sweep_, "--out", at("out"), "--shard", "2/4"});
  EXPECT_EQ(first.exit_status, 0) << first.err;
  EXPECT_EQ(first.out, "shard 2/4: 2 runs: 2 done, 0 there before, 0 failed, 0 busy, 0 left\n");
  const Ran half = sweep({"collect", sweep_, "--out", at("out")});
  EXPECT_EQ(half.exit_status, 75);
  EXPECT_TRUE(half.out.starts_with("missing  ")) << half.out;
  EXPECT_TRUE(half.out.ends_with("2 of 6 runs; 2 meet every success criterion\n")) << half.out;
  EXPECT_FALSE(std::filesystem::exists(at("out/towns.json")));
  EXPECT_EQ(sweep({"collect", sweep_, "--out", at("out"), "--partial"}).exit_status, 75);
  EXPECT_TRUE(text_of("out/towns.json").contains("\"complete\": false"));
  const Ran rest = sweep({"run", sweep_, "--out", at("out")});
  EXPECT_EQ(rest.out, "shard 1/1: 6 runs: 4 done, 2 there before, 0 failed, 0 busy, 0 left\n") << rest.err;
  EXPECT_EQ(sweep({"collect", sweep_, "--out", at("out"), "--json"}).out,
            R"({"runs":6,"complete":6,"success":6,"missing":[],"begun":[],"failed":[]})"
            "\n");
  EXPECT_EQ(sweep({"run", sweep_, "--out", at("one"), "-q"}).out, "");
  EXPECT_EQ(sweep({"collect", sweep_, "--out", at("one")}).exit_status, 0);
  EXPECT_EQ(files_of("out"), files_of("one"));
}

TEST_F(SweepCommand, MistakesAreToldWithTheirPlacesAndNothingIsWritten) {
  const std::string bad =
      file("bad.yaml", "sweep_id: s\nscenario: town.yaml\ngrid: {world.multiplyer: [1, 2]}\nseds: [1]\n");
  const Ran ran = sweep({"run", bad, "--out", at("out")});
  EXPECT_EQ(ran.exit_status, 3);
  EXPECT_EQ(ran.err, bad + ":4:1: 'seds' means nothing here\n  try: did you mean seeds?\n");
  const std::string path = file("path.yaml", "sweep_id: s\nscenario: town.yaml\ngrid: {world.multiplyer: [1, 2]}\n");
  EXPECT_EQ(sweep({"plan", path}).err,
            path + ":3:8: 'multiplyer' means nothing in world\n  try: did you mean multiplier?\n");
  (void)file("town.yaml", "scenario_id: town\n");
  EXPECT_EQ(sweep({"plan", sweep_}).exit_status, 3);
  EXPECT_TRUE(sweep({"plan", sweep_}).err.starts_with(at("town.yaml") + ":1:1: there are no agents"))
      << "the other file";
  EXPECT_EQ(sweep({"plan", file("none.yaml", "sweep_id: s\nscenario: nowhere.yaml\n")}).exit_status, 4);
  EXPECT_EQ(sweep({"plan", at("not-there.yaml")}).exit_status, 4);
  EXPECT_EQ(sweep({"run", sweep_}).exit_status, 2) << "a folder must be named";
  EXPECT_FALSE(std::filesystem::exists(at("out")));
}

TEST_F(SweepCommand, TheShardIsTakenFromSlurmOnlyWhenThatIsAskedFor) {
  const std::string array =
      "SLURM_ARRAY_TASK_ID=3 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_MAX=3 SLURM_ARRAY_TASK_COUNT=3";
  const std::string run = "sweep run sweep.yaml --out out";
  EXPECT_TRUE(in_shell(array, run + " --shard slurm").out.starts_with("shard 3/3: 2 runs: 2 done"));
  EXPECT_TRUE(in_shell(array, run).out.starts_with("shard 1/1: 6 runs: 4 done"));
  const Ran part =
      in_shell("SLURM_ARRAY_TASK_ID=3 SLURM_ARRAY_TASK_MIN=3 SLURM_ARRAY_TASK_MAX=7 SLURM_ARRAY_TASK_COUNT=2",
               run + " --shard slurm");
  EXPECT_EQ(part.exit_status, 2);
  EXPECT_TRUE(part.err.contains("not numbered from 1")) << part.err;
  for (const std::string shard : {"slurm", "0/2", "3/2", "1", "1/0", "a/b", "1/2/3", "-1/2"}) {
    EXPECT_EQ(sweep({"run", sweep_, "--out", at("out"), "--shard=" + shard}).exit_status, 2) << shard;
  }
}

TEST_F(SweepCommand, SigtermEndsAfterTheStepAndTheSameCommandGoesOn) {
  (void)file("town.yaml",
             "scenario_id: town\nworld: swarm\nagents: [{type: honest, count: 20}, {type: random, count: 10}]\n"
             "simulation: {n_epochs: 40, steps_per_epoch: 10}\n");
  (void)file("sweep.yaml", "sweep_id: towns\nscenario: town.yaml\nseeds: [1, 2]\n");
  const std::string out = at("stopped");
  const pid_t child = ::fork();
  if (child == 0) {
    ::execl(PUNA_PROGRAM, PUNA_PROGRAM, "sweep", "run", sweep_.c_str(), "-q", "--out", out.c_str(), nullptr);
    ::_exit(127);
  }
  const auto has_begun = [&] {
    std::error_code none;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(out + "/part", none)) {
      if (entry.is_regular_file() && entry.file_size() > 100'000) {
        return true;
      }
    }
    return false;
  };
  int status = 0;
  bool has_ended = false;
  while (!has_ended && !has_begun()) {
    has_ended = ::waitpid(child, &status, WNOHANG) == child;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ASSERT_FALSE(has_ended) << "it was to be stopped in the middle";
  ::kill(child, SIGTERM);
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 130);
  EXPECT_TRUE(sweep({"collect", sweep_, "--out", out}).out.contains("begun    "));
  const Ran rest = sweep({"run", sweep_, "--out", out});
  EXPECT_EQ(rest.exit_status, 0);
  EXPECT_TRUE(rest.err.contains("from before")) << rest.err;
  ASSERT_EQ(sweep({"run", sweep_, "--out", at("whole"), "-q"}).exit_status, 0);
  EXPECT_EQ(sweep({"collect", sweep_, "--out", out}).exit_status, 0);
  EXPECT_EQ(sweep({"collect", sweep_, "--out", at("whole")}).exit_status, 0);
  EXPECT_EQ(files_of("stopped"), files_of("whole"));
}

TEST_F(SweepCommand, RunsWithTheBundledModelEqualTheSameRunsAlone) {
  (void)file("town.yaml",
             "scenario_id: town\nworld: public_goods\nagents:\n  - type: llm\n    count: 2\n"
             "    llm: {provider: llama_cpp, model: puna-demo, max_tokens: 20}\n  - {type: honest}\n"
             "simulation: {n_epochs: 1, steps_per_epoch: 2}\n");
  (void)file("sweep.yaml", "sweep_id: towns\nscenario: town.yaml\nseeds: [1, 2]\n");
  EXPECT_EQ(sweep({"run", sweep_, "--out", at("a")}).exit_status, 0);
  EXPECT_EQ(sweep({"run", sweep_, "--out", at("b"), "--shard", "2/2"}).exit_status, 0);
  EXPECT_EQ(sweep({"run", sweep_, "--out", at("b"), "--shard", "1/2"}).exit_status, 0);
  EXPECT_EQ(files_of("a"), files_of("b"));
  EXPECT_EQ(sweep({"plan", sweep_, "-m", kDemoModel}).out, sweep({"plan", sweep_}).out) << "the same bytes";
  const Ran gone = sweep({"plan", sweep_, "-m", at("gone.gguf")});
  EXPECT_EQ(gone.exit_status, 4) << gone.err;
}

TEST_F(SweepCommand, ARunThatFailsIsRecordedAndTheStatusSaysSo) {
  // In the way of one run's event log stands a folder.
  const std::string id = sweep({"plan", sweep_}).out.substr(0, 16);
  std::filesystem::create_directories(at("out/part/" + id + "/town_events.jsonl"));
  const Ran ran = sweep({"run", sweep_, "--out", at("out")});
  EXPECT_EQ(ran.exit_status, 1);
  EXPECT_EQ(ran.out, "shard 1/1: 6 runs: 5 done, 0 there before, 1 failed, 0 busy, 0 left\n");
  EXPECT_TRUE(text_of("out/failed/" + id + ".json").contains("cannot write the event log"));
  const Ran collected = sweep({"collect", sweep_, "--out", at("out")});
  EXPECT_EQ(collected.exit_status, 1);
  EXPECT_TRUE(collected.out.starts_with("failed   " + id + "  seed 1  world.multiplier 1.2  cannot write"))
      << collected.out;
}

TEST_F(SweepCommand, SubmitWritesAnArrayJobAndAJobThatWaitsForIt) {
  const Ran dry = sweep({"submit", sweep_, "--slurm", "--shards", "9", "--out", at("o'ut %1"), "--time", "2:00:00",
                         "--mem", "8G", "--cpus", "4", "--dry-run"});
  EXPECT_EQ(dry.exit_status, 0) << dry.err;
  for (const std::string line :
       {"#SBATCH --array=1-6\n", "#SBATCH --requeue\n", "#SBATCH --signal=B:TERM@60\n", "#SBATCH --time=2:00:00\n",
        "#SBATCH --mem=8G\n", "#SBATCH --cpus-per-task=4\n",
        " --shard \"$SLURM_ARRAY_TASK_ID/6\" --concurrent 8 --threads 4 &\n", "/o'ut %%1/slurm/shard-%a.log\"\n",
        "/o'\\''ut %1' --shard", "scontrol requeue", "' sweep collect '"}) {
    EXPECT_TRUE(dry.out.contains(line)) << line << "\n" << dry.out;
  }
  EXPECT_FALSE(std::filesystem::exists(at("o'ut %1")));
  const Ran parsed = run_program({"/bin/sh", "-n"}, dry.out);
  EXPECT_EQ(parsed.exit_status, 0) << parsed.err;

  std::filesystem::create_directories(at("bin"));
  const std::string sbatch = file("bin/sbatch", "#!/bin/sh\necho \"$@\" >>'" + at("calls") + "'\necho '41;cluster'\n");
  std::filesystem::permissions(sbatch, std::filesystem::perms::owner_all);
  const Ran sent = in_shell("PATH='" + at("bin") + "':$PATH", "sweep submit sweep.yaml --slurm --shards 2 --out out");
  EXPECT_EQ(sent.exit_status, 0) << sent.err;
  EXPECT_EQ(sent.out, "job 41: 6 runs in 2 shards\njob 41: collects them\n");
  EXPECT_EQ(text_of("calls"), "--parsable " + at("out/slurm/shards.sbatch") + "\n--parsable --dependency=afterany:41 " +
                                  at("out/slurm/collect.sbatch") + "\n");
  EXPECT_EQ(in_shell("PATH=/nowhere", "sweep submit sweep.yaml --slurm --out out").exit_status, 4);
  (void)file("bin/sbatch", "#!/bin/sh\necho 'sbatch: error: invalid partition' >&2\nexit 1\n");
  const Ran refused = in_shell("PATH='" + at("bin") + "':$PATH", "sweep submit sweep.yaml --slurm --out out");
  EXPECT_EQ(refused.exit_status, 75);
  EXPECT_TRUE(refused.err.contains("invalid partition")) << refused.err;
  EXPECT_EQ(sweep({"submit", sweep_, "--slurm", "--out", at("out"), "--mem", "8G\n#SBATCH --x"}).exit_status, 2);
  EXPECT_EQ(sweep({"submit", sweep_, "--out", at("out")}).exit_status, 2) << "which batch system must be said";
}

// The script as Slurm starts it: what the signal leaves is put into the queue again.
TEST_F(SweepCommand, TheScriptPutsWhatWasStoppedIntoTheQueueAgain) {
  const std::string script = sweep({"submit", sweep_, "--slurm", "--out", at("out"), "--dry-run"}).out;
  const std::size_t begin = script.find("\nshard=$!");
  const std::string tail = script.substr(begin, script.find("\nexit \"$status\"", begin) + 16 - begin);
  std::filesystem::create_directories(at("bin"));
  const std::string scontrol = file("bin/scontrol", "#!/bin/sh\necho \"$@\" >>'" + at("calls") + "'\n");
  std::filesystem::permissions(scontrol, std::filesystem::perms::owner_all);
  const auto run = [&](const std::string& shard, const std::string& restarts) {
    std::filesystem::remove(at("calls"));
    return run_program({"/bin/sh", "-c",
                        "PATH='" + at("bin") +
                            "':$PATH SLURM_ARRAY_JOB_ID=7 SLURM_ARRAY_TASK_ID=3 SLURM_RESTART_COUNT=" + restarts +
                            "; " + shard + " &" + tail})
        .exit_status;
  };
  EXPECT_EQ(run("sh -c 'exit 130'", "0"), 130);
  EXPECT_EQ(text_of("calls"), "requeue Incomplete 7_3\n");
  EXPECT_EQ(run("sh -c 'exit 75'", "19"), 75);
  EXPECT_EQ(text_of("calls"), "requeue Incomplete 7_3\n");
  EXPECT_EQ(run("sh -c 'exit 75'", "20"), 75);
  EXPECT_EQ(text_of("calls"), "") << "not for ever";
  EXPECT_EQ(run("sh -c 'exit 1'", "0"), 1);
  EXPECT_EQ(text_of("calls"), "");
  // The signal is passed on, and the shard's own end waited for.
  const std::string when_trapped =  // TERM is bit 14 of what the script catches
      R"(until grep -q "^SigCgt:.*[4-7c-f]...$" /proc/'$$'/status; do :; done)";
  EXPECT_EQ(
      run("sh -c 'trap \"exit 130\" TERM; " + when_trapped + "; kill -TERM '$$'; while :; do sleep 0.05; done'", "0"),
      130);
  EXPECT_EQ(text_of("calls"), "requeue Incomplete 7_3\n");
}

// Every file that docs/sweeps.md shows is written, and every line that begins with "$ puna" is run, in order.
TEST_F(SweepCommand, TheCommandsOfTheDocumentPrintWhatItShows) {
  std::ifstream in(std::string(PUNA_SOURCE_DIR) + "/docs/sweeps.md");
  std::vector<std::pair<std::string, std::string>> commands;  // what stands behind "$ puna ", and what below it
  std::string block;
  bool in_block = false;
  bool in_output = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("```")) {
      in_block = !in_block;
      in_output = false;
      if (!in_block && block.starts_with("# ")) {
        (void)file(block.substr(2, block.find('\n') - 2), block);
      }
      block.clear();
    } else if (in_block && line.starts_with("$ ")) {
      in_output = line.starts_with("$ puna ");
      if (in_output) {
        commands.emplace_back(line.substr(7), "");
      }
    } else if (in_output) {
      commands.back().second += line + "\n";
    } else if (in_block) {
      block += line + "\n";
    }
  }
  ASSERT_GE(commands.size(), 5U);
  for (const auto& [command, shown] : commands) {
    const Ran ran = in_shell("", command);
    EXPECT_EQ(ran.exit_status, 0) << command << "\n" << ran.err << ran.out;
    EXPECT_EQ(ran.out, shown) << command;
  }
}

}  // namespace
}  // namespace puna::test

// puna report, as a user starts it: runs of three seeds, one page.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "program.h"

namespace puna::test {
namespace {

class ReportCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "puna-report-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    std::ofstream(folder_ / "work.yaml")
        << "scenario_id: work\nworld: swarm\nagents: [{type: honest, count: 3}, {type: adversarial}]\n"
           "simulation: {n_epochs: 3, steps_per_epoch: 5}\nsuccess_criteria: {max_toxicity: 0.9}\n";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  static Ran puna(std::vector<std::string> words) {
    words.insert(words.begin(), PUNA_PROGRAM);
    return run_program(words);
  }
  [[nodiscard]] std::string at(const std::string& name) const { return (folder_ / name).string(); }
  [[nodiscard]] std::string text_at(const std::string& name) const {
    std::ifstream in(folder_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }

  std::filesystem::path folder_;
};

TEST_F(ReportCommand, RunsOfThreeSeedsBecomeOnePage) {
  for (const std::string seed : {"1", "2", "3"}) {
    const Ran ran = puna({"sim", "run", at("work.yaml"), "-q", "--seed", seed, "--out", at("work-" + seed)});
    ASSERT_EQ(ran.exit_status, 0) << ran.err;
  }
  const Ran made = puna({"report", at("work-1"), at("work-2"), at("work-3"), "--out", at("page.html")});
  EXPECT_EQ(made.exit_status, 0) << made.err;
  EXPECT_EQ(made.out, "");
  EXPECT_EQ(made.err, "wrote " + at("page.html") + "\n");
  const std::string page = text_at("page.html");
  EXPECT_TRUE(page.starts_with("<!DOCTYPE html>\n"));
  EXPECT_TRUE(page.ends_with("</html>\n"));
  EXPECT_TRUE(page.contains("3 runs of 1 scenario."));
  EXPECT_TRUE(page.contains("Made by puna "));
  EXPECT_FALSE(page.contains(folder_.string())) << "the page does not know where the runs lay";
  const Ran other = puna({"report", at("work-3"), at("work-1"), at("work-2"), "-o", "-"});
  EXPECT_EQ(other.exit_status, 0) << other.err;
  EXPECT_EQ(other.out, page);
}

TEST_F(ReportCommand, ARunWritesItsOwnReportWhenAsked) {
  const Ran ran = puna({"sim", "run", at("work.yaml"), "--report", "--out", at("out")});
  EXPECT_EQ(ran.exit_status, 0) << ran.err;
  EXPECT_TRUE(ran.err.contains("wrote " + at("out/work_report.html"))) << ran.err;
  EXPECT_TRUE(text_at("out/work_report.html").contains("1 run of 1 scenario."));
}

TEST_F(ReportCommand, WhatIsMissingOrDamagedIsNamedAndNothingIsWritten) {
  const Ran none = puna({"report", at("nowhere"), "--out", at("page.html")});
  EXPECT_EQ(none.exit_status, 4);
  EXPECT_TRUE(none.err.contains("cannot read the folder " + at("nowhere"))) << none.err;
  std::filesystem::create_directory(folder_ / "bad");
  std::ofstream(folder_ / "bad/work_events.jsonl") << "{}\n";
  const Ran bad = puna({"report", at("bad"), "--out", at("page.html")});
  EXPECT_EQ(bad.exit_status, 4);
  EXPECT_TRUE(bad.err.contains("work_events.jsonl:1: no event")) << bad.err;
  EXPECT_FALSE(std::filesystem::exists(folder_ / "page.html"));
  EXPECT_EQ(puna({"report"}).exit_status, 2);
}

}  // namespace
}  // namespace puna::test

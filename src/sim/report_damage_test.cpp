// Reports of logs that somebody made up, of runs that were broken off, of files that are damaged.
#include <gtest/gtest.h>

#include "sim/result_files.h"
#include "sim/scale.h"
#include "sim/test_report.h"

namespace puna::sim {
namespace {

TEST_F(ReportTest, NamesAndTextsStayText) {
  const std::vector<std::string> names{"<script>alert(1)</script>",
                                       "\"onload=\"alert(1)",
                                       "]]>",
                                       "</style><svg onload=x>",
                                       "a\x01\x1b[31m",
                                       "\xE2\x80\xAE"
                                       "gpj.exe",
                                       "&lt;",
                                       "'-->",
                                       "\n"};
  std::vector<Json> events{begin_of("<i>id", "scenario_id: </pre><script>x</script>\x02")};
  for (const std::string& name : names) {
    events.push_back(Json::object({{"type", "agent_created"}, {"agent", name}, {"agent_type", "<b>type</b>"}}));
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string id = format_text("x{}<", i);
    events.push_back(Json::object({{"type", "interaction_accepted"},
                                   {"interaction", id},
                                   {"initiator", names[i]},
                                   {"counterparty", names[(i + 1) % names.size()]},
                                   {"p", 0.25}}));
    events.push_back(Json::object(
        {{"type", "payoff_computed"}, {"interaction", id}, {"surplus", 1}, {"externality", 0}, {"a", 1}, {"b", -1}}));
  }
  events.push_back(Json::object({{"type", "<img src=x>"}}));
  write("evil/x_events.jsonl", log_of(events));
  const std::string text = page_of({"evil"});
  const auto page = PageReader::read(text);
  const auto found = names_in(page);
  for (const std::string name : {"script", "img", "i", "foreignObject"}) {
    EXPECT_FALSE(found.contains(name)) << name;
  }
  EXPECT_TRUE(
      std::ranges::all_of(text, [](char byte) { return static_cast<unsigned char>(byte) >= 0x20 || byte == '\n'; }));
  const auto rows = rows_of(page, "As the run ended");
  ASSERT_EQ(rows.size(), names.size() + 1);
  EXPECT_EQ(rows[1][0], names[0]);
  EXPECT_EQ(rows[2][0], names[1]);
  EXPECT_EQ(rows[5][0], "a\\x01\\x1b[31m");
  EXPECT_EQ(rows[6][0], "\\u202egpj.exe");
  EXPECT_EQ(rows[1][1], "<b>type</b>");
  EXPECT_TRUE(text.contains("This program cannot read the scenario"));
  std::ofstream(folder / "evil/x_events.jsonl", std::ios::app) << "{\"type\": \"\xff\"}\n";
  EXPECT_TRUE(error_of("evil").message.contains(format_text("x_events.jsonl:{}: no event", events.size() + 1)));
}

TEST_F(ReportTest, ARunThatWasBrokenOffIsShownAsFarAsItWent) {
  play_seeds(kTalk, {1, 2});
  const std::filesystem::path log = folder / "talk-2/talk_events.jsonl";
  const std::string whole = text_of(log);
  const std::size_t third = whole.find("\"epoch\":2,\"step\":3");
  ASSERT_NE(third, std::string::npos);
  write("talk-2/talk_events.jsonl", whole.substr(0, whole.find('\n', third) + 20));  // and a half line
  for (const std::string name : {"talk_epochs.csv", "talk_agents.csv", "talk.json"}) {
    std::filesystem::remove(folder / "talk-2" / name);
  }
  const std::string text = page_of({"talk-1", "talk-2"});
  EXPECT_TRUE(text.contains("The run with seed 2 is not finished: its log ends in epoch 3 of 4, step 4."))
      << text.substr(0, 9'000);
  const auto page = PageReader::read(text);
  const auto rows = rows_of(page, "Runs");
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[1][1], "finished");
  EXPECT_EQ(rows[2][1], "not finished");
  EXPECT_EQ(rows[2][2], "2");
  EXPECT_EQ(rows[1].back(), "1 of 2");
  EXPECT_EQ(rows[2].back(), "not judged");
  const auto by_epoch = rows_of(page, "Net social welfare by epoch");
  EXPECT_NE(by_epoch[2][2], by_epoch[2][3]) << "two runs";
  EXPECT_EQ(by_epoch[3][2], by_epoch[3][3]) << "the other one alone";
  const auto alone = rows_of(PageReader::read(page_of({"talk-2"})), "Net social welfare by epoch");
  EXPECT_EQ(alone.size(), 3U);
}

TEST_F(ReportTest, AnyBeginningOfALogIsAReportOrAnErrorWithItsLine) {
  play_seeds(
      "scenario_id: g\nworld: swarm\nagents: [{type: honest, count: 2}, {type: random}]\nsimulation: {n_epochs: 2, "
      "steps_per_epoch: 3}\n",
      {1});
  const std::string whole = text_of(folder / "g-1/g_events.jsonl");
  for (std::size_t bytes = 0; bytes < whole.size() - 1; bytes += 211) {
    write("cut/g_events.jsonl", whole.substr(0, bytes));
    const std::filesystem::path one = folder / "cut";
    const auto page = report({&one, 1});
    if (bytes < whole.find('\n')) {
      ASSERT_FALSE(page);
      EXPECT_TRUE(page.error().message.ends_with("g_events.jsonl:1: the first event has no end"))
          << page.error().message;
    } else {
      ASSERT_TRUE(page) << bytes << ": " << page.error().message;
      EXPECT_TRUE(page->contains("is not finished")) << bytes;
    }
  }
}

// A deal with everybody whose payoffs were not written any more takes nobody else's away.
TEST_F(ReportTest, WhatIsMissingAtTheEndOfALogIsNoPayoff) {
  play_seeds(
      "scenario_id: p\nworld: public_goods\nagents: [{type: honest, count: 3}]\nsimulation: {n_epochs: 2, "
      "steps_per_epoch: 3}\n",
      {1});
  const std::string whole = text_of(folder / "p-1/p_events.jsonl");
  const std::size_t last = whole.rfind("interaction_accepted");
  write("cut/p_events.jsonl", whole.substr(0, whole.find('\n', last) + 1));
  const auto runs = read_runs(folder / "cut", Worlds::built_in(), false);
  ASSERT_TRUE(runs) << runs.error().message;
  ASSERT_EQ(runs->size(), 1U);
  for (const AgentRecord& agent : runs->front().agents) {
    EXPECT_GT(agent.payoff, 0) << agent.name;
  }
}

struct Damage {
  std::string file;
  std::string before;
  std::string after;
  ErrorCode code;
  std::string message;  // with which the error's ends
};

TEST_F(ReportTest, DamagedFilesAreNamedWithTheirLines) {
  play_seeds(kTalk, {1});
  std::filesystem::rename(folder / "talk-1", folder / "good");
  const std::vector<Damage> damages{
      {"talk_events.jsonl", "\"t\":4,", "\"t\":4;", ErrorCode::corrupt, "talk_events.jsonl:4: no event"},
      {"talk_events.jsonl", "\"agent\":\"honest_2\"", "\"agent\":\"honest_1\"", ErrorCode::corrupt,
       "talk_events.jsonl:3: a second agent is called 'honest_1'"},
      {"talk_events.jsonl", "\"format\":1", "\"format\":2", ErrorCode::corrupt,
       "talk_events.jsonl:1: not the beginning of a run that this program knows"},
      {"talk_events.jsonl", "\"scenario\":\"talk\"", "\"scenario\":\"../talk\"", ErrorCode::corrupt,
       "talk_events.jsonl:1: a scenario_id names files and has no '/'"},
      {"talk_epochs.csv", "\n2,", "\n2,,", ErrorCode::corrupt, "talk_epochs.csv:4: 29 cells, and the head line has 28"},
      {"talk_epochs.csv", "\n2,", "\n7,", ErrorCode::corrupt, "talk_epochs.csv:4: epoch 2 was expected here"},
      {"talk_epochs.csv", "\n2,", "\ntwo,", ErrorCode::corrupt,
       "talk_epochs.csv:4: 'two' is no number, in the column epoch"},
      {"talk_epochs.csv", "\n2,", "\n\"2,", ErrorCode::corrupt, "talk_epochs.csv:4: a quote is not closed"},
      {"talk_agents.csv", "\nhonest_2,", "\nhonest_9,", ErrorCode::corrupt,
       "talk_agents.csv:3: the agent 'honest_2' was expected here"},
      {"talk.json", "\"seed\": 1", "\"seed\": 2", ErrorCode::corrupt,
       "talk.json:1: it is of another run than the event log"},
      {"talk.json", "\"met\": ", "\"mat\": ", ErrorCode::corrupt,
       "talk.json:1: one of the success_criteria does not say whether it is met"},
      {"talk_usage.json", "\"agents\"", "\"agent\"", ErrorCode::corrupt, "talk_usage.json:1: it has no agents"},
      {"talk_epochs.csv", "", "", ErrorCode::not_found, "talk_epochs.csv is missing, and the run ended"},
      {"talk_agents.csv", "", "", ErrorCode::not_found, "talk_agents.csv is missing, and the run ended"},
      {"talk.json", "", "", ErrorCode::not_found, "talk.json is missing, and the run ended"},
      {"talk_events.jsonl", "", "", ErrorCode::not_found, "is in " + (folder / "bad").string()}};
  for (const Damage& damage : damages) {
    std::filesystem::remove_all(folder / "bad");
    std::filesystem::copy(folder / "good", folder / "bad");
    if (damage.before.empty()) {
      std::filesystem::remove(folder / "bad" / damage.file);
    } else {
      std::string text = text_of(folder / "bad" / damage.file);
      const std::size_t at = text.find(damage.before);
      ASSERT_NE(at, std::string::npos) << damage.before;
      write("bad/" + damage.file, text.replace(at, damage.before.size(), damage.after));
    }
    const Error error = error_of("bad");
    EXPECT_TRUE(error.message.ends_with(damage.message)) << error.message;
    EXPECT_EQ(error.code, damage.code) << error.message;
    EXPECT_FALSE(error.hint.empty()) << error.message;
  }
  EXPECT_EQ(error_of("nowhere").code, ErrorCode::not_found);
  const auto none = report({});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::invalid_argument);
  std::filesystem::remove(folder / "good/talk_usage.json");
  EXPECT_FALSE(page_of({"good"}).empty()) << "the account of the models may be left out";
}

TEST_F(ReportTest, CellsWithoutANumberAreGaps) {
  play_seeds(kTalk, {1});
  const std::string csv = text_of(folder / "talk-1/talk_epochs.csv");
  auto rows = cells_of(csv);
  const auto column = static_cast<std::size_t>(std::ranges::find(rows[0], "net_social_welfare") - rows[0].begin());
  rows[1][column] = "nan";
  rows[2][column] = "";
  rows[3][column] = "inf";
  std::string changed;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < rows[0].size(); ++i) {
      changed += (i == 0 ? "" : ",") + (i < row.size() ? row[i] : "");
    }
    changed += "\n";
  }
  write("talk-1/talk_epochs.csv", changed);
  const auto shown = rows_of(PageReader::read(page_of({"talk-1"})), "Net social welfare by epoch");
  EXPECT_EQ(shown[1][1], "–");
  EXPECT_EQ(shown[2][1], "–");
  EXPECT_EQ(shown[3][1], "–");
  EXPECT_EQ(shown[4][1], number_text(number_of_text(rows[4][column])));
}

}  // namespace
}  // namespace puna::sim

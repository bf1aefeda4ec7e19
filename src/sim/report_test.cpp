// Reports of runs as this program makes them.
#include <gtest/gtest.h>

#include <locale>
#include <numeric>

#include "sim/report_numbers.h"
#include "sim/result_files.h"
#include "sim/test_report.h"

namespace puna::sim {
namespace {

TEST_F(ReportTest, APageIsWholeAndAsksForNothing) {
  play_seeds(kTalk, {1, 2, 3});
  const std::string text = page_of({"talk-1", "talk-2", "talk-3"});
  const auto page = PageReader::read(text);
  EXPECT_EQ(
      names_in(page),
      (std::set<std::string>{"html",     "head",       "meta",    "title", "style",   "body",    "header", "h1",
                             "h2",       "h3",         "h4",      "p",     "nav",     "ul",      "li",     "a",
                             "main",     "section",    "bdi",     "dl",    "dt",      "dd",      "span",   "b",
                             "div",      "table",      "caption", "thead", "tbody",   "tr",      "th",     "td",
                             "figure",   "figcaption", "svg",     "desc",  "line",    "text",    "rect",   "polygon",
                             "polyline", "circle",     "path",    "g",     "details", "summary", "pre",    "footer"}));
  std::set<std::string> ids;
  std::set<std::string> links;
  for (const PageElement& element : page) {
    for (const auto& [name, value] : element.attributes) {
      EXPECT_FALSE(name.starts_with("on") || name == "src" || name == "style") << name;
      EXPECT_TRUE(!value.contains("://") || name == "xmlns") << value;
      if (name == "id") {
        EXPECT_TRUE(ids.insert(value).second) << value << " twice";
      } else if (name == "href") {
        links.insert(value.substr(1));
        EXPECT_TRUE(value.starts_with('#'));
      }
    }
    if (element.name == "svg") {
      EXPECT_EQ(element.attributes.at("role"), "img");
      EXPECT_TRUE(element.attributes.contains("aria-labelledby"));
    }
    EXPECT_FALSE(element.name == "style" && (element.text.contains("url(") || element.text.contains("@import")));
  }
  EXPECT_TRUE(std::ranges::includes(ids, links)) << "every entry of the contents has its place";
  EXPECT_TRUE(text.contains("default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;"));
  EXPECT_FALSE(text.contains("nan") || text.contains("inf\"")) << "no number is none";
}

TEST_F(ReportTest, LinesHaveTheNumbersOfTheTables) {
  play_seeds(kTalk, {1, 2, 3});
  const auto page = PageReader::read(page_of({"talk-1", "talk-2", "talk-3"}));
  const auto rows = rows_of(page, "Toxicity by epoch");
  ASSERT_EQ(rows.size(), 5U);
  std::vector<std::vector<std::vector<std::string>>> tables;
  for (const int seed : {1, 2, 3}) {
    tables.push_back(cells_of(text_of(folder / format_text("talk-{}", seed) / "talk_epochs.csv")));
  }
  const auto& head = tables.front().front();
  const auto column = static_cast<std::size_t>(std::ranges::find(head, "toxicity") - head.begin());
  ASSERT_LT(column, head.size());
  for (std::size_t epoch = 1; epoch <= 4; ++epoch) {
    std::vector<double> values;
    for (const auto& table : tables) {
      values.push_back(number_of_text(table[epoch][column]));
    }
    const double mean = (values[0] + values[1] + values[2]) / 3;
    EXPECT_EQ(rows[epoch][1], number_text(mean));
    EXPECT_EQ(rows[epoch][2], number_text(std::ranges::min(values)));
    EXPECT_EQ(rows[epoch][3], number_text(std::ranges::max(values)));
  }
  const auto is_mean = [](const PageElement& element) {
    return element.name == "polyline" && std::ranges::count(element.attributes.at("points"), ',') == 4;
  };
  EXPECT_GE(std::ranges::count_if(page, is_mean), 5);
}

TEST_F(ReportTest, RoundsAndPairsAddUpToTheTables) {
  for (const std::string world : {"swarm", "public_goods", "market", "debate"}) {
    const std::string text = "scenario_id: " + world + "\nworld: " + world +
                             "\nagents: [{type: honest, count: 4}, {type: adversarial, count: 2}, {type: random}]\n"
                             "simulation: {n_epochs: 3, steps_per_epoch: 5}\n";
    play_seeds(text, {1, 2});
    std::vector<RunRecord> runs;
    for (const std::string name : {"-1", "-2"}) {
      auto found = read_runs(folder / (world + name), Worlds::built_in(), false);
      ASSERT_TRUE(found) << found.error().message;
      ASSERT_EQ(found->size(), 1U);
      EXPECT_TRUE(found->front().is_finished);
      runs.push_back(std::move(found->front()));
    }
    const RunGroup group{.runs = {&runs[0], &runs[1]}, .title = world};
    const auto agents = agents_of(group);
    ASSERT_EQ(agents.size(), 7U);
    const HeatMap map = payoff_map(group, agents, 100);
    ASSERT_EQ(map.rows.size(), 7U);
    for (std::size_t i = 0; i < map.rows.size(); ++i) {
      ASSERT_EQ(map.rows[i].values.size(), 15U);
      double sum = 0;
      for (const double value : map.rows[i].values) {
        sum += value;
      }
      EXPECT_NEAR(sum, agents[i].mean.payoff, 1e-9) << world << " " << map.rows[i].name;
    }
    const DealGraph graph = deal_graph(group, agents, 80, 800);
    double deals = 0;
    for (const DealGraph::Edge& edge : graph.edges) {
      deals += edge.count;
    }
    EXPECT_EQ(deals, static_cast<double>(runs[0].deals.size() + runs[1].deals.size())) << world;
    const Metrics totals = totals_of(runs[0]);
    const auto exported = Json::parse(text_of(folder / (world + "-1") / (world + ".json")));
    EXPECT_EQ(Json(totals.toxicity), *exported->find("total")->find("toxicity"));
    EXPECT_EQ(Json(totals.welfare), *exported->find("total")->find("welfare"));
    const DealGraph few = deal_graph(group, agents, 3, 2);
    EXPECT_EQ(few.nodes.size(), 3U);
    EXPECT_LE(few.edges.size(), 2U);
    EXPECT_EQ(payoff_map(group, agents, 4).rows.size(), 4U);
  }
}

TEST_F(ReportTest, RoundsAreStepsWhereEpochsAreFewAndSeveralWhereThereAreMany) {
  struct Shape {
    int epochs;
    int steps;
    std::size_t columns;
    std::string name;
  };
  const std::vector<Shape> shapes{{.epochs = 1, .steps = 61, .columns = 61, .name = "step"},
                                  {.epochs = 2, .steps = 250, .columns = 100, .name = "step"},
                                  {.epochs = 12, .steps = 10, .columns = 12, .name = "epoch"},
                                  {.epochs = 200, .steps = 1, .columns = 100, .name = "epoch"}};
  for (const Shape& shape : shapes) {
    const std::string id = format_text("s{}", shape.epochs);
    play_seeds(
        format_text("scenario_id: {}\nworld: public_goods\nagents: [{{type: honest, count: 2}}, {{type: random}}]\n"
                    "simulation: {{n_epochs: {}, steps_per_epoch: {}}}\n",
                    id, shape.epochs, shape.steps),
        {1});
    const auto runs = read_runs(folder / (id + "-1"), Worlds::built_in(), false);
    ASSERT_TRUE(runs) << runs.error().message;
    const RunGroup group{.runs = {runs->data()}, .title = id};
    const auto agents = agents_of(group);
    const HeatMap map = payoff_map(group, agents, 100);
    EXPECT_EQ(map.column_name, shape.name);
    for (std::size_t i = 0; i < map.rows.size(); ++i) {
      const std::vector<double>& values = map.rows[i].values;
      ASSERT_EQ(values.size(), shape.columns);
      EXPECT_NEAR(std::accumulate(values.begin(), values.end(), 0.0), agents[i].mean.payoff, 1e-9) << id;
    }
  }
}

TEST_F(ReportTest, TheSameRunsGiveTheSameBytesWhereverTheyLie) {
  class Grouped : public std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\1"; }
  };
  play_seeds(kTalk, {1, 2, 3});
  const std::string page = page_of({"talk-1", "talk-2", "talk-3"});
  std::filesystem::create_directory(folder / "elsewhere");
  for (const std::string name : {"talk-1", "talk-2", "talk-3"}) {
    std::filesystem::copy(folder / name, folder / "elsewhere" / name, std::filesystem::copy_options::recursive);
  }
  std::filesystem::rename(folder / "elsewhere/talk-1", folder / "elsewhere/z");
  const std::locale before = std::locale::global(std::locale(std::locale::classic(), new Grouped));
  ::setenv("TZ", "Asia/Tokyo", 1);
  EXPECT_EQ(page_of({"elsewhere/talk-3", "elsewhere/z", "elsewhere/talk-2"}), page);
  EXPECT_EQ(page_of({"elsewhere"}), page) << "a folder of folders";
  std::locale::global(before);
  ::unsetenv("TZ");
  const std::string twice = page_of({"talk-1", "elsewhere", "talk-2", "talk-3", "talk-1"});
  EXPECT_TRUE(twice.contains("4 runs were given more than once and counted once.")) << twice.substr(0, 4'000);
  EXPECT_FALSE(page.contains("more than once"));
  EXPECT_TRUE(page.contains("<dd><bdi>1, 2, 3</bdi></dd>"));
}

TEST_F(ReportTest, ScenariosHaveASectionEachAlsoThoseOfOneName) {
  play_seeds(kTalk, {1});
  play_seeds(
      "scenario_id: goods\nworld: public_goods\nagents: [{type: honest, count: 2}]\nsimulation: {n_epochs: 1, "
      "steps_per_epoch: 1}\n",
      {1});
  const std::string other =
      "scenario_id: goods\nworld: public_goods\nagents: [{type: honest, count: 3}]\nsimulation: {n_epochs: 1, "
      "steps_per_epoch: 1}\n";
  play(scenario_of(other), "third");
  const auto page = PageReader::read(page_of({"talk-1", "third", "goods-1"}));
  std::vector<std::string> titles;
  for (const PageElement& element : page) {
    if (element.name == "bdi" && page[element.above].name == "h2") {
      titles.push_back(element.text);
    }
  }
  EXPECT_EQ(titles, (std::vector<std::string>{"goods, text 1 of 2", "goods, text 2 of 2", "talk"}));
}

TEST_F(ReportTest, OneEpochOneAgentAndNothingThatHappensAreDrawn) {
  play_seeds(
      "scenario_id: one\nworld: swarm\nagents: [{type: honest}]\nsimulation: {n_epochs: 1, steps_per_epoch: 1}\n", {1});
  const std::string text = page_of({"one-1"});
  const auto page = PageReader::read(text);
  EXPECT_TRUE(text.contains("There was no interaction."));
  EXPECT_TRUE(text.contains("Not drawn, because no epoch has a value: Toxicity, Quality gap, "));
  const auto rows = rows_of(page, "As in the run's table");
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[1][1], "–") << "the mean of nothing, for which the file has 0";
}

TEST_F(ReportTest, ManyAgentsAndManyEpochsStayWithinBounds) {
  play_seeds(
      "scenario_id: big\nworld: swarm\nagents: [{type: honest, count: 90}, {type: adversarial, count: "
      "40}]\nsimulation: {n_epochs: 130, steps_per_epoch: 2}\n",
      {1});
  const auto page = PageReader::read(page_of({"big-1"}));
  EXPECT_LE(std::ranges::count(page, "path", &PageElement::name), 800 + 8);
  const auto rows = rows_of(page, "payoff of the round in points, a column for each epoch");
  ASSERT_EQ(rows.size(), 101U);
  EXPECT_EQ(rows[0].size(), 66U) << "two epochs in each column";
  EXPECT_EQ(rows_of(page, "As the run ended").size(), 131U) << "the table has them all";
}

}  // namespace
}  // namespace puna::sim

// See report_section.h: the pictures of a section.
#include "sim/report_section.h"

#include <algorithm>
#include <array>
#include <utility>

namespace puna::sim {
namespace {

constexpr std::size_t kMapRowsMax = 100;
constexpr std::size_t kNodesMax = 80;
constexpr std::size_t kEdgesMax = 800;

constexpr std::array<ReportPart, 8> kParts{{{"overview", "Overview"},
                                            {"epochs", "Over the epochs"},
                                            {"spread", "How values spread"},
                                            {"rounds", "Payoff by agent and round"},
                                            {"graph", "Who dealt with whom"},
                                            {"agents", "Agents"},
                                            {"usage", "Models and tokens"},
                                            {"text", "Scenario and events"}}};

class SectionWriter {
 public:
  SectionWriter(Markup& out, const RunGroup& group, bool with_account, PageNumbers& numbers)
      : out_(out), group_(group), with_account_(with_account), agents_(agents_of(group)), numbers_(numbers) {}

  void write(std::size_t repeated) {
    ++numbers_.section;
    const std::string id = format_text("s{}", numbers_.section);
    out_.open("section", {{"aria-labelledby", id}}).line();
    out_.open("h2", {{"id", id}}).element("bdi", {}, group_.title).close().line();
    begin_part(0);
    write_overview(out_, group_, agents_, repeated);
    begin_part(1);
    lines();
    begin_part(2);
    histograms();
    begin_part(3);
    heat_map();
    begin_part(4);
    graph();
    begin_part(5);
    write_agent_table(out_, group_, agents_);
    begin_part(6);
    write_usage_table(out_, group_, agents_, with_account_);
    begin_part(7);
    texts();
    out_.close().line();
  }

 private:
  void begin_part(std::size_t part) {
    out_.element("h3", {{"id", format_text("s{}-{}", numbers_.section, kParts.at(part).anchor)}}, kParts.at(part).title)
        .line();
  }
  PictureText picture(std::string title, std::string what, std::string_view kind) {
    return {.number = ++numbers_.picture, .title = std::move(title), .what = std::move(what), .kind = kind};
  }
  void say(std::string_view text) { out_.element("p", {}, text).line(); }

  void lines() {
    if (group_.epochs() == 0) {
      say("No epoch has ended yet.");
      return;
    }
    std::string empty;
    out_.open("div", {{"class", "charts"}}).line();
    for (const MetricKind& kind : metric_kinds()) {
      LineChart chart{.value_name = std::string(kind.unit), .runs = group_.runs.size()};
      fill_lines(group_, kind, chart);
      if (!has_value(greatest_of(chart.high))) {
        empty += (empty.empty() ? "" : ", ") + std::string(kind.title);
        continue;
      }
      chart.text = picture(std::string(kind.title), format_text("{} Unit: {}.", kind.what, kind.unit), kSmallPicture);
      draw_lines(out_, chart);
    }
    out_.close().line();
    if (!empty.empty()) {
      say("Not drawn, because no epoch has a value: " + empty + ".");
    }
    write_epoch_table(out_, group_);
  }

  void histograms() {
    Histogram quality{.value_name = "p", .counted = "interactions", .low = 0, .high = 1};
    quality.strips = {{.name = "accepted", .style = "yes"}, {.name = "rejected", .style = "no"}};
    for (const RunRecord* run : group_.runs) {
      for (const Deal& deal : run->deals) {
        quality.strips[deal.accepted ? 0 : 1].values.push_back(deal.p);
      }
    }
    Histogram payoffs{.value_name = "payoff in points", .counted = "agents, each once for each run"};
    for (const AgentSummary& agent : agents_) {
      const std::string type = known_type(agent.type);
      auto strip = std::ranges::find(payoffs.strips, type, &Histogram::Strip::name);
      if (strip == payoffs.strips.end()) {
        payoffs.strips.push_back({.name = type, .style = format_text("t{}", agent_style(agent.type))});
        strip = payoffs.strips.end() - 1;
      }
      strip->values.insert(strip->values.end(), agent.payoffs.begin(), agent.payoffs.end());
    }
    out_.open("div", {{"class", "pair"}}).line();
    if (quality.strips[0].values.empty() && quality.strips[1].values.empty()) {
      say("There was no interaction.");
    } else {
      quality.text =
          picture("Quality of interactions",
                  "How likely each interaction did good (p), of all epochs and runs. Heights are parts of each row.",
                  kSmallPicture);
      draw_histogram(out_, quality);
    }
    if (!payoffs.strips.empty()) {
      payoffs.text =
          picture("Final payoffs by type of agent",
                  "What each agent had got at the end of each run. Heights are parts of each row.", kSmallPicture);
      draw_histogram(out_, payoffs);
    }
    out_.close().line();
  }

  void heat_map() {
    HeatMap map = payoff_map(group_, agents_, kMapRowsMax);
    if (map.rows.empty()) {
      say("There is no agent.");
      return;
    }
    std::string what =
        format_text("What each agent got in each {}{}. Orange: it lost; blue: it gained; grey: nearly nothing.",
                    map.column_name, group_.runs.size() > 1 ? ", mean of the runs" : "");
    if (agents_.size() > map.rows.size()) {
      what += format_text(" Of {} agents the {} who got least and the {} who got most.", agents_.size(),
                          kMapRowsMax / 2, kMapRowsMax / 2);
    }
    map.text = picture("Payoff by agent and " + map.column_name, std::move(what), kWidePicture);
    draw_heat_map(out_, map);
  }

  void graph() {
    DealGraph graph = deal_graph(group_, agents_, kNodesMax, kEdgesMax);
    if (graph.edges.empty()) {
      say("There was no interaction.");
      return;
    }
    std::string what =
        format_text("A line is a pair of agents that dealt with each other, both directions and {} together.",
                    group_.runs.size() > 1 ? "all runs" : "all epochs");
    what += " Wider: more interactions. Orange: low mean p, so toxic; blue: high.";
    if (std::ranges::contains(graph.edges, kEverybody, &DealGraph::Edge::b)) {
      what += " What concerned no single agent leads to \"all\" in the middle.";
    }
    if (graph.nodes.size() < agents_.size()) {
      what += format_text(" Of {} agents the {} busiest.", agents_.size(), graph.nodes.size());
    }
    if (graph.edges.size() == kEdgesMax) {
      what += format_text(" Only the {} busiest pairs.", kEdgesMax);
    }
    graph.text = picture("Interactions between agents", std::move(what), kWidePicture);
    draw_graph(out_, graph);
  }

  void texts() {
    DataTable events{.caption = "Lines of the event logs, by type", .columns = {{"event"}, {"number"}}};
    std::map<std::string, std::size_t> counts;
    for (const RunRecord* run : group_.runs) {
      for (const auto& [type, count] : run->events) {
        counts[type] += count;
      }
    }
    for (const auto& [type, count] : counts) {
      events.rows.push_back({type, count_text(static_cast<double>(count))});
    }
    write_folded_table(out_, "Events", events);
    out_.open("details").element("summary", {}, "Scenario file").element("pre", {}, group_.first().text).close().line();
  }

  Markup& out_;
  const RunGroup& group_;
  const bool with_account_;
  const std::vector<AgentSummary> agents_;
  PageNumbers& numbers_;
};

}  // namespace

std::vector<ReportPart> report_parts() { return {kParts.begin(), kParts.end()}; }

void write_section(Markup& out, const RunGroup& group, std::size_t repeated, bool with_account, PageNumbers& numbers) {
  SectionWriter(out, group, with_account, numbers).write(repeated);
}

}  // namespace puna::sim

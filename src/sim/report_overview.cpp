// The head of a section: who, what, how long, whether it succeeded. See report_section.h.
#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "sim/report_section.h"

namespace puna::sim {
namespace {

void write_fact(Markup& out, std::string_view name, std::string_view text) {
  if (!text.empty()) {
    out.element("dt", {}, name).open("dd").element("bdi", {}, text).close().line();
  }
}

std::string plural(std::size_t count, std::string_view one) {
  return format_text("{} {}{}", count_text(static_cast<double>(count)), one, count == 1 ? "" : "s");
}

std::string seeds_text(const RunGroup& group) {
  std::string text;
  for (const RunRecord* run : group.runs) {
    text += (text.empty() ? "" : ", ") + std::to_string(run->seed);
  }
  return text;
}

std::string types_text(const std::vector<AgentSummary>& agents) {
  std::vector<std::pair<std::string, int>> counts;
  for (const AgentSummary& agent : agents) {
    const std::string type = known_type(agent.type);
    const auto found = std::ranges::find(counts, type, &std::pair<std::string, int>::first);
    if (found == counts.end()) {
      counts.emplace_back(type, 1);
    } else {
      ++found->second;
    }
  }
  std::string text = std::to_string(agents.size());
  for (const auto& [type, count] : counts) {
    text += (&type == &counts.front().first ? ": " : ", ") + format_text("{} {}", count, type);
  }
  return text;
}

std::string models_text(const std::vector<AgentSummary>& agents) {
  std::vector<std::string> models;
  for (const AgentSummary& agent : agents) {
    if (!agent.model.empty() && !std::ranges::contains(models, agent.model)) {
      models.push_back(agent.model);
    }
  }
  std::string text;
  for (const std::string& model : models) {
    text += (text.empty() ? "" : ", ") + model;
  }
  return text.empty() ? "none, all agents are scripted" : text + " (as the scenario says)";
}

void write_facts(Markup& out, const RunGroup& group, const std::vector<AgentSummary>& agents) {
  const RunRecord& run = group.first();
  out.open("dl").line();
  write_fact(out, "Scenario", run.id);
  if (run.scenario) {
    write_fact(out, "Description", run.scenario->description);
    write_fact(out, "Motif", run.scenario->motif);
  }
  write_fact(out, "World", run.world);
  write_fact(out, group.runs.size() == 1 ? "Seed" : "Seeds", seeds_text(group));
  if (run.scenario) {
    const SimulationOptions& options = run.scenario->simulation;
    write_fact(out, "Length",
               format_text("{} of {}", plural(static_cast<std::size_t>(options.n_epochs), "epoch"),
                           plural(static_cast<std::size_t>(options.steps_per_epoch), "step")));
  }
  write_fact(out, "Agents", types_text(agents));
  write_fact(out, "Models", run.scenario ? models_text(agents) : "");
  out.close().line();
}

void write_warnings(Markup& out, const RunGroup& group, std::size_t repeated) {
  for (const RunRecord* run : group.runs) {
    if (!run->is_finished) {
      const std::string of = run->scenario ? format_text(" of {}", run->scenario->simulation.n_epochs) : "";
      out.element("p", {{"class", "warning"}},
                  format_text(
                      "The run with seed {} is not finished: its log ends in epoch {}{}, step {}. What there is of it "
                      "is shown; its criteria are not judged. The same puna sim run goes on with it.",
                      run->seed, run->epochs_begun, of, run->steps_begun))
          .line();
    }
  }
  if (!group.first().scenario) {
    out.element("p", {{"class", "note"}},
                "This program cannot read the scenario's text (another version, or a world of somebody's own): what it "
                "says of "
                "length and models is left out.")
        .line();
  }
  if (repeated > 0) {
    out.element("p", {{"class", "note"}},
                format_text("{} given more than once and counted once.",
                            repeated == 1 ? "A run was" : plural(repeated, "run") + " were"))
        .line();
  }
}

struct Total {
  std::string_view title;
  Needs needs;
  double (*value)(const Metrics&);
};
constexpr std::array<Total, 6> kTotals{
    {{"toxicity", Needs::accepted, [](const Metrics& m) { return m.toxicity; }},
     {"quality gap", Needs::both_kinds, [](const Metrics& m) { return m.quality_gap; }},
     {"net social welfare", Needs::nothing, [](const Metrics& m) { return m.net_social_welfare; }},
     {"welfare", Needs::nothing, [](const Metrics& m) { return m.welfare; }},
     {"accepted", Needs::interactions,
      [](const Metrics& m) { return static_cast<double>(m.accepted) / m.interactions; }},
     {"interactions", Needs::nothing, [](const Metrics& m) { return static_cast<double>(m.interactions); }}}};

double total_of(const Total& total, const Metrics& metrics) {
  return is_met(total.needs, metrics.interactions, metrics.accepted) ? total.value(metrics) : kNoValue;
}

std::string total_text(const Total& total, double value) {
  return total.title == "interactions" ? count_text(value)
         : total.title == "accepted"   ? part_text(value)
                                       : number_text(value);
}

void write_tiles(Markup& out, const std::vector<Metrics>& totals) {
  out.open("ul", {{"class", "tiles"}}).line();
  for (const Total& total : kTotals) {
    std::vector<double> values;
    for (const Metrics& metrics : totals) {
      values.push_back(total_of(total, metrics));
    }
    out.open("li").element("span", {}, total.title).element("b", {}, total_text(total, mean_of(values)));
    out.element("span", {},
                values.size() > 1 && has_value(least_of(values))
                    ? total_text(total, least_of(values)) + " to " + total_text(total, greatest_of(values))
                    : "");
    out.close().line();
  }
  out.close().line();
  if (totals.size() > 1) {
    out.element("p", {{"class", "lead"}}, "Means of the runs, with the least and the greatest below.").line();
  }
}

void write_runs(Markup& out, const RunGroup& group, const std::vector<Metrics>& totals) {
  DataTable table{.caption = "Runs", .columns = {{"seed"}, {"state", false}, {"epochs"}}};
  for (const Total& total : kTotals) {
    table.columns.push_back({std::string(total.title)});
  }
  table.columns.push_back({"criteria met"});
  for (std::size_t i = 0; i < group.runs.size(); ++i) {
    const RunRecord& run = *group.runs[i];
    std::vector<std::string> row{std::to_string(run.seed), run.is_finished ? "finished" : "not finished",
                                 std::to_string(run.epochs_ended)};
    for (const Total& total : kTotals) {
      row.push_back(total_text(total, total_of(total, totals[i])));
    }
    const auto met = std::ranges::count_if(run.verdicts, &Verdict::is_met);
    row.push_back(!run.is_finished       ? "not judged"
                  : run.verdicts.empty() ? "none there"
                                         : format_text("{} of {}", met, run.verdicts.size()));
    table.rows.push_back(std::move(row));
  }
  write_table(out, table);
}

void write_criteria(Markup& out, const RunGroup& group) {
  struct Judged {
    double bound = 0;
    int met = 0;
    int runs = 0;
    std::vector<double> values;
  };
  std::map<std::string, Judged> criteria;
  for (const RunRecord* run : group.runs) {
    for (const Verdict& verdict : run->verdicts) {
      Judged& judged = criteria[verdict.name];
      judged.bound = verdict.bound;
      judged.met += verdict.is_met ? 1 : 0;
      ++judged.runs;
      judged.values.push_back(verdict.value);
    }
  }
  if (criteria.empty()) {
    const bool has_some = group.first().scenario && !group.first().scenario->success.empty();
    out.element("p", {},
                has_some ? "The success criteria are not judged yet." : "The scenario has no success criteria.")
        .line();
    return;
  }
  out.open("ul").line();
  for (const auto& [name, judged] : criteria) {
    const bool is_met = judged.met == judged.runs;
    std::string verdict = is_met            ? "met"
                          : judged.met == 0 ? "not met"
                                            : format_text("met by {} of {} runs", judged.met, judged.runs);
    out.open("li").element("bdi", {}, name).text(" " + bound_text(judged.bound) + ": ");
    out.element("span", {{"class", is_met ? "met" : "missed"}}, (is_met ? "✓ " : "✗ ") + verdict);
    const bool is_one = judged.values.size() == 1;
    out.text(is_one ? ", at " + bound_text(judged.values.front())
                    : ", at " + bound_text(least_of(judged.values)) + " to " + bound_text(greatest_of(judged.values)));
    out.close().line();
  }
  out.close().line();
}

}  // namespace

void write_overview(Markup& out, const RunGroup& group, const std::vector<AgentSummary>& agents, std::size_t repeated) {
  write_warnings(out, group, repeated);
  write_facts(out, group, agents);
  std::vector<Metrics> totals;
  for (const RunRecord* run : group.runs) {
    totals.push_back(totals_of(*run));
  }
  write_tiles(out, totals);
  out.element("h4", {}, "Success criteria").line();
  write_criteria(out, group);
  write_runs(out, group, totals);
}

}  // namespace puna::sim

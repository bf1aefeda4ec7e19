// Agents, epochs, models as tables. See report_section.h.
#include <algorithm>
#include <map>
#include <utility>

#include "sim/report_section.h"

namespace puna::sim {
namespace {

bool has_models(const std::vector<AgentSummary>& agents) {
  return std::ranges::any_of(agents, [](const AgentSummary& agent) {
    return agent.type == name_of(AgentType::llm) || agent.sum.prompt_tokens > 0;
  });
}

// Tokens of the account; adds what is known.
struct ModelUsage {
  int agents = 0;
  double requests = kNoValue;
  double prompt_tokens = 0;  // as the logs have them
  double output_tokens = 0;
  double read_tokens = kNoValue;  // as the account has them
  double cached_tokens = kNoValue;
  double failures = 0;
};

void add_known(double& sum, double value) {
  if (has_value(value)) {
    sum = (has_value(sum) ? sum : 0) + value;
  }
}

}  // namespace

void write_agent_table(Markup& out, const RunGroup& group, const std::vector<AgentSummary>& agents) {
  const bool is_many = group.runs.size() > 1;
  const bool with_models = has_models(agents);
  DataTable table{.caption = is_many ? "Means over the runs; tokens are sums of all runs" : "As the run ended",
                  .columns = {{"agent"}, {"type", false}, {"payoff"}}};
  for (const std::string_view name : {"least", "greatest"}) {
    if (is_many) {
      table.columns.push_back({std::string(name) + " payoff"});
    }
  }
  for (const std::string_view name : {"reputation", "actions", "noops", "interactions", "accepted", "mean p"}) {
    table.columns.push_back({std::string(name)});
  }
  for (const std::string_view name : {"requests", "tokens in", "of these cached", "tokens out", "failures"}) {
    if (with_models) {
      table.columns.push_back({std::string(name)});
    }
  }
  for (const AgentSummary& agent : agents) {
    std::vector<std::string> row{agent.name, agent.type, number_text(agent.mean.payoff)};
    if (is_many) {
      row.push_back(number_text(least_of(agent.payoffs)));
      row.push_back(number_text(greatest_of(agent.payoffs)));
    }
    row.push_back(number_text(agent.mean.reputation));
    for (const double value : {agent.mean.actions, agent.mean.noops, agent.mean.interactions, agent.mean.accepted}) {
      row.push_back(is_many ? mean_count_text(value) : count_text(value));
    }
    row.push_back(number_text(agent.mean.p));
    if (with_models) {
      const bool is_model = agent.type == name_of(AgentType::llm);
      for (const double value : {agent.sum.requests, agent.sum.prompt_tokens, agent.sum.cached_tokens,
                                 agent.sum.output_tokens, agent.sum.failures}) {
        row.push_back(count_text(is_model ? value : kNoValue));
      }
    }
    table.rows.push_back(std::move(row));
  }
  write_table(out, table);
}

void write_epoch_table(Markup& out, const RunGroup& group) {
  DataTable table{.caption = group.runs.size() > 1 ? "Means over the runs" : "As in the run's table",
                  .columns = {{"epoch"}}};
  std::vector<LineChart> charts;
  for (const MetricKind& kind : metric_kinds()) {
    table.columns.push_back({std::string(kind.title)});
    fill_lines(group, kind, charts.emplace_back());
  }
  for (std::size_t epoch = 0; epoch < group.epochs(); ++epoch) {
    std::vector<std::string> row{std::to_string(epoch + 1)};
    for (const LineChart& chart : charts) {
      row.push_back(number_text(chart.mean[epoch]));
    }
    table.rows.push_back(std::move(row));
  }
  write_folded_table(out, "All epochs in one table", table);
}

namespace {

// What was found at the beginning was asked for by another process, unless it was all there is.
bool is_counted_in_part(const RunRecord* run) {
  std::size_t events = 0;
  for (const auto& [type, count] : run->events) {
    events += count;
  }
  return !run->has_usage || (run->events_found > 0 && run->events_found < events);
}

void write_account_note(Markup& out, const RunGroup& group) {
  out.element(
      "p", {{"class", "lead"}},
      "Tokens in, tokens out and failures are those of the event logs. Requests and what the cache saved are those "
      "that were written down: a process that is killed takes those of its last epoch with it.");
  if (std::ranges::any_of(group.runs, is_counted_in_part)) {
    out.element("p", {{"class", "note"}},
                "At least one run was broken off, goes on, or has no account: its requests and cached tokens may not "
                "all be here.");
  }
}

}  // namespace

void write_usage_table(Markup& out, const RunGroup& group, const std::vector<AgentSummary>& agents, bool with_account) {
  if (!has_models(agents)) {
    out.element("p", {}, "No model was asked: all agents are scripted.").line();
    return;
  }
  std::map<std::string, ModelUsage> models;
  for (const AgentSummary& agent : agents) {
    if (agent.type == name_of(AgentType::llm)) {
      ModelUsage& usage = models[agent.model.empty() ? "unknown" : agent.model];
      ++usage.agents;
      add_known(usage.requests, agent.sum.requests);
      add_known(usage.prompt_tokens, agent.sum.prompt_tokens);
      add_known(usage.output_tokens, agent.sum.output_tokens);
      add_known(usage.read_tokens, agent.sum.read_tokens);
      add_known(usage.cached_tokens, agent.sum.cached_tokens);
      add_known(usage.failures, agent.sum.failures);
    }
  }
  DataTable table{.caption = "Sums over the runs",
                  .columns = {{"model"}, {"agents"}, {"tokens in"}, {"tokens out"}, {"failures"}}};
  if (with_account) {
    for (const char* column : {"requests", "tokens computed", "tokens cached", "cached part"}) {
      table.columns.push_back({column});
    }
  }
  for (const auto& [name, usage] : models) {
    table.rows.push_back({name, std::to_string(usage.agents), count_text(usage.prompt_tokens),
                          count_text(usage.output_tokens), count_text(usage.failures)});
    if (with_account) {
      const double part = usage.read_tokens > 0 ? usage.cached_tokens / usage.read_tokens : kNoValue;
      for (std::string cell : {count_text(usage.requests), count_text(usage.read_tokens - usage.cached_tokens),
                               count_text(usage.cached_tokens), part_text(part)}) {
        table.rows.back().push_back(std::move(cell));
      }
    }
  }
  write_table(out, table);
  if (with_account) {
    write_account_note(out, group);
  }
  out.line();
}

}  // namespace puna::sim

// What a report says of the runs of one scenario, in numbers: metrics over epochs, payoffs by round, who dealt with
// whom, agents over all runs. No drawing. A mean over nothing is no value here, though the tables of a run have 0 for
// it.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "puna/sim/metrics.h"
#include "sim/charts.h"
#include "sim/result_files.h"

namespace puna::sim {

// Runs of one scenario, that differ in their seeds. Borrows them.
struct RunGroup {
  std::vector<const RunRecord*> runs;  // at least one
  std::string title;

  [[nodiscard]] const RunRecord& first() const { return *runs.front(); }
  [[nodiscard]] std::size_t epochs() const;  // of the longest
};

// What there must have been in an epoch for a metric to be one.
enum class Needs { nothing, interactions, accepted, both_kinds, truth };
struct MetricKind {
  std::string_view column;  // of the CSV; empty: accepted by interactions
  std::string_view title;
  std::string_view what;
  std::string_view unit;
  Needs needs = Needs::nothing;
};
[[nodiscard]] std::span<const MetricKind> metric_kinds();
[[nodiscard]] double metric_value(const RunRecord& run, const MetricKind& kind, std::size_t epoch);
// Mean, least and greatest of the runs that have a value, for each epoch.
void fill_lines(const RunGroup& group, const MetricKind& kind, LineChart& chart);

// Metrics of all of a run's interactions, as far as it went.
[[nodiscard]] Metrics totals_of(const RunRecord& run);
// Whether totals have what a metric needs.
[[nodiscard]] bool is_met(Needs needs, double interactions, double accepted);

// An agent over all runs of a group.
struct AgentSummary {
  std::string name;
  std::string type;
  std::string model;  // empty for scripted ones
  std::vector<double> payoffs;
  AgentRecord mean;  // of the runs that have a value
  AgentRecord sum;
};
// In the scenario's order.
[[nodiscard]] std::vector<AgentSummary> agents_of(const RunGroup& group);

// Columns of steps where there are few, else of epochs, else of several epochs each; means over the runs that got
// there. rows_max: of more agents the ones who got least and most, half each.
[[nodiscard]] HeatMap payoff_map(const RunGroup& group, const std::vector<AgentSummary>& agents, std::size_t rows_max);

// Sums over the runs. nodes_max, edges_max: of more, the busiest.
[[nodiscard]] DealGraph deal_graph(const RunGroup& group, const std::vector<AgentSummary>& agents,
                                   std::size_t nodes_max, std::size_t edges_max);

}  // namespace puna::sim

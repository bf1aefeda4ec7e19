// Payoffs by round, and pairs of agents: the numbers of the heat map and of the graph. See report_numbers.h.
#include <algorithm>
#include <cstdint>
#include <map>
#include <numeric>
#include <unordered_map>
#include <utility>

#include "sim/report_numbers.h"

namespace puna::sim {
namespace {

constexpr int kStepColumnsMax = 60;
constexpr int kColumnsMax = 120;
constexpr int kEpochColumnsMin = 10;  // fewer epochs would show too little

// Which column a round belongs to.
struct Rounds {
  std::int64_t steps = 1;  // in an epoch
  std::int64_t each = 1;   // steps in a column
  bool by_steps = true;    // else columns are epochs, or several
  int columns = 1;

  [[nodiscard]] int column(int epoch, int step) const { return static_cast<int>((epoch * steps + step) / each); }
};

std::int64_t parts_of(std::int64_t all, std::int64_t each) { return (all + each - 1) / each; }

Rounds rounds_of(const RunGroup& group) {
  std::int64_t epochs = 1;
  std::int64_t steps = 1;
  for (const RunRecord* run : group.runs) {
    epochs = std::max<std::int64_t>(epochs, run->epochs_begun);
    for (const Deal& deal : run->deals) {
      steps = std::max<std::int64_t>(steps, deal.step + 1);
    }
    if (run->scenario) {
      epochs = std::max<std::int64_t>(epochs, run->scenario->simulation.n_epochs);
      steps = std::max<std::int64_t>(steps, run->scenario->simulation.steps_per_epoch);
    }
  }
  Rounds rounds{.steps = steps, .by_steps = epochs * steps <= kStepColumnsMax || epochs < kEpochColumnsMin};
  if (!rounds.by_steps) {
    rounds.each = steps * parts_of(epochs, kColumnsMax);
  } else if (epochs * steps > kStepColumnsMax) {
    rounds.each = parts_of(epochs * steps, kColumnsMax);
  }
  rounds.columns = static_cast<int>(parts_of(epochs * steps, rounds.each));
  return rounds;
}

// How far a run got, in columns.
int columns_of(const RunRecord& run, const Rounds& rounds) {
  const int last = std::max(0, run.epochs_begun - 1);
  return run.is_finished ? rounds.columns : rounds.column(last, std::max(0, run.steps_begun - 1)) + 1;
}

using PayoffRows = std::vector<std::vector<double>>;

// What each agent of a run got in each column; what went to everybody is shared by all but who gave it.
PayoffRows payoffs_of(const RunRecord& run, const Rounds& rounds) {
  const auto columns = static_cast<std::size_t>(rounds.columns);
  PayoffRows rows(run.agents.size(), std::vector<double>(columns));
  std::vector<double> shared(columns);
  const double others = std::max(1.0, static_cast<double>(run.agents.size()) - 1);
  for (const Deal& deal : run.deals) {
    const auto column = static_cast<std::size_t>(rounds.column(deal.epoch, deal.step));
    if (!deal.accepted || !has_value(deal.a) || !has_value(deal.b) || column >= columns) {
      continue;
    }
    rows[static_cast<std::size_t>(deal.from)][column] += deal.a;
    if (deal.to >= 0) {
      rows[static_cast<std::size_t>(deal.to)][column] += deal.b;
    } else if (run.agents.size() > 1) {
      shared[column] += deal.b / others;
      rows[static_cast<std::size_t>(deal.from)][column] -= deal.b / others;
    }
  }
  const int played = columns_of(run, rounds);
  for (std::vector<double>& row : rows) {
    for (std::size_t i = 0; i < columns; ++i) {
      row[i] = std::cmp_less(i, played) ? row[i] + shared[i] : kNoValue;
    }
  }
  return rows;
}

// The places of those who got least and most, ascending.
std::vector<std::size_t> extremes_of(const std::vector<AgentSummary>& agents, std::size_t count) {
  std::vector<std::size_t> places(agents.size());
  std::ranges::iota(places, std::size_t{0});
  if (places.size() > count) {
    const auto worth = [&](std::size_t i) { return has_value(agents[i].mean.payoff) ? agents[i].mean.payoff : 0; };
    std::ranges::stable_sort(places, {}, worth);
    places.erase(places.begin() + static_cast<std::ptrdiff_t>(count / 2),
                 places.end() - static_cast<std::ptrdiff_t>(count - count / 2));
    std::ranges::sort(places);
  }
  return places;
}

using NamePlaces = std::unordered_map<std::string_view, std::size_t>;

NamePlaces places_by_name(const std::vector<AgentSummary>& agents) {
  NamePlaces places;
  for (std::size_t i = 0; i < agents.size(); ++i) {
    places.emplace(agents[i].name, i);
  }
  return places;
}

// A pair of agents, or an agent and everybody.
struct PairSum {
  double count = 0;
  double p = 0;
  double known = 0;  // interactions that have a p
};
using PairSums = std::map<std::pair<int, int>, PairSum>;

PairSums pairs_of(const RunGroup& group, const NamePlaces& places) {
  PairSums pairs;
  for (const RunRecord* run : group.runs) {
    std::vector<int> place;
    for (const AgentRecord& agent : run->agents) {
      place.push_back(static_cast<int>(places.at(agent.name)));
    }
    for (const Deal& deal : run->deals) {
      int a = place[static_cast<std::size_t>(deal.from)];
      int b = deal.to < 0 ? kEverybody : place[static_cast<std::size_t>(deal.to)];
      if (b >= 0 && b < a) {
        std::swap(a, b);
      }
      PairSum& pair = pairs[{a, b}];
      pair.count += 1;
      pair.p += has_value(deal.p) ? deal.p : 0;
      pair.known += has_value(deal.p) ? 1 : 0;
    }
  }
  return pairs;
}

// For each agent its node, or none where it is not among the busiest.
std::vector<std::optional<int>> busiest(const PairSums& pairs, std::size_t agents, std::size_t count) {
  std::vector<double> deals(agents);
  for (const auto& [ends, pair] : pairs) {
    deals[static_cast<std::size_t>(ends.first)] += pair.count;
    if (ends.second >= 0) {
      deals[static_cast<std::size_t>(ends.second)] += pair.count;
    }
  }
  std::vector<std::size_t> order(agents);
  std::ranges::iota(order, std::size_t{0});
  std::ranges::stable_sort(order, std::greater(), [&](std::size_t i) { return deals[i]; });
  order.resize(std::min(order.size(), count));
  std::ranges::sort(order);
  std::vector<std::optional<int>> nodes(agents);
  for (std::size_t i = 0; i < order.size(); ++i) {
    nodes[order[i]] = static_cast<int>(i);
  }
  return nodes;
}

}  // namespace

HeatMap payoff_map(const RunGroup& group, const std::vector<AgentSummary>& agents, std::size_t rows_max) {
  const Rounds rounds = rounds_of(group);
  const NamePlaces places = places_by_name(agents);
  const auto columns = static_cast<std::size_t>(rounds.columns);
  PayoffRows sums(agents.size(), std::vector<double>(columns));
  PayoffRows counts(agents.size(), std::vector<double>(columns));
  for (const RunRecord* run : group.runs) {
    const PayoffRows rows = payoffs_of(*run, rounds);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::size_t place = places.at(run->agents[i].name);
      for (std::size_t column = 0; column < columns; ++column) {
        const bool is_known = has_value(rows[i][column]);
        sums[place][column] += is_known ? rows[i][column] : 0;
        counts[place][column] += is_known ? 1 : 0;
      }
    }
  }
  HeatMap map{.value_name = group.runs.size() > 1 ? "payoff of the round in points, mean of the runs"
                                                  : "payoff of the round in points",
              .column_name = rounds.by_steps ? "step" : "epoch",
              .axis_name = rounds.by_steps ? "step, counted over all epochs" : "epoch",
              .columns_each = static_cast<int>(rounds.by_steps ? rounds.each : rounds.each / rounds.steps)};
  for (const std::size_t i : extremes_of(agents, rows_max)) {
    HeatMap::Row row{.name = agents[i].name, .group = agents[i].type};
    for (std::size_t column = 0; column < columns; ++column) {
      row.values.push_back(counts[i][column] > 0 ? sums[i][column] / counts[i][column] : kNoValue);
    }
    map.rows.push_back(std::move(row));
  }
  return map;
}

DealGraph deal_graph(const RunGroup& group, const std::vector<AgentSummary>& agents, std::size_t nodes_max,
                     std::size_t edges_max) {
  const PairSums pairs = pairs_of(group, places_by_name(agents));
  const std::vector<std::optional<int>> nodes = busiest(pairs, agents.size(), nodes_max);
  DealGraph graph;
  for (std::size_t i = 0; i < agents.size(); ++i) {
    if (nodes[i]) {
      const int style = agent_style(agents[i].type);
      graph.nodes.push_back({.name = agents[i].name, .style = style});
      if (!std::ranges::contains(graph.styles, style, &std::pair<std::string, int>::second)) {
        graph.styles.emplace_back(known_type(agents[i].type), style);
      }
    }
  }
  for (const auto& [ends, pair] : pairs) {
    const auto a = nodes[static_cast<std::size_t>(ends.first)];
    const auto b = ends.second < 0 ? std::optional(kEverybody) : nodes[static_cast<std::size_t>(ends.second)];
    if (a && b) {
      graph.edges.push_back(
          {.a = *a, .b = *b, .count = pair.count, .p = pair.known > 0 ? pair.p / pair.known : kNoValue});
    }
  }
  std::ranges::stable_sort(graph.edges, std::greater(), &DealGraph::Edge::count);
  graph.edges.resize(std::min(graph.edges.size(), edges_max));
  return graph;
}

}  // namespace puna::sim

// See report_numbers.h.
#include "sim/report_numbers.h"

#include <algorithm>
#include <array>
#include <map>
#include <unordered_map>
#include <utility>

#include "sim/agents_section.h"

namespace puna::sim {
namespace {

constexpr std::array<MetricKind, 11> kMetricKinds{
    {{"toxicity", "Toxicity", "Mean of 1 - p over the accepted interactions.", "0 to 1, less is better",
      Needs::accepted},
     {"quality_gap", "Quality gap", "Mean p of the accepted less that of the rejected interactions.",
      "difference of p, more is better", Needs::both_kinds},
     {"net_social_welfare", "Net social welfare", "Surplus of all accepted interactions less the harm they did.",
      "points"},
     {"welfare", "Welfare", "Surplus of all accepted interactions.", "points"},
     {"", "Acceptance", "Part of the interactions that was accepted.", "0 to 1", Needs::interactions},
     {"interactions", "Interactions", "How many there were, rejected ones included.", "number"},
     {"quality", "Quality", "Mean p over all interactions.", "0 to 1, more is better", Needs::interactions},
     {"conditional_loss", "Conditional loss", "The initiators' mean payoff when accepted less that over all.", "points",
      Needs::accepted},
     {"spread", "Spread", "Mean p of all less that of the accepted, times what is at stake.", "points",
      Needs::accepted},
     {"uncertain", "Uncertain part", "Part of the interactions with p within 0.2 of a half.", "0 to 1",
      Needs::interactions},
     {"calibration_brier", "Brier score", "Mean square of p less what the world's rules say was good.",
      "0 to 1, less is better", Needs::truth}}};

// Model or server as the scenario names it, without anything secret in an address.
std::string model_label(const LlmOptions& llm) {
  if (!llm.model_path.empty()) {
    return std::filesystem::path(llm.model_path).filename().string();
  }
  if (llm.base_url.empty()) {
    return llm.model;
  }
  std::string address = llm.base_url.substr(0, llm.base_url.find_first_of("?#"));
  const std::size_t scheme = address.find("://");
  const std::size_t begin = scheme == std::string::npos ? 0 : scheme + 3;
  const std::size_t user = address.substr(0, address.find('/', begin)).rfind('@');
  if (user != std::string::npos && user >= begin) {
    address.erase(begin, user + 1 - begin);
  }
  return llm.model + " at " + address;
}

std::map<std::string, std::string, std::less<>> models_by_agent(const RunRecord& run) {
  std::map<std::string, std::string, std::less<>> models;
  if (run.scenario) {
    const std::vector<std::string> names = agent_names(run.scenario->agents);
    std::size_t at = 0;
    for (const AgentGroup& group : run.scenario->agents) {
      for (int i = 0; i < group.count; ++i, ++at) {
        if (group.type == AgentType::llm) {
          models[names[at]] = model_label(group.llm);
        }
      }
    }
  }
  return models;
}

constexpr std::array kAgentNumbers{&AgentRecord::actions,       &AgentRecord::noops,      &AgentRecord::failures,
                                   &AgentRecord::interactions,  &AgentRecord::accepted,   &AgentRecord::p,
                                   &AgentRecord::payoff,        &AgentRecord::reputation, &AgentRecord::prompt_tokens,
                                   &AgentRecord::output_tokens, &AgentRecord::requests,   &AgentRecord::cached_tokens,
                                   &AgentRecord::read_tokens};

}  // namespace

std::size_t RunGroup::epochs() const {
  std::size_t most = 0;
  for (const RunRecord* run : runs) {
    most = std::max(most, run->epochs_ended);
  }
  return most;
}

std::span<const MetricKind> metric_kinds() { return kMetricKinds; }

bool is_met(Needs needs, double interactions, double accepted) {
  switch (needs) {
    case Needs::nothing:
    case Needs::truth:
      return true;
    case Needs::interactions:
      return interactions > 0;
    case Needs::accepted:
      return accepted > 0;
    case Needs::both_kinds:
      return accepted > 0 && accepted < interactions;
  }
  return false;
}

double metric_value(const RunRecord& run, const MetricKind& kind, std::size_t epoch) {
  const double interactions = run.value("interactions", epoch);
  const double accepted = run.value("accepted", epoch);
  if (!is_met(kind.needs, interactions, accepted)) {
    return kNoValue;
  }
  return kind.column.empty() ? accepted / interactions : run.value(kind.column, epoch);
}

void fill_lines(const RunGroup& group, const MetricKind& kind, LineChart& chart) {
  for (std::size_t epoch = 0; epoch < group.epochs(); ++epoch) {
    std::vector<double> values;
    for (const RunRecord* run : group.runs) {
      values.push_back(metric_value(*run, kind, epoch));
    }
    chart.mean.push_back(mean_of(values));
    chart.low.push_back(least_of(values));
    chart.high.push_back(greatest_of(values));
  }
}

Metrics totals_of(const RunRecord& run) {
  std::vector<Outcome> outcomes;
  outcomes.reserve(run.deals.size());
  for (const Deal& deal : run.deals) {
    if (has_value(deal.p)) {
      outcomes.push_back(
          {.p = deal.p,
           .accepted = deal.accepted,
           .payoff = {.surplus = deal.surplus, .externality = deal.externality, .a = deal.a, .b = deal.b}});
    }
  }
  return metrics_of(outcomes, run.scenario ? run.scenario->payoff : PayoffOptions{});
}

std::vector<AgentSummary> agents_of(const RunGroup& group) {
  const auto models = models_by_agent(group.first());
  std::vector<AgentSummary> all;
  std::unordered_map<std::string, std::size_t> places;
  std::vector<std::vector<const AgentRecord*>> records;
  for (const RunRecord* run : group.runs) {
    for (const AgentRecord& agent : run->agents) {
      const auto [place, is_new] = places.emplace(agent.name, all.size());
      if (is_new) {
        const auto model = models.find(agent.name);
        all.push_back(
            {.name = agent.name, .type = agent.type, .model = model == models.end() ? std::string() : model->second});
        records.emplace_back();
      }
      records[place->second].push_back(&agent);
      all[place->second].payoffs.push_back(agent.payoff);
    }
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (const auto member : kAgentNumbers) {
      std::vector<double> values;
      for (const AgentRecord* record : records[i]) {
        values.push_back(record->*member);
      }
      all[i].mean.*member = mean_of(values);
      const auto count = static_cast<double>(std::ranges::count_if(values, has_value));
      all[i].sum.*member = count > 0 ? mean_of(values) * count : kNoValue;
    }
  }
  return all;
}

}  // namespace puna::sim

// Contenders and the results about them.
#include "bench/lineup.h"

#include <algorithm>
#include <utility>

namespace puna::bench {
namespace {

double largest(const std::vector<std::int64_t>& counts) {
  return counts.empty() ? 0 : static_cast<double>(std::ranges::max(counts));
}

}  // namespace

Lineup::Lineup(Harness& harness, std::string bench, std::string workload)
    : harness_(harness), bench_(std::move(bench)), workload_(std::move(workload)) {}

void Lineup::add_engine(const EngineShape& shape, const Scripts& scripts) {
  contenders_.push_back(engine_contender(harness_, shape, scripts));
}

void Lineup::add(Contender contender) {
  if (harness_.wants(contender.name)) {
    contenders_.push_back(std::move(contender));
  }
}

Result<void> Lineup::add_server(const ServerShape& shape, const Scripts& scripts) {
  return add_server(shape, MakeContender([&](Peer& peer) { return peer_contender(harness_, peer, scripts); }));
}

Result<void> Lineup::add_server(const ServerShape& shape, const MakeContender& make) {
  const std::string name = shape.one_pool ? "S unified" : "S split";
  if (!harness_.wants(name)) {
    return {};
  }
  auto server = harness_.open_server(shape);
  if (!server && server.error().code == ErrorCode::cancelled) {
    return std::unexpected(std::move(server).error());
  }
  if (!server) {
    harness_.emit(not_run(metric("against " + name), server.error().message));
    return {};
  }
  peers_.push_back(*std::move(server));
  contenders_.push_back(make(*peers_.back()));
  return {};
}

Result<void> Lineup::add_pool(int window_tokens, const Scripts& scripts) {
  if (!harness_.wants("P")) {
    return {};
  }
  PUNA_TRY(auto pool, harness_.open_pool(window_tokens));
  peers_.push_back(std::move(pool));
  contenders_.push_back(peer_contender(harness_, *peers_.back(), scripts));
  return {};
}

Result<void> Lineup::run(const RoundSettings& settings, bool time_goals) {
  PUNA_TRY(rounds_, harness_.run_rounds(bench_ + " " + workload_, contenders_, settings));
  state_ = harness_.state(rounds_, time_goals);
  return {};
}

std::optional<std::size_t> Lineup::find(std::string_view name) const {
  const auto at = std::ranges::find(contenders_, name, &Contender::name);
  return at == contenders_.end() ? std::nullopt : std::optional<std::size_t>(at - contenders_.begin());
}

ResultName Lineup::metric(std::string metric) const {
  return {.bench = bench_, .workload = workload_, .metric = std::move(metric)};
}

void Lineup::compare(const std::string& metric_name, double Sample::* field, Better better, std::string_view peer,
                     const Goal& goal) {
  const auto place = find(peer);
  if (!place) {
    return;
  }
  const std::vector<double> ours = rounds_.column(0, field);
  const std::vector<double> theirs = rounds_.column(*place, field);
  harness_.emit(
      timed_against(metric(metric_name), ours, {.name = std::string(peer), .values = theirs}, better, goal, state_));
}

void Lineup::compare_servers(const std::string& metric_name, double Sample::* field, const Goal& goal) {
  std::vector<std::pair<double, std::string>> servers;
  for (std::size_t place = 0; place < contenders_.size(); ++place) {
    if (contenders_[place].name.starts_with("S ")) {
      servers.emplace_back(median(rounds_.column(place, field)), contenders_[place].name);
    }
  }
  std::ranges::sort(servers);
  for (std::size_t i = 0; i < servers.size(); ++i) {
    compare(metric_name, field, Better::smaller, servers[i].second, i == 0 ? goal : Goal{});
  }
}

void Lineup::hold_to_bound(double tolerance) {
  double computed = 0;
  double distinct = 0;
  const auto ours = rounds_.counts(0, &Sample::tokens_prefilled);
  const auto bounds = rounds_.counts(0, &Sample::tokens_distinct);
  double worst = -1;
  for (std::size_t round = 0; round < ours.size(); ++round) {  // the round furthest from its bound speaks
    const auto excess = static_cast<double>(ours[round] - bounds[round]);
    if (excess > worst) {
      worst = excess;
      computed = static_cast<double>(ours[round]);
      distinct = static_cast<double>(bounds[round]);
    }
  }
  harness_.emit(counted(metric("prompt tokens computed"), computed, "bound", distinct,
                        {.floor = distinct * (1 + tolerance), .moon = distinct, .side = Side::at_most}));
}

void Lineup::show_computed() {
  const double ours = largest(rounds_.counts(0, &Sample::tokens_prefilled));
  for (std::size_t place = 1; place < contenders_.size(); ++place) {
    const double theirs = largest(rounds_.counts(place, &Sample::tokens_prefilled));
    if (theirs > 0) {
      harness_.emit(counted(metric("prompt tokens computed"), ours, contenders_[place].name, theirs, {}));
    }
  }
}

void Lineup::compare_prediction(const Goal& goal) {
  const auto raw = find("R") ? find("R") : find("R split");
  if (!raw) {
    return;
  }
  const std::vector<double> ours = rounds_.column(0, &Sample::cpu_seconds);
  const std::vector<double> predicted = predicted_seconds(rounds_, 0, *raw);
  harness_.emit(timed_against(metric("cpu seconds"), ours, {.name = "R's rates", .values = predicted}, Better::smaller,
                              goal, state_));
}

}  // namespace puna::bench

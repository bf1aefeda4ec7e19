// The agents' threads, and what their times say.
#include "bench/agents.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "bench/statistics.h"

namespace puna::bench {
namespace {

double seconds(std::chrono::steady_clock::duration time) { return std::chrono::duration<double>(time).count(); }

// A tool that works elsewhere. Ends early when the benchmark is stopped.
void wait_for_tool(std::chrono::milliseconds time, const std::stop_token& stop) {
  if (time.count() > 0) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, stop, time, [] { return false; });
  }
}

Result<void> follow(Peer& peer, const AgentScript& script, AgentRun& run, const std::stop_token& stop) {
  std::vector<Token> history;
  for (const ScriptTurn& turn : script) {
    history.insert(history.end(), turn.tokens.begin(), turn.tokens.end());
    PeerRequest request{.prompt = history, .output_tokens = turn.output_tokens};
    PUNA_TRY(PeerReply reply, peer.run(request, [] {}, stop));
    history.insert(history.end(), reply.output.begin(), reply.output.end());
    run.requests.push_back(std::move(request));
    run.replies.push_back(std::move(reply));
    wait_for_tool(turn.pause, stop);
  }
  return {};
}

Result<std::vector<AgentRun>> run_single_turns(Peer& peer, std::span<const AgentScript> scripts,
                                               const std::stop_token& stop) {
  std::vector<PeerRequest> requests;
  for (const AgentScript& script : scripts) {
    requests.push_back({.prompt = script.front().tokens, .output_tokens = script.front().output_tokens});
  }
  PUNA_TRY(std::vector<PeerReply> replies, peer.run_together(requests, stop));
  std::vector<AgentRun> agents;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    agents.push_back({.requests = {std::move(requests[i])}, .replies = {std::move(replies[i])}});
  }
  return agents;
}

}  // namespace

Result<void> on_threads(std::size_t count, const std::stop_token& stop,
                        const std::function<Result<void>(std::size_t, const std::stop_token&)>& job) {
  std::stop_source source;
  const std::stop_callback forward(stop, [&source] { source.request_stop(); });
  std::mutex mutex;
  std::optional<Error> failure;
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < count; ++i) {
      threads.emplace_back([&, i] {
        auto done = job(i, source.get_token());
        if (!done) {
          const std::scoped_lock lock(mutex);
          failure = failure ? std::move(failure) : std::move(done).error();
          source.request_stop();
        }
      });
    }
  }
  return failure ? Result<void>(std::unexpected(*std::move(failure))) : Result<void>{};
}

Result<std::vector<PeerReply>> Peer::run_together(std::span<const PeerRequest> requests, const std::stop_token& stop) {
  std::vector<PeerReply> replies(requests.size());
  PUNA_TRY_VOID(on_threads(requests.size(), stop, [&](std::size_t i, const std::stop_token& stop_all) -> Result<void> {
    PUNA_TRY(replies[i], run(requests[i], [] {}, stop_all));
    return {};
  }));
  return replies;
}

Result<std::vector<AgentRun>> run_agents(Peer& peer, std::span<const AgentScript> scripts,
                                         const std::stop_token& stop) {
  if (std::ranges::all_of(scripts, [](const AgentScript& script) { return script.size() == 1; })) {
    return run_single_turns(peer, scripts, stop);
  }
  std::vector<AgentRun> agents(scripts.size());
  PUNA_TRY_VOID(on_threads(scripts.size(), stop, [&](std::size_t i, const std::stop_token& stop_all) {
    return follow(peer, scripts[i], agents[i], stop_all);
  }));
  return agents;
}

Meter::Meter(const Peer& peer, double cpu_seconds)
    : peer_(&peer),
      cpu_seconds_(cpu_seconds),
      tokens_prefilled_(peer.tokens_prefilled()),
      passes_(peer.passes()),
      begin_(std::chrono::steady_clock::now()) {}

Result<Meter> Meter::start(const Peer& peer) {
  PUNA_TRY(const double cpu, peer.cpu_seconds());
  return Meter(peer, cpu);
}

Result<Sample> Meter::finish(std::span<const AgentRun> agents) const {
  const double wall = seconds(std::chrono::steady_clock::now() - begin_);
  PUNA_TRY(const double cpu, peer_->cpu_seconds());
  Sample sample{.cpu_seconds = cpu - cpu_seconds_,
                .wall_seconds = wall,
                .tokens_prefilled = peer_->tokens_prefilled() - tokens_prefilled_,
                .tokens_distinct = distinct_tokens(agents),
                .passes = peer_->passes() - passes_,
                .last_first_token_seconds = last_first_token_seconds(agents),
                .turn_p95_seconds = turn_p95_seconds(agents)};
  for (const AgentRun& agent : agents) {
    for (const PeerReply& reply : agent.replies) {
      sample.tokens_decoded += static_cast<std::int64_t>(reply.output.size());
    }
  }
  return sample;
}

Result<MeasuredAgents> measure_agents(Peer& peer, std::span<const AgentScript> scripts, const std::stop_token& stop) {
  PUNA_TRY(const Meter meter, Meter::start(peer));
  PUNA_TRY(std::vector<AgentRun> agents, run_agents(peer, scripts, stop));
  PUNA_TRY(const Sample sample, meter.finish(agents));
  return MeasuredAgents{.agents = std::move(agents), .sample = sample};
}

std::int64_t distinct_tokens(std::span<const AgentRun> agents) {
  DistinctTokens distinct;
  for (const AgentRun& agent : agents) {
    for (std::size_t turn = 0; turn < agent.requests.size(); ++turn) {
      distinct.add(agent.requests[turn].prompt, agent.replies[turn].output);
    }
  }
  return distinct.total();
}

double last_first_token_seconds(std::span<const AgentRun> agents) {
  std::optional<PeerReply::Time> begin;
  std::optional<PeerReply::Time> end;
  for (const AgentRun& agent : agents) {
    if (agent.replies.empty() || agent.replies.front().arrivals.empty()) {
      continue;
    }
    const PeerReply& first = agent.replies.front();
    begin = begin ? std::min(*begin, first.submitted) : first.submitted;
    end = end ? std::max(*end, first.arrivals.front()) : first.arrivals.front();
  }
  return begin ? seconds(*end - *begin) : 0;
}

double turn_p95_seconds(std::span<const AgentRun> agents) {
  std::vector<double> times;
  for (const AgentRun& agent : agents) {
    for (const PeerReply& reply : agent.replies) {
      if (!reply.arrivals.empty()) {
        times.push_back(seconds(reply.arrivals.back() - reply.submitted));
      }
    }
  }
  return times.empty() ? 0 : quantile(times, 0.95);
}

}  // namespace puna::bench

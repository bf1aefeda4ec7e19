// B8: agents stream; a long prompt arrives. Then, agents stream while other processes keep the cores busy: strangers,
// and tools, which are started with a lower priority.
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include "bench/cases.h"
#include "bench/child_process.h"
#include "bench/gaps.h"
#include "bench/lineup.h"

namespace puna::bench {
namespace {

constexpr int kToolNiceness = 10;

struct StreamShape {
  int streams = 8;
  int prompt_tokens = 48;
  int output_tokens = 512;
  int long_prompt_tokens = 8000;
  int busy_processes = 2;
  int niceness = 0;  // of the busy processes

  [[nodiscard]] int window() const { return std::max(long_prompt_tokens, prompt_tokens + output_tokens) + 16; }
};

// Lets one thread wait until others have counted far enough, or until they stop.
class Threshold {
 public:
  explicit Threshold(int count) : missing_(count) {}

  void count() {
    const std::scoped_lock lock(mutex_);
    if (--missing_ == 0) {
      reached_.notify_all();
    }
  }
  [[nodiscard]] bool wait(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    return reached_.wait(lock, stop, [this] { return missing_ <= 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any reached_;
  int missing_;  // guarded by mutex_
};

std::vector<PeerRequest> stream_requests(TokenSource& source, const StreamShape& shape) {
  std::vector<PeerRequest> requests;
  for (int i = 0; i < shape.streams; ++i) {
    requests.push_back({.prompt = source.draw(shape.prompt_tokens), .output_tokens = shape.output_tokens});
  }
  return requests;
}

// The gaps of the streams while the long prompt is computed (99th percentile), as a multiple of the median of as many
// streams that nobody disturbs, at the same places.
Result<Sample> interrupt(Peer& peer, const StreamShape& shape, TokenSource source, const std::stop_token& stop) {
  PUNA_TRY(const auto undisturbed, peer.run_together(stream_requests(source, shape), stop));
  const std::vector<PeerRequest> requests = stream_requests(source, shape);
  const PeerRequest long_request{.prompt = source.draw(shape.long_prompt_tokens), .output_tokens = 1};
  std::vector<PeerReply> streams(requests.size());
  PeerReply long_reply;
  Threshold quiet_part(shape.streams * shape.output_tokens / 4);
  PUNA_TRY(const Meter meter, Meter::start(peer));
  PUNA_TRY_VOID(
      on_threads(requests.size() + 1, stop, [&](std::size_t i, const std::stop_token& stop_all) -> Result<void> {
        if (i < requests.size()) {
          PUNA_TRY(streams[i], peer.run(requests[i], [&quiet_part] { quiet_part.count(); }, stop_all));
        } else if (quiet_part.wait(stop_all)) {
          PUNA_TRY(long_reply, peer.run(long_request, [] {}, stop_all));
        }
        return {};
      }));
  PUNA_TRY(Sample sample, meter.finish({}));
  if (long_reply.arrivals.empty()) {
    return fail(ErrorCode::cancelled, "the benchmark was stopped");
  }
  const Span beside{.begin = long_reply.submitted, .end = long_reply.arrivals.front()};
  const auto quiet = gaps_at_same_places(undisturbed, streams, beside);
  const auto disturbed = gaps_within(streams, beside);
  if (quiet.empty() || disturbed.empty()) {
    return fail(ErrorCode::limit, "the streams ended before the long prompt was computed: too few gaps to judge");
  }
  sample.value = quantile(disturbed, 0.99) / median(quiet);
  sample.other_value = std::chrono::duration<double>(long_reply.arrivals.front() - long_reply.submitted).count();
  return sample;
}

double tokens_per_second(const std::vector<PeerReply>& replies) {
  PeerReply::Time begin = PeerReply::Time::max();
  PeerReply::Time end = PeerReply::Time::min();
  std::size_t tokens = 0;
  for (const PeerReply& reply : replies) {
    begin = std::min(begin, reply.submitted);
    end = std::max(end, reply.arrivals.back());
    tokens += reply.output.size();
  }
  return static_cast<double>(tokens) / std::chrono::duration<double>(end - begin).count();
}

// What is left of the streams' rate beside busy processes, as a share of what the scheduler's fair share would leave.
Result<Sample> keep_busy(Peer& peer, const StreamShape& shape, int threads, TokenSource source,
                         const std::stop_token& stop) {
  PUNA_TRY(const auto quiet, peer.run_together(stream_requests(source, shape), stop));
  std::vector<ChildProcess> busy;
  for (int i = 0; i < shape.busy_processes; ++i) {
    PUNA_TRY(ChildProcess process, ChildProcess::start_busy(shape.niceness));
    busy.push_back(std::move(process));
  }
  PUNA_TRY(const auto disturbed, peer.run_together(stream_requests(source, shape), stop));
  const double cores = std::max(1U, std::thread::hardware_concurrency());
  const double fair = std::min(1.0, cores / (threads + shape.busy_processes));
  return Sample{.value = tokens_per_second(disturbed) / tokens_per_second(quiet) / fair};
}

using Job = std::function<Result<Sample>(Peer&, const TokenSource&)>;

// Streams and prompt have nothing in common: the engine has the layout that a server takes for such, as S split does.
Result<void> run_job(Harness& harness, const StreamShape& shape, Lineup& lineup, const std::string& name,
                     const Job& job) {
  PUNA_TRY_VOID(harness.check_window(shape.window()));
  const auto source = [&harness, name](std::uint64_t serial) { return harness.tokens("B8 " + name, serial); };
  lineup.add({.name = "E", .run = [&, source](std::uint64_t serial) -> Result<Sample> {
                PUNA_TRY(const auto engine, harness.open_engine({.window_tokens = shape.window(),
                                                                 .agents = shape.streams + 1,
                                                                 .cache = CacheLayout::parts}));
                return job(*engine, source(serial));
              }});
  PUNA_TRY_VOID(
      lineup.add_server({.agents = shape.streams + 1, .window_tokens = shape.window()}, [&, source](Peer& peer) {
        return Contender{.name = peer.name(),
                         .run = [&, source](std::uint64_t serial) { return job(peer, source(serial)); }};
      }));
  return lineup.run(harness.long_rounds(), !harness.options().quick);
}

Result<void> run_long_prompt(Harness& harness, const std::string& name, const StreamShape& shape) {
  Lineup lineup(harness, "B8", name);
  PUNA_TRY_VOID(run_job(harness, shape, lineup, name, [&](Peer& peer, const TokenSource& source) {
    return interrupt(peer, shape, source, harness.stop());
  }));
  const std::vector<double> ours = lineup.rounds().column(0, &Sample::value);
  harness.emit(timed_alone(lineup.metric("gap between tokens, 99th percentile / median"), ours,
                           {.floor = 4.0, .moon = 2.0, .side = Side::at_most}, lineup.state()));
  lineup.compare_servers("gap between tokens, 99th percentile / median", &Sample::value, {});
  lineup.compare_servers("seconds until the long prompt is computed", &Sample::other_value, {});
  return {};
}

Result<void> run_busy_cores(Harness& harness, const std::string& name, const StreamShape& shape) {
  Lineup lineup(harness, "B8", name);
  PUNA_TRY_VOID(run_job(harness, shape, lineup, name, [&](Peer& peer, const TokenSource& source) {
    return keep_busy(peer, shape, harness.options().threads, source, harness.stop());
  }));
  const std::vector<double> ours = lineup.rounds().column(0, &Sample::value);
  harness.emit(timed_alone(lineup.metric("rate kept / fair share"), ours, {.floor = 0.6, .moon = 0.9}, lineup.state()));
  if (lineup.find("S split")) {
    lineup.compare("rate kept / fair share", &Sample::value, Better::larger, "S split", {});
  }
  return {};
}

}  // namespace

Result<void> run_interference(Harness& harness) {
  const StreamShape shape =
      harness.options().quick ? StreamShape{.output_tokens = 48, .long_prompt_tokens = 512} : StreamShape{};
  const std::string long_name =
      format_text("{} streams, a prompt of {} arrives", shape.streams, shape.long_prompt_tokens);
  PUNA_TRY_VOID(harness.workload("B8", long_name, [&] { return run_long_prompt(harness, long_name, shape); }));
  const std::string busy_name = format_text("{} streams, {} busy processes", shape.streams, shape.busy_processes);
  PUNA_TRY_VOID(harness.workload("B8", busy_name, [&] { return run_busy_cores(harness, busy_name, shape); }));
  StreamShape beside_tools = shape;
  beside_tools.niceness = kToolNiceness;
  const std::string tools_name = format_text("{} streams, {} busy tools", shape.streams, shape.busy_processes);
  return harness.workload("B8", tools_name, [&] { return run_busy_cores(harness, tools_name, beside_tools); });
}

}  // namespace puna::bench

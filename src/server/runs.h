// Runs of agents behind HTTP: started, watched, asked about permissions, cancelled.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "puna/server.h"
#include "server/refusal.h"

namespace puna::server {

struct Served;

struct RunQuestion {
  std::string task;
  std::string system_prompt;
  RunEquipment equipment;
  AgentOptions options;
};

// One run: its thread, its events, the question that it waits for.
// Thread  any, but for EventSink and Approver, which are the run's own thread's.
class Run final : public EventSink, public Approver {
 public:
  Run(std::string id, Served& served, RunQuestion question);
  ~Run() override;

  // Errors  unavailable  no thread
  [[nodiscard]] Result<void> start();

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] bool has_ended() const;
  [[nodiscard]] Json state() const;
  void cancel() { stop_.request_stop(); }
  // Errors  404  no such question waits: it was answered, or another call's
  [[nodiscard]] Answer<void> answer(const std::string& call_hash, Approval::Answer what);

  struct Entry {
    std::uint64_t number = 0;  // from 1
    std::string type;
    std::string json;
  };
  // The events behind this number. Waits until there are some; empty: the run has ended, or stop was asked for.
  [[nodiscard]] std::vector<Entry> events_after(std::uint64_t number, std::stop_token stop) const;
  // All events so far, one line each.
  [[nodiscard]] std::string log() const;

  void on(const Event& event) override;
  [[nodiscard]] Result<Approval> decide(const PermissionQuestion& question, const std::stop_token& stop) override;

 private:
  void work();
  void add(const Json& event);  // mutex_ is held

  const std::string id_;
  Served& served_;
  RunQuestion question_;
  std::stop_source stop_;
  mutable std::mutex mutex_;
  mutable std::condition_variable_any changed_;
  std::vector<Entry> events_;                // guarded by mutex_
  std::optional<PermissionQuestion> asked_;  // guarded by mutex_
  std::optional<Approval> answer_;           // guarded by mutex_
  std::optional<Result<RunEnd>> end_;        // guarded by mutex_
  std::jthread thread_;
};

// Thread  any.
class Runs {
 public:
  explicit Runs(Served& served) : served_(served) {}

  // Errors  429  all that may be kept are under way;  503  no thread
  [[nodiscard]] Answer<std::shared_ptr<Run>> start(RunQuestion question);
  [[nodiscard]] std::shared_ptr<Run> find(const std::string& id) const;
  [[nodiscard]] std::vector<std::shared_ptr<Run>> all() const;  // oldest first
  [[nodiscard]] std::size_t active() const;
  // Stops all of them and waits.
  void end();

 private:
  Served& served_;
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<Run>> all_;  // guarded by mutex_
  std::uint64_t agents_ = 0;               // guarded by mutex_
};

}  // namespace puna::server

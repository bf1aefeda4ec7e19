// Where threads that work for a run have that run's own thread do something: hand an event to the sink, ask the gate.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <thread>
#include <utility>

#include "puna/agent.h"

namespace puna::agent {

inline constexpr std::size_t kDeskWorkMax = 1'024;  // that waits; then who posts waits

// Owned by the thread that made it, which serves. All others may post and ask, and must be finished() before it goes.
class Desk {
 public:
  Desk() : owner_(std::this_thread::get_id()) {}

  // Done later, in the order of posting; at once on the owner's own thread.
  void post(std::function<void()> work);
  // Returns when it is done.
  void ask(const std::function<void()>& work);
  // One job of another thread has ended; the last thing that it says here.
  void finished();
  // Does what is posted until so many jobs are finished and nothing is left.
  void serve(std::size_t jobs);

 private:
  const std::thread::id owner_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> work_;  // guarded by mutex_, as the next
  std::size_t finished_ = 0;
};

// A sink and a gate that may be used from another thread. Borrow.
class DeskEvents final : public EventSink {
 public:
  DeskEvents(Desk& desk, EventSink& events) : desk_(desk), events_(events) {}
  void on(const Event& event) override;
  void on_nested(std::span<const AgentCall> path, const Event& event) override;

 private:
  Desk& desk_;
  EventSink& events_;
};

class DeskGate final : public Gate {
 public:
  DeskGate(Desk& desk, Gate& gate) : desk_(desk), gate_(gate) {}
  explicit DeskGate(Desk& desk, std::unique_ptr<Gate> gate) : desk_(desk), own_(std::move(gate)), gate_(*own_) {}
  void begin(std::span<const Message> transcript, const Toolbox& tools) override;
  [[nodiscard]] Permit before(const ToolCall& call, const Tool& tool, const std::stop_token& stop) override;
  void after(const Tool& tool) override;
  [[nodiscard]] std::unique_ptr<Gate> for_agent(std::string_view name) override;

 private:
  Desk& desk_;
  const std::unique_ptr<Gate> own_;
  Gate& gate_;
};

}  // namespace puna::agent

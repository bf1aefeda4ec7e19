// See desk.h.
#include "agent/desk.h"

#include <semaphore>
#include <vector>

namespace puna::agent {

void Desk::post(std::function<void()> work) {
  if (std::this_thread::get_id() == owner_) {
    work();
    return;
  }
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return work_.size() < kDeskWorkMax; });
    work_.push_back(std::move(work));
  }
  changed_.notify_all();
}

void Desk::ask(const std::function<void()>& work) {
  std::binary_semaphore done(0);
  post([&] {
    work();
    done.release();
  });
  done.acquire();
}

void Desk::finished() {
  const std::scoped_lock lock(mutex_);  // held over the call: the desk may be gone behind it
  ++finished_;
  changed_.notify_all();
}

void Desk::serve(std::size_t jobs) {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return !work_.empty() || finished_ >= jobs; });
    if (work_.empty()) {
      return;
    }
    const std::function<void()> work = std::move(work_.front());
    work_.pop_front();
    lock.unlock();
    changed_.notify_all();
    work();
    lock.lock();
  }
}

void DeskEvents::on(const Event& event) {
  desk_.post([this, event] { events_.on(event); });
}
void DeskEvents::on_nested(std::span<const AgentCall> path, const Event& event) {
  desk_.post(
      [this, path = std::vector<AgentCall>(path.begin(), path.end()), event] { events_.on_nested(path, event); });
}

void DeskGate::begin(std::span<const Message> transcript, const Toolbox& tools) {
  desk_.ask([&] { gate_.begin(transcript, tools); });
}
Permit DeskGate::before(const ToolCall& call, const Tool& tool, const std::stop_token& stop) {
  Permit permit;
  desk_.ask([&] { permit = gate_.before(call, tool, stop); });
  return permit;
}
void DeskGate::after(const Tool& tool) {
  desk_.ask([&] { gate_.after(tool); });
}
std::unique_ptr<Gate> DeskGate::for_agent(std::string_view name) {
  std::unique_ptr<Gate> gate;
  desk_.ask([&] { gate = gate_.for_agent(name); });
  return std::make_unique<DeskGate>(desk_, std::move(gate));
}

}  // namespace puna::agent

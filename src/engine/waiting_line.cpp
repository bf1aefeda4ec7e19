// A map ordered by turn, then by arrival.
#include "engine/waiting_line.h"

#include <algorithm>
#include <utility>

#include "puna/base/error.h"

namespace puna::engine {
namespace {

constexpr std::size_t kAgentsSweep = 4096;  // agents remembered before those that wait for nothing are forgotten

}  // namespace

void WaitingLine::push(std::unique_ptr<Sequence> sequence) {
  std::uint64_t turn = now_;
  if (sequence->agent != kNoAgent) {
    std::uint64_t& next = next_turn_[sequence->agent];
    turn = std::max(now_, next);
    next = turn + 1;
    forget_old_agents();
  }
  sequence->line_turn = turn;
  put_back(std::move(sequence));
}

void WaitingLine::put_back(std::unique_ptr<Sequence> sequence) {
  const Place place{.turn = sequence->line_turn, .number = sequence->number};
  line_.emplace(place, std::move(sequence));
}

std::unique_ptr<Sequence> WaitingLine::pop() {
  PUNA_CHECK(!line_.empty(), "somebody waits");
  auto first = line_.extract(line_.begin());
  now_ = std::max(now_, first.key().turn);
  return std::move(first.mapped());
}

void WaitingLine::remove_if(const std::function<bool(const Sequence&)>& leaves,
                            const std::function<void(std::unique_ptr<Sequence>)>& out) {
  for (auto entry = line_.begin(); entry != line_.end();) {
    if (leaves(*entry->second)) {
      out(std::move(entry->second));
      entry = line_.erase(entry);
    } else {
      ++entry;
    }
  }
}

void WaitingLine::forget_old_agents() {
  if (next_turn_.size() > kAgentsSweep + 2 * line_.size()) {
    std::erase_if(next_turn_, [this](const auto& agent) { return agent.second <= now_; });
  }
}

}  // namespace puna::engine

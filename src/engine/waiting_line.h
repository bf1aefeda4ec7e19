// Generations that wait for their turn: fair among agents, first come first served within one.
//
// Each agent's next turn is put one turn behind its last one, and never in front of what is being served now
// (start-time fair queueing), so an agent that asks often waits longer than one that asks seldom, and nobody waits for
// ever. Pure. Cost of every operation: O(log n).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <unordered_map>

#include "engine/sequence.h"

namespace puna::engine {

class WaitingLine {
 public:
  void push(std::unique_ptr<Sequence> sequence);
  // For one that was taken out and cannot go on yet: it keeps its place, before all that came later.
  void put_back(std::unique_ptr<Sequence> sequence);
  // Whose turn it is. Requires !empty().
  [[nodiscard]] std::unique_ptr<Sequence> pop();

  // Takes out all for which `leaves` says true, and hands them to `out`.
  void remove_if(const std::function<bool(const Sequence&)>& leaves,
                 const std::function<void(std::unique_ptr<Sequence>)>& out);

  [[nodiscard]] bool empty() const { return line_.empty(); }
  [[nodiscard]] std::size_t size() const { return line_.size(); }

 private:
  struct Place {
    std::uint64_t turn = 0;
    SequenceNumber number = 0;
    auto operator<=>(const Place&) const = default;
  };
  void forget_old_agents();

  std::map<Place, std::unique_ptr<Sequence>> line_;
  std::unordered_map<AgentId, std::uint64_t> next_turn_;  // of agents that have one ahead of now_
  std::uint64_t now_ = 0;                                 // the turn served last
};

}  // namespace puna::engine

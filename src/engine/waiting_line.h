// Generations that wait for their turn: fair among agents, first come first served within one.
//
// Each agent's next turn is put one turn behind its last one, and never in front of what is being served now
// (start-time fair queueing), so an agent that asks often waits longer than one that asks seldom. A turn lasts until as
// many were served as waited at its beginning: who comes then is behind those, and so nobody waits for ever. Pure. Cost
// of every operation: O(log n). Only reserve() and push() take memory: what was taken out can always be put back.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "engine/sequence.h"

namespace puna::engine {

class WaitingLine {
 public:
  // Room for as many, those that were taken out included. Grows by doubling.
  void reserve(std::size_t sequences);
  // Without memory it throws std::bad_alloc, and the sequence is still the caller's.
  void push(std::unique_ptr<Sequence>&& sequence);
  // For one that was taken out and cannot go on yet: it keeps its place, before all that came later.
  // Requires room for it.
  void put_back(std::unique_ptr<Sequence> sequence) noexcept;
  // Whose turn it is. Requires !empty(). It is put back, or leaves, or is served, which has to be said.
  [[nodiscard]] std::unique_ptr<Sequence> pop();
  // Whoever comes later does not get an earlier turn than this one.
  void serve(const Sequence& sequence) noexcept;

  // Takes out all for which `leaves` says true, and hands them to `out`.  Cost  O(n).
  void remove_if(const std::function<bool(const Sequence&)>& leaves,
                 const std::function<void(std::unique_ptr<Sequence>)>& out);

  [[nodiscard]] bool empty() const { return line_.empty(); }
  [[nodiscard]] std::size_t size() const { return line_.size(); }

 private:
  void forget_old_agents();

  std::vector<std::unique_ptr<Sequence>> line_;           // a heap; whose turn it is comes first
  std::unordered_map<AgentId, std::uint64_t> next_turn_;  // of agents that have one ahead of now_
  std::uint64_t now_ = 0;                                 // the turn of those who come
  std::optional<std::size_t> left_of_turn_;               // to be served before the next one begins; nothing: all of it
};

}  // namespace puna::engine

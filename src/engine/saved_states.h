// Lanes that had to give up their cells: what they held, kept as bytes in memory up to a ceiling. A prompt that begins
// with a saved one is restored instead of computed.
//
// Pure but for memory. Invariant: bytes() <= bytes_max; the states used longest ago go first.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/prefix_tree.h"
#include "engine/state_file.h"

namespace puna::engine {

class SavedStates {
 public:
  using Number = PrefixTree::Holder;
  using State = SavedState;

  explicit SavedStates(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}

  // Where states go that no longer fit; without one they are forgotten.
  void set_overflow(std::function<void(State)> overflow) { overflow_ = std::move(overflow); }

  // Keeps a state. One that begins another saved state is not kept, and those that begin this one are dropped, when
  // `whole_only` is false: the longer one serves both. False: larger than everything that may be kept. Without memory
  // it throws std::bad_alloc, and the state is lost.
  bool add(State state, bool whole_only);

  // The state that has the longest common beginning with the prompt; with `whole_only` all its tokens must begin it.
  [[nodiscard]] std::optional<PrefixTree::Match> best(std::span<const Token> prompt, bool whole_only) const;
  // Takes a state out, and no memory; add() puts it back, as the one used last.
  [[nodiscard]] State take(Number number);

  // For a state of these tokens that is about to be made: those that it takes the place of go, and the ones used
  // longest ago. False: there is not so much memory for states at all.
  [[nodiscard]] bool make_room(std::span<const Token> tokens, std::uint64_t bytes, bool whole_only);
  // Whether so much more can be kept without another state going.
  [[nodiscard]] bool has_room_for(std::uint64_t bytes) const { return bytes <= bytes_max_ - bytes_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] std::size_t count() const { return states_.size(); }

 private:
  struct Kept {
    State state;
    std::uint64_t last_use = 0;
  };
  [[nodiscard]] static std::uint64_t size_of(const State& state);
  void touch(Number number);
  void drop_beginnings_of(std::span<const Token> tokens);
  void make_room(std::uint64_t wanted);

  std::uint64_t bytes_max_;
  std::function<void(State)> overflow_;
  std::map<Number, Kept> states_;
  std::map<std::uint64_t, Number> by_use_;  // oldest first
  PrefixTree tree_;
  std::uint64_t bytes_ = 0;
  std::uint64_t clock_ = 0;
  Number next_ = 1;
};

}  // namespace puna::engine

// Lanes that had to give up their cells: what they held, kept as bytes in memory up to a ceiling. A prompt that begins
// with a saved one is restored instead of computed.
//
// Pure but for memory. Invariant: bytes() and the rooms given out are together at most bytes_max; the states used
// longest ago go first.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "engine/prefix_tree.h"
#include "engine/state_file.h"

namespace puna::engine {

// Memory for states that are elsewhere for a while: being restored, or on their way to a file or from one. It counts as
// kept until this goes, which may be on any thread, and after SavedStates.
class StateRoom {
 public:
  StateRoom() = default;
  ~StateRoom() { give_back(); }
  StateRoom(StateRoom&& other) noexcept : away_(std::move(other.away_)), bytes_(std::exchange(other.bytes_, 0)) {}
  StateRoom& operator=(StateRoom&& other) noexcept {
    if (this != &other) {
      give_back();
      away_ = std::move(other.away_);
      bytes_ = std::exchange(other.bytes_, 0);
    }
    return *this;
  }
  StateRoom(const StateRoom&) = delete;
  StateRoom& operator=(const StateRoom&) = delete;

  void give_back() { shrink_to(0); }
  void shrink_to(std::uint64_t bytes) {
    if (bytes < bytes_) {
      *away_ -= std::exchange(bytes_, bytes) - bytes;
    }
  }

 private:
  friend class SavedStates;
  StateRoom(std::shared_ptr<std::atomic<std::uint64_t>> away, std::uint64_t bytes)
      : away_(std::move(away)), bytes_(bytes) {
    *away_ += bytes;
  }

  std::shared_ptr<std::atomic<std::uint64_t>> away_;
  std::uint64_t bytes_ = 0;
};

class SavedStates {
 public:
  using Number = PrefixTree::Holder;
  using State = SavedState;

  explicit SavedStates(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}

  // Where states go that no longer fit; without one they are forgotten.
  void set_overflow(std::function<void(State)> overflow) { overflow_ = std::move(overflow); }

  // Keeps a state. One that begins another saved state is not kept, and those that begin this one are dropped, when
  // `whole_only` is false: the longer one serves both. One that there is no room for beside the rooms given out goes
  // where states go. False: larger than everything that may be kept, and lost. Without memory it throws std::bad_alloc,
  // and the state is lost, too.
  bool add(State state, bool whole_only);

  // The state that has the longest common beginning with the prompt; with `whole_only` all its tokens must begin it.
  [[nodiscard]] std::optional<PrefixTree::Match> best(std::span<const Token> prompt, bool whole_only) const;
  // Takes a state out, and no memory; add() puts it back, as the one used last. While it is out it does not count, but
  // for the room that was asked for.
  [[nodiscard]] State take(Number number);

  // For a state of these tokens that is about to be made: those that it takes the place of go, and the ones used
  // longest ago. False: there is not so much memory for states at all.
  [[nodiscard]] bool make_room(std::span<const Token> tokens, std::uint64_t bytes, bool whole_only);
  // Whether so much more can be kept without another state going.
  [[nodiscard]] bool has_room_for(std::uint64_t bytes) const { return bytes + bytes_ <= in_reach(); }
  // The states used longest ago go for it. Nothing: there is not so much memory, and no state went.
  [[nodiscard]] std::optional<StateRoom> room_for(std::uint64_t bytes);
  [[nodiscard]] static std::uint64_t size_of(const State& state);
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] std::size_t count() const { return states_.size(); }

 private:
  struct Kept {
    State state;
    std::uint64_t last_use = 0;
  };
  // What is not given out as rooms. Grows at any time, and shrinks by room_for() alone.
  [[nodiscard]] std::uint64_t in_reach() const { return bytes_max_ - *away_; }
  void touch(Number number);
  void drop_beginnings_of(std::span<const Token> tokens);
  void make_room(std::uint64_t wanted);

  std::uint64_t bytes_max_;
  std::shared_ptr<std::atomic<std::uint64_t>> away_ = std::make_shared<std::atomic<std::uint64_t>>(0);
  std::function<void(State)> overflow_;
  std::map<Number, Kept> states_;
  std::map<std::uint64_t, Number> by_use_;  // oldest first
  PrefixTree tree_;
  std::uint64_t bytes_ = 0;
  std::uint64_t clock_ = 0;
  Number next_ = 1;
};

}  // namespace puna::engine

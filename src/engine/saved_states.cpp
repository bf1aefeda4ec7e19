// Least recently used, by the count of uses.
#include "engine/saved_states.h"

#include <new>
#include <utility>

#include "puna/base/error.h"

namespace puna::engine {

std::uint64_t SavedStates::size_of(const State& state) {
  return state.bytes.size() + state.tokens.size() * sizeof(Token);
}

bool SavedStates::add(State state, bool whole_only) {
  const std::uint64_t size = size_of(state);
  if (size > bytes_max_ || state.tokens.empty()) {
    return false;
  }
  const auto longer = tree_.longest(state.tokens);
  if (longer && longer->tokens == state.tokens.size()) {
    const auto same = tree_.longest_whole(state.tokens);
    if (!whole_only || (same && same->tokens == state.tokens.size())) {
      touch(longer->holder);
      return true;
    }
  }
  if (size > in_reach()) {
    if (overflow_) {
      overflow_(std::move(state));
    }
    return static_cast<bool>(overflow_);
  }
  if (!whole_only) {
    drop_beginnings_of(state.tokens);
  }
  make_room(size);
  const Number number = next_++;
  const Kept& kept = states_.emplace(number, Kept{.state = std::move(state), .last_use = ++clock_}).first->second;
  bytes_ += size;
  try {
    by_use_.emplace(clock_, number);
    tree_.put(number, kept.state.tokens);
  } catch (const std::bad_alloc&) {
    static_cast<void>(take(number));
    throw;
  }
  return true;
}

void SavedStates::drop_beginnings_of(std::span<const Token> tokens) {
  while (const auto shorter = tree_.longest_whole(tokens)) {
    static_cast<void>(take(shorter->holder));
  }
}

bool SavedStates::make_room(std::span<const Token> tokens, std::uint64_t bytes, bool whole_only) {
  if (bytes > in_reach()) {
    return false;
  }
  if (!has_room_for(bytes) && !whole_only) {
    drop_beginnings_of(tokens);
  }
  make_room(bytes);
  return true;
}

void SavedStates::make_room(std::uint64_t wanted) {
  while (!has_room_for(wanted)) {
    State state = take(by_use_.begin()->second);
    if (overflow_) {
      overflow_(std::move(state));
    }
  }
}

std::optional<StateRoom> SavedStates::room_for(std::uint64_t bytes) {
  if (bytes > in_reach()) {
    return std::nullopt;
  }
  make_room(bytes);
  return StateRoom(away_, bytes);
}

std::optional<PrefixTree::Match> SavedStates::best(std::span<const Token> prompt, bool whole_only) const {
  return whole_only ? tree_.longest_whole(prompt) : tree_.longest(prompt);
}

void SavedStates::touch(Number number) {
  Kept& kept = states_.at(number);
  auto use = by_use_.extract(kept.last_use);
  use.key() = kept.last_use = ++clock_;
  by_use_.insert(std::move(use));
}

SavedStates::State SavedStates::take(Number number) {
  const auto found = states_.find(number);
  PUNA_CHECK(found != states_.end(), "a state that is taken is there");
  State state = std::move(found->second.state);
  bytes_ -= size_of(state);
  by_use_.erase(found->second.last_use);
  states_.erase(found);
  tree_.erase(number);
  return state;
}

}  // namespace puna::engine

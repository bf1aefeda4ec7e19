// Walks a grammar byte by byte. A state is everything the text so far may be: a set of terminals in progress, each with
// the set of places where it may go on, and those sets share their tails. States are numbered and kept, so a second
// walk through known states costs a lookup a byte.
//
// Bounds  beyond kCellsMax, or when the pool of expressions is full, is_full() is true and every new step leads to
//         State::dead.
// Thread  one owner, who also owns the pool.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "puna/base/grammar.h"

namespace puna {

class GrammarMatcher {
 public:
  enum class State : std::uint32_t { dead = 0 };
  enum class Places : std::uint32_t { none = 0 };  // where to go on after a terminal
  struct Item {
    Regex regex;    // what is left of the terminal
    Places places;  // after it
    bool operator==(const Item&) const = default;
  };
  static constexpr std::size_t kCellsMax = 8'000'000;
  static constexpr std::size_t kPlacesMax = 20'000;  // that one step may look at

  // Both are borrowed and must outlive the matcher. Requires grammar.finish() to have succeeded.
  GrammarMatcher(const Grammar& grammar, RegexPool& pool);

  [[nodiscard]] State start() const { return start_; }
  // State::dead when the text cannot go on with this byte.
  [[nodiscard]] State next(State state, std::uint8_t byte);
  [[nodiscard]] State next(State state, std::string_view text);
  // Whether the text may end here.
  [[nodiscard]] bool may_end(State state) const { return states_[index(state)].may_end; }
  [[nodiscard]] std::span<const Item> items(State state) const;
  // The state of a text that has just completed a terminal and goes on at one of these places.
  [[nodiscard]] State after(Places places);
  // The bytes that can follow.
  [[nodiscard]] ByteSet next_bytes(State state);
  // The byte that must follow: no other can, and the text may not end here.
  [[nodiscard]] std::optional<std::uint8_t> only_byte(State state);

  // A state of another matcher over the same grammar and pool, as one of this: what that one has learned stays behind.
  [[nodiscard]] State adopt(const GrammarMatcher& other, State state);
  // Most of the room is taken: time to go on in a new matcher.
  [[nodiscard]] bool is_crowded() const { return cells_ >= kCellsMax / 2; }

  [[nodiscard]] RegexPool& pool() { return pool_; }
  [[nodiscard]] bool is_full() const { return cells_ >= kCellsMax || pool_.is_full(); }

 private:
  // "When this is complete, go on in that expression, this far, and then to those places."
  struct Frame {
    ExprId expr;
    std::uint32_t progress;  // Sequence, Repeat: how many are done; Members, Items: index into progress_
    Places parents;
    auto operator<=>(const Frame&) const = default;
  };
  struct Span {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
    std::uint32_t depth = 0;  // of places
    bool may_end = false;     // of states
  };
  // What a list has had so far.
  struct Progress {
    std::vector<std::uint64_t> seen;  // Members: which entries
    std::uint32_t count = 0;
    std::uint32_t counted = 0;
    bool after_separator = false;
    bool operator==(const Progress&) const = default;
  };
  class Closure;

  static std::size_t index(State state) { return static_cast<std::size_t>(state); }
  static std::size_t index(Places places) { return static_cast<std::size_t>(places); }

  // Requires  frames are sorted by (expr, progress), each pair once.
  [[nodiscard]] Places intern(std::span<const Frame> frames);
  [[nodiscard]] State intern(std::vector<Item>& items, bool may_end);
  [[nodiscard]] std::uint32_t intern(const Progress& progress);
  // Places::none when that would be too deep.
  [[nodiscard]] Places place(const Frame& frame);
  // Requires at least one.
  [[nodiscard]] Places unite(std::vector<Places> sets);
  [[nodiscard]] Places adopt(const GrammarMatcher& other, Places places, std::unordered_map<Places, Places>& known);

  const Grammar& grammar_;
  RegexPool& pool_;
  std::vector<Regex> regex_of_;  // by the grammar's expression, for terminals: the same in our pool
  std::vector<Frame> frames_;
  std::vector<Span> places_;
  std::vector<Item> items_;
  std::vector<Span> states_;
  std::vector<Progress> progress_;
  std::unordered_multimap<std::uint64_t, std::uint32_t> places_by_hash_;
  std::unordered_multimap<std::uint64_t, std::uint32_t> states_by_hash_;
  std::unordered_multimap<std::uint64_t, std::uint32_t> progress_by_hash_;
  std::unordered_map<std::uint64_t, Places> united_;
  std::unordered_map<std::uint64_t, State> steps_;  // (state, byte)
  std::unordered_map<std::uint32_t, State> after_;
  State start_ = State::dead;
  std::size_t cells_ = 0;
};

}  // namespace puna

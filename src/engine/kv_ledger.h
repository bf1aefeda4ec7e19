// The account of what every lane of the cache holds, token by token, who may use which lane, and whose cells are given
// up first.
//
// Pure: it moves no memory; the engine does, and tells the ledger. Invariant: tokens(lane) are exactly the tokens whose
// keys and values the lane holds. A lane is busy from take() to release(); an idle lane keeps its tokens for reuse.
//
// place(), longest(), own_tail() and distinct_tokens() throw std::bad_alloc when there is no memory for the answer, and
// may be asked again. Of the others only reserve() takes memory.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/backend.h"
#include "engine/prefix_tree.h"

namespace puna::engine {

// A copy moves all the source's memory: not for fewer tokens than this.
inline constexpr std::size_t kCopyTokensMin = 64;
inline constexpr std::size_t kMarksMax = 4;  // of one lane
// To save a token's cells and restore them costs about as much as it costs so many rows of others to read past them.
inline constexpr std::size_t kRowsPerCopy = 256;

class KvLedger {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // tokens_max: what a lane may hold; memory for them is taken here, so that append() takes none.
  KvLedger(const BackendShape& shape, std::size_t tokens_max);

  // What counts when an idle lane is chosen that holds tokens which nobody asks for now.
  struct Moment {
    TimePoint time;
    std::size_t tokens_saved_max = 0;  // of a lane that gives up its own they can be had back; of a longer one not
  };
  // Where a prompt should go, and what of it is there already.
  struct Placement {
    LaneId lane{};                     // idle; may hold other tokens
    std::size_t keep = 0;              // tokens of the lane's own that stay
    std::optional<LaneId> share_from;  // then the lane is emptied first, and takes share_tokens from here
    std::size_t share_tokens = 0;

    [[nodiscard]] std::size_t reused() const { return share_from ? share_tokens : keep; }
  };

  // Nothing when every lane is busy or pinned. Reuses at most prompt.size() - 1 tokens: one is always computed.
  // Cost  O(prompt + lanes), and O(tokens) of each lane that grew since the last call.
  [[nodiscard]] std::optional<Placement> place(std::span<const Token> prompt, const Moment& now);
  // Who has the longest common beginning with these tokens.
  struct Live {
    LaneId lane{};
    std::size_t tokens = 0;
  };
  [[nodiscard]] std::optional<Live> longest(std::span<const Token> tokens);
  // The lane with the most tokens all of which begin these.  Cost  O(lanes * tokens).
  [[nodiscard]] std::optional<Live> longest_whole(std::span<const Token> tokens) const;
  // An idle lane to restore a saved state into; it may hold other tokens.
  [[nodiscard]] std::optional<LaneId> free_lane(const Moment& now) const;
  [[nodiscard]] std::size_t cells_not_pinned() const { return cells_ - std::min(cells_, pinned_tokens_); }
  [[nodiscard]] bool is_idle(LaneId lane) const { return at(lane).idle(); }
  [[nodiscard]] std::optional<LaneId> empty_lane() const { return best_idle(true, std::nullopt, {}); }

  void take(LaneId lane);
  void release(LaneId lane, AgentId agent);
  // The agent is likely to come back by then: the lane that it left last gives up its cells after the others.
  void expect(AgentId agent, TimePoint until);
  // A pinned lane is idle and keeps its tokens until unpin(). False: so many more cannot be pinned (half of the lanes,
  // and half of the cells).
  [[nodiscard]] bool may_pin(std::size_t lanes, std::size_t tokens) const;
  void pin(LaneId lane);
  void unpin(LaneId lane);

  // A place in the lane to which a memory that cannot be cut can go back: the first `tokens` tokens, by these bytes.
  // The oldest of more than kMarksMax is forgotten, but not the shortest, which serves most others; so are those that
  // truncate() cuts off.
  struct Mark {
    std::size_t tokens = 0;
    std::vector<std::byte> bytes;
  };
  void add_mark(LaneId lane, Mark mark);
  [[nodiscard]] const Mark* mark_at(LaneId lane, std::size_t tokens) const;

  // Room for more tokens than the constructor was told. May throw std::bad_alloc.
  void reserve(LaneId lane, std::size_t tokens) { at(lane).tokens.reserve(tokens); }
  void append(LaneId lane, std::span<const Token> tokens);
  void truncate(LaneId lane, std::size_t tokens);
  void clear(LaneId lane) { truncate(lane, 0); }
  [[nodiscard]] std::span<const Token> tokens(LaneId lane) const { return at(lane).tokens; }

  // The idle lane whose cells are given up first: one that nobody is expected to need soon before one that is
  // expected, and one that frees cells before one whose tokens others hold too; then the one unused for longest.
  [[nodiscard]] std::optional<LaneId> next_victim(TimePoint now);
  // So many rows were computed, whoever's.
  void note_rows(std::size_t rows) { rows_ += rows; }
  // An idle lane that nobody expects and whose own cells cost the rows computed since it was left, and so many more
  // that will be, as much as it costs to save and restore it: in a pool every row reads past them.
  [[nodiscard]] std::optional<LaneId> next_to_rest(TimePoint now, std::size_t rows_ahead);
  void stay(LaneId lane) { at(lane).rows_before = rows_; }  // as if it had been left just now
  // How many tokens at the lane's end no other lane holds.
  [[nodiscard]] std::size_t own_tail(LaneId lane);
  [[nodiscard]] int busy() const { return busy_; }
  // Over all lanes, shared tokens once.
  [[nodiscard]] std::size_t distinct_tokens();

 private:
  struct Lane {
    std::vector<Token> tokens;
    std::uint64_t last_use = 0;  // from clock_; equal only for lanes never used
    AgentId agent = kNoAgent;    // who left it
    TimePoint expected;
    std::size_t rows_before = 0;  // that had been computed when it was left
    bool busy = false;
    bool pinned = false;
    bool grew = false;  // since it was put into the tree
    std::vector<Mark> marks;

    [[nodiscard]] bool idle() const { return !busy && !pinned; }
  };

  [[nodiscard]] const Lane& at(LaneId lane) const { return lanes_[index_of(lane)]; }
  [[nodiscard]] Lane& at(LaneId lane) { return lanes_[index_of(lane)]; }
  void enter();
  void enter_marks(std::size_t index);
  [[nodiscard]] std::size_t own_tail_of(std::size_t index) const;
  [[nodiscard]] std::optional<LaneId> same_and_idle(const PrefixTree::Match& match) const;
  [[nodiscard]] std::optional<LaneId> best_idle(bool empty, std::optional<LaneId> except, const Moment& now) const;
  [[nodiscard]] int blocks_added(std::size_t index) const;
  [[nodiscard]] bool worth_a_copy(const PrefixTree::Match& match) const;

  Abilities abilities_;
  std::vector<Lane> lanes_;
  PrefixTree tree_;  // of lanes
  std::uint64_t clock_ = 0;
  std::size_t rows_ = 0;
  int busy_ = 0;
  std::size_t cells_;
  std::size_t pinned_tokens_ = 0;
  std::size_t pinned_ = 0;
};

}  // namespace puna::engine

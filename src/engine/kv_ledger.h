// The account of what every lane of the KV cache holds, token by token, and who may use which lane.
//
// Pure: it moves no memory; the engine does, and tells the ledger. Invariant: tokens(lane) are exactly the tokens whose
// keys and values the lane holds. A lane is busy from take() to release(); an idle lane keeps its tokens for reuse.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/backend.h"

namespace puna::engine {

class KvLedger {
 public:
  // shares_prefix  a lane can take over the beginning of another one's tokens without computing them.
  KvLedger(int lanes, bool shares_prefix);

  // Where a prompt should go, and what of it is there already.
  struct Placement {
    LaneId lane{};
    std::size_t keep = 0;              // tokens of the lane's own that stay
    std::optional<LaneId> share_from;  // then the lane is cleared first, and takes share_tokens from here
    std::size_t share_tokens = 0;

    [[nodiscard]] std::size_t reused() const { return share_from ? share_tokens : keep; }
  };

  // Nothing when every lane is busy. Reuses at most prompt.size() - 1 tokens: one is always computed.
  // Cost  O(lanes x prompt).
  [[nodiscard]] std::optional<Placement> place(std::span<const Token> prompt) const;

  void take(LaneId lane);
  void release(LaneId lane);

  void append(LaneId lane, std::span<const Token> tokens);
  void truncate(LaneId lane, std::size_t tokens);
  void clear(LaneId lane) { truncate(lane, 0); }
  [[nodiscard]] std::span<const Token> tokens(LaneId lane) const { return at(lane).tokens; }

  // The idle lane that holds tokens and was used longest ago.
  [[nodiscard]] std::optional<LaneId> coldest_idle() const;
  [[nodiscard]] int busy() const { return busy_; }
  // Sum over the lanes; shared tokens count once for each lane.
  [[nodiscard]] std::size_t tokens_held() const;

 private:
  struct Lane {
    std::vector<Token> tokens;
    std::uint64_t last_use = 0;  // from clock_; equal only for lanes never used
    bool busy = false;
  };
  struct Best {
    std::optional<LaneId> lane;
    std::size_t common = 0;
  };

  [[nodiscard]] const Lane& at(LaneId lane) const { return lanes_[index_of(lane)]; }
  [[nodiscard]] Lane& at(LaneId lane) { return lanes_[index_of(lane)]; }
  [[nodiscard]] Best best_match(std::span<const Token> prompt, bool idle_only) const;
  [[nodiscard]] std::optional<LaneId> oldest(bool empty) const;
  [[nodiscard]] std::optional<Placement> place_apart(std::span<const Token> prompt) const;
  [[nodiscard]] std::optional<Placement> place_shared(std::span<const Token> prompt) const;

  std::vector<Lane> lanes_;
  bool shares_prefix_;
  std::uint64_t clock_ = 0;
  int busy_ = 0;
};

}  // namespace puna::engine

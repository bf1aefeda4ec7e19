// Placement. With one pool a prompt gets a copy of the best prefix anywhere, and nobody's tokens are overwritten while
// a lane is empty. With a memory for each lane only the idle lane's own tokens can be kept.
#include "engine/kv_ledger.h"

#include <algorithm>

namespace puna::engine {
namespace {

// With separate memories, a match below this share of the prompt is not worth another conversation's tokens.
constexpr std::size_t kWorthwhileTenth = 10;

std::size_t common_prefix(std::span<const Token> a, std::span<const Token> b) {
  return static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

}  // namespace

KvLedger::KvLedger(int lanes, bool shares_prefix)
    : lanes_(static_cast<std::size_t>(lanes)), shares_prefix_(shares_prefix) {
  PUNA_CHECK(lanes > 0, "a cache has at least one lane");
}

// The lane with the longest common prefix; of equals the one used longest ago.
KvLedger::Best KvLedger::best_match(std::span<const Token> prompt, bool idle_only) const {
  Best best;
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    if (idle_only && lanes_[i].busy) {
      continue;
    }
    const std::size_t common = common_prefix(prompt, lanes_[i].tokens);
    const bool older = best.lane && common == best.common && lanes_[i].last_use < at(*best.lane).last_use;
    if (common > best.common || (common > 0 && older)) {
      best = {.lane = static_cast<LaneId>(i), .common = common};
    }
  }
  return best;
}

// The idle lane that is empty (or not), used longest ago.
std::optional<LaneId> KvLedger::oldest(bool empty) const {
  std::optional<LaneId> found;
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    const Lane& lane = lanes_[i];
    if (!lane.busy && lane.tokens.empty() == empty && (!found || lane.last_use < at(*found).last_use)) {
      found = static_cast<LaneId>(i);
    }
  }
  return found;
}

std::optional<KvLedger::Placement> KvLedger::place_apart(std::span<const Token> prompt) const {
  const Best own = best_match(prompt, true);
  const std::optional<LaneId> empty = oldest(true);
  const bool worthwhile = own.lane && own.common * kWorthwhileTenth >= prompt.size();
  if (own.lane && (worthwhile || !empty)) {
    return Placement{.lane = *own.lane, .keep = own.common};
  }
  const std::optional<LaneId> lane = empty ? empty : oldest(false);
  if (!lane) {
    return std::nullopt;
  }
  return Placement{.lane = *lane};
}

std::optional<KvLedger::Placement> KvLedger::place_shared(std::span<const Token> prompt) const {
  const Best own = best_match(prompt, true);
  const Best any = best_match(prompt, false);
  // A prompt that continues an idle lane's text goes on there: nothing is lost.
  if (own.lane && own.common == any.common && own.common == at(*own.lane).tokens.size()) {
    return Placement{.lane = *own.lane, .keep = own.common};
  }
  std::optional<LaneId> lane = oldest(true);
  if (!lane) {
    lane = oldest(false);
  }
  if (!lane) {
    return std::nullopt;
  }
  const std::size_t kept = common_prefix(prompt, at(*lane).tokens);
  if (any.lane && any.common > kept) {
    return Placement{.lane = *lane, .share_from = any.lane, .share_tokens = any.common};
  }
  return Placement{.lane = *lane, .keep = kept};
}

std::optional<KvLedger::Placement> KvLedger::place(std::span<const Token> prompt) const {
  PUNA_CHECK(!prompt.empty(), "a prompt has at least one token");
  const auto reusable = prompt.first(prompt.size() - 1);
  return shares_prefix_ ? place_shared(reusable) : place_apart(reusable);
}

void KvLedger::take(LaneId lane) {
  PUNA_CHECK(!at(lane).busy, "an idle lane is taken");
  at(lane).busy = true;
  at(lane).last_use = ++clock_;
  ++busy_;
}

void KvLedger::release(LaneId lane) {
  PUNA_CHECK(at(lane).busy, "a busy lane is released");
  at(lane).busy = false;
  at(lane).last_use = ++clock_;
  --busy_;
}

void KvLedger::append(LaneId lane, std::span<const Token> tokens) {
  at(lane).tokens.insert(at(lane).tokens.end(), tokens.begin(), tokens.end());
}

void KvLedger::truncate(LaneId lane, std::size_t tokens) {
  PUNA_CHECK(tokens <= at(lane).tokens.size(), "a lane is cut to no more than it holds");
  at(lane).tokens.resize(tokens);
}

std::optional<LaneId> KvLedger::coldest_idle() const { return oldest(false); }

std::size_t KvLedger::tokens_held() const {
  std::size_t held = 0;
  for (const Lane& lane : lanes_) {
    held += lane.tokens.size();
  }
  return held;
}

}  // namespace puna::engine

// Placement: a prompt goes on in an idle lane if all of that lane's tokens begin it, for then nothing is lost. Else it
// takes the best beginning from any lane, busy or not, into another one. Only if that cannot be done does it cut an
// idle lane down to what they have in common.
#include "engine/kv_ledger.h"

#include <algorithm>
#include <tuple>

#include "engine/no_memory.h"

namespace puna::engine {
namespace {

// Fewer tokens are copied too if they are at least this share of the source.
constexpr std::size_t kCopyShare = 8;

std::size_t common_prefix(std::span<const Token> a, std::span<const Token> b) {
  return static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

// In the tree a lane is a holder, and each of its marks is one.
constexpr std::size_t kHoldersEach = kMarksMax + 1;

LaneId lane_of(PrefixTree::Holder holder) { return static_cast<LaneId>(holder / kHoldersEach); }
PrefixTree::Holder holder_of(std::size_t index, std::size_t mark = 0) {
  return static_cast<PrefixTree::Holder>(index * kHoldersEach + mark);
}

}  // namespace

KvLedger::KvLedger(const BackendShape& shape, std::size_t tokens_max)
    : abilities_(shape.abilities),
      lanes_(static_cast<std::size_t>(shape.lanes)),
      cells_(static_cast<std::size_t>(shape.cells)) {
  PUNA_CHECK(shape.lanes > 0, "a cache has at least one lane");
  for (Lane& lane : lanes_) {
    lane.tokens.reserve(tokens_max);
    lane.marks.reserve(kMarksMax);
  }
}

// The tree learns what the lanes computed since the last time: seldom, so that a step does not pay for it.
void KvLedger::enter() {
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    if (!lanes_[i].grew) {
      continue;
    }
    if (lanes_[i].tokens.empty()) {
      tree_.erase(holder_of(i));
    } else {
      tree_.put(holder_of(i), lanes_[i].tokens);
    }
    enter_marks(i);
    lanes_[i].grew = false;
  }
}

void KvLedger::enter_marks(std::size_t index) {
  const std::vector<Mark>& marks = lanes_[index].marks;
  for (std::size_t i = 0; i < kMarksMax; ++i) {
    if (i < marks.size()) {
      tree_.put(holder_of(index, i + 1), std::span(lanes_[index].tokens).first(marks[i].tokens));
    } else {
      tree_.erase(holder_of(index, i + 1));
    }
  }
}

void KvLedger::add_mark(LaneId lane, Mark mark) {
  PUNA_CHECK(mark.tokens <= at(lane).tokens.size(), "a mark is where the lane has been");
  std::vector<Mark>& marks = at(lane).marks;
  std::erase_if(marks, [&mark](const Mark& known) { return known.tokens == mark.tokens; });
  if (marks.size() == kMarksMax) {
    const auto shortest = std::ranges::min_element(marks, {}, &Mark::tokens);
    marks.erase(shortest == marks.begin() ? std::next(marks.begin()) : marks.begin());
  }
  marks.push_back(std::move(mark));
  at(lane).grew = true;
}

const KvLedger::Mark* KvLedger::mark_at(LaneId lane, std::size_t tokens) const {
  const auto found = std::ranges::find(at(lane).marks, tokens, &Mark::tokens);
  return found == at(lane).marks.end() ? nullptr : &*found;
}

// How many more blocks of neighbours the busy lanes are in with this one: 1 alone, 0 at the end of a block, -1 between
// two.
int KvLedger::blocks_added(std::size_t index) const {
  const auto is_busy = [this](std::size_t lane) { return lane < lanes_.size() && lanes_[lane].busy; };
  return 1 - static_cast<int>(is_busy(index - 1)) - static_cast<int>(is_busy(index + 1));
}

// The idle lane that is empty (or not): one whose agent is not expected back first, then the one used longest ago.
// Where each lane has a part of the cache, one beside those that are busy goes before an older one, as if what would be
// lost were beside none: the library computes a block of neighbours in one pass, and what is left of them in another.
std::optional<LaneId> KvLedger::best_idle(bool empty, std::optional<LaneId> except, const Moment& now) const {
  const auto rank = [&](std::size_t index) {
    const Lane& lane = lanes_[index];
    const bool in_parts = abilities_.share != Share::any_part;
    const bool is_kept = lane.tokens.size() <= now.tokens_saved_max;
    return std::tuple(lane.expected > now.time, in_parts && is_kept ? blocks_added(index) : 1, lane.last_use);
  };
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    const Lane& lane = lanes_[i];
    if (lane.idle() && lane.tokens.empty() == empty && static_cast<LaneId>(i) != except &&
        (!best || rank(i) < rank(*best))) {
      best = i;
    }
  }
  return best ? std::optional(static_cast<LaneId>(*best)) : std::nullopt;
}

std::optional<KvLedger::Live> KvLedger::longest(std::span<const Token> tokens) {
  enter();
  const auto match = tree_.longest(tokens);
  return match ? std::optional(Live{.lane = lane_of(match->holder), .tokens = match->tokens}) : std::nullopt;
}

std::optional<KvLedger::Live> KvLedger::longest_whole(std::span<const Token> tokens) const {
  std::optional<Live> found;
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    const std::vector<Token>& held = lanes_[i].tokens;
    if (!held.empty() && (!found || held.size() > found->tokens) && common_prefix(held, tokens) == held.size()) {
      found = Live{.lane = static_cast<LaneId>(i), .tokens = held.size()};
    }
  }
  return found;
}

std::optional<LaneId> KvLedger::free_lane(const Moment& now) const {
  const auto empty = empty_lane();
  return empty ? empty : best_idle(false, std::nullopt, now);
}

// An idle lane that holds exactly the matched tokens, preferably the one that was found.
std::optional<LaneId> KvLedger::same_and_idle(const PrefixTree::Match& match) const {
  const LaneId found = lane_of(match.holder);
  const auto same = [&](const Lane& lane) {
    return lane.idle() && lane.tokens.size() == match.tokens &&
           std::ranges::equal(lane.tokens, std::span(at(found).tokens).first(match.tokens));
  };
  if (same(at(found))) {
    return found;
  }
  const auto other = std::ranges::find_if(lanes_, same);
  return other == lanes_.end() ? std::nullopt : std::optional(static_cast<LaneId>(other - lanes_.begin()));
}

bool KvLedger::worth_a_copy(const PrefixTree::Match& match) const {
  switch (abilities_.share) {
    case Share::any_part:
      return true;
    case Share::whole_lane:
      return match.tokens >= kCopyTokensMin || match.tokens * kCopyShare >= at(lane_of(match.holder)).tokens.size();
    case Share::nothing:
      break;
  }
  return false;
}

std::optional<KvLedger::Placement> KvLedger::place(std::span<const Token> prompt, const Moment& now) {
  PUNA_CHECK(!prompt.empty(), "a prompt has at least one token");
  const auto reusable = prompt.first(prompt.size() - 1);
  enter();
  const auto match = abilities_.cut ? tree_.longest(reusable) : tree_.longest_whole(reusable);
  if (match) {
    if (const auto lane = same_and_idle(*match)) {
      return Placement{.lane = *lane, .keep = match->tokens};
    }
  }
  const std::optional<LaneId> source = match ? std::optional(lane_of(match->holder)) : std::nullopt;
  auto lane = empty_lane();
  if (source && worth_a_copy(*match)) {
    if (!lane) {
      lane = best_idle(false, source, now);
    }
    if (lane) {
      return Placement{.lane = *lane, .share_from = source, .share_tokens = match->tokens};
    }
  }
  if (!lane) {
    lane = best_idle(false, std::nullopt, now);
  }
  if (!lane) {
    return std::nullopt;
  }
  const std::size_t common = common_prefix(reusable, at(*lane).tokens);
  if (abilities_.cut || common == at(*lane).tokens.size()) {
    return Placement{.lane = *lane, .keep = common};
  }
  std::size_t keep = 0;
  for (const Mark& mark : at(*lane).marks) {
    keep = std::max(keep, mark.tokens <= common ? mark.tokens : 0);
  }
  return Placement{.lane = *lane, .keep = keep};
}

void KvLedger::take(LaneId lane) {
  PUNA_CHECK(!at(lane).busy, "an idle lane is taken");
  at(lane).busy = true;
  at(lane).last_use = ++clock_;
  ++busy_;
}

void KvLedger::release(LaneId lane, AgentId agent) {
  PUNA_CHECK(at(lane).busy, "a busy lane is released");
  at(lane).busy = false;
  at(lane).last_use = ++clock_;
  at(lane).agent = agent;
  at(lane).expected = {};
  at(lane).rows_before = rows_;
  --busy_;
}

void KvLedger::expect(AgentId agent, TimePoint until) {
  Lane* last = nullptr;
  for (Lane& lane : lanes_) {
    if (lane.idle() && lane.agent == agent && !lane.tokens.empty() &&
        (last == nullptr || lane.last_use > last->last_use)) {
      last = &lane;
    }
  }
  if (last != nullptr) {
    last->expected = until;
  }
}

bool KvLedger::may_pin(std::size_t lanes, std::size_t tokens) const {
  return 2 * (pinned_tokens_ + tokens) <= cells_ && 2 * (pinned_ + lanes) <= lanes_.size();
}

void KvLedger::pin(LaneId lane) {
  PUNA_CHECK(at(lane).idle(), "an idle lane is pinned");
  at(lane).pinned = true;
  pinned_tokens_ += at(lane).tokens.size();
  ++pinned_;
}

void KvLedger::unpin(LaneId lane) {
  PUNA_CHECK(at(lane).pinned, "a pinned lane is unpinned");
  at(lane).pinned = false;
  pinned_tokens_ -= at(lane).tokens.size();
  --pinned_;
}

void KvLedger::append(LaneId lane, std::span<const Token> tokens) {
  at(lane).tokens.insert(at(lane).tokens.end(), tokens.begin(), tokens.end());
  at(lane).grew = true;
}

void KvLedger::truncate(LaneId lane, std::size_t tokens) {
  PUNA_CHECK(tokens <= at(lane).tokens.size(), "a lane is cut to no more than it holds");
  at(lane).tokens.resize(tokens);
  std::erase_if(at(lane).marks, [tokens](const Mark& mark) { return mark.tokens > tokens; });
  at(lane).grew = true;
}

// A lane that can only go on from its marks is worth all its tokens.
std::size_t KvLedger::own_tail_of(std::size_t index) const {
  if (!lanes_[index].marks.empty()) {
    return lanes_[index].tokens.size();
  }
  const PrefixTree::Holder holder = holder_of(index);
  return tree_.contains(holder) ? tree_.own_tail(holder) : 0;
}

std::size_t KvLedger::own_tail(LaneId lane) {
  enter();
  return own_tail_of(index_of(lane));
}

std::size_t KvLedger::distinct_tokens() {
  enter();
  return tree_.distinct_tokens();
}

std::optional<LaneId> KvLedger::next_victim(TimePoint now) {
  if_memory_allows([this] { enter(); });  // an old tree may give the wrong order, never a wrong lane
  std::optional<LaneId> found;
  const auto before = [&](const Lane& a, LaneId a_id, const Lane& b, LaneId b_id) {
    const bool a_late = a.expected > now;
    const bool b_late = b.expected > now;
    if (a_late != b_late) {
      return b_late;  // the other one is expected back, this one is not
    }
    if (a_late && a.expected != b.expected) {
      return a.expected > b.expected;  // both are: the one that comes later goes first
    }
    const bool a_covered = own_tail_of(index_of(a_id)) == 0;
    const bool b_covered = own_tail_of(index_of(b_id)) == 0;
    return a_covered != b_covered ? b_covered : a.last_use < b.last_use;
  };
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    const auto id = static_cast<LaneId>(i);
    if (lanes_[i].idle() && !lanes_[i].tokens.empty() && (!found || before(lanes_[i], id, at(*found), *found))) {
      found = id;
    }
  }
  return found;
}

std::optional<LaneId> KvLedger::next_to_rest(TimePoint now, std::size_t rows_ahead) {
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    const Lane& lane = lanes_[i];
    const std::size_t rows = rows_ - lane.rows_before + rows_ahead;
    if (!lane.idle() || lane.tokens.empty() || rows < kRowsPerCopy || lane.expected > now) {
      continue;
    }
    if (lane.grew) {
      if_memory_allows([this] { enter(); });
    }
    if (rows * own_tail_of(i) >= kRowsPerCopy * lane.tokens.size()) {
      return static_cast<LaneId>(i);
    }
  }
  return std::nullopt;
}

}  // namespace puna::engine

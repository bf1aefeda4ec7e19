// Insertion splits a node where two paths part; removal drops what nobody needs any more. Nodes are not joined again:
// a path has at most one node for each holder that ever parted from it.
#include "engine/prefix_tree.h"

#include <algorithm>
#include <utility>

#include "puna/base/error.h"

namespace puna::engine {
namespace {

// So that the next push_back() takes no memory. Doubles, as push_back() would.
template <class T>
void make_room_for_one(std::vector<T>& values) {
  if (values.size() == values.capacity()) {
    values.reserve(2 * values.size() + 1);
  }
}

}  // namespace

PrefixTree::Index PrefixTree::child(Index node, Token first) const {
  const std::vector<Index>& children = nodes_[node].children;
  const auto found =
      std::ranges::lower_bound(children, first, {}, [this](Index index) { return nodes_[index].tokens.front(); });
  return found != children.end() && nodes_[*found].tokens.front() == first ? *found : kNone;
}

// As far down as the tokens match.
PrefixTree::Place PrefixTree::descend(std::span<const Token> tokens) const {
  Place place;
  while (place.tokens < tokens.size()) {
    const Index next = child(place.node, tokens[place.tokens]);
    if (next == kNone) {
      break;
    }
    const Node& node = nodes_[next];
    const auto mismatch = std::ranges::mismatch(node.tokens, tokens.subspan(place.tokens));
    const auto matched = static_cast<std::size_t>(mismatch.in1 - node.tokens.begin());
    place = {.node = next, .tokens = place.tokens + matched};
    if (matched < node.tokens.size()) {
      break;
    }
  }
  return place;
}

// Afterwards there is a free node.
void PrefixTree::keep_spare() {
  if (!free_.empty()) {
    return;
  }
  make_room_for_one(nodes_);
  free_.reserve(nodes_.capacity());
  free_.push_back(static_cast<Index>(nodes_.size()));
  nodes_.emplace_back();
}

// Requires keep_spare(). Takes no memory.
PrefixTree::Index PrefixTree::place_node(Node node) {
  const Index index = free_.back();
  free_.pop_back();
  nodes_[index] = std::move(node);
  return index;
}

// Requires room for one more child. Takes no memory.
void PrefixTree::attach(Index parent, Index node) {
  std::vector<Index>& children = nodes_[parent].children;
  const auto place = std::ranges::lower_bound(children, nodes_[node].tokens.front(), {},
                                              [this](Index index) { return nodes_[index].tokens.front(); });
  children.insert(place, node);
  nodes_[node].parent = parent;
}

// Cuts a node in two; the upper part keeps its index, so that its parent need not know. All memory is taken before
// anything changes.
void PrefixTree::split(Index index, std::size_t position) {
  keep_spare();
  const std::size_t kept = position - nodes_[index].begin;
  const auto rest_tokens = std::span(nodes_[index].tokens).subspan(kept);
  Node rest{.tokens = {rest_tokens.begin(), rest_tokens.end()}, .begin = position, .parent = index};
  std::vector<Index> children;
  children.reserve(2);  // the rest, and what made us cut
  rest.holders.reserve(nodes_[index].holders.size());
  const Index lower = place_node(std::move(rest));
  Node& upper = nodes_[index];
  Node& below = nodes_[lower];
  upper.tokens.resize(kept);
  below.children = std::exchange(upper.children, std::move(children));
  upper.children.push_back(lower);
  for (const Index child : below.children) {
    nodes_[child].parent = lower;
  }
  const auto stays = [this, position](Holder holder) { return ends_.at(holder).tokens <= position; };
  for (const Holder holder : upper.holders) {
    if (!stays(holder)) {
      ends_.at(holder).node = lower;
      below.holders.push_back(holder);
    }
  }
  std::erase_if(upper.holders, [&stays](Holder holder) { return !stays(holder); });
  below.below = upper.below - upper.holders.size();
}

void PrefixTree::put(Holder holder, std::span<const Token> tokens) {
  erase(holder);
  Place place = descend(tokens);
  if (place.tokens == tokens.size()) {
    make_room_for_one(nodes_[place.node].holders);
    ends_.emplace(holder, End{.node = place.node, .tokens = tokens.size()});  // the last that takes memory
    nodes_[place.node].holders.push_back(holder);
  } else {
    if (place.tokens < nodes_[place.node].end()) {
      split(place.node, place.tokens);
    }
    const auto rest = tokens.subspan(place.tokens);
    keep_spare();
    Node leaf{.tokens = {rest.begin(), rest.end()}, .begin = place.tokens, .holders = {holder}};
    make_room_for_one(nodes_[place.node].children);
    const auto end = ends_.emplace(holder, End{.node = kRoot, .tokens = tokens.size()}).first;  // the last
    const Index added = place_node(std::move(leaf));
    attach(place.node, added);
    distinct_ += rest.size();
    end->second.node = place.node = added;
  }
  for (Index node = place.node; node != kNone; node = nodes_[node].parent) {
    ++nodes_[node].below;
  }
}

void PrefixTree::erase(Holder holder) {
  const auto found = ends_.find(holder);
  if (found == ends_.end()) {
    return;
  }
  const Index start = found->second.node;
  ends_.erase(found);
  std::erase(nodes_[start].holders, holder);
  for (Index node = start; node != kNone; node = nodes_[node].parent) {
    --nodes_[node].below;
  }
  prune(start);
}

// Drops what no holder needs, from a node upwards.
void PrefixTree::prune(Index index) {
  while (index != kRoot && nodes_[index].below == 0) {
    const Index parent = nodes_[index].parent;
    distinct_ -= nodes_[index].tokens.size();
    std::erase(nodes_[parent].children, index);
    nodes_[index] = {};
    free_.push_back(index);
    index = parent;
  }
  if (index != kRoot) {
    trim(index);
  }
}

// A leaf ends where its longest holder ends.
void PrefixTree::trim(Index index) {
  Node& node = nodes_[index];
  if (!node.children.empty()) {
    return;
  }
  const std::size_t end = longest_end(node, ~Holder{0}, node.end());
  distinct_ -= node.end() - end;
  node.tokens.resize(end - node.begin);
}

// Where the longest holder in this node ends, `except` left out; node.begin when there is none. At most `most`.
std::size_t PrefixTree::longest_end(const Node& node, Holder except, std::size_t most) const {
  std::size_t end = node.begin;
  for (const Holder holder : node.holders) {
    if (holder != except) {
      end = std::max(end, std::min(ends_.at(holder).tokens, most));
    }
  }
  return end;
}

std::optional<PrefixTree::Match> PrefixTree::longest(std::span<const Token> prompt) const {
  const Place place = descend(prompt);
  if (place.tokens == 0) {
    return std::nullopt;
  }
  // Somebody in this node reaches the matched position, or somebody below does.
  Index index = place.node;
  for (const Holder holder : nodes_[index].holders) {
    if (ends_.at(holder).tokens >= place.tokens) {
      return Match{.tokens = place.tokens, .holder = holder};
    }
  }
  do {
    index = nodes_[index].children.front();
  } while (nodes_[index].holders.empty());
  return Match{.tokens = place.tokens, .holder = nodes_[index].holders.front()};
}

std::optional<PrefixTree::Match> PrefixTree::longest_whole(std::span<const Token> prompt) const {
  const Place place = descend(prompt);
  for (Index index = place.node; index != kRoot; index = nodes_[index].parent) {
    Match best;
    for (const Holder holder : nodes_[index].holders) {
      const std::size_t tokens = ends_.at(holder).tokens;
      if (tokens <= place.tokens && tokens > best.tokens) {
        best = {.tokens = tokens, .holder = holder};
      }
    }
    if (best.tokens > 0) {
      return best;
    }
  }
  return std::nullopt;
}

std::size_t PrefixTree::own_tail(Holder holder) const {
  const End& end = ends_.at(holder);
  Index index = end.node;
  if (!nodes_[index].children.empty()) {
    return 0;  // who goes on below has all of it
  }
  std::size_t shared = longest_end(nodes_[index], holder, end.tokens);
  while (shared == nodes_[index].begin && nodes_[index].parent != kNone && nodes_[nodes_[index].parent].below == 1) {
    index = nodes_[index].parent;
    shared = nodes_[index].begin;
  }
  if (shared != nodes_[index].begin || index == kRoot || nodes_[index].parent == kNone) {
    return end.tokens - shared;
  }
  // Others pass through the parent, or end in it.
  const Node& parent = nodes_[nodes_[index].parent];
  if (parent.children.size() == 1) {
    shared = longest_end(parent, holder, parent.end());
  }
  return end.tokens - shared;
}

}  // namespace puna::engine

#include "engine/grammar_masks.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

namespace puna::engine {
namespace {

constexpr std::size_t kFew = 512;  // places that are kept as a list

}  // namespace

void TokenSet::add(std::uint32_t first, std::uint32_t last) {
  for (; first < last && first % 64 != 0; ++first) {
    add(first);
  }
  for (; first + 64 <= last; first += 64) {
    words_[first / 64] = ~std::uint64_t{0};
  }
  for (; first < last; ++first) {
    add(first);
  }
}

void TokenSet::add_range_of(const TokenSet& other, std::uint32_t first, std::uint32_t last) {
  if (first >= last) {
    return;
  }
  const auto low = ~std::uint64_t{0} << (first % 64);
  const auto high = last % 64 == 0 ? ~std::uint64_t{0} : (std::uint64_t{1} << (last % 64)) - 1;
  const std::size_t front = first / 64;
  const std::size_t back = (last - 1) / 64;
  for (std::size_t i = front; i <= back; ++i) {
    std::uint64_t mask = ~std::uint64_t{0};
    mask &= i == front ? low : mask;
    mask &= i == back ? high : mask;
    words_[i] |= other.words_[i] & mask;
  }
}

std::size_t TokenSet::count() const {
  std::size_t sum = 0;
  for (const std::uint64_t word : words_) {
    sum += static_cast<std::size_t>(std::popcount(word));
  }
  return sum;
}

TokenSet& TokenSet::operator|=(const TokenSet& other) {
  for (std::size_t i = 0; i < words_.size(); ++i) {
    words_[i] |= other.words_[i];
  }
  return *this;
}

void GrammarMasks::add_allowed(GrammarMatcher& matcher, GrammarMatcher::State state, TokenSet& allowed) {
  if (kept_bytes_ > kBytesMax) {
    kept_.clear();
    kept_bytes_ = 0;
  }
  const auto items = matcher.items(state);
  for (std::size_t i = 0; i < items.size(); ++i) {
    const GrammarMatcher::Item item = matcher.items(state)[i];  // again: after() below may move them
    const Walk& known = walk(item.regex);
    if (known.inside) {
      allowed |= *known.inside;
    }
    for (const std::uint32_t place : known.places) {
      allowed.add(place);
    }
    if (!known.complete.empty()) {
      const GrammarMatcher::State after = matcher.after(item.places);
      const ByteSet next = matcher.next_bytes(after);
      if (next.is_empty()) {
        continue;
      }
      for (const std::uint32_t node : known.complete) {
        for (std::uint32_t child = node + 1; child < trie_.nodes()[node].end; child = trie_.nodes()[child].end) {
          if (next.has(trie_.nodes()[child].byte)) {
            go_on(matcher, after, child, allowed);
          }
        }
      }
    }
  }
}

// The tokens at and below this node, where `state` is what its own byte follows.
void GrammarMasks::go_on(GrammarMatcher& matcher, GrammarMatcher::State state, std::uint32_t node, TokenSet& allowed) {
  const auto nodes = trie_.nodes();
  const std::uint32_t end = nodes[node].end;
  const std::uint32_t top = nodes[node].depth;
  states_.resize(std::max<std::size_t>(states_.size(), trie_.longest() + std::size_t{2}));
  states_[0] = state;
  for (std::uint32_t i = node; i < end;) {
    const std::uint32_t depth = nodes[i].depth - top;
    const GrammarMatcher::State next = matcher.next(states_[depth], nodes[i].byte);
    if (next == GrammarMatcher::State::dead) {
      i = nodes[i].end;
      continue;
    }
    states_[depth + 1] = next;
    allowed.add(nodes[i].first_place, nodes[i].first_place + trie_.tokens_at(i));
    ++i;
  }
}

const GrammarMasks::Walk& GrammarMasks::walk(Regex regex) {
  const Regex key = pool_.within(regex, trie_.longest());
  const auto found = kept_.find(static_cast<std::uint32_t>(key));
  if (found != kept_.end()) {
    return found->second;
  }
  Walk made = make(key);
  return kept_.emplace(static_cast<std::uint32_t>(key), std::move(made)).first->second;
}

GrammarMasks::Walk GrammarMasks::make(Regex regex) {
  // Most expressions soon become another that is known already, "any string" above all: from there on the tree below
  // is a range of that one's set.
  const Regex reference = most_common_next(regex);
  const Walk* known = nullptr;
  if (reference != Regex::nothing && reference != regex && most_common_next(reference) == reference) {
    known = &walk(reference);
  }
  auto inside = std::make_unique<TokenSet>(trie_.places());
  Walk made;
  visit(regex, reference, known, *inside, made.complete);
  if (inside->count() > kFew) {
    kept_bytes_ += inside->bytes();
    made.inside = std::move(inside);
  } else {
    for (std::uint32_t place = 0; place < trie_.places(); ++place) {
      if (inside->has(place)) {
        made.places.push_back(place);
      }
    }
  }
  kept_bytes_ += (made.places.size() + made.complete.size()) * sizeof(std::uint32_t) + 128;
  return made;
}

// Where most of the vocabulary's first bytes lead.
Regex GrammarMasks::most_common_next(Regex regex) {
  const RegexPool::Row& row = pool_.row(regex);
  std::array<std::pair<Regex, std::uint32_t>, 8> seen{};
  std::size_t count = 0;
  std::uint32_t total = 0;
  const auto nodes = trie_.nodes();
  for (std::uint32_t i = 0; i < nodes.size(); i = nodes[i].end) {
    const Regex to = row[nodes[i].byte];
    if (to == Regex::nothing) {
      continue;
    }
    const std::uint32_t tokens = trie_.first_place(nodes[i].end) - nodes[i].first_place;
    total += tokens;
    auto* const known =
        std::find_if(seen.begin(), seen.begin() + count, [to](const auto& each) { return each.first == to; });
    if (known != seen.begin() + count) {
      known->second += tokens;
    } else if (count < seen.size()) {
      seen[count++] = {to, tokens};
    }
  }
  const auto* const best = std::max_element(seen.begin(), seen.begin() + count,
                                            [](const auto& a, const auto& b) { return a.second < b.second; });
  return count > 0 && best->second * 2 > total ? best->first : Regex::nothing;
}

// The row of a state that so many nodes are about to ask; none where asking byte by byte is less work.
const RegexPool::Row* GrammarMasks::row_for(Regex regex, std::uint32_t nodes) {
  constexpr std::uint32_t kMany = 64;
  return nodes < kMany && pool_.has_costly_row(regex) ? nullptr : &pool_.row(regex);
}

void GrammarMasks::visit(Regex regex, Regex reference, const Walk* known, TokenSet& inside,
                         std::vector<std::uint32_t>& complete) {
  const auto nodes = trie_.nodes();
  const std::size_t depths = trie_.longest() + std::size_t{2};
  rows_.resize(std::max(rows_.size(), depths));
  reached_.resize(std::max(reached_.size(), depths));
  reference_rows_.resize(std::max(reference_rows_.size(), depths));
  reference_reached_.resize(std::max(reference_reached_.size(), depths));
  rows_[0] = &pool_.row(regex);
  reached_[0] = regex;
  reference_reached_[0] = reference;
  reference_rows_[0] = known == nullptr ? nullptr : &pool_.row(reference);
  for (std::uint32_t i = 0; i < nodes.size();) {
    const TokenTrie::Node node = nodes[i];
    const std::size_t above = node.depth - std::size_t{1};
    const Regex to = rows_[above] != nullptr ? (*rows_[above])[node.byte] : pool_.next(reached_[above], node.byte);
    if (to == Regex::nothing) {
      i = node.end;
      continue;
    }
    if (known != nullptr) {
      const Regex there = reference_rows_[above] != nullptr ? (*reference_rows_[above])[node.byte]
                          : reference_reached_[above] != Regex::nothing
                              ? pool_.next(reference_reached_[above], node.byte)
                              : Regex::nothing;
      if (there == to) {  // both walks are in one state: what is below is known
        const std::uint32_t last = trie_.first_place(node.end);
        if (known->inside) {
          inside.add_range_of(*known->inside, node.first_place, last);
        }
        const auto first_of = std::ranges::lower_bound(known->places, node.first_place);
        for (auto place = first_of; place != known->places.end() && *place < last; ++place) {
          inside.add(*place);
        }
        const auto from = std::ranges::lower_bound(known->complete, i);
        const auto until = std::ranges::lower_bound(known->complete, node.end);
        complete.insert(complete.end(), from, until);
        i = node.end;
        continue;
      }
      reference_reached_[node.depth] = there;
      reference_rows_[node.depth] = row_for(there, node.end - i);
    }
    inside.add(node.first_place, node.first_place + trie_.tokens_at(i));
    if (i + 1 == node.end) {
      ++i;
      continue;
    }
    if (pool_.matches_empty(to)) {
      complete.push_back(i);
    }
    reached_[node.depth] = to;
    rows_[node.depth] = row_for(to, node.end - i);
    ++i;
  }
}

}  // namespace puna::engine

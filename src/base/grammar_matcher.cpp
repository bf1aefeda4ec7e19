// States are interned sets. A step moves every terminal on by one byte and, where one is complete, adds the terminals
// that may follow: the closure. Two ways to the same terminal are one item whose places are united, so the number of
// items is bounded by the grammar, however ambiguous it is.
#include "puna/base/grammar_matcher.h"

#include <algorithm>
#include <utility>

#include "base/grammar_closure.h"

namespace puna {
namespace {

std::uint64_t mixed_state(std::uint64_t hash, std::uint64_t value) {
  hash = (hash ^ value) * 0x9E3779B97F4A7C15U;
  return hash ^ (hash >> 29U);
}

std::uint64_t pair_key(std::uint32_t high, std::uint32_t low) { return (std::uint64_t{high} << 32U) | low; }

}  // namespace

GrammarMatcher::GrammarMatcher(const Grammar& grammar, RegexPool& pool) : grammar_(grammar), pool_(pool) {
  regex_of_.resize(grammar.exprs(), Regex::nothing);
  for (std::size_t i = 0; i < regex_of_.size(); ++i) {
    if (const auto* text = std::get_if<expr::Text>(&grammar.at(ExprId{static_cast<std::uint32_t>(i)}))) {
      regex_of_[i] = text->regex;
    }
  }
  regex_of_ = pool.copy(grammar.regexes, regex_of_);
  places_.emplace_back();  // Places::none
  states_.emplace_back();  // State::dead
  const Places end = place({.expr = kEndOfText, .progress = 0, .parents = Places::none});
  Closure closure(*this);
  closure.expand(grammar.root(), end);
  start_ = closure.finish();
}

GrammarMatcher::State GrammarMatcher::next(State state, std::uint8_t byte) {
  if (state == State::dead) {
    return state;
  }
  const std::uint64_t key = pair_key(static_cast<std::uint32_t>(state), byte);
  if (const auto known = steps_.find(key); known != steps_.end()) {
    return known->second;
  }
  Closure closure(*this);
  for (std::uint32_t i = 0; i < states_[index(state)].count; ++i) {
    const Item item = items_[states_[index(state)].first + i];
    closure.reach(pool_.next(item.regex, byte), item.places);
  }
  const State to = closure.finish();
  if (is_full()) {
    return State::dead;
  }
  steps_.emplace(key, to);
  cells_ += 3;
  return to;
}

GrammarMatcher::State GrammarMatcher::next(State state, std::string_view text) {
  for (const char c : text) {
    state = next(state, static_cast<std::uint8_t>(c));
  }
  return state;
}

GrammarMatcher::State GrammarMatcher::after(Places places) {
  const auto key = static_cast<std::uint32_t>(places);
  if (const auto known = after_.find(key); known != after_.end()) {
    return known->second;
  }
  Closure closure(*this);
  closure.resume(places);
  const State to = closure.finish();
  if (is_full()) {
    return State::dead;
  }
  after_.emplace(key, to);
  cells_ += 3;
  return to;
}

GrammarMatcher::State GrammarMatcher::adopt(const GrammarMatcher& other, State state) {
  std::unordered_map<Places, Places> known;
  std::vector<Item> items;
  for (const Item& item : other.items(state)) {
    items.push_back({.regex = item.regex, .places = adopt(other, item.places, known)});
  }
  return intern(items, other.may_end(state));
}

// As deep as the grammar may nest.
GrammarMatcher::Places GrammarMatcher::adopt(const GrammarMatcher& other, Places places,
                                             std::unordered_map<Places, Places>& known) {
  if (places == Places::none) {
    return places;
  }
  if (const auto found = known.find(places); found != known.end()) {
    return found->second;
  }
  std::vector<Frame> frames;
  const Span& span = other.places_[index(places)];
  for (const Frame& frame : std::span(other.frames_).subspan(span.first, span.count)) {
    Frame own = frame;
    own.parents = adopt(other, frame.parents, known);
    if (own.expr != kEndOfText) {
      const Grammar::Expr& expr = grammar_.at(own.expr);
      if (std::holds_alternative<expr::Members>(expr) || std::holds_alternative<expr::Items>(expr)) {
        own.progress = intern(other.progress_[frame.progress]);
      }
    }
    frames.push_back(own);
  }
  std::ranges::sort(frames);  // progress has other numbers here
  const Places own = intern(frames);
  known.emplace(places, own);
  return own;
}

std::span<const GrammarMatcher::Item> GrammarMatcher::items(State state) const {
  const Span& span = states_[index(state)];
  return std::span(items_).subspan(span.first, span.count);
}

ByteSet GrammarMatcher::next_bytes(State state) {
  ByteSet bytes;
  for (std::uint32_t i = 0; i < states_[index(state)].count; ++i) {
    const RegexPool::Row& row = pool_.row(items_[states_[index(state)].first + i].regex);
    for (unsigned byte = 0; byte < 256; ++byte) {
      if (row[byte] != Regex::nothing) {
        bytes.add(static_cast<std::uint8_t>(byte));
      }
    }
  }
  return bytes;
}

std::optional<std::uint8_t> GrammarMatcher::only_byte(State state) {
  std::optional<std::uint8_t> only;
  if (may_end(state)) {
    return only;
  }
  for (std::uint32_t i = 0; i < states_[index(state)].count; ++i) {
    const RegexPool::Row& row = pool_.row(items_[states_[index(state)].first + i].regex);
    for (unsigned byte = 0; byte < 256; ++byte) {
      if (row[byte] == Regex::nothing || only == byte) {
        continue;
      }
      if (only) {
        return std::nullopt;
      }
      only = static_cast<std::uint8_t>(byte);
    }
  }
  return only;
}

GrammarMatcher::Places GrammarMatcher::place(const Frame& frame) {
  if (places_[index(frame.parents)].depth >= grammar_.depth_max) {
    return Places::none;
  }
  return intern(std::span(&frame, 1));
}

GrammarMatcher::Places GrammarMatcher::intern(std::span<const Frame> frames) {
  std::uint64_t hash = frames.size();
  std::uint32_t depth = 0;
  for (const Frame& frame : frames) {
    hash = mixed_state(mixed_state(hash, pair_key(static_cast<std::uint32_t>(frame.expr), frame.progress)),
                       static_cast<std::uint64_t>(frame.parents));
    depth = std::max(depth, places_[index(frame.parents)].depth + 1);
  }
  const auto [first, last] = places_by_hash_.equal_range(hash);
  for (auto known = first; known != last; ++known) {
    const Span& span = places_[known->second];
    if (std::ranges::equal(std::span(frames_).subspan(span.first, span.count), frames)) {
      return Places{known->second};
    }
  }
  // What is referred to comes first: if memory runs out in between, nothing refers to what is not there.
  const auto id = static_cast<std::uint32_t>(places_.size());
  const auto from = static_cast<std::uint32_t>(frames_.size());
  frames_.insert(frames_.end(), frames.begin(), frames.end());
  places_.push_back({.first = from, .count = static_cast<std::uint32_t>(frames.size()), .depth = depth});
  places_by_hash_.emplace(hash, id);
  cells_ += 3 + frames.size();
  return Places{id};
}

GrammarMatcher::Places GrammarMatcher::unite(std::vector<Places> sets) {
  std::ranges::sort(sets);
  const auto repeated = std::ranges::unique(sets);
  sets.erase(repeated.begin(), repeated.end());
  if (sets.size() == 1) {
    return sets.front();
  }
  const std::uint64_t key =
      sets.size() == 2 ? pair_key(static_cast<std::uint32_t>(sets[0]), static_cast<std::uint32_t>(sets[1])) : 0;
  if (const auto known = united_.find(key); key != 0 && known != united_.end()) {
    return known->second;
  }
  std::vector<Frame> all;
  for (const Places places : sets) {
    const Span& span = places_[index(places)];
    const auto frames = std::span(frames_).subspan(span.first, span.count);
    all.insert(all.end(), frames.begin(), frames.end());
  }
  std::ranges::sort(all);
  std::vector<Frame> merged;
  for (std::size_t i = 0; i < all.size();) {
    std::vector<Places> parents;
    Frame frame = all[i];
    for (; i < all.size() && all[i].expr == frame.expr && all[i].progress == frame.progress; ++i) {
      parents.push_back(all[i].parents);
    }
    frame.parents = unite(std::move(parents));
    merged.push_back(frame);
  }
  const Places united = intern(merged);
  if (key != 0) {
    united_.emplace(key, united);
    cells_ += 3;
  }
  return united;
}

GrammarMatcher::State GrammarMatcher::intern(std::vector<Item>& items, bool may_end) {
  std::ranges::sort(items, {}, [](const Item& item) { return std::pair{item.regex, item.places}; });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < items.size();) {
    std::vector<Places> same;
    const Regex regex = items[i].regex;
    for (; i < items.size() && items[i].regex == regex; ++i) {
      same.push_back(items[i].places);
    }
    items[kept++] = {.regex = regex, .places = unite(same)};
  }
  items.resize(kept);
  if (items.empty() && !may_end) {
    return State::dead;
  }
  std::uint64_t hash = may_end ? 1 : 2;
  for (const Item& item : items) {
    hash = mixed_state(hash, pair_key(static_cast<std::uint32_t>(item.regex), static_cast<std::uint32_t>(item.places)));
  }
  const auto [first, last] = states_by_hash_.equal_range(hash);
  for (auto known = first; known != last; ++known) {
    const Span& span = states_[known->second];
    if (span.may_end == may_end && std::ranges::equal(std::span(items_).subspan(span.first, span.count), items)) {
      return State{known->second};
    }
  }
  const auto id = static_cast<std::uint32_t>(states_.size());
  const auto from = static_cast<std::uint32_t>(items_.size());
  items_.insert(items_.end(), items.begin(), items.end());
  states_.push_back({.first = from, .count = static_cast<std::uint32_t>(items.size()), .may_end = may_end});
  states_by_hash_.emplace(hash, id);
  cells_ += 4 + items.size();
  return State{id};
}

std::uint32_t GrammarMatcher::intern(const Progress& progress) {
  std::uint64_t hash = mixed_state(pair_key(progress.count, progress.counted), progress.after_separator ? 1 : 0);
  for (const std::uint64_t word : progress.seen) {
    hash = mixed_state(hash, word);
  }
  const auto [first, last] = progress_by_hash_.equal_range(hash);
  for (auto known = first; known != last; ++known) {
    if (progress_[known->second] == progress) {
      return known->second;
    }
  }
  const auto id = static_cast<std::uint32_t>(progress_.size());
  progress_.push_back(progress);
  progress_by_hash_.emplace(hash, id);
  cells_ += 5 + progress.seen.size();
  return id;
}

}  // namespace puna

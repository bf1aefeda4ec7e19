// Building expressions: every constructor brings its argument into one form, so that equal languages mostly become
// equal expressions and the automaton stays small.
#include "puna/base/regex_pool.h"

#include <algorithm>
#include <utility>

#include "base/regex_id.h"
#include "puna/base/error.h"

namespace puna {
namespace {

// Beyond this many common first parts, alternatives are kept side by side instead of being factored.
constexpr int kFactorDepthMax = 400;

// More than anybody will ever write is as good as endless.
std::uint32_t product(std::uint32_t a, std::uint32_t b) {
  const std::uint64_t both = std::uint64_t{a} * b;
  return a == RegexPool::kEndless || b == RegexPool::kEndless || both > 1'000'000'000
             ? RegexPool::kEndless
             : static_cast<std::uint32_t>(both);
}

std::uint32_t sum(std::uint32_t a, std::uint32_t b) {
  return a > RegexPool::kEndless - b ? RegexPool::kEndless : a + b;
}

std::uint64_t mixed_node(std::uint64_t hash, std::uint64_t value) {
  hash = (hash ^ value) * 0x9E3779B97F4A7C15U;
  return hash ^ (hash >> 32U);
}

// Room for one more. Vectors that grow together take memory before any of them changes: if there is none, all stay.
template <class T>
void make_room(std::vector<T>& vector) {
  if (vector.size() == vector.capacity()) {
    vector.reserve(std::max<std::size_t>(64, 2 * vector.size()));
  }
}

}  // namespace

RegexPool::RegexPool() {
  nodes_.push_back({.kind = Kind::nothing});
  nodes_.push_back({.kind = Kind::empty, .is_nullable = true});
  rows_.resize(2);
  asked_.resize(2);
  life_ = {Life::dead, Life::alive};
}

std::span<const Regex> RegexPool::children(const Node& node) const {
  return std::span(children_).subspan(node.a, node.b - node.a);
}

bool RegexPool::is_same(const Node& old, const Node& node, std::span<const Regex> children) const {
  if (old.kind != node.kind) {
    return false;
  }
  if (node.kind == Kind::either || node.kind == Kind::both) {
    return std::ranges::equal(this->children(old), children);
  }
  return old.a == node.a && old.b == node.b && old.c == node.c;
}

Regex RegexPool::intern(Node node, std::span<const Regex> children) {
  std::uint64_t hash = mixed_node(static_cast<std::uint64_t>(node.kind), node.c);
  hash = mixed_node(mixed_node(hash, node.a), node.b);
  for (const Regex child : children) {
    hash = mixed_node(hash, id(child));
  }
  const auto [first, last] = by_hash_.equal_range(hash);
  for (auto known = first; known != last; ++known) {
    if (is_same(nodes_[known->second], node, children)) {
      return Regex{known->second};
    }
  }
  if (is_full()) {
    return Regex::nothing;
  }
  if (!children.empty()) {
    node.a = static_cast<std::uint32_t>(children_.size());
    node.b = static_cast<std::uint32_t>(children_.size() + children.size());
    children_.insert(children_.end(), children.begin(), children.end());
  }
  make_room(nodes_);
  make_room(rows_);
  make_room(life_);
  make_room(asked_);
  const auto index = static_cast<std::uint32_t>(nodes_.size());
  nodes_.push_back(node);
  rows_.emplace_back();
  asked_.push_back(0);
  life_.push_back(node.has_boolean && !node.is_nullable ? Life::unknown : Life::alive);
  by_hash_.emplace(hash, index);
  cells_ += 1 + children.size();
  return Regex{index};
}

Regex RegexPool::bytes(const ByteSet& set) {
  if (set.is_empty()) {
    return Regex::nothing;
  }
  const std::uint64_t hash = set.hash();
  const auto [first, last] = by_hash_.equal_range(hash);
  for (auto known = first; known != last; ++known) {
    const Node& old = nodes_[known->second];
    if (old.kind == Kind::bytes && sets_[old.a] == set) {
      return Regex{known->second};
    }
  }
  if (is_full()) {
    return Regex::nothing;
  }
  make_room(nodes_);
  make_room(rows_);
  make_room(life_);
  make_room(asked_);
  make_room(sets_);
  const auto index = static_cast<std::uint32_t>(nodes_.size());
  nodes_.push_back({.kind = Kind::bytes, .a = static_cast<std::uint32_t>(sets_.size()), .way = 1});
  sets_.push_back(set);
  rows_.emplace_back();
  asked_.push_back(0);
  life_.push_back(Life::alive);
  by_hash_.emplace(hash, index);
  ++cells_;
  return Regex{index};
}

Regex RegexPool::literal(std::string_view text, Regex tail) {
  for (auto c = text.rbegin(); c != text.rend(); ++c) {
    tail = sequence(bytes(ByteSet::one(static_cast<std::uint8_t>(*c))), tail);
  }
  return tail;
}

// Sequences lean to the right: the head is never a sequence.
Regex RegexPool::sequence(Regex head, Regex tail) {
  if (head == Regex::nothing || tail == Regex::nothing) {
    return Regex::nothing;
  }
  if (head == Regex::empty) {
    return tail;
  }
  if (tail == Regex::empty) {
    return head;
  }
  std::vector<Regex> heads;
  while (node(head).kind == Kind::sequence) {
    heads.push_back(Regex{node(head).a});
    head = Regex{node(head).b};
  }
  heads.push_back(head);
  for (auto part = heads.rbegin(); part != heads.rend(); ++part) {
    const Node& a = node(*part);
    const Node& b = node(tail);
    tail = intern({.kind = Kind::sequence,
                   .is_nullable = a.is_nullable && b.is_nullable,
                   .has_counter = a.has_counter || b.has_counter,
                   .has_boolean = a.has_boolean || b.has_boolean,
                   .a = id(*part),
                   .b = id(tail),
                   .way = sum(a.way, b.way)});
  }
  return tail;
}

Regex RegexPool::sequence(std::span<const Regex> parts) {
  Regex regex = Regex::empty;
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    regex = sequence(*part, regex);
  }
  return regex;
}

Regex RegexPool::either(const std::vector<Regex>& options) { return factored(options, 0); }

// Of sequences with one head.
Regex RegexPool::factor_out(std::span<const Regex> options, int depth) {
  std::vector<Regex> tails;
  tails.reserve(options.size());
  for (const Regex option : options) {
    tails.push_back(Regex{node(option).b});
  }
  const Regex shared{node(options.front()).a};
  return sequence(shared, factored(tails, depth + 1));
}

// Sets of one byte are joined; "ab|ac" becomes "a(b|c)", which turns a list of words into a tree of letters.
Regex RegexPool::factored(const std::vector<Regex>& options, int depth) {
  std::vector<Regex> flat;
  ByteSet joined;
  for (const Regex option : options) {
    const Node& one = node(option);
    if (one.kind == Kind::either) {
      const auto inner = children(one);
      flat.insert(flat.end(), inner.begin(), inner.end());
    } else {
      flat.push_back(option);
    }
  }
  std::erase_if(flat, [&](Regex option) {
    if (node(option).kind == Kind::bytes) {
      joined |= sets_[node(option).a];
      return true;
    }
    return option == Regex::nothing;
  });
  if (!joined.is_empty()) {
    flat.push_back(bytes(joined));
  }
  const auto head = [this](Regex option) {
    return node(option).kind == Kind::sequence ? std::pair{0U, node(option).a} : std::pair{1U, id(option)};
  };
  // Words that begin alike need no order yet.
  if (flat.size() > 1 && depth < kFactorDepthMax && head(flat.front()).first == 0 &&
      std::ranges::all_of(flat, [&](Regex each) { return head(each) == head(flat.front()); })) {
    return factor_out(flat, depth);
  }
  std::ranges::sort(flat, [&](Regex a, Regex b) { return std::pair{head(a), a} < std::pair{head(b), b}; });
  const auto repeated = std::ranges::unique(flat);
  flat.erase(repeated.begin(), repeated.end());

  std::vector<Regex> out;
  for (std::size_t i = 0; i < flat.size();) {
    std::size_t end = i + 1;
    const bool is_sequence = node(flat[i]).kind == Kind::sequence && depth < kFactorDepthMax;
    while (is_sequence && end < flat.size() && head(flat[end]) == head(flat[i])) {
      ++end;
    }
    if (end - i == 1) {
      out.push_back(flat[i]);
    } else {
      out.push_back(factor_out(std::span(flat).subspan(i, end - i), depth));
    }
    i = end;
  }
  if (out.empty()) {
    return Regex::nothing;
  }
  // r | "" is r where r matches "" itself.
  if (std::ranges::any_of(out, [this](Regex option) { return option != Regex::empty && node(option).is_nullable; })) {
    std::erase(out, Regex::empty);
  }
  if (out.size() == 1) {
    return out.front();
  }
  std::ranges::sort(out);
  Node made{.kind = Kind::either, .way = kEndless};
  for (const Regex option : out) {
    made.way = std::min(made.way, node(option).way);
    made.is_nullable |= node(option).is_nullable;
    made.has_counter |= node(option).has_counter;
    made.has_boolean |= node(option).has_boolean;
  }
  return intern(made, out);
}

Regex RegexPool::both(const std::vector<Regex>& all) {
  std::vector<Regex> flat;
  for (const Regex one : all) {
    if (node(one).kind == Kind::both) {
      const auto inner = children(node(one));
      flat.insert(flat.end(), inner.begin(), inner.end());
    } else {
      flat.push_back(one);
    }
  }
  std::ranges::sort(flat);
  const auto repeated = std::ranges::unique(flat);
  flat.erase(repeated.begin(), repeated.end());
  std::erase_if(flat, [this](Regex one) { return node(one).kind == Kind::complement && node(one).a == 0; });
  if (flat.empty()) {
    return complement(Regex::nothing);
  }
  Node made{.kind = Kind::both, .is_nullable = true, .has_boolean = true};
  for (const Regex one : flat) {
    if (one == Regex::nothing) {
      return Regex::nothing;
    }
    if (one == Regex::empty) {
      const bool fits = std::ranges::all_of(flat, [this](Regex each) { return node(each).is_nullable; });
      return fits ? Regex::empty : Regex::nothing;
    }
    made.is_nullable &= node(one).is_nullable;
    made.has_counter |= node(one).has_counter;
    made.way = sum(made.way, node(one).way);  // usually one after the other
  }
  return flat.size() == 1 ? flat.front() : intern(made, flat);
}

Regex RegexPool::complement(Regex regex) {
  const Node& inner = node(regex);
  if (inner.kind == Kind::complement) {
    return Regex{inner.a};
  }
  return intern({.kind = Kind::complement,
                 .is_nullable = !inner.is_nullable,
                 .has_counter = inner.has_counter,
                 .has_boolean = true,
                 .a = id(regex),
                 .way = inner.is_nullable ? 1U : 0U});
}

Regex RegexPool::repeat(Regex regex, std::uint32_t min, std::uint32_t max) {
  PUNA_CHECK(min <= max, "a repetition's least count is at most its greatest");
  if (max == 0 || regex == Regex::empty) {
    return Regex::empty;
  }
  if (regex == Regex::nothing) {
    return min == 0 ? Regex::empty : Regex::nothing;
  }
  const Node inner = node(regex);
  if (inner.is_nullable) {
    min = 0;
  }
  if (max == 1) {
    return min == 1 ? regex : optional(regex);
  }
  // (r{0,a}){m,n} is r{0,an}, (r{1,a}){m,n} is r{m,an}: nested counters multiply states, one counter does not.
  if (inner.kind == Kind::repeat && inner.b <= 1) {
    return repeat(Regex{inner.a}, inner.b * min, product(inner.c, max));
  }
  if (inner.kind == Kind::either && inner.is_nullable) {
    if (const Regex without_empty = not_empty(inner); without_empty != regex) {
      return repeat(without_empty, 0, max);  // (r|""){m,n} is r{0,n}
    }
  }
  return intern({.kind = Kind::repeat,
                 .is_nullable = min == 0,
                 .has_counter = inner.has_counter || min > 1 || (max != kEndless && max > 1),
                 .has_boolean = inner.has_boolean,
                 .a = id(regex),
                 .b = min,
                 .c = max,
                 .way = product(inner.way, min)});
}

// Of an either: itself without the option that is nothing but "".
Regex RegexPool::not_empty(const Node& options) {
  std::vector<Regex> rest;
  for (const Regex option : children(options)) {
    if (option != Regex::empty) {
      rest.push_back(option);
    }
  }
  return either(rest);
}

}  // namespace puna

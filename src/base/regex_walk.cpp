// Walking expressions: derivatives by byte, dead ends, and what texts of bounded length can tell apart.
#include <algorithm>
#include <functional>
#include <queue>
#include <unordered_set>
#include <utility>

#include "base/regex_id.h"
#include "puna/base/regex_pool.h"

namespace puna {
namespace {

constexpr std::size_t kWitnessBytesMax = 300;

// A state of a search.
struct Seen {
  Regex state;
  std::size_t before = 0;  // index of the one before it
  std::uint8_t byte = 0;   // that led here
  ByteSet left;            // bytes that were not followed yet
};

}  // namespace

Regex RegexPool::derive(Regex regex, std::uint8_t byte) {
  const Node one = node(regex);  // a copy: nodes_ grows below
  switch (one.kind) {
    case Kind::nothing:
    case Kind::empty:
      return Regex::nothing;
    case Kind::bytes:
      return sets_[one.a].has(byte) ? Regex::empty : Regex::nothing;
    case Kind::sequence:
      return derive_sequence(regex, byte);
    case Kind::either:
    case Kind::both:
      return derive_set(one, byte);
    case Kind::complement:
      return complement(next(Regex{one.a}, byte));
    case Kind::repeat: {
      const Regex begun = derive(Regex{one.a}, byte);
      if (begun == Regex::nothing) {
        return begun;
      }
      const std::uint32_t min = one.b == 0 ? 0 : one.b - 1;
      const std::uint32_t max = one.c == kEndless ? kEndless : one.c - 1;
      return sequence(begun, repeat(Regex{one.a}, min, max));
    }
  }
  return Regex::nothing;
}

// The byte may belong to the first part, or, while parts before it can be empty, to a later one.
Regex RegexPool::derive_sequence(Regex regex, std::uint8_t byte) {
  std::vector<Regex> options;
  while (node(regex).kind == Kind::sequence) {
    const Regex head{node(regex).a};
    const Regex tail{node(regex).b};
    options.push_back(sequence(derive(head, byte), tail));
    if (!matches_empty(head)) {
      return options.size() == 1 ? options.front() : either(options);
    }
    regex = tail;
  }
  options.push_back(derive(regex, byte));
  return either(options);
}

Regex RegexPool::derive_set(const Node& one, std::uint8_t byte) {
  std::vector<Regex> parts;
  parts.reserve(one.b - one.a);
  for (std::uint32_t i = one.a; i < one.b; ++i) {
    // The parts of an intersection come back in other states of it: what follows them is worth keeping.
    const Regex part = one.kind == Kind::both ? next(children_[i], byte) : derive(children_[i], byte);
    if (part == Regex::nothing) {
      if (one.kind == Kind::both) {
        return part;
      }
      continue;
    }
    parts.push_back(part);
  }
  return one.kind == Kind::either ? either(parts) : both(parts);
}

ByteSet RegexPool::borders(Regex regex) const {
  ByteSet found;
  while (node(regex).kind == Kind::sequence) {
    const Regex head{node(regex).a};
    found |= borders(head);
    if (!matches_empty(head)) {
      return found;
    }
    regex = Regex{node(regex).b};
  }
  const Node& one = node(regex);
  switch (one.kind) {
    case Kind::bytes:
      found |= sets_[one.a].borders();
      break;
    case Kind::either:
    case Kind::both:
      for (const Regex child : children(one)) {
        found |= borders(child);
      }
      break;
    case Kind::complement:
    case Kind::repeat:
      found |= borders(Regex{one.a});
      break;
    default:
      break;
  }
  return found;
}

const RegexPool::Row& RegexPool::row(Regex regex) {
  static constexpr Row kDeadEnd{};
  if (!rows_[id(regex)]) {
    if (is_full()) {
      return kDeadEnd;
    }
    const ByteSet changes = borders(regex);
    auto row = std::make_unique<Row>();
    Regex to = Regex::nothing;
    for (unsigned byte = 0; byte < 256; ++byte) {
      if (byte == 0 || changes.has(static_cast<std::uint8_t>(byte))) {
        to = derive(regex, static_cast<std::uint8_t>(byte));
        to = is_dead(to) ? Regex::nothing : to;
      }
      (*row)[byte] = to;
    }
    if (is_full()) {
      return kDeadEnd;  // what was derived without room is wrong
    }
    rows_[id(regex)] = std::move(row);
    cells_ += 16;
  }
  return *rows_[id(regex)];
}

Regex RegexPool::next(Regex regex, std::uint8_t byte) {
  if (rows_[id(regex)] || asked_[id(regex)] >= (has_costly_row(regex) ? 16 : 3)) {
    return row(regex)[byte];
  }
  const std::uint64_t key = (std::uint64_t{id(regex)} << 8U) | byte;
  if (const auto known = steps_.find(key); known != steps_.end()) {
    return known->second;
  }
  Regex to = derive(regex, byte);
  to = is_dead(to) ? Regex::nothing : to;
  if (is_full()) {
    return Regex::nothing;  // what was derived without room is wrong
  }
  steps_.emplace(key, to);
  ++asked_[id(regex)];
  cells_ += 1;
  return to;
}

// A search for a state that matches "", downhill first: from each state only until one is found that looks nearer. What
// it passes on the way is alive; if there is none, all is dead.
bool RegexPool::is_dead(Regex regex) {
  if (life_[id(regex)] != Life::unknown) {
    return life_[id(regex)] == Life::dead;
  }
  if (fits_a_witness(regex)) {
    life_[id(regex)] = Life::alive;
    return false;
  }
  std::vector<Seen> seen;
  std::unordered_set<std::uint32_t> known;
  using Open = std::pair<std::uint32_t, std::size_t>;  // how far it looks, index in `seen`
  std::priority_queue<Open, std::vector<Open>, std::greater<>> open;
  const auto enter = [&](Regex state, std::size_t before, std::uint8_t byte) {
    ByteSet left = borders(state);
    left.add(0);
    open.emplace(node(state).way, seen.size());
    known.insert(id(state));
    seen.push_back({.state = state, .before = before, .byte = byte, .left = left});
  };
  enter(regex, 0, 0);
  while (!open.empty() && seen.size() < kSearchMax && !is_full()) {
    const auto [way, i] = open.top();
    open.pop();
    for (bool is_nearest = true; is_nearest && !seen[i].left.is_empty();) {
      const std::uint8_t byte = seen[i].left.first();
      seen[i].left.remove(byte);
      const Regex to = derive(seen[i].state, byte);
      if (life_[id(to)] == Life::alive) {
        std::string text(1, static_cast<char>(byte));
        for (std::size_t back = i;; back = seen[back].before) {
          life_[id(seen[back].state)] = Life::alive;
          if (back == 0) {
            break;
          }
          text.insert(text.begin(), static_cast<char>(seen[back].byte));
        }
        keep_witness(std::move(text), to);
        return false;
      }
      if (life_[id(to)] == Life::unknown && !known.contains(id(to))) {
        is_nearest = node(to).way >= way;
        if (!is_nearest) {
          open.emplace(way, i);  // to be gone on with
        }
        enter(to, i, byte);
      }
    }
  }
  // Too far to tell: taken as alive, once for all that was seen, or every one of them would be searched again.
  const bool gave_up = !open.empty() || is_full();
  for (const Seen& each : seen) {
    life_[id(each.state)] = gave_up ? Life::alive : Life::dead;
  }
  return !gave_up;
}

// Each part walks alone, through states that it has in common with other intersections; the intersection's own states
// need not be made.
bool RegexPool::fits_a_witness(Regex regex) {
  const Node one = node(regex);
  const auto fits_all = [&](const std::string& text) {
    for (std::uint32_t i = one.a; i < one.b; ++i) {
      if (!matches(children_[i], text)) {
        return false;
      }
    }
    return true;
  };
  return one.kind == Kind::both && std::ranges::any_of(witnesses_, fits_all);
}

// The text, completed by one that `rest` matches; dropped where going downhill does not lead to one.
void RegexPool::keep_witness(std::string text, Regex rest) {
  while (!matches_empty(rest)) {
    ByteSet changes = borders(rest);
    Regex nearest = rest;
    char byte = 0;
    for (; !changes.is_empty(); changes.remove(changes.first())) {
      const Regex to = derive(rest, changes.first());
      if (to != Regex::nothing && node(to).way < node(nearest).way) {
        nearest = to;
        byte = static_cast<char>(changes.first());
      }
    }
    if (nearest == rest || text.size() > kWitnessBytesMax || is_full()) {
      return;
    }
    rest = nearest;
    text += byte;
  }
  witnesses_.at(witnesses_kept_++ % witnesses_.size()) = std::move(text);
}

bool RegexPool::matches(Regex regex, std::string_view text) {
  for (const char c : text) {
    regex = next(regex, static_cast<std::uint8_t>(c));
    if (regex == Regex::nothing) {
      return false;
    }
  }
  return matches_empty(regex);
}

// Each turn of a repeat that is not nullable takes at least one byte, so `bytes` of them cannot reach a bound beyond
// it.
Regex RegexPool::within(Regex regex, std::uint32_t bytes) {
  const Node one = node(regex);
  if (!one.has_counter || one.has_boolean) {
    return regex;
  }
  const std::uint64_t key = (std::uint64_t{bytes} << 32U) | id(regex);
  if (const auto known = within_.find(key); known != within_.end()) {
    return known->second;
  }
  Regex made = regex;
  switch (one.kind) {
    case Kind::sequence: {
      std::vector<Regex> parts;
      Regex rest = regex;
      while (node(rest).kind == Kind::sequence && node(rest).has_counter) {
        parts.push_back(within(Regex{node(rest).a}, bytes));
        rest = Regex{node(rest).b};
      }
      parts.push_back(within(rest, bytes));
      made = sequence(parts);
      break;
    }
    case Kind::either: {
      std::vector<Regex> options;
      for (std::uint32_t i = one.a; i < one.b; ++i) {
        options.push_back(within(children_[i], bytes));
      }
      made = either(options);
      break;
    }
    case Kind::repeat: {
      const Regex inner = within(Regex{one.a}, bytes);
      const bool counts = !matches_empty(inner);
      const std::uint32_t min = counts ? std::min(one.b, bytes + 1) : one.b;
      const std::uint32_t max = counts && one.c > bytes ? kEndless : one.c;
      made = repeat(inner, min, max);
      break;
    }
    default:
      break;
  }
  within_.emplace(key, made);
  return made;
}

}  // namespace puna

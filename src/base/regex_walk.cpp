// Walking expressions: derivatives by byte, dead ends, and what texts of bounded length can tell apart.
#include <algorithm>
#include <utility>

#include "puna/base/regex_pool.h"

namespace puna {
namespace {

std::uint32_t id(Regex regex) { return static_cast<std::uint32_t>(regex); }

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
    // The parts of an intersection come back in every state of it: their rows are worth keeping.
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
    case Kind::bytes: {
      bool before = false;
      for (unsigned byte = 0; byte < 256; ++byte) {
        const bool has = sets_[one.a].has(static_cast<std::uint8_t>(byte));
        if (has != before) {
          found.add(static_cast<std::uint8_t>(byte));
        }
        before = has;
      }
      break;
    }
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

// A search for a state that matches "". What it passes on the way to one is alive; if there is none, all is dead.
bool RegexPool::is_dead(Regex regex) {
  if (life_[id(regex)] != Life::unknown) {
    return life_[id(regex)] == Life::dead;
  }
  std::vector<std::pair<Regex, std::size_t>> seen = {{regex, 0}};  // state, index of the one before it
  std::unordered_map<std::uint32_t, bool> known = {{id(regex), true}};
  for (std::size_t i = 0; i < seen.size() && seen.size() < kSearchMax && !is_full(); ++i) {
    const Regex from = seen[i].first;
    const ByteSet changes = borders(from);
    for (unsigned byte = 0; byte < 256; ++byte) {
      if (byte != 0 && !changes.has(static_cast<std::uint8_t>(byte))) {
        continue;
      }
      const Regex to = derive(from, static_cast<std::uint8_t>(byte));
      if (life_[id(to)] == Life::alive) {
        for (std::size_t back = i;; back = seen[back].second) {
          life_[id(seen[back].first)] = Life::alive;
          if (back == 0) {
            return false;
          }
        }
      }
      if (life_[id(to)] == Life::unknown && known.try_emplace(id(to), true).second) {
        seen.emplace_back(to, i);
      }
    }
  }
  // Too far to tell: taken as alive, once for all that was seen, or every one of them would be searched again.
  const bool gave_up = seen.size() >= kSearchMax || is_full();
  for (const auto& [state, before] : seen) {
    life_[id(state)] = gave_up ? Life::alive : Life::dead;
  }
  return !gave_up;
}

bool RegexPool::matches(Regex regex, std::string_view text) {
  for (const char c : text) {
    regex = next(regex, static_cast<std::uint8_t>(c));
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

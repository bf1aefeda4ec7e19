// Expressions from one pool to another.
#include <algorithm>

#include "base/regex_id.h"
#include "puna/base/regex_pool.h"

namespace puna {

std::vector<Regex> RegexPool::copy(const RegexPool& from, std::span<const Regex> regexes) {
  // Children are older than their parents: one pass upwards over what is referred to.
  std::vector<bool> wanted(std::max<std::size_t>(2, from.nodes_.size()), false);
  for (const Regex regex : regexes) {
    wanted[id(regex)] = true;
  }
  for (std::size_t i = wanted.size() - 1; i > 1; --i) {
    if (!wanted[i]) {
      continue;
    }
    const Node& old = from.nodes_[i];
    if (old.kind == Kind::sequence || old.kind == Kind::complement || old.kind == Kind::repeat) {
      wanted[old.a] = true;
    }
    if (old.kind == Kind::sequence) {
      wanted[old.b] = true;
    } else if (old.kind == Kind::either || old.kind == Kind::both) {
      for (const Regex child : from.children(old)) {
        wanted[id(child)] = true;
      }
    }
  }
  std::vector<Regex> made(wanted.size(), Regex::nothing);
  for (std::size_t i = 1; i < wanted.size(); ++i) {
    if (!wanted[i]) {
      continue;
    }
    const Node& old = from.nodes_[i];
    std::vector<Regex> parts;
    if (old.kind == Kind::either || old.kind == Kind::both) {
      for (const Regex child : from.children(old)) {
        parts.push_back(made[id(child)]);
      }
    }
    switch (old.kind) {
      case Kind::nothing:
        made[i] = Regex::nothing;
        break;
      case Kind::empty:
        made[i] = Regex::empty;
        break;
      case Kind::bytes:
        made[i] = bytes(from.sets_[old.a]);
        break;
      case Kind::sequence:
        made[i] = sequence(made[old.a], made[old.b]);
        break;
      case Kind::either:
        made[i] = either(parts);
        break;
      case Kind::both:
        made[i] = both(parts);
        break;
      case Kind::complement:
        made[i] = complement(made[old.a]);
        break;
      case Kind::repeat:
        made[i] = repeat(made[old.a], old.b, old.c);
        break;
    }
  }
  std::vector<Regex> copies;
  copies.reserve(regexes.size());
  for (const Regex regex : regexes) {
    copies.push_back(made[id(regex)]);
  }
  return copies;
}

}  // namespace puna

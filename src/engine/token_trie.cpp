#include "engine/token_trie.h"

#include <algorithm>
#include <numeric>

#include "puna/base/grammar.h"

namespace puna::engine {

TokenTrie::TokenTrie(const EngineWeights& weights) {
  const auto count = static_cast<std::size_t>(weights.vocabulary_tokens());
  bytes_.resize(count);
  ends_.resize(count);
  place_of_.assign(count, kNoPlace);
  for (std::size_t i = 0; i < count; ++i) {
    const auto token = static_cast<Token>(i);
    ends_[i] = weights.ends_generation(token);
    const std::string_view text = weights.bytes(token);
    const bool is_control = weights.is_control(token) && !text.empty();
    // A byte that no UTF-8 text has begins control tokens here, and nothing else: no text may spell one.
    const bool is_text = !is_control && !text.contains(kControlMark);
    bytes_[i] = is_control ? control_token(text) : is_text ? std::string(text) : std::string();
    // Depth is kept in 16 bits; no vocabulary comes near.
    if (!bytes_[i].empty() && bytes_[i].size() < 0xFFFF) {
      sorted_.push_back(token);
      longest_ = std::max(longest_, static_cast<std::uint32_t>(bytes_[i].size()));
    }
  }
  std::ranges::sort(sorted_, [this](Token a, Token b) {
    const int order = bytes(a).compare(bytes(b));
    return order != 0 ? order < 0 : a < b;
  });
  std::vector<std::uint32_t> path;  // the nodes above, from the top
  std::string_view before;
  for (std::uint32_t place = 0; place < sorted_.size(); ++place) {
    const std::string_view text = bytes(sorted_[place]);
    place_of_[static_cast<std::size_t>(sorted_[place])] = place;
    const auto [ours, theirs] = std::ranges::mismatch(text, before);
    const auto shared = static_cast<std::size_t>(ours - text.begin());
    for (; path.size() > shared; path.pop_back()) {
      nodes_[path.back()].end = static_cast<std::uint32_t>(nodes_.size());
    }
    for (std::size_t depth = shared; depth < text.size(); ++depth) {
      path.push_back(static_cast<std::uint32_t>(nodes_.size()));
      nodes_.push_back({.byte = static_cast<std::uint8_t>(text[depth]),
                        .depth = static_cast<std::uint16_t>(depth + 1),
                        .end = 0,
                        .first_place = place});
    }
    before = text;
  }
  for (const std::uint32_t node : path) {
    nodes_[node].end = static_cast<std::uint32_t>(nodes_.size());
  }
}

std::uint32_t TokenTrie::child(std::uint32_t node, std::uint8_t byte) const {
  const bool is_root = node == kNoPlace;
  const auto end = is_root ? static_cast<std::uint32_t>(nodes_.size()) : nodes_[node].end;
  for (std::uint32_t below = is_root ? 0 : node + 1; below < end; below = nodes_[below].end) {
    if (nodes_[below].byte == byte) {
      return below;
    }
  }
  return kNoPlace;
}

std::uint32_t TokenTrie::find(std::string_view text) const {
  std::uint32_t node = kNoPlace;
  for (const char c : text) {
    node = child(node, static_cast<std::uint8_t>(c));
    if (node == kNoPlace) {
      break;
    }
  }
  return node;
}

}  // namespace puna::engine

// The vocabulary as a tree of bytes: what every token adds to a text, sorted, so that tokens which begin alike are
// judged together and a subtree is a range.
//
// A control token's bytes are control_token(text), so that only a grammar that names it meets it. Tokens without bytes
// are not in the tree.
// Thread  any, once made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/backend.h"

namespace puna::engine {

class TokenTrie {
 public:
  // Nodes in the order of a walk in depth; the root is not one of them. All tokens below node i, itself included, have
  // the places [first_place, first_place of node `end`).
  struct Node {
    std::uint8_t byte;
    std::uint16_t depth;        // from 1
    std::uint32_t end;          // the first node that is not below this one
    std::uint32_t first_place;  // of the tokens that end here or below
  };
  static constexpr std::uint32_t kNoPlace = 0xFFFFFFFF;

  explicit TokenTrie(const EngineWeights& weights);

  [[nodiscard]] std::span<const Node> nodes() const { return nodes_; }
  // Tokens sorted by bytes; a token's index here is its place.
  [[nodiscard]] std::uint32_t places() const { return static_cast<std::uint32_t>(sorted_.size()); }
  [[nodiscard]] std::uint32_t place_of(Token token) const { return place_of_[static_cast<std::size_t>(token)]; }
  [[nodiscard]] std::uint32_t first_place(std::uint32_t node) const {
    return node < nodes_.size() ? nodes_[node].first_place : places();
  }
  // How many tokens have exactly this node's bytes.
  [[nodiscard]] std::uint32_t tokens_at(std::uint32_t node) const {
    const std::uint32_t below = node + 1 < nodes_.size() ? nodes_[node + 1].first_place : places();
    return below - nodes_[node].first_place;
  }
  // The child of `node` (kNoPlace: of the root) with this byte, or kNoPlace.
  [[nodiscard]] std::uint32_t child(std::uint32_t node, std::uint8_t byte) const;
  // The node with these bytes; kNoPlace: no token begins so. Requires  text is not empty.
  [[nodiscard]] std::uint32_t find(std::string_view text) const;
  [[nodiscard]] Token token_at(std::uint32_t place) const { return sorted_[place]; }
  [[nodiscard]] std::uint32_t longest() const { return longest_; }  // bytes of the longest token
  [[nodiscard]] const std::string& bytes(Token token) const { return bytes_[static_cast<std::size_t>(token)]; }
  [[nodiscard]] bool ends_generation(Token token) const { return ends_[static_cast<std::size_t>(token)]; }

 private:
  std::vector<std::string> bytes_;  // by token
  std::vector<bool> ends_;          // by token
  std::vector<Token> sorted_;
  std::vector<std::uint32_t> place_of_;  // by token
  std::vector<Node> nodes_;
  std::uint32_t longest_ = 0;
};

}  // namespace puna::engine

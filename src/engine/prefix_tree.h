// Who holds which beginnings: a radix tree over tokens. A holder is a lane of the cache, a saved state or a running
// prompt; its path from the root spells its tokens, and holders that begin alike share that part of the path.
//
// Pure. Invariant: every leaf ends where some holder ends, so each node leads to a holder. Without memory put() throws
// std::bad_alloc, and the holder holds nothing; nothing else takes memory.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "puna/engine/weights.h"

namespace puna::engine {

class PrefixTree {
 public:
  using Holder = std::uint64_t;  // the caller's number

  struct Match {
    std::size_t tokens = 0;
    Holder holder = 0;
  };

  // Makes the holder hold these tokens, whatever it held before.  Cost  O(tokens).
  void put(Holder holder, std::span<const Token> tokens);
  void erase(Holder holder);
  [[nodiscard]] bool contains(Holder holder) const { return ends_.contains(holder); }

  // The longest beginning of `prompt` that anybody has, and one who has it. Nothing when not even one token matches.
  // Cost  O(prompt).
  [[nodiscard]] std::optional<Match> longest(std::span<const Token> prompt) const;
  // The longest holder whose tokens are all a beginning of `prompt`: what a memory can use that cannot forget a part.
  [[nodiscard]] std::optional<Match> longest_whole(std::span<const Token> prompt) const;
  // How many tokens at its end no other holder has. Requires contains(holder).
  [[nodiscard]] std::size_t own_tail(Holder holder) const;

  [[nodiscard]] std::size_t holders() const { return ends_.size(); }
  [[nodiscard]] std::size_t nodes() const { return nodes_.size() - free_.size(); }
  // Tokens on all paths, each shared part once.
  [[nodiscard]] std::size_t distinct_tokens() const { return distinct_; }

 private:
  using Index = std::uint32_t;
  static constexpr Index kRoot = 0;
  static constexpr Index kNone = ~Index{0};

  struct Node {
    std::vector<Token> tokens;  // empty for the root only
    std::size_t begin = 0;      // position of the first one
    Index parent = kNone;
    std::vector<Index> children;  // sorted by their first token
    std::vector<Holder> holders;  // that end in this node, in front of its last token or there
    std::size_t below = 0;        // holders that end here or further down

    [[nodiscard]] std::size_t end() const { return begin + tokens.size(); }
  };
  struct End {
    Index node = kRoot;
    std::size_t tokens = 0;
  };
  struct Place {
    Index node = kRoot;
    std::size_t tokens = 0;  // how many matched
  };

  [[nodiscard]] Place descend(std::span<const Token> tokens) const;
  [[nodiscard]] Index child(Index node, Token first) const;
  [[nodiscard]] std::size_t longest_end(const Node& node, Holder except, std::size_t most) const;
  void keep_spare();
  Index place_node(Node node);
  void attach(Index parent, Index node);
  void split(Index node, std::size_t position);
  void prune(Index node);
  void trim(Index node);

  std::vector<Node> nodes_ = std::vector<Node>(1);
  std::vector<Index> free_;  // room for all nodes, so that erase() takes no memory
  std::unordered_map<Holder, End> ends_;
  std::size_t distinct_ = 0;
};

}  // namespace puna::engine

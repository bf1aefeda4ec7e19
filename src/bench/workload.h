// What the agents of each case ask for: token arrays made from a seed, and the fewest prompt tokens that any engine has
// to compute for them. Pure: the same seed gives the same arrays on every machine.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "puna/base.h"
#include "puna/engine/weights.h"

namespace puna::bench {

// One turn of an agent: tokens that join its history (the prompt, or what a tool said), then a reply of exactly
// output_tokens, then a tool that takes `pause`.
struct ScriptTurn {
  std::vector<Token> tokens;
  int output_tokens = 0;
  std::chrono::milliseconds pause{0};
};
using AgentScript = std::vector<ScriptTurn>;

// Draws from the vocabulary's ordinary tokens (no control tokens, nothing that ends a generation).
// Invariant: the draws of one seed do not depend on what other sources drew.
class TokenSource {
 public:
  // Requires  ordinary not empty; it outlives the source.
  TokenSource(std::span<const Token> ordinary, std::uint64_t seed) : ordinary_(ordinary), random_(seed) {}

  [[nodiscard]] std::vector<Token> draw(int count);
  [[nodiscard]] int below(int limit);  // in [0, limit)

 private:
  std::span<const Token> ordinary_;
  Random random_;
};

// Agents with nothing in common, one turn each.
[[nodiscard]] std::vector<AgentScript> separate_agents(TokenSource source, int agents, int prompt_tokens,
                                                       int output_tokens);

// Agents whose prompts begin with the same tokens, one turn each.
[[nodiscard]] std::vector<AgentScript> shared_prefix_agents(TokenSource source, int agents, int shared_tokens,
                                                            int own_tokens, int output_tokens);

// Agents that share a prefix and then go round a tool loop; each tool takes 0 to 2 times `pause`.
struct LoopShape {
  int agents = 16;
  int turns = 12;
  int shared_tokens = 1000;
  int observation_tokens = 96;
  int output_tokens = 24;
  std::chrono::milliseconds pause{0};
};
[[nodiscard]] std::vector<AgentScript> loop_agents(TokenSource source, const LoopShape& shape);

// Which agent wakes next: `wakes` draws of Zipf's law (the k-th agent with weight 1/k), agents in a shuffled order.
[[nodiscard]] std::vector<int> zipf_wakes(TokenSource source, int agents, int wakes);

// The fewest prompt tokens to compute, as a trie over everything that was computed before: a prompt costs the tokens
// by which it leaves the trie, and at least one, because a reply needs the logits of its prompt's last token.
class DistinctTokens {
 public:
  // A prompt and the reply to it. Of the reply, all but the last token are computed while it is decoded.
  // Returns the prompt tokens that had to be computed.
  std::int64_t add(std::span<const Token> prompt, std::span<const Token> reply);

  [[nodiscard]] std::int64_t total() const { return total_; }

 private:
  std::int64_t walk(std::uint32_t& node, std::span<const Token> tokens);

  std::unordered_map<std::uint64_t, std::uint32_t> children_;  // (node, token) -> node
  std::uint32_t nodes_ = 1;                                    // the root is 0
  std::int64_t total_ = 0;
};

}  // namespace puna::bench

// Token arrays from seeds; the trie.
#include "bench/workload.h"

#include <algorithm>
#include <iterator>
#include <numeric>

namespace puna::bench {
namespace {

void append(std::vector<Token>& to, const std::vector<Token>& tokens) {
  to.insert(to.end(), tokens.begin(), tokens.end());
}

}  // namespace

int TokenSource::below(int limit) {
  return static_cast<int>(random_.uniform() * limit);  // uniform() < 1
}

std::vector<Token> TokenSource::draw(int count) {
  std::vector<Token> tokens;
  tokens.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    tokens.push_back(ordinary_[static_cast<std::size_t>(below(static_cast<int>(ordinary_.size())))]);
  }
  return tokens;
}

std::vector<AgentScript> separate_agents(TokenSource source, int agents, int prompt_tokens, int output_tokens) {
  return shared_prefix_agents(source, agents, 0, prompt_tokens, output_tokens);
}

std::vector<AgentScript> shared_prefix_agents(TokenSource source, int agents, int shared_tokens, int own_tokens,
                                              int output_tokens) {
  const std::vector<Token> shared = source.draw(shared_tokens);
  std::vector<AgentScript> scripts;
  for (int agent = 0; agent < agents; ++agent) {
    ScriptTurn turn{.tokens = shared, .output_tokens = output_tokens};
    append(turn.tokens, source.draw(own_tokens));
    scripts.push_back({std::move(turn)});
  }
  return scripts;
}

std::vector<AgentScript> loop_agents(TokenSource source, const LoopShape& shape) {
  const std::vector<Token> shared = source.draw(shape.shared_tokens);
  std::vector<AgentScript> scripts;
  for (int agent = 0; agent < shape.agents; ++agent) {
    AgentScript script;
    for (int turn = 0; turn < shape.turns; ++turn) {
      ScriptTurn next{.tokens = turn == 0 ? shared : std::vector<Token>{},
                      .output_tokens = shape.output_tokens,
                      .pause = shape.pause * source.below(3)};
      append(next.tokens, source.draw(shape.observation_tokens));
      script.push_back(std::move(next));
    }
    scripts.push_back(std::move(script));
  }
  return scripts;
}

std::vector<int> zipf_wakes(TokenSource source, int agents, int wakes) {
  std::vector<int> order(static_cast<std::size_t>(agents));
  std::iota(order.begin(), order.end(), 0);
  for (int i = agents - 1; i > 0; --i) {
    std::swap(order[static_cast<std::size_t>(i)], order[static_cast<std::size_t>(source.below(i + 1))]);
  }
  std::vector<double> upto;  // cumulative weights
  double sum = 0;
  for (int rank = 1; rank <= agents; ++rank) {
    sum += 1.0 / rank;
    upto.push_back(sum);
  }
  constexpr int kFine = 1 << 30;
  std::vector<int> woken;
  for (int i = 0; i < wakes; ++i) {
    const double drawn = sum * source.below(kFine) / kFine;
    const auto rank = std::distance(upto.begin(), std::ranges::upper_bound(upto, drawn));
    woken.push_back(order[static_cast<std::size_t>(std::min<std::ptrdiff_t>(rank, agents - 1))]);
  }
  return woken;
}

// Moves `node` down along the tokens, making what is missing. Returns how many nodes were made.
std::int64_t DistinctTokens::walk(std::uint32_t& node, std::span<const Token> tokens) {
  std::int64_t made = 0;
  for (const Token token : tokens) {
    const std::uint64_t key = (std::uint64_t{node} << 32) | static_cast<std::uint32_t>(token);
    const auto [child, is_new] = children_.try_emplace(key, nodes_);
    if (is_new) {
      ++nodes_;
      ++made;
    }
    node = child->second;
  }
  return made;
}

std::int64_t DistinctTokens::add(std::span<const Token> prompt, std::span<const Token> reply) {
  std::uint32_t node = 0;
  const std::int64_t cost = prompt.empty() ? 0 : std::max<std::int64_t>(1, walk(node, prompt));
  if (!reply.empty()) {
    walk(node, reply.first(reply.size() - 1));
  }
  total_ += cost;
  return cost;
}

}  // namespace puna::bench

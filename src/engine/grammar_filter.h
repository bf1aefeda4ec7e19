// A grammar as the filter of one generation's tokens.
#pragma once

#include <memory>
#include <mutex>

#include "engine/forced_text.h"
#include "engine/grammar_masks.h"

namespace puna::engine {

// What the generations of one engine share: the vocabulary's tree, and masks that were made for any of them. Filters
// are made on any thread and used on one, the engine's.
class GrammarFilters {
 public:
  explicit GrammarFilters(std::shared_ptr<const EngineWeights> weights) : weights_(std::move(weights)) {}

  // Thread  any.
  [[nodiscard]] std::unique_ptr<TokenFilter> make(std::shared_ptr<const Grammar> grammar);

  struct Store;  // masks and matchers; replaced by a new one when it is large

 private:
  friend class GrammarFilter;
  // Thread  the engine's.
  [[nodiscard]] std::shared_ptr<Store> store();

  std::shared_ptr<const EngineWeights> weights_;
  std::once_flag tree_made_;
  std::shared_ptr<const TokenTrie> trie_;
  std::shared_ptr<Store> store_;
};

}  // namespace puna::engine

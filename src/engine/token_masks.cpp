#include "puna/engine/token_masks.h"

#include <utility>

#include "engine/grammar_masks.h"

namespace puna {
namespace {

using engine::GrammarMasks;
using engine::TokenSet;
using engine::TokenTrie;

constexpr std::size_t kPoolCellsMax = RegexPool::kCellsMax / 2;  // then what was found is forgotten

class MaskedText final : public TokenMasks::Text {
 public:
  MaskedText(const TokenTrie& trie, std::shared_ptr<GrammarMasks> masks, std::shared_ptr<const Grammar> grammar)
      : trie_(trie),
        masks_(std::move(masks)),
        grammar_(std::move(grammar)),
        matcher_(std::make_unique<GrammarMatcher>(*grammar_, masks_->pool())),
        state_(matcher_->start()),
        allowed_(trie.places()) {}

  [[nodiscard]] Result<void> mask() override {
    if (matcher_->is_crowded()) {
      auto fresh = std::make_unique<GrammarMatcher>(*grammar_, masks_->pool());
      state_ = fresh->adopt(*matcher_, state_);
      matcher_ = std::move(fresh);
    }
    allowed_.clear();
    masks_->add_allowed(*matcher_, state_, allowed_);
    return matcher_->is_full() ? fail(ErrorCode::limit, "the grammar needs more memory than it may have")
                               : Result<void>();
  }
  [[nodiscard]] bool allows(Token token) const override {
    const std::uint32_t place = trie_.place_of(token);
    return (may_end() && trie_.ends_generation(token)) || (place != TokenTrie::kNoPlace && allowed_.has(place));
  }
  [[nodiscard]] bool may_end() const override { return matcher_->may_end(state_); }
  [[nodiscard]] bool accept(Token token) override {
    const std::string& bytes = trie_.bytes(token);
    const GrammarMatcher::State next = bytes.empty() ? GrammarMatcher::State::dead : matcher_->next(state_, bytes);
    state_ = next == GrammarMatcher::State::dead ? state_ : next;
    return next != GrammarMatcher::State::dead;
  }

 private:
  const TokenTrie& trie_;
  std::shared_ptr<GrammarMasks> masks_;
  std::shared_ptr<const Grammar> grammar_;
  std::unique_ptr<GrammarMatcher> matcher_;
  GrammarMatcher::State state_;
  TokenSet allowed_;
};

class VocabularyMasks final : public TokenMasks {
 public:
  explicit VocabularyMasks(const engine::EngineWeights& weights) : trie_(weights) {}

  [[nodiscard]] std::unique_ptr<Text> begin(std::shared_ptr<const Grammar> grammar) override {
    if (!masks_ || masks_->pool().cells() > kPoolCellsMax) {
      masks_ = std::make_shared<GrammarMasks>(trie_);
    }
    return std::make_unique<MaskedText>(trie_, masks_, std::move(grammar));
  }

 private:
  TokenTrie trie_;
  std::shared_ptr<GrammarMasks> masks_;
};

}  // namespace

Result<std::unique_ptr<TokenMasks>> TokenMasks::create(const Weights& weights) {
  const auto* own = dynamic_cast<const engine::EngineWeights*>(&weights);
  PUNA_CHECK(own != nullptr, "weights come from this room");
  return std::make_unique<VocabularyMasks>(*own);
}

}  // namespace puna

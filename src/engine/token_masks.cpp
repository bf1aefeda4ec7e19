#include "puna/engine/token_masks.h"

#include <utility>

#include "engine/forced_text.h"
#include "engine/grammar_masks.h"

namespace puna {
namespace {

using engine::GrammarMasks;
using engine::TokenSet;
using engine::TokenTrie;

constexpr std::size_t kPoolCellsMax = RegexPool::kCellsMax / 2;  // then what was found is forgotten

class MaskedText final : public TokenMasks::Text {
 public:
  MaskedText(const engine::EngineWeights& weights, const TokenTrie& trie, std::shared_ptr<GrammarMasks> masks,
             std::shared_ptr<const Grammar> grammar)
      : weights_(weights),
        trie_(trie),
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

  [[nodiscard]] std::vector<Token> forced(std::optional<Token> last) override {
    engine::ForcedRun run = engine::forced_run(*matcher_, state_, last, trie_, weights_);
    state_ = run.tokens.empty() ? state_ : run.after;
    return std::move(run.tokens);
  }

 private:
  const engine::EngineWeights& weights_;
  const TokenTrie& trie_;
  std::shared_ptr<GrammarMasks> masks_;
  std::shared_ptr<const Grammar> grammar_;
  std::unique_ptr<GrammarMatcher> matcher_;
  GrammarMatcher::State state_;
  TokenSet allowed_;
};

class VocabularyMasks final : public TokenMasks {
 public:
  explicit VocabularyMasks(std::shared_ptr<const engine::EngineWeights> weights)
      : weights_(std::move(weights)), trie_(*weights_) {}

  [[nodiscard]] std::unique_ptr<Text> begin(std::shared_ptr<const Grammar> grammar) override {
    if (!masks_ || masks_->pool().cells() > kPoolCellsMax) {
      masks_ = std::make_shared<GrammarMasks>(trie_);
    }
    return std::make_unique<MaskedText>(*weights_, trie_, masks_, std::move(grammar));
  }

 private:
  std::shared_ptr<const engine::EngineWeights> weights_;
  TokenTrie trie_;
  std::shared_ptr<GrammarMasks> masks_;
};

}  // namespace

Result<std::unique_ptr<TokenMasks>> TokenMasks::create(std::shared_ptr<const Weights> weights) {
  auto own = std::dynamic_pointer_cast<const engine::EngineWeights>(std::move(weights));
  PUNA_CHECK(own != nullptr, "weights come from this room");
  return std::make_unique<VocabularyMasks>(std::move(own));
}

}  // namespace puna

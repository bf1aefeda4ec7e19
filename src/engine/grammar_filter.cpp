#include "engine/grammar_filter.h"

#include <list>
#include <unordered_map>
#include <utility>

namespace puna::engine {
namespace {

constexpr std::size_t kMatchersMax = 32;                         // grammars that are kept
constexpr std::size_t kPoolCellsMax = RegexPool::kCellsMax / 2;  // then a new store is begun

}  // namespace

struct GrammarFilters::Store {
  struct Entry {
    Entry(std::shared_ptr<const Grammar> of, RegexPool& pool) : grammar(std::move(of)), matcher(*grammar, pool) {}
    std::shared_ptr<const Grammar> grammar;
    GrammarMatcher matcher;
    std::unordered_map<std::uint64_t, ForcedRun> forced;  // by state and last token
  };

  Store(std::shared_ptr<const EngineWeights> of, std::shared_ptr<const TokenTrie> tree)
      : weights(std::move(of)), trie(std::move(tree)), masks(*trie) {}

  // The entry stays while its shared_ptr does, also when the store has forgotten it.
  std::shared_ptr<Entry> entry(const std::shared_ptr<const Grammar>& grammar) {
    for (auto known = entries.begin(); known != entries.end(); ++known) {
      if ((*known)->grammar == grammar) {
        entries.splice(entries.begin(), entries, known);
        return entries.front();
      }
    }
    entries.push_front(std::make_shared<Entry>(grammar, masks.pool()));
    if (entries.size() > kMatchersMax) {
      entries.pop_back();
    }
    return entries.front();
  }

  // An entry with room for the grammar of one that has none; the same for all who ask.
  std::shared_ptr<Entry> renewed(const std::shared_ptr<Entry>& old) {
    std::erase(entries, old);
    return entry(old->grammar);
  }

  std::shared_ptr<const EngineWeights> weights;
  std::shared_ptr<const TokenTrie> trie;
  GrammarMasks masks;
  std::list<std::shared_ptr<Entry>> entries;  // used last first
};

class GrammarFilter final : public TokenFilter {
 public:
  GrammarFilter(GrammarFilters& filters, std::shared_ptr<const Grammar> grammar)
      : filters_(filters), grammar_(std::move(grammar)) {}

  [[nodiscard]] Result<void> test(std::span<const Token> tokens, std::span<std::uint8_t> allowed) override {
    open();
    constexpr std::size_t kOneByOneMax = 64;  // a mask costs about as much as so many tokens
    GrammarMatcher& matcher = entry_->matcher;
    const TokenTrie& trie = *store_->trie;
    const bool may_end = matcher.may_end(state_);
    if (tokens.size() > kOneByOneMax) {
      mask_->clear();
      store_->masks.add_allowed(matcher, state_, *mask_);
    }
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      const Token token = tokens[i];
      bool fits = may_end && trie.ends_generation(token);
      if (!fits && tokens.size() > kOneByOneMax) {
        const std::uint32_t place = trie.place_of(token);
        fits = place != TokenTrie::kNoPlace && mask_->has(place);
      } else if (!fits && !trie.bytes(token).empty()) {
        fits = matcher.next(state_, trie.bytes(token)) != GrammarMatcher::State::dead;
      }
      allowed[i] = fits ? 1 : 0;
    }
    return room();
  }

  [[nodiscard]] Result<void> accept(Token token) override {
    open();
    state_ = entry_->matcher.next(state_, store_->trie->bytes(token));
    PUNA_TRY_VOID(room());
    if (state_ == GrammarMatcher::State::dead) {
      return fail(ErrorCode::internal, "a token was accepted that the grammar refuses");
    }
    return {};
  }

  [[nodiscard]] std::span<const Token> forced(std::optional<Token> last) override {
    open();
    if (!entry_->matcher.only_byte(state_)) {
      return {};
    }
    constexpr std::size_t kForcedMax = 16'384;
    if (entry_->forced.size() >= kForcedMax) {
      entry_->forced.clear();
    }
    const std::uint64_t key =
        std::uint64_t{static_cast<std::uint32_t>(state_)} << 32U | static_cast<std::uint32_t>(last.value_or(Token{-1}));
    auto known = entry_->forced.find(key);
    if (known == entry_->forced.end()) {
      ForcedRun run = forced_run(entry_->matcher, state_, last, *store_->trie, *store_->weights);
      known = entry_->forced.emplace(key, std::move(run)).first;
    }
    if (!known->second.tokens.empty()) {
      state_ = known->second.after;
    }
    return known->second.tokens;
  }

  [[nodiscard]] bool is_complete() override {
    open();
    return entry_->matcher.may_end(state_) && entry_->matcher.next_bytes(state_).is_empty();
  }

 private:
  // All or nothing: without memory it throws, and is as it was before.
  void open() {
    if (entry_ && entry_->matcher.is_crowded()) {
      auto fresh = store_->renewed(entry_);
      state_ = fresh->matcher.adopt(entry_->matcher, state_);
      entry_ = std::move(fresh);
    }
    if (!entry_) {
      auto store = filters_.store();
      auto entry = store->entry(grammar_);
      auto mask = std::make_unique<TokenSet>(store->trie->places());
      state_ = entry->matcher.start();
      store_ = std::move(store);
      entry_ = std::move(entry);
      mask_ = std::move(mask);
    }
  }

  [[nodiscard]] Result<void> room() const {
    if (entry_->matcher.is_full()) {
      return fail(ErrorCode::limit, "the grammar needs more memory than it may have",
                  "it is very ambiguous, or counts very far; simplify it");
    }
    return {};
  }

  GrammarFilters& filters_;
  std::shared_ptr<const Grammar> grammar_;
  std::shared_ptr<GrammarFilters::Store> store_;
  std::shared_ptr<GrammarFilters::Store::Entry> entry_;
  std::unique_ptr<TokenSet> mask_;
  GrammarMatcher::State state_ = GrammarMatcher::State::dead;
};

std::unique_ptr<TokenFilter> GrammarFilters::make(std::shared_ptr<const Grammar> grammar) {
  std::call_once(tree_made_, [this] { trie_ = std::make_shared<const TokenTrie>(*weights_); });
  return std::make_unique<GrammarFilter>(*this, std::move(grammar));
}

std::shared_ptr<GrammarFilters::Store> GrammarFilters::store() {
  if (!store_ || store_->masks.pool().cells() > kPoolCellsMax) {
    store_ = std::make_shared<Store>(weights_, trie_);
  }
  return store_;
}

}  // namespace puna::engine

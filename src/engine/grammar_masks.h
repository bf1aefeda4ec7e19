// Which tokens of a vocabulary may come next, as sets of bits.
//
// A token may run through several terminals of a grammar. Its first part lies in the terminal in progress, and what
// that terminal says about all tokens does not depend on the grammar around it: it is found by one walk over the
// vocabulary's tree and kept for all grammars (a JSON string is one set). Only where the terminal can be complete in
// the middle of a token is the grammar asked how to go on.
// Thread  one owner; the tree is borrowed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "engine/token_trie.h"
#include "puna/base/grammar_matcher.h"

namespace puna::engine {

// By place in the tree. Sets of one vocabulary have one size.
class TokenSet {
 public:
  explicit TokenSet(std::uint32_t places) : words_((places + 63) / 64, 0) {}
  void clear() { words_.assign(words_.size(), 0); }
  void add(std::uint32_t place) { words_[place / 64] |= std::uint64_t{1} << (place % 64); }
  void add(std::uint32_t first, std::uint32_t last);  // [first, last)
  void add_range_of(const TokenSet& other, std::uint32_t first, std::uint32_t last);
  [[nodiscard]] bool has(std::uint32_t place) const { return (words_[place / 64] >> (place % 64) & 1) != 0; }
  [[nodiscard]] std::size_t count() const;
  TokenSet& operator|=(const TokenSet& other);
  bool operator==(const TokenSet&) const = default;
  [[nodiscard]] std::size_t bytes() const { return words_.size() * sizeof(std::uint64_t); }

 private:
  std::vector<std::uint64_t> words_;
};

class GrammarMasks {
 public:
  static constexpr std::size_t kBytesMax = std::size_t{48} << 20U;  // of what is kept from walk to walk

  explicit GrammarMasks(const TokenTrie& trie) : trie_(trie) {}

  // The expressions of all grammars whose masks are made here.
  [[nodiscard]] RegexPool& pool() { return pool_; }
  [[nodiscard]] const TokenTrie& trie() const { return trie_; }
  // Adds the tokens that the text may go on with. Requires a matcher over pool().
  void add_allowed(GrammarMatcher& matcher, GrammarMatcher::State state, TokenSet& allowed);

 private:
  // What one terminal says about every token.
  struct Walk {
    std::unique_ptr<TokenSet> inside;  // tokens that stay in it to their end; or, when they are few:
    std::vector<std::uint32_t> places;
    std::vector<std::uint32_t> complete;  // nodes with others below, where it may be complete
  };
  const Walk& walk(Regex regex);
  [[nodiscard]] Walk make(Regex regex);
  [[nodiscard]] const RegexPool::Row* row_for(Regex regex, std::uint32_t nodes);
  void visit(Regex regex, Regex reference, const Walk* known, TokenSet& inside, std::vector<std::uint32_t>& complete);
  [[nodiscard]] Regex most_common_next(Regex regex);
  void go_on(GrammarMatcher& matcher, GrammarMatcher::State state, std::uint32_t node, TokenSet& allowed);

  const TokenTrie& trie_;
  RegexPool pool_;
  std::unordered_map<std::uint32_t, Walk> kept_;  // by expression
  std::size_t kept_bytes_ = 0;
  std::vector<const RegexPool::Row*> rows_;  // by depth, of the walk that is running
  std::vector<Regex> reached_;
  std::vector<const RegexPool::Row*> reference_rows_;
  std::vector<Regex> reference_reached_;
  std::vector<GrammarMatcher::State> states_;
};

}  // namespace puna::engine

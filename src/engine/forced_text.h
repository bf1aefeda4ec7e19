// Text that a grammar leaves no choice about, spelled as tokens: it costs one forward pass together with what comes
// before it, instead of one for each token.
//
// The spelling is the vocabulary's own, with the last token that was chosen, which nothing was computed from yet, so
// that no seam is left there. At the other end nothing is kept that a longer token could still go on with.
#pragma once

#include <optional>
#include <vector>

#include "engine/token_trie.h"
#include "puna/base/grammar_matcher.h"

namespace puna::engine {

struct ForcedRun {
  std::vector<Token> tokens;  // in place of the last one; empty: nothing is certain
  GrammarMatcher::State after = GrammarMatcher::State::dead;
};

// state: after `last`, or the start when there is none.
[[nodiscard]] ForcedRun forced_run(GrammarMatcher& matcher, GrammarMatcher::State state, std::optional<Token> last,
                                   const TokenTrie& trie, const EngineWeights& weights);

}  // namespace puna::engine

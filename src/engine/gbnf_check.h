// Judges a GBNF text before libllama parses it. libllama's parser prints to stderr when it refuses, and some texts make
// it hang, overflow its stack or exhaust memory (left recursion through a rule that can be empty, "{5,2}", tens of
// thousands of parentheses). What passes here is accepted there, quickly.
//
// Pure. Fuzzed. Stricter than libllama on purpose: no rule defined twice, no repetition of something that can be empty,
// no repetition of a repetition without parentheses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "puna/base/error.h"

namespace puna::engine {

inline constexpr std::size_t kGbnfBytesMax = std::size_t{256} * 1024;
inline constexpr int kGbnfDepthMax = 200;             // of parentheses
inline constexpr std::size_t kGbnfRulesMax = 20'000;  // with those that repetitions and groups make
inline constexpr std::size_t kGbnfAlternativesMax = 16'384;
inline constexpr std::uint64_t kGbnfRepetitionMax = 1'999;  // of one item, counted with the rules inside it
inline constexpr std::uint64_t kGbnfElementsMax =
    1'000'000;                                // characters and references after repetitions are expanded
inline constexpr int kGbnfEmptiableMax = 48;  // items of one sequence that can be empty

// What the check cannot decide without the vocabulary: tokens that the grammar names.
struct GbnfTokens {
  std::vector<std::uint64_t> ids;  // <[123]>
  std::vector<std::string> texts;  // <think>, with the angle brackets
};

// Returns   the tokens that the grammar names; the caller checks them against the vocabulary.
// Errors    invalid_argument  the message names line and reason
// Cost      O(text + rules); memory bounded by the constants above.
[[nodiscard]] Result<GbnfTokens> check_gbnf(std::string_view text, std::string_view root);

}  // namespace puna::engine

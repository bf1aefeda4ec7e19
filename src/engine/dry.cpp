#include "engine/dry.h"

#include <algorithm>

namespace puna::engine {
namespace {

constexpr std::size_t kTailTokensMax = 20;  // of a breaker, after its first token

// How much of `text` the token spells when it begins at `at`: up to the end of one of them. 0: it does not match.
std::size_t matched(std::string_view bytes, std::size_t at, std::string_view text) {
  const std::size_t length = std::min(bytes.size() - at, text.size());
  return bytes.substr(at, length) == text.substr(0, length) ? length : 0;
}

}  // namespace

Result<DryBreakers> DryBreakers::create(std::span<const std::string> texts, int vocabulary, const Bytes& bytes,
                                        const Tokenize& tokenize) {
  DryBreakers all;
  for (const std::string& text : texts) {
    std::vector<std::vector<Token>> tails(text.size());  // by how much the head spells; tokenised when first needed
    for (Token token = 0; token < vocabulary; ++token) {
      const std::string_view word = bytes(token);
      if (word.contains(text)) {
        all.breakers_.push_back({.head = token, .tail = {}});
        continue;
      }
      for (std::size_t at = word.find(text.front()); at != std::string_view::npos;
           at = word.find(text.front(), at + 1)) {
        const std::size_t length = matched(word, at, text);
        if (length == 0) {
          continue;
        }
        if (tails[length].empty()) {
          PUNA_TRY(tails[length], tokenize(std::string_view(text).substr(length)));
          tails[length].resize(std::min(tails[length].size(), kTailTokensMax));
        }
        all.breakers_.push_back({.head = token, .tail = tails[length]});
      }
    }
  }
  std::ranges::sort(all.breakers_);
  const auto twice = std::ranges::unique(all.breakers_);
  all.breakers_.erase(twice.begin(), twice.end());
  return all;
}

std::span<const DryBreakers::Breaker> DryBreakers::beginning_with(Token head) const {
  const auto range = std::ranges::equal_range(breakers_, head, {}, &Breaker::head);
  return {range.begin(), range.end()};
}

std::size_t DryBreakers::tokens_after(std::span<const Token> tokens) const {
  for (std::size_t after = 0; after < tokens.size(); ++after) {  // of tokens behind the possible head
    const std::size_t head = tokens.size() - 1 - after;
    const std::span<const Breaker> breakers = beginning_with(tokens[head]);
    // Sorted, so of those that match the last is the longest, or as long.
    std::size_t longest = 0;
    bool found = false;
    for (const Breaker& breaker : breakers) {
      const bool matches = breaker.tail.size() <= after &&
                           std::ranges::equal(breaker.tail, tokens.subspan(head + 1, breaker.tail.size()));
      found = found || matches;
      longest = matches ? std::max(longest, breaker.tail.size()) : longest;
    }
    if (found) {
      return after - longest;
    }
  }
  return tokens.size();
}

bool DryBreakers::is_breaker(Token token) const {
  const std::span<const Breaker> breakers = beginning_with(token);
  return !breakers.empty() && breakers.front().tail.empty();
}

// For each place, how many tokens before it (it included) equal the last ones: the Z function of the reversed tokens,
// in linear time. See D. Gusfield, Algorithms on Strings, Trees and Sequences, 1.4.
void find_repeats(std::span<const Token> tokens, std::size_t limit, int allowed, std::vector<int>& scratch,
                  std::vector<Repeat>& repeats) {
  repeats.clear();
  const auto count = static_cast<int>(tokens.size());
  if (count <= allowed || limit < static_cast<std::size_t>(allowed)) {
    return;
  }
  const auto back = [&](int i) { return tokens[static_cast<std::size_t>(count - 1 - i)]; };
  std::vector<int>& same = scratch;  // by distance from the end
  same.assign(tokens.size(), 0);
  const auto at = [&same](int i) -> int& { return same[static_cast<std::size_t>(i)]; };
  int box_begin = 0;
  int box_end = 0;  // [box_begin, box_end) equals the beginning
  for (int i = 1; i < count; ++i) {
    int length = i < box_end ? std::min(at(i - box_begin), box_end - i) : 0;
    while (i + length < count && back(length) == back(i + length)) {
      ++length;
    }
    at(i) = length;
    if (i + length > box_end) {
      box_begin = i;
      box_end = i + length;
    }
    const int repeated = static_cast<int>(std::min(static_cast<std::size_t>(length), limit));
    if (repeated >= allowed) {
      repeats.push_back({.token = back(i - 1), .length = repeated});
    }
  }
  std::ranges::sort(repeats, [](const Repeat& a, const Repeat& b) {
    return a.token < b.token || (a.token == b.token && a.length > b.length);
  });
  const auto twice = std::ranges::unique(repeats, {}, &Repeat::token);
  repeats.erase(twice.begin(), twice.end());
}

}  // namespace puna::engine

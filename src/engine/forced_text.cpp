#include "engine/forced_text.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "puna/base/text.h"

namespace puna::engine {
namespace {

using State = GrammarMatcher::State;

constexpr std::size_t kBytesMax = 1024;  // of one run; what follows is found after the next token
constexpr int kStepsMax = 4096;          // of one look at what could go on

class ForcedSpelling {
 public:
  ForcedSpelling(GrammarMatcher& matcher, const TokenTrie& trie, const EngineWeights& weights)
      : matcher_(matcher), trie_(trie), weights_(weights) {}

  ForcedRun run(State state, std::optional<Token> last) {
    if (last) {
      if (trie_.bytes(*last).starts_with(kControlMark)) {
        tokens_.push_back(*last);
      } else {
        text_ = trie_.bytes(*last);
      }
    }
    const std::size_t chosen = text_.size();
    end_ = state;
    follow();
    if (text_.size() == chosen) {
      return {};
    }
    const std::size_t spelled = spell();
    if (spelled <= chosen) {
      return {};
    }
    const State after = matcher_.next(state, std::string_view(text_).substr(chosen, spelled - chosen));
    return after == State::dead ? ForcedRun{} : ForcedRun{.tokens = std::move(tokens_), .after = after};
  }

 private:
  // Appends what is certain.
  void follow() {
    const std::size_t begin = text_.size();
    std::size_t whole = begin;  // up to the last character that is not cut
    State whole_end = end_;
    while (text_.size() - begin < kBytesMax) {
      const auto byte = matcher_.only_byte(end_);
      const State next = byte ? matcher_.next(end_, *byte) : State::dead;
      if (next == State::dead) {
        break;
      }
      text_ += static_cast<char>(*byte);
      end_ = next;
      if (utf8::complete_prefix(text_) == text_.size()) {
        whole = text_.size();
        whole_end = end_;
      }
    }
    text_.resize(whole);
    end_ = whole_end;
  }

  // Fills tokens_; how many bytes they have.
  std::size_t spell() {
    const std::string_view text = text_;
    std::size_t at = 0;
    while (at < text.size()) {
      if (text[at] == kControlMark) {
        const std::size_t length = spell_control(text.substr(at));
        if (length == 0) {
          break;
        }
        at += length;
        continue;
      }
      const std::size_t mark = text.find(kControlMark, at);
      const std::string_view part = text.substr(at, mark == std::string_view::npos ? mark : mark - at);
      const std::size_t length = spell_plain(part, mark == std::string_view::npos ? safe_bytes(part) : part.size());
      at += length;
      if (length < part.size()) {
        break;
      }
    }
    return at;
  }

  std::size_t spell_control(std::string_view text) {
    std::uint32_t node = TokenTrie::kNoPlace;
    std::size_t length = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      node = trie_.child(node, static_cast<std::uint8_t>(text[i]));
      if (node == TokenTrie::kNoPlace) {
        break;
      }
      if (trie_.tokens_at(node) > 0) {
        length = i + 1;
      }
    }
    if (length > 0) {
      tokens_.push_back(trie_.token_at(trie_.first_place(trie_.find(text.substr(0, length)))));
    }
    return length;
  }

  // The tokens that end within the first `safe` bytes.
  std::size_t spell_plain(std::string_view part, std::size_t safe) {
    std::size_t spelled = 0;
    for (const Token token : tokens_of(part)) {
      const std::size_t end = spelled + trie_.bytes(token).size();
      if (end > safe) {
        break;
      }
      tokens_.push_back(token);
      spelled = end;
    }
    return spelled;
  }

  // Some vocabularies put a space before a text. Behind a line end they do not put one before ours.
  std::vector<Token> tokens_of(std::string_view part) {
    if (!utf8::is_valid(part)) {
      return {};
    }
    for (const std::string_view before : std::array<std::string_view, 2>{"", "\n"}) {
      auto tokens = weights_.plain_tokens(std::string(before) + std::string(part));
      if (!tokens) {
        break;
      }
      std::size_t left = part.size();  // bytes that are to be spelled, from the end
      auto first = tokens->end();
      while (left > 0 && first != tokens->begin()) {
        const std::string& bytes = trie_.bytes(*--first);
        if (bytes.empty() || !part.substr(0, left).ends_with(bytes)) {
          break;
        }
        left -= bytes.size();
      }
      if (left == 0) {
        tokens->erase(tokens->begin(), first);
        return *std::move(tokens);
      }
    }
    return {};
  }

  // Up to where no token, of those that the grammar allows, begins within the part and ends behind it.
  std::size_t safe_bytes(std::string_view part) {
    const std::size_t reach = std::min<std::size_t>(part.size(), trie_.longest());
    for (std::size_t begin = part.size() - reach; begin < part.size(); ++begin) {
      const std::uint32_t node = trie_.find(part.substr(begin));
      int steps = 0;
      if (node != TokenTrie::kNoPlace && can_go_on(node, end_, steps)) {
        return begin;
      }
    }
    return part.size();
  }

  bool can_go_on(std::uint32_t node, State state, int& steps) {
    for (std::uint32_t below = node + 1; below < trie_.nodes()[node].end; below = trie_.nodes()[below].end) {
      if (++steps > kStepsMax) {
        return true;
      }
      const State next = matcher_.next(state, trie_.nodes()[below].byte);
      if (next != State::dead && (trie_.tokens_at(below) > 0 || can_go_on(below, next, steps))) {
        return true;
      }
    }
    return false;
  }

  GrammarMatcher& matcher_;
  const TokenTrie& trie_;
  const EngineWeights& weights_;
  std::string text_;  // of the last token, and what is certain behind it
  State end_ = State::dead;
  std::vector<Token> tokens_;
};

}  // namespace

ForcedRun forced_run(GrammarMatcher& matcher, State state, std::optional<Token> last, const TokenTrie& trie,
                     const EngineWeights& weights) {
  return ForcedSpelling(matcher, trie, weights).run(state, last);
}

}  // namespace puna::engine

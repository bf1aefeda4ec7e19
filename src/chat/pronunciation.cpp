// See puna/chat/pronunciation.h. Words are a tree of characters in lower case; a walk over the text stops at each
// border.
#include "puna/chat/pronunciation.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "chat/code_points.h"
#include "chat/pronounced_word.h"

namespace puna {
namespace chat {

struct Dictionary {
  struct Node {
    std::map<char32_t, std::size_t> next;
    std::vector<std::size_t> words;  // that end here: the same but for their letters' case
  };
  std::vector<PronouncedWord> words;
  std::vector<bool> has_capital;
  std::vector<Node> nodes = std::vector<Node>(1);  // the first one is the root
};

}  // namespace chat

namespace {

using chat::Dictionary;

constexpr std::size_t kSpokenHeldBytesMax = 4'096;

enum class Sort : std::uint8_t { lower, upper, letter, accent, digit, blank, other };

Sort sort_of(char32_t point) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(point))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LT:
      return Sort::upper;
    case UTF8PROC_CATEGORY_LL:
      return Sort::lower;
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
      return Sort::letter;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
      return Sort::accent;  // belongs to the letter before it
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return Sort::digit;
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return Sort::blank;
    default:
      return point == '\t' || point == '\n' || point == '\r' ? Sort::blank : Sort::other;
  }
}
bool is_of_word(Sort sort) { return sort != Sort::blank && sort != Sort::other; }

// Scripts that are written without spaces: any two characters have a border between them.
bool is_unspaced(char32_t point) {
  constexpr std::pair<char32_t, char32_t> kScripts[] = {
      {0x0E00, 0x0EFF},   // Thai, Lao
      {0x1000, 0x109F},   // Myanmar
      {0x1780, 0x17FF},   // Khmer
      {0x3040, 0x30FF},   // Hiragana, Katakana
      {0x3400, 0x9FFF},   // Han
      {0xF900, 0xFAFF},   // ... compatibility
      {0x20000, 0x3FFFF}  // ... extensions
  };
  return std::ranges::any_of(kScripts,
                             [point](const auto& script) { return script.first <= point && point <= script.second; });
}

char32_t lower_case(char32_t point) {
  return static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(point)));
}

struct Character {
  char32_t point = 0;
  Sort sort = Sort::other;
  std::size_t at = 0;  // its byte
};

std::vector<Character> characters_of(std::string_view text) {
  std::vector<Character> found;
  found.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const char32_t point = next_character(text, at);
    found.push_back({.point = point, .sort = sort_of(point), .at = begin});
  }
  return found;
}

// Blanks as one space, without those at the ends.
std::string with_single_blanks(std::string_view text) {
  std::string plain;
  bool is_due = false;
  for (const Character& one : characters_of(text)) {
    if (one.sort == Sort::blank) {
      is_due = !plain.empty();
      continue;
    }
    std::size_t end = one.at;
    (void)next_character(text, end);
    plain += (is_due ? " " : "") + std::string(text.substr(one.at, end - one.at));
    is_due = false;
  }
  return plain;
}

// One walk over a text, or over what is there of it.
class Walk {
 public:
  // before: the character in front of the text
  Walk(const Dictionary& dictionary, std::string_view text, char32_t before, bool is_whole)
      : dictionary_(dictionary),
        text_(text),
        before_({.point = before, .sort = sort_of(before)}),
        is_whole_(is_whole),
        characters_(characters_of(text)) {}

  // Calls tell(as it is written, what it becomes or nothing) for each piece that is decided. Returns the bytes that
  // were.
  template <class Tell>
  std::size_t run(const Tell& tell) const {
    std::size_t at = 0;
    while (at < characters_.size()) {
      if (const Match match = longest(at, characters_.size(), &Walk::is_border); match.is_undecided) {
        break;
      } else if (match.end > at) {
        tell(slice(at, match.end), &dictionary_.words[match.word].spoken);
        at = match.end;
        continue;
      }
      const std::size_t end = end_of_word(at);
      if (end == characters_.size() && !is_whole_ && is_of_word(characters_[at].sort)) {
        break;
      }
      const std::optional<std::string> split = in_parts(at, end);
      tell(slice(at, end), split ? &*split : nullptr);
      at = end;
    }
    return byte_of(at);
  }

 private:
  struct Match {
    std::size_t end = 0;  // 0: none
    std::size_t word = 0;
    bool is_undecided = false;
  };
  using Border = bool (Walk::*)(std::size_t) const;

  [[nodiscard]] std::size_t byte_of(std::size_t at) const {
    return at < characters_.size() ? characters_[at].at : text_.size();
  }
  [[nodiscard]] std::string_view slice(std::size_t begin, std::size_t end) const {
    return text_.substr(byte_of(begin), byte_of(end) - byte_of(begin));
  }
  [[nodiscard]] const Character& character_before(std::size_t at) const {
    return at == 0 ? before_ : characters_[at - 1];
  }

  // In front of the character, or at the end.
  [[nodiscard]] bool is_border(std::size_t at) const {
    if (at == characters_.size()) {
      return true;
    }
    const Character& left = character_before(at);
    const Character& right = characters_[at];
    if (!is_of_word(left.sort) || !is_of_word(right.sort)) {
      return true;
    }
    return right.sort != Sort::accent && (is_unspaced(left.point) || is_unspaced(right.point));
  }
  // Within CamelCase: aB, and ABc before the B.
  [[nodiscard]] bool is_hump(std::size_t at) const {
    if (is_border(at)) {
      return true;
    }
    const Sort left = characters_[at - 1].sort;
    if (characters_[at].sort != Sort::upper) {
      return false;
    }
    return left == Sort::lower ||
           (left == Sort::upper && at + 1 < characters_.size() && characters_[at + 1].sort == Sort::lower);
  }

  [[nodiscard]] std::size_t end_of_word(std::size_t at) const {
    std::size_t end = at + 1;
    while (!is_border(end)) {
      ++end;
    }
    return end;
  }

  // Where the next character that counts begins, behind `at`: blanks count as one.
  [[nodiscard]] std::size_t behind(std::size_t at) const {
    std::size_t next = at + 1;
    while (characters_[at].sort == Sort::blank && next < characters_.size() && characters_[next].sort == Sort::blank) {
      ++next;
    }
    return next;
  }

  // The longest word that begins at `begin` and ends at a border at or before `limit`.
  [[nodiscard]] Match longest(std::size_t begin, std::size_t limit, Border border) const {
    Match best;
    std::size_t node = 0;
    for (std::size_t at = begin; at < limit;) {
      const Character& one = characters_[at];
      const auto& next = dictionary_.nodes[node].next;
      const auto found = next.find(one.sort == Sort::blank ? U' ' : lower_case(one.point));
      if (found == next.end()) {
        return best;
      }
      node = found->second;
      at = behind(at);
      if (at >= characters_.size() && !is_whole_ && limit == characters_.size()) {
        return {.is_undecided = true};
      }
      if (const auto word = (this->*border)(at) ? word_at(node, slice(begin, at)) : std::nullopt) {
        best = {.end = at, .word = *word};
      }
    }
    return best;
  }

  // Of the words that end at the node: the one that is written so, else one without capitals.
  [[nodiscard]] std::optional<std::size_t> word_at(std::size_t node, std::string_view written) const {
    std::optional<std::size_t> any;
    for (const std::size_t word : dictionary_.nodes[node].words) {
      if (dictionary_.words[word].word == with_single_blanks(written)) {
        return word;
      }
      if (!dictionary_.has_capital[word]) {
        any = word;
      }
    }
    return any;
  }

  // CamelCase of which a part is a word, its parts apart.
  [[nodiscard]] std::optional<std::string> in_parts(std::size_t begin, std::size_t end) const {
    std::string spoken;
    bool has_word = false;
    for (std::size_t at = begin; at < end;) {
      const Match match = longest(at, end, &Walk::is_hump);
      std::size_t next = match.end;
      if (match.end == 0) {
        next = at + 1;
        while (next < end && !is_hump(next)) {
          ++next;
        }
      }
      has_word = has_word || match.end > 0;
      spoken += (spoken.empty() ? "" : " ") +
                (match.end > 0 ? dictionary_.words[match.word].spoken : std::string(slice(at, next)));
      at = next;
    }
    return has_word ? std::optional(std::move(spoken)) : std::nullopt;
  }

  const Dictionary& dictionary_;
  const std::string_view text_;
  const Character before_;
  const bool is_whole_;
  const std::vector<Character> characters_;
};

}  // namespace

Result<Pronunciation> Pronunciation::create(std::vector<PronouncedWord> words) {
  if (words.size() > kPronunciationsMax) {
    return fail(ErrorCode::limit,
                format_text("{} words to pronounce; {} is the limit", words.size(), kPronunciationsMax));
  }
  auto dictionary = std::make_shared<Dictionary>();
  std::set<std::string> known;
  for (PronouncedWord& word : words) {
    PUNA_TRY_VOID(chat::check_pronounced(word));
    word.word = with_single_blanks(word.word);
    if (!known.insert(word.word).second) {
      return fail(ErrorCode::invalid_argument, format_text("the word \"{}\" is there twice", word.word));
    }
    std::size_t node = 0;
    bool has_capital = false;
    for (const Character& one : characters_of(word.word)) {
      has_capital = has_capital || one.sort == Sort::upper;
      const auto [place, is_new] =
          dictionary->nodes[node].next.emplace(lower_case(one.point), dictionary->nodes.size());
      node = place->second;
      if (is_new) {
        dictionary->nodes.emplace_back();
      }
    }
    dictionary->nodes[node].words.push_back(dictionary->words.size());
    dictionary->has_capital.push_back(has_capital);
    dictionary->words.push_back(std::move(word));
  }
  return Pronunciation(std::move(dictionary));
}

std::string Pronunciation::spoken(std::string_view text) const {
  const std::string clean = utf8::sanitize(text);
  std::string out;
  (void)Walk(*dictionary_, clean, U' ', true).run([&](std::string_view written, const std::string* spoken) {
    out += spoken == nullptr ? written : std::string_view(*spoken);
  });
  return out;
}

std::vector<PronouncedWord> Pronunciation::found(std::string_view text) const {
  const std::string clean = utf8::sanitize(text);
  std::vector<PronouncedWord> words;
  (void)Walk(*dictionary_, clean, U' ', true).run([&](std::string_view written, const std::string* spoken) {
    if (spoken != nullptr) {
      words.push_back({.word = std::string(written), .spoken = *spoken});
    }
  });
  return words;
}

Result<Pronunciation> Pronunciation::reversed() const {
  std::vector<PronouncedWord> back;
  for (const PronouncedWord& word : dictionary_->words) {
    back.push_back({.word = word.spoken, .spoken = word.word});
  }
  return create(std::move(back)).transform_error([](Error error) {
    error.message = "there is no way back from spoken forms: " + error.message;
    return error;
  });
}

std::span<const PronouncedWord> Pronunciation::words() const { return dictionary_->words; }

std::string PronunciationStream::add(std::string_view piece) {
  rest_ += utf8::sanitize(piece);
  std::string out;
  const bool is_long = rest_.size() > kSpokenHeldBytesMax;
  const Walk walk(*pronunciation_.dictionary_, rest_, before_, is_long);
  const std::size_t bytes = walk.run([&](std::string_view written, const std::string* spoken) {
    out += spoken == nullptr ? written : std::string_view(*spoken);
  });
  if (bytes > 0) {
    before_ = characters_of(std::string_view(rest_).substr(0, bytes)).back().point;
    rest_.erase(0, bytes);
  }
  return out;
}

std::string PronunciationStream::end() {
  std::string out;
  (void)Walk(*pronunciation_.dictionary_, rest_, before_, true)
      .run([&](std::string_view written, const std::string* spoken) {
        out += spoken == nullptr ? written : std::string_view(*spoken);
      });
  rest_.clear();
  before_ = U' ';
  return out;
}

}  // namespace puna

// Words and how they are spoken: a dictionary as a filter over text, in front of a model or behind it.
//
//   auto dictionary = puna::Pronunciation::parse("GGUF = gee guff\nllama = lama\n", "words.txt").value();
//   dictionary.spoken("a GGUF file");  // "a gee guff file"
//
// A word is replaced where it stands alone: no letter, digit or accent beside it (scripts that are written without
// spaces have no such borders). At each place the longest word counts, and what was replaced is not looked at again. A
// word with a capital letter is met as it is written; one without, in any case. A blank in a word is any white space.
// CamelCase that is no word of its own is split ("LlamaRunner", "GGUFFile") when one of its parts is a word.
//
// Values; they own what they hold.  Thread  any
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "puna/base.h"

namespace puna {

inline constexpr std::size_t kPronunciationsMax = 100'000;
inline constexpr std::size_t kPronunciationBytesMax = 8U << 20U;  // of a file

struct PronouncedWord {
  std::string word;
  std::string spoken;

  bool operator==(const PronouncedWord&) const = default;
};

namespace chat {
struct Dictionary;
}

class Pronunciation {
 public:
  // Errors  invalid_argument  a word or spoken form that is empty, not UTF-8 or has control characters; a word twice
  //         limit             over kPronunciationsMax words
  [[nodiscard]] static Result<Pronunciation> create(std::vector<PronouncedWord> words);
  // A file's text: lines "word = spoken", empty ones and those that begin with "#" aside; or a JSON object
  // {"word": "spoken"}.
  // file_name  for messages
  // Errors  corrupt  the message says which line or member, and what is wrong with it;  limit
  [[nodiscard]] static Result<Pronunciation> parse(std::string_view text, std::string_view file_name);

  // Bytes that are not UTF-8 become U+FFFD.  Cost  a walk over the text
  [[nodiscard]] std::string spoken(std::string_view text) const;
  // What spoken() replaces in it, in order, as it is written there.
  [[nodiscard]] std::vector<PronouncedWord> found(std::string_view text) const;

  // The way back: spoken forms to words. reversed().spoken(spoken(text)) is the text where every word in it is written
  // as in the dictionary, and it has none of the spoken forms itself.
  // Errors  invalid_argument  two words are spoken alike
  [[nodiscard]] Result<Pronunciation> reversed() const;

  [[nodiscard]] std::span<const PronouncedWord> words() const;

 private:
  friend class PronunciationStream;
  explicit Pronunciation(std::shared_ptr<const chat::Dictionary> dictionary) : dictionary_(std::move(dictionary)) {}
  std::shared_ptr<const chat::Dictionary> dictionary_;
};

// The same over text that comes in pieces: together the results are spoken() of the whole, unless a single word has
// more than 4,096 bytes.
class PronunciationStream {
 public:
  explicit PronunciationStream(Pronunciation pronunciation) : pronunciation_(std::move(pronunciation)) {}

  // What is decided by now.  piece  whole UTF-8 characters
  [[nodiscard]] std::string add(std::string_view piece);
  // The rest. The next piece begins another text.
  [[nodiscard]] std::string end();

 private:
  Pronunciation pronunciation_;
  std::string rest_;
  char32_t before_ = U' ';  // the character in front of it
};

}  // namespace puna

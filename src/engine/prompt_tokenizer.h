// Prompt parts to tokens, so that untrusted text never becomes a control token.
//
// The parts are one text with a trust mark on every byte. Special tokens are cut out of it as libllama cuts them out of
// a whole text (longest first, with their stripping of spaces), but a control token only where all its bytes are
// trusted. What is left is tokenised as plain text, each stretch as a whole. So wherever no untrusted byte takes part
// in spelling a control token, the ids are those of the whole text tokenised at once.
//
// Pure: the library's plain tokeniser is passed in. Immutable after construction; thread-safe.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "puna/engine/weights.h"

namespace puna::engine {

struct SpecialToken {
  Token token = 0;
  std::string text;
  bool needs_trust = true;   // only the template may spell it; false: users may ("user-defined" in GGUF)
  bool is_control = true;    // must never come out of plain text. The unknown token may: it stands for odd bytes
  bool strips_left = false;  // swallows white space before it
  bool strips_right = false;
};

class PromptTokenizer {
 public:
  using Plain = std::function<Result<std::vector<Token>>(std::string_view text)>;

  // bos     the token that prompts of this vocabulary begin with, if any.
  // plain   tokenises a text in which no control token is recognised.
  PromptTokenizer(std::vector<SpecialToken> specials, std::optional<Token> bos, Plain plain);

  // known   see Weights::tokenize().
  // Errors  limit     the text is longer than kPromptBytesMax
  //         internal  the vocabulary makes a control token of plain text, whatever we try; or the library failed
  [[nodiscard]] Result<std::vector<Token>> tokenize(std::span<const PromptPart> parts,
                                                    const Weights::Known& known = {}) const;

 private:
  struct Stretch {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::optional<Token> token;  // a special token; otherwise plain text
    bool is_media = false;       // the text is a content hash
  };
  struct Text;

  static void add_part(Text& text, const PromptPart& part);
  [[nodiscard]] std::vector<Stretch> cut(const Text& text) const;
  void cut_out(const SpecialToken& special, const Text& text, const Stretch& stretch, std::vector<Stretch>& out) const;
  [[nodiscard]] Result<void> append_plain(std::string_view text, std::vector<Token>& out) const;
  [[nodiscard]] Result<void> append_stretch(const Text& text, const Stretch& stretch,
                                            std::span<const Weights::MediaTokens> media, std::vector<Token>& out) const;
  [[nodiscard]] const SpecialToken* forbidden_in(std::span<const Token> tokens) const;

  std::vector<SpecialToken> specials_;              // longest text first
  std::unordered_map<Token, std::size_t> control_;  // ids that must not come out of plain text -> index in specials_
  std::optional<Token> bos_;
  Plain plain_;
};

inline constexpr std::size_t kPromptBytesMax = std::size_t{1} << 28;

}  // namespace puna::engine

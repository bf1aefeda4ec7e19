// Cutting, and the check that plain text stayed plain.
#include "engine/prompt_tokenizer.h"

#include <algorithm>
#include <utility>

namespace puna::engine {
namespace {

constexpr std::string_view kSpace = " \t\n\v\f\r";

std::size_t first_character_bytes(std::string_view text) {
  std::size_t bytes = 1;
  while (bytes < text.size() && (static_cast<unsigned char>(text[bytes]) & 0xC0U) == 0x80U) {
    ++bytes;
  }
  return bytes;
}

// Every piece cut behind the first character of each occurrence of `literal`, so that none spells it any more.
std::vector<std::string_view> broken_up(std::span<const std::string_view> pieces, std::string_view literal) {
  const std::size_t first = first_character_bytes(literal);
  std::vector<std::string_view> result;
  for (std::string_view piece : pieces) {
    for (std::size_t at = piece.find(literal); at != std::string_view::npos && first < literal.size();
         at = piece.find(literal)) {
      result.push_back(piece.substr(0, at + first));
      piece.remove_prefix(at + first);
    }
    result.push_back(piece);
  }
  return result;
}

}  // namespace

// The glued parts, and where each ends.
struct PromptTokenizer::Text {
  std::string bytes;
  std::vector<std::pair<std::size_t, bool>> ends;  // (end of a part, trusted), in order
  std::vector<Stretch> stretches;                  // plain text, and the hashes of media

  [[nodiscard]] bool is_trusted(std::size_t begin, std::size_t end) const {
    auto part = std::ranges::upper_bound(ends, begin, {}, &std::pair<std::size_t, bool>::first);
    for (; part != ends.end(); ++part) {
      if (!part->second) {
        return false;
      }
      if (part->first >= end) {
        return true;
      }
    }
    return begin == end;
  }
};

PromptTokenizer::PromptTokenizer(std::vector<SpecialToken> specials, std::optional<Token> bos, Plain plain)
    : specials_(std::move(specials)), bos_(bos), plain_(std::move(plain)) {
  std::erase_if(specials_, [](const SpecialToken& special) { return special.text.empty(); });
  std::ranges::stable_sort(specials_, std::ranges::greater{}, [](const SpecialToken& s) { return s.text.size(); });
  for (std::size_t i = 0; i < specials_.size(); ++i) {
    if (specials_[i].is_control) {
      control_.emplace(specials_[i].token, i);
    }
  }
}

// Replaces one plain stretch by what is left of it around the occurrences of `special`.
void PromptTokenizer::cut_out(const SpecialToken& special, const Text& text, const Stretch& stretch,
                              std::vector<Stretch>& out) const {
  const std::string_view bytes = text.bytes;
  std::size_t begin = stretch.begin;
  std::size_t from = begin;
  while (from < stretch.end) {
    const std::size_t at = bytes.find(special.text, from);
    const std::size_t end = at == std::string_view::npos ? at : at + special.text.size();
    if (at == std::string_view::npos || end > stretch.end) {
      break;
    }
    if (special.needs_trust && !text.is_trusted(at, end)) {
      from = at + 1;
      continue;
    }
    std::size_t left_end = at;
    while (special.strips_left && left_end > begin && kSpace.contains(bytes[left_end - 1])) {
      --left_end;
    }
    if (left_end > begin) {
      out.push_back({.begin = begin, .end = left_end});
    }
    out.push_back({.begin = at, .end = end, .token = special.token});
    begin = end;
    while (special.strips_right && begin < stretch.end && kSpace.contains(bytes[begin])) {
      ++begin;
    }
    from = begin;
  }
  if (begin < stretch.end) {
    out.push_back({.begin = begin, .end = stretch.end});
  }
}

std::vector<PromptTokenizer::Stretch> PromptTokenizer::cut(const Text& text) const {
  std::vector<Stretch> stretches = text.stretches;
  for (const SpecialToken& special : specials_) {
    if (!text.bytes.contains(special.text)) {
      continue;
    }
    std::vector<Stretch> next;
    for (const Stretch& stretch : stretches) {
      if (stretch.token || stretch.is_media) {
        next.push_back(stretch);
      } else {
        cut_out(special, text, stretch, next);
      }
    }
    stretches = std::move(next);
  }
  return stretches;
}

const SpecialToken* PromptTokenizer::forbidden_in(std::span<const Token> tokens) const {
  for (const Token token : tokens) {
    const auto control = control_.find(token);
    if (control != control_.end()) {
      return &specials_[control->second];
    }
  }
  return nullptr;
}

// Some vocabularies build a control token from ordinary pieces. Then the text is broken behind the first character of
// that token's text. One round for each control token that comes out, so the loop is bounded by their number.
Result<void> PromptTokenizer::append_plain(std::string_view text, std::vector<Token>& out) const {
  std::vector<std::string_view> pieces = {text};
  for (std::size_t round = 0; round <= specials_.size(); ++round) {
    std::vector<Token> tokens;
    for (const std::string_view piece : pieces) {
      PUNA_TRY(const std::vector<Token> more, plain_(piece));
      tokens.insert(tokens.end(), more.begin(), more.end());
    }
    const SpecialToken* forbidden = forbidden_in(tokens);
    if (forbidden == nullptr) {
      out.insert(out.end(), tokens.begin(), tokens.end());
      return {};
    }
    const std::size_t before = pieces.size();
    pieces = broken_up(pieces, forbidden->text);
    if (pieces.size() == before) {
      return fail(ErrorCode::internal,
                  format_text("the vocabulary turns ordinary text into the control token {}", forbidden->token),
                  "this model's vocabulary cannot be used safely");
    }
  }
  return fail(ErrorCode::internal, "the vocabulary keeps turning ordinary text into control tokens",
              "this model's vocabulary cannot be used safely");
}

Result<void> PromptTokenizer::append_stretch(const Text& text, const Stretch& stretch,
                                             std::span<const Weights::MediaTokens> media,
                                             std::vector<Token>& out) const {
  const std::string_view bytes = std::string_view(text.bytes).substr(stretch.begin, stretch.end - stretch.begin);
  if (stretch.token) {
    out.push_back(*stretch.token);
    return {};
  }
  if (!stretch.is_media) {
    return append_plain(bytes, out);
  }
  const auto known = std::ranges::find(media, bytes, &Weights::MediaTokens::hash);
  if (known == media.end()) {
    return fail(ErrorCode::invalid_argument, "the prompt has a picture or sound, and nothing says what stands for it",
                "open the model with a projector (--mmproj)");
  }
  out.insert(out.end(), known->tokens.begin(), known->tokens.end());
  return {};
}

// Requires  a part that is not empty, whose text was added last.
void PromptTokenizer::add_part(Text& text, const PromptPart& part) {
  const std::size_t end = text.bytes.size();
  const bool is_media = part.trust == Trust::media;
  text.ends.emplace_back(end, part.trust == Trust::trusted);
  if (!is_media && !text.stretches.empty() && !text.stretches.back().is_media) {
    text.stretches.back().end = end;
    return;
  }
  text.stretches.push_back({.begin = end - part.text.size(), .end = end, .is_media = is_media});
}

Result<std::vector<Token>> PromptTokenizer::tokenize(std::span<const PromptPart> parts,
                                                     const Weights::Known& known) const {
  Text text;
  for (const PromptPart& part : parts) {
    if (part.text.size() > kPromptBytesMax - text.bytes.size()) {
      return fail(ErrorCode::limit, format_text("the prompt is longer than {} bytes", kPromptBytesMax),
                  "send less text");
    }
    text.bytes += part.text;
    if (!part.text.empty()) {
      add_part(text, part);
    }
  }
  std::vector<Token> tokens;
  std::vector<Stretch> stretches = cut(text);
  if (!known.tokens.empty() && text.bytes.starts_with(known.text)) {
    const auto next = std::ranges::find(stretches, known.text.size(), &Stretch::begin);
    if (next != stretches.end() && next->token) {
      tokens.assign(known.tokens.begin(), known.tokens.end());
      stretches.erase(stretches.begin(), next);
    }
  }
  for (const Stretch& stretch : stretches) {
    PUNA_TRY_VOID(append_stretch(text, stretch, known.media, tokens));
  }
  if (bos_ && (tokens.empty() || tokens.front() != *bos_)) {
    tokens.insert(tokens.begin(), *bos_);
  }
  return tokens;
}

}  // namespace puna::engine

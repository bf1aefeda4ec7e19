// Text: UTF-8, and the parts of a prompt, as rooms pass them to the engine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace puna {

// A piece of a prompt. Untrusted text (what users, files, tools and models wrote) never becomes a control token;
// trusted text (what the chat template itself wrote) is scanned for special tokens. A part of the kind media stands for
// a picture or a sound; its text is the content hash, which no tokeniser reads.
enum class Trust : std::uint8_t { untrusted, trusted, media };

struct PromptPart {
  std::string text;
  Trust trust = Trust::untrusted;

  bool operator==(const PromptPart&) const = default;
};

namespace utf8 {

[[nodiscard]] bool is_valid(std::string_view text);
// Replaces each byte that is not part of a valid character by U+FFFD.
[[nodiscard]] std::string sanitize(std::string_view text);
// Length of the longest prefix that does not end inside a character. Bytes that can never become valid count as
// complete, so a stream of rubbish is not held back for ever.
[[nodiscard]] std::size_t complete_prefix(std::string_view text);
// The text cut to at most `bytes_max` bytes, never inside a character.
[[nodiscard]] std::string_view truncate(std::string_view text, std::size_t bytes_max);

}  // namespace utf8

// RFC 4648, section 4, with padding.
[[nodiscard]] std::string base64(std::string_view bytes);
// The bytes of such a text; white space in it is skipped, padding may be missing. Nothing: it is none.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

// The text with control characters (but for newline and tab) made visible, for terminals and logs: ESC becomes \x1b.
[[nodiscard]] std::string printable(std::string_view text);

// Length of the longest end of `text` that is a proper prefix of `tag`.
[[nodiscard]] std::size_t begun_at_end(std::string_view text, std::string_view tag);

// The candidate that takes the fewest changes of a letter to become `name`, for "did you mean"; the first of equals.
// Empty when none is near: half of the letters would have to change.
[[nodiscard]] std::string_view nearest_name(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace puna

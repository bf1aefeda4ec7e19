// UTF-8 over simdutf, and text made safe to show.
#include "puna/base/text.h"

#include <simdutf.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>
#include <vector>

namespace puna {
namespace utf8 {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

// How many bytes the character that starts with this byte has; 1 for bytes that start none.
std::size_t length_of_lead(char byte) {
  const auto value = static_cast<unsigned char>(byte);
  if (value >= 0xC2 && value <= 0xDF) {
    return 2;
  }
  if ((value & 0xF0U) == 0xE0U) {
    return 3;
  }
  return value >= 0xF0 && value <= 0xF4 ? 4 : 1;
}

// Whether these bytes can be the beginning of a valid character: some completion of them is valid.
bool may_become_valid(std::string_view bytes) {
  // The lowest and the highest completion; a valid prefix has a valid one among them (E0, ED, F0 and F4 narrow the
  // second byte from one side only).
  for (const char fill : {'\x80', '\xBF'}) {
    std::array<char, 4> whole{fill, fill, fill, fill};
    std::ranges::copy(bytes, whole.begin());
    if (simdutf::validate_utf8(whole.data(), length_of_lead(bytes.front()))) {
      return true;
    }
  }
  return false;
}

}  // namespace

bool is_valid(std::string_view text) { return simdutf::validate_utf8(text.data(), text.size()); }

std::string sanitize(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    const simdutf::result checked = simdutf::validate_utf8_with_errors(text.data(), text.size());
    if (checked.error == simdutf::error_code::SUCCESS) {
      clean += text;
      break;
    }
    clean += text.substr(0, checked.count);
    clean += kReplacement;
    text.remove_prefix(checked.count + 1);
  }
  return clean;
}

std::size_t complete_prefix(std::string_view text) {
  std::size_t start = text.size();
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
    if (!is_continuation(text[text.size() - back])) {
      start = text.size() - back;
      break;
    }
  }
  if (start == text.size()) {
    return start;
  }
  const std::string_view tail = text.substr(start);
  const bool unfinished = length_of_lead(tail.front()) > tail.size() && may_become_valid(tail);
  return unfinished ? start : text.size();
}

std::string_view truncate(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) {
    return text;
  }
  return text.substr(0, complete_prefix(text.substr(0, bytes_max)));
}

}  // namespace utf8

std::size_t begun_at_end(std::string_view text, std::string_view tag) {
  for (std::size_t length = tag.empty() ? 0 : std::min(text.size(), tag.size() - 1); length > 0; --length) {
    if (tag.starts_with(text.substr(text.size() - length))) {
      return length;
    }
  }
  return 0;
}

std::string base64(std::string_view bytes) {
  std::string text(simdutf::base64_length_from_binary(bytes.size()), '=');
  simdutf::binary_to_base64(bytes.data(), bytes.size(), text.data());
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  std::string bytes(simdutf::maximal_binary_length_from_base64(text.data(), text.size()), '\0');
  const simdutf::result read = simdutf::base64_to_binary(text.data(), text.size(), bytes.data());
  if (read.error != simdutf::error_code::SUCCESS) {
    return std::nullopt;
  }
  bytes.resize(read.count);
  return bytes;
}

std::string printable(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const std::string clean = utf8::sanitize(text);
  std::string shown;
  shown.reserve(clean.size());
  for (std::size_t i = 0; i < clean.size(); ++i) {
    const auto byte = static_cast<unsigned char>(clean[i]);
    // C1 controls (U+0080..U+009F) are 0xC2 followed by 0x80..0x9F; terminals obey them too.
    const bool c1 = byte == 0xC2 && i + 1 < clean.size() && static_cast<unsigned char>(clean[i + 1]) < 0xA0;
    if (c1) {
      ++i;
    }
    const unsigned char control = c1 ? static_cast<unsigned char>(clean[i]) : byte;
    if (c1 || (byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7F) {
      shown += "\\x";
      shown += kHex[control >> 4U];
      shown += kHex[control & 0x0FU];
    } else {
      shown += clean[i];
    }
  }
  return shown;
}

std::string_view nearest_name(std::string_view name, std::span<const std::string_view> candidates) {
  std::string_view nearest;
  std::size_t fewest = (name.size() + 1) / 2;
  std::vector<std::size_t> row;  // changes from a beginning of `name` to the beginnings of a candidate (Levenshtein)
  for (const std::string_view candidate : candidates) {
    row.resize(candidate.size() + 1);
    std::ranges::iota(row, std::size_t{0});
    for (std::size_t i = 0; i < name.size(); ++i) {
      std::size_t diagonal = std::exchange(row[0], i + 1);
      for (std::size_t j = 0; j < candidate.size(); ++j) {
        const std::size_t change = diagonal + (name[i] == candidate[j] ? 0 : 1);
        diagonal = row[j + 1];
        row[j + 1] = std::min({change, row[j] + 1, diagonal + 1});
      }
    }
    if (row.back() < fewest) {
      fewest = row.back();
      nearest = candidate;
    }
  }
  return nearest;
}

}  // namespace puna

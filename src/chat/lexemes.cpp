#include "chat/lexemes.h"

#include <algorithm>

namespace puna {
namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) > 127;
}

// Bytes of the tag at the start of the text; 0 when there is none.
std::size_t tag_bytes(std::string_view text) {
  const char end = text.front() == '<' ? '>' : text.front() == '[' ? ']' : '\0';
  if (end == '\0') {
    return 0;
  }
  const std::string_view near = text.substr(0, kTagBytesMax);
  const std::size_t bytes = near.find(end, 1);
  if (bytes == std::string_view::npos || bytes == 1) {
    return 0;
  }
  const std::string_view inside = near.substr(1, bytes - 1);
  const bool is_name = end == '>'
                           ? inside.find_first_of(inside.size() > 2 && inside.front() == '|' && inside.back() == '|'
                                                      ? "< \t\r\n"
                                                      : "< \t\r\n\"'") == std::string_view::npos
                           : std::ranges::all_of(inside, [](char c) { return is_word(c) || c == '/'; }) &&
                                 !(inside.front() >= '0' && inside.front() <= '9');
  return is_name ? bytes + 1 : 0;
}

}  // namespace

bool is_tag(std::string_view lexeme) { return !lexeme.empty() && tag_bytes(lexeme) == lexeme.size(); }

std::vector<std::string_view> lexemes(std::string_view text) {
  std::vector<std::string_view> units;
  while (!text.empty()) {
    std::size_t bytes = tag_bytes(text);
    if (bytes == 0) {
      bytes = static_cast<std::size_t>(std::ranges::find_if_not(text, is_word) - text.begin());
      bytes = std::max(bytes, std::size_t{1});
    }
    units.push_back(text.substr(0, bytes));
    text.remove_prefix(bytes);
  }
  return units;
}

std::size_t common_start(std::string_view a, std::string_view b) {
  const std::vector<std::string_view> one = lexemes(a);
  const std::vector<std::string_view> two = lexemes(b);
  const auto end = std::ranges::mismatch(one, two).in1;
  std::size_t bytes = 0;
  for (auto unit = one.begin(); unit != end; ++unit) {
    bytes += unit->size();
  }
  return bytes;
}

std::size_t common_end(std::string_view a, std::string_view b) {
  const std::vector<std::string_view> one = lexemes(a);
  const std::vector<std::string_view> two = lexemes(b);
  const auto end = std::mismatch(one.rbegin(), one.rend(), two.rbegin(), two.rend()).first;
  std::size_t bytes = 0;
  for (auto unit = one.rbegin(); unit != end; ++unit) {
    bytes += unit->size();
  }
  return bytes;
}

}  // namespace puna

// Dictionaries of pronunciations as files: lines, or a JSON object.
#include <algorithm>
#include <string>
#include <utility>

#include "chat/pronounced_word.h"

namespace puna {
namespace {

std::string without_ends(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const std::size_t begin = std::min(text.find_first_not_of(kBlanks), text.size());
  const std::size_t end = text.find_last_not_of(kBlanks);
  return std::string(text.substr(begin, end == std::string_view::npos ? 0 : end + 1 - begin));
}

Result<void> check_spoken_part(std::string_view what, const std::string& text) {
  const bool is_text = utf8::is_valid(text) && text.find_first_not_of(" \t\r\n") != std::string::npos &&
                       std::ranges::none_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7F; });
  return is_text ? Result<void>()
                 : fail(ErrorCode::invalid_argument, format_text("the {} \"{}\" is empty, or is no plain text", what,
                                                                 printable(utf8::sanitize(utf8::truncate(text, 80)))));
}

Result<std::vector<PronouncedWord>> words_of_lines(std::string_view text, std::string_view file_name) {
  std::vector<PronouncedWord> words;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::string line = without_ends(text.substr(0, text.find('\n')));
    text.remove_prefix(std::min(text.size(), std::min(text.find('\n'), text.size() - 1) + 1));
    ++number;
    if (line.empty() || line.front() == '#') {
      continue;
    }
    const std::size_t equals = line.find('=');
    if (equals == std::string::npos) {
      return fail(ErrorCode::corrupt, format_text("{}:{}: no \"=\" in the line", file_name, number),
                  "a line is: word = how it is spoken");
    }
    PronouncedWord word{.word = without_ends(line.substr(0, equals)), .spoken = without_ends(line.substr(equals + 1))};
    if (const auto checked = chat::check_pronounced(word); !checked) {
      return fail(ErrorCode::corrupt, format_text("{}:{}: {}", file_name, number, checked.error().message));
    }
    words.push_back(std::move(word));
  }
  return words;
}

Result<std::vector<PronouncedWord>> words_of_json(std::string_view text, std::string_view file_name) {
  auto json = Json::parse(text);
  if (!json) {
    return fail(ErrorCode::corrupt, format_text("{}: {}", file_name, json.error().message));
  }
  std::vector<PronouncedWord> words;
  for (const Json::Member& member : json->as_object()) {
    if (!member.value.is_string()) {
      return fail(ErrorCode::corrupt,
                  format_text("{}: the member \"{}\" is no text", file_name, printable(utf8::truncate(member.key, 80))),
                  "a dictionary is {\"word\": \"how it is spoken\"}");
    }
    words.push_back({.word = member.key, .spoken = member.value.as_string()});
  }
  return words;
}

}  // namespace

Result<void> chat::check_pronounced(const PronouncedWord& word) {
  PUNA_TRY_VOID(check_spoken_part("word", word.word));
  return check_spoken_part("spoken form", word.spoken);
}

Result<Pronunciation> Pronunciation::parse(std::string_view text, std::string_view file_name) {
  if (text.size() > kPronunciationBytesMax) {
    return fail(ErrorCode::limit,
                format_text("{}: {} bytes; {} is the limit", file_name, text.size(), kPronunciationBytesMax));
  }
  constexpr std::string_view kMark = "\xEF\xBB\xBF";  // of UTF-8, as some editors write it
  if (text.starts_with(kMark)) {
    text.remove_prefix(kMark.size());
  }
  const std::size_t first = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  const bool is_object = first < text.size() && text[first] == '{';
  auto words = is_object ? words_of_json(text, file_name) : words_of_lines(text, file_name);
  if (!words) {
    return std::unexpected(std::move(words).error());
  }
  auto made = create(*std::move(words));
  if (!made) {
    made.error().message = format_text("{}: {}", file_name, made.error().message);
    made.error().code = made.error().code == ErrorCode::invalid_argument ? ErrorCode::corrupt : made.error().code;
  }
  return made;
}

}  // namespace puna

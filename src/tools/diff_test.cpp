// A diff says what was done: who applies it to the old text gets the new one.
#include "tools/diff.h"

#include <gtest/gtest.h>

#include <charconv>

#include "puna/base.h"

namespace puna::tools {
namespace {

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

struct Numbers {
  std::size_t begin = 0;
  std::size_t count = 1;
};
Numbers numbers_of(std::string_view text) {  // "12,3" or "12"
  Numbers numbers;
  const std::string digits(text);
  const char* end = digits.data() + digits.size();
  const auto first = std::from_chars(digits.data(), end, numbers.begin);
  if (first.ptr != end && *first.ptr == ',') {
    std::from_chars(first.ptr + 1, end, numbers.count);
  }
  return numbers;
}

// As patch(1) does, without a guess: each line of context and each removed line must be there.
std::string patched(std::string_view old_text, std::string_view diff) {
  const std::vector<std::string> old_lines = lines_of(old_text);
  std::vector<std::string> made;
  std::size_t at = 0;
  Numbers old_range;
  Numbers new_range;
  std::vector<std::string> lines = lines_of(diff);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i + 1 < lines.size() && lines[i + 1].starts_with("\\ No newline")) {
      lines[i].pop_back();
    }
  }
  for (std::size_t i = 2; i < lines.size(); ++i) {
    const std::string& line = lines[i];
    if (line.starts_with("@@ -")) {
      EXPECT_EQ(old_range.count, old_range.begin == 0 ? old_range.count : 0U) << "the hunk before was short";
      const std::size_t plus = line.find(" +");
      old_range = numbers_of(std::string_view(line).substr(4, plus - 4));
      new_range = numbers_of(std::string_view(line).substr(plus + 2, line.size() - plus - 6));
      for (const std::size_t to = old_range.begin - (old_range.count > 0 ? 1 : 0); at < to; ++at) {
        made.push_back(old_lines.at(at));
      }
      EXPECT_EQ(made.size(), new_range.begin - (new_range.count > 0 ? 1 : 0)) << diff;
    } else if (line.front() == '+') {
      made.push_back(line.substr(1));
      --new_range.count;
    } else if (line.front() != '\\') {
      EXPECT_EQ(old_lines.at(at), line.substr(1)) << diff;
      --old_range.count;
      new_range.count -= line.front() == ' ' ? 1 : 0;
      if (line.front() == ' ') {
        made.push_back(old_lines[at]);
      }
      ++at;
    }
  }
  EXPECT_EQ(old_range.count, 0U) << diff;
  EXPECT_EQ(new_range.count, 0U) << diff;
  for (; at < old_lines.size(); ++at) {
    made.push_back(old_lines[at]);
  }
  std::string text;
  for (const std::string& line : made) {
    text += line;
  }
  return text;
}

TEST(Diff, AppliedToTheOldTextGivesTheNewOne) {
  constexpr std::uint64_t kSeed = 41;
  Random random(kSeed);
  for (int round = 0; round < 20'000; ++round) {
    std::string old_text;
    for (std::uint64_t n = random.next() % 60; n > 0; --n) {
      old_text += "ab\n\n"[random.next() % 4];
    }
    std::vector<std::string> texts(1 + random.next() % 3);
    std::vector<Replaced> changes;
    std::string made;
    std::size_t at = 0;
    for (std::string& text : texts) {
      for (std::uint64_t n = random.next() % 4; n > 0; --n) {
        text += "cd\n"[random.next() % 3];
      }
      const std::size_t begin = at + random.next() % (old_text.size() - at + 1);
      const std::size_t end = begin + random.next() % (std::min<std::size_t>(old_text.size() - begin, 8) + 1);
      if (begin == end) {
        continue;  // an edit has a text that it replaces
      }
      changes.push_back({.begin = begin, .end = end, .text = text});
      made += old_text.substr(at, begin - at) + text;
      at = end;
    }
    made += old_text.substr(at);
    if (changes.empty()) {
      continue;
    }
    const std::string diff = unified_diff("x", old_text, changes);
    ASSERT_EQ(patched(old_text, diff), made) << "seed " << kSeed << " round " << round << "\n" << diff;
  }
}

}  // namespace
}  // namespace puna::tools

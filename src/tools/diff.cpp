// See diff.h. Where the text changed is known, so nothing is searched: each change is widened to whole lines, changes
// that are near share a hunk.
#include "tools/diff.h"

#include <algorithm>
#include <utility>

#include "puna/base.h"

namespace puna::tools {
namespace {

constexpr std::size_t kAround = 3;

// Lines with their ends; the last may have none.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end == std::string_view::npos ? end : end + 1));
    text.remove_prefix(lines.back().size());
  }
  return lines;
}

// Lines [begin, end) of the old text gave way to `lines`.
struct Change {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string text;
};

class Lines {
 public:
  explicit Lines(std::string_view text) : lines_(lines_of(text)) {
    for (std::size_t at = 0; const std::string_view line : lines_) {
      starts_.push_back(at);
      at += line.size();
    }
    starts_.push_back(text.size());
  }
  [[nodiscard]] std::size_t count() const { return lines_.size(); }
  [[nodiscard]] std::string_view line(std::size_t number) const { return lines_[number]; }
  [[nodiscard]] std::size_t start(std::size_t number) const { return starts_[number]; }
  // The line that the byte is in; the end of the text is in the last one, unless that has its end.
  [[nodiscard]] std::size_t line_of(std::size_t byte) const {
    return static_cast<std::size_t>(std::ranges::upper_bound(starts_, byte) - starts_.begin()) - 1;
  }

 private:
  std::vector<std::string_view> lines_;
  std::vector<std::size_t> starts_;
};

// The lines that a change touches. The line behind it is one of them when the change takes the line end before it away.
std::pair<std::size_t, std::size_t> touched(const Lines& lines, const Replaced& change) {
  const std::size_t first = std::min(lines.line_of(change.begin), lines.count());
  const std::size_t last = lines.line_of(change.end);
  const bool ends_line = change.text.ends_with('\n') || (change.text.empty() && change.begin == lines.start(first));
  const bool is_before_line = change.end > change.begin && change.end == lines.start(last) && ends_line;
  return {first, std::min(last + (is_before_line ? 0 : 1), lines.count())};
}

std::vector<Change> whole_lines(const Lines& lines, std::string_view old_text, const std::vector<Replaced>& changes) {
  std::vector<Change> wide;
  std::size_t at = 0;  // the old text before is in the last change
  const auto copy_to = [&](std::size_t to) {
    wide.back().text += old_text.substr(at, to - at);
    at = to;
  };
  for (const Replaced& change : changes) {
    const auto [begin, end] = touched(lines, change);
    if (wide.empty() || begin >= wide.back().end) {
      if (!wide.empty()) {
        copy_to(lines.start(wide.back().end));
      }
      wide.push_back({.begin = begin, .end = end, .text = {}});
      at = lines.start(begin);
    }
    wide.back().end = std::max(wide.back().end, end);
    copy_to(change.begin);
    wide.back().text += change.text;
    at = change.end;
  }
  copy_to(lines.start(wide.back().end));
  return wide;
}

void put(std::string& out, char sign, std::string_view line) {
  out += sign;
  out += line;
  out += line.ends_with('\n') ? "" : "\n\\ No newline at end of file\n";
}

std::string range(std::size_t begin, std::size_t count) {
  const std::size_t first = count == 0 ? begin : begin + 1;
  return count == 1 ? std::to_string(first) : format_text("{},{}", first, count);
}

}  // namespace

std::string unified_diff(std::string_view path, std::string_view old_text, const std::vector<Replaced>& changes) {
  const Lines lines(old_text);
  const std::vector<Change> wide = whole_lines(lines, old_text, changes);
  std::string out = format_text("--- {0}\n+++ {0}\n", path);
  std::ptrdiff_t shift = 0;  // new line numbers less old ones
  for (std::size_t first = 0; first < wide.size();) {
    std::size_t last = first;
    while (last + 1 < wide.size() && wide[last + 1].begin <= wide[last].end + 2 * kAround) {
      ++last;
    }
    const std::size_t begin = wide[first].begin - std::min(wide[first].begin, kAround);
    const std::size_t end = std::min(wide[last].end + kAround, lines.count());
    std::string body;
    std::size_t added = 0;
    std::size_t at = begin;
    for (std::size_t i = first; i <= last; ++i) {
      for (; at < wide[i].begin; ++at, ++added) {
        put(body, ' ', lines.line(at));
      }
      for (; at < wide[i].end; ++at) {
        put(body, '-', lines.line(at));
      }
      for (const std::string_view line : lines_of(wide[i].text)) {
        put(body, '+', line);
        ++added;
      }
    }
    for (; at < end; ++at, ++added) {
      put(body, ' ', lines.line(at));
    }
    out += format_text("@@ -{} +{} @@\n", range(begin, end - begin),
                       range(static_cast<std::size_t>(static_cast<std::ptrdiff_t>(begin) + shift), added)) +
           body;
    shift += static_cast<std::ptrdiff_t>(added) - static_cast<std::ptrdiff_t>(end - begin);
    first = last + 1;
  }
  return out;
}

}  // namespace puna::tools

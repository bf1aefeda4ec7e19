// See markdown.h.
#include "cli/markdown.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "puna/base.h"

namespace puna::cli {
namespace {

enum MarkdownStyle : unsigned {
  kBold = 1U,
  kItalic = 2U,
  kUnderlined = 4U,
  kStruckOut = 8U,
  kCode = 16U,
  kFaint = 32U,
};
constexpr std::size_t kHeldBytesMax = 240;
constexpr std::size_t kRuleWidth = 40;
constexpr std::size_t kHeadingMax = 6;
constexpr std::size_t kFenceMin = 3;

std::string styled(std::string_view text, unsigned styles) {
  if (text.empty()) {
    return {};
  }
  constexpr std::array<std::pair<unsigned, std::string_view>, 6> kCodes{
      {{kBold, "1"}, {kItalic, "3"}, {kUnderlined, "4"}, {kStruckOut, "9"}, {kCode, "36"}, {kFaint, "2"}}};
  std::string codes;
  for (const auto& [style, code] : kCodes) {
    if ((styles & style) != 0) {
      codes += (codes.empty() ? "" : ";") + std::string(code);
    }
  }
  return codes.empty() ? printable(text) : "\x1b[" + codes + "m" + printable(text) + "\x1b[0m";
}

bool is_white(char c) { return c == ' ' || c == '\t'; }
bool is_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_mark(char c) {
  return c > ' ' && c < 0x7F && !is_word(c);  // ASCII punctuation: what a backslash may stand before
}

std::size_t run_at(std::string_view text, std::size_t at) {
  const std::size_t end = text.find_first_not_of(text[at], at);
  return (end == std::string_view::npos ? text.size() : end) - at;
}

// One inline element at the beginning of what is left, or why there is none.
struct Element {
  enum class Kind : unsigned char { literal, known, undecided };
  Kind kind = Kind::literal;
  std::size_t bytes = 1;  // that it takes of the text
  std::string text;       // as it is shown, styles included; of a literal as it is
};

// The inline part of a line.
class Inline {
 public:
  // before: the byte in front of the text
  Inline(std::string_view text, char before, bool is_whole) : text_(text), before_(before), is_whole_(is_whole) {}

  // Appends what is decided; returns how many bytes that was.
  std::size_t show(unsigned styles, std::string& out) const {
    std::size_t at = 0;
    while (at < text_.size()) {
      const std::size_t special = std::min(text_.find_first_of("\\`*_~[", at), text_.size());
      out += styled(text_.substr(at, special - at), styles);
      at = special;
      if (at == text_.size()) {
        break;
      }
      const Element element = element_at(at, styles);
      if (element.kind == Element::Kind::undecided) {
        break;
      }
      out += element.kind == Element::Kind::known ? element.text : styled(text_.substr(at, element.bytes), styles);
      at += element.bytes;
    }
    return at;
  }

 private:
  [[nodiscard]] Element element_at(std::size_t at, unsigned styles) const {
    switch (text_[at]) {
      case '\\':
        return escape(at, styles);
      case '`':
        return code(at, styles);
      case '[':
        return link(at, styles);
      default:
        return emphasis(at, styles);
    }
  }

  // What is not there yet may still come, unless the line ends or it has been waited for long enough.
  [[nodiscard]] Element missing(std::size_t at, std::size_t literal_bytes) const {
    const bool may_come = !is_whole_ && text_.size() - at <= kHeldBytesMax;
    return {.kind = may_come ? Element::Kind::undecided : Element::Kind::literal, .bytes = literal_bytes, .text = {}};
  }
  [[nodiscard]] bool is_open_end(std::size_t end) const { return end == text_.size() && !is_whole_; }

  [[nodiscard]] Element escape(std::size_t at, unsigned styles) const {
    if (at + 1 == text_.size()) {
      return missing(at, 1);
    }
    if (!is_mark(text_[at + 1])) {
      return {};
    }
    return {.kind = Element::Kind::known, .bytes = 2, .text = styled(text_.substr(at + 1, 1), styles)};
  }

  // Where a run of exactly `count` backticks is, from `from` on; the end of the text: nowhere.
  [[nodiscard]] std::size_t backticks(std::size_t from, std::size_t count) const {
    std::size_t at = text_.find('`', from);
    while (at != std::string_view::npos) {
      const std::size_t run = run_at(text_, at);
      if (run == count) {
        return at;
      }
      at = text_.find('`', at + run);
    }
    return text_.size();
  }

  [[nodiscard]] Element code(std::size_t at, unsigned styles) const {
    const std::size_t marks = run_at(text_, at);
    const std::size_t end = backticks(at + marks, marks);
    if (end == text_.size() || is_open_end(end + marks)) {
      return missing(at, marks);
    }
    std::string_view inside = text_.substr(at + marks, end - at - marks);
    if (inside.size() > 2 && inside.front() == ' ' && inside.back() == ' ') {
      inside = inside.substr(1, inside.size() - 2);
    }
    return {.kind = Element::Kind::known, .bytes = end + marks - at, .text = styled(inside, styles | kCode)};
  }

  [[nodiscard]] static unsigned style_of(char mark, std::size_t count) {
    if (mark == '~') {
      return count == 2 ? kStruckOut : 0U;
    }
    constexpr std::array<unsigned, 4> kByCount{0U, kItalic, kBold, kBold | kItalic};
    return count < kByCount.size() ? kByCount[count] : 0U;
  }

  [[nodiscard]] Element emphasis(std::size_t at, unsigned styles) const {
    const char mark = text_[at];
    const std::size_t marks = run_at(text_, at);
    const std::size_t inside = at + marks;
    const unsigned style = style_of(mark, marks);
    if (inside == text_.size()) {
      return missing(at, marks);
    }
    const char before = at == 0 ? before_ : text_[at - 1];
    if (style == 0 || is_white(text_[inside]) || (mark == '_' && is_word(before))) {
      return {.kind = Element::Kind::literal, .bytes = marks, .text = {}};
    }
    const std::size_t end = closing(mark, marks, inside);
    if (end == text_.size()) {
      return missing(at, marks);
    }
    Element element{.kind = Element::Kind::known, .bytes = end + marks - at, .text = {}};
    (void)Inline(text_.substr(inside, end - inside), mark, true).show(styles | style, element.text);
    return element;
  }

  // Where the marks close; the end of the text: nowhere, or it cannot be told yet.
  [[nodiscard]] std::size_t closing(char mark, std::size_t marks, std::size_t from) const {
    for (std::size_t at = from; at < text_.size();) {
      const char c = text_[at];
      const std::size_t run = c == mark || c == '`' ? run_at(text_, at) : c == '\\' ? 2 : 1;
      const std::size_t end = at + run;
      if (c == '`') {  // marks within code are none
        const std::size_t closed = backticks(end, run);
        const bool is_closed = closed < text_.size();
        if (!is_whole_ && (!is_closed || closed + run == text_.size())) {
          return text_.size();
        }
        at = is_closed ? closed + run : end;
        continue;
      }
      if (c == mark && run == marks && at > from && !is_white(text_[at - 1])) {
        if (is_open_end(end)) {
          return text_.size();
        }
        if (mark != '_' || end == text_.size() || !is_word(text_[end])) {
          return at;
        }
      }
      at = end;
    }
    return text_.size();
  }

  [[nodiscard]] Element link(std::size_t at, unsigned styles) const {
    const std::size_t closed = text_.find(']', at);
    if (closed == std::string_view::npos || is_open_end(closed + 1)) {
      return missing(at, 1);
    }
    if (closed == at + 1 || closed + 1 == text_.size() || text_[closed + 1] != '(') {
      return {};
    }
    const std::size_t end = text_.find(')', closed);
    if (end == std::string_view::npos) {
      return missing(at, 1);
    }
    const std::string_view name = text_.substr(at + 1, closed - at - 1);
    const std::string_view address = text_.substr(closed + 2, end - closed - 2);
    Element element{.kind = Element::Kind::known, .bytes = end + 1 - at, .text = {}};
    (void)Inline(name, '[', true).show(styles | kUnderlined, element.text);
    if (address != name) {
      element.text += styled(" (" + std::string(address) + ")", styles | kFaint);
    }
    return element;
  }

  std::string_view text_;
  char before_;
  bool is_whole_;
};

}  // namespace

std::string MarkdownStream::add(std::string_view piece) {
  rest_ += piece;
  std::string out;
  for (std::size_t newline = rest_.find('\n'); newline != std::string::npos; newline = rest_.find('\n')) {
    std::string next = rest_.substr(newline + 1);
    rest_.resize(newline);
    if (rest_.ends_with('\r')) {
      rest_.pop_back();
    }
    out += shown(true) + "\n";
    end_line();
    rest_ = std::move(next);
  }
  return out + shown(false);
}

std::string MarkdownStream::end() {
  std::string out = shown(true);
  end_line();
  fence_.clear();
  return out;
}

void MarkdownStream::end_line() {
  rest_.clear();
  is_begun_ = false;
  is_code_ = false;
  styles_ = 0;
  before_ = ' ';
}

std::string MarkdownStream::shown(bool is_whole) {
  std::string out;
  if (!is_begun_) {
    if (rest_.empty() || !begin_line(is_whole, out)) {
      return out;
    }
    is_begun_ = true;
  }
  if (is_code_) {
    take(rest_.size(), kCode, out);
    return out;
  }
  const std::size_t bytes = Inline(rest_, before_, is_whole).show(styles_, out);
  if (bytes > 0) {
    before_ = rest_[bytes - 1];
    rest_.erase(0, bytes);
  }
  return out;
}

void MarkdownStream::take(std::size_t bytes, Styles styles, std::string& out) {
  out += styled(std::string_view(rest_).substr(0, bytes), styles);
  rest_.erase(0, bytes);
}

// What kind of line it is; false: the next bytes decide. What makes it that kind is taken.
bool MarkdownStream::begin_line(bool is_whole, std::string& out) {
  if (!fence_.empty()) {
    return begin_fenced_line(is_whole, out);
  }
  const std::size_t indent = std::min(rest_.find_first_not_of(" \t"), rest_.size());
  if (indent == rest_.size()) {
    return is_whole;
  }
  const std::string_view body = std::string_view(rest_).substr(indent);
  const std::size_t run = run_at(body, 0);
  const bool is_open = run == body.size() && !is_whole;
  switch (body.front()) {
    case '`':
    case '~':
      if (is_open || (run >= kFenceMin && !is_whole)) {
        return false;
      }
      if (run >= kFenceMin && (body.front() == '~' || body.find('`', run) == std::string_view::npos)) {
        fence_ = body.substr(0, run);
        take(rest_.size(), kFaint, out);
      }
      return true;
    case '#': {
      const std::size_t text = std::min(body.find_first_not_of(" \t", run), body.size());
      if (text == body.size() && !is_whole) {
        return false;
      }
      if (run <= kHeadingMax && text > run) {
        styles_ = run == 1 ? kBold | kUnderlined : static_cast<Styles>(kBold);
        rest_ = body.substr(text);
      }
      return true;
    }
    case '>':
      if (is_open) {
        return false;
      }
      styles_ = kFaint;
      out += styled("│ ", kFaint);
      rest_ = body.substr(body.size() > 1 && is_white(body[1]) ? 2 : 1);
      return true;
    case '-':
    case '*':
    case '+':
    case '_':
      return begin_marked_line(body, is_whole, out);
    default:
      return true;
  }
}

// A list's item, a rule, or text that begins with a mark.
bool MarkdownStream::begin_marked_line(std::string_view body, bool is_whole, std::string& out) {
  const char mark = body.front();
  const bool only_marks = std::ranges::all_of(body, [mark](char c) { return c == mark || is_white(c); });
  if (only_marks && !is_whole) {
    return false;
  }
  if (only_marks && mark != '+' && std::ranges::count(body, mark) >= 3) {
    for (std::size_t i = 0; i < kRuleWidth; ++i) {
      out += i == 0 ? "\x1b[2m─" : "─";
    }
    out += "\x1b[0m";
    rest_.clear();
  } else if (mark != '_' && body.size() > 1 && is_white(body[1])) {
    out += rest_.substr(0, rest_.size() - body.size()) + "• ";
    rest_ = body.substr(2);
  }
  return true;
}

bool MarkdownStream::begin_fenced_line(bool is_whole, std::string& out) {
  const std::size_t indent = std::min(rest_.find_first_not_of(" \t"), rest_.size());
  const std::string_view body = std::string_view(rest_).substr(indent);
  const std::size_t marks = body.empty() || body.front() != fence_.front() ? 0 : run_at(body, 0);
  const bool only_marks = std::ranges::all_of(body.substr(marks), is_white);
  if (only_marks && !is_whole) {
    return false;
  }
  if (only_marks && marks >= fence_.size()) {
    fence_.clear();
    take(rest_.size(), kFaint, out);
  } else {
    is_code_ = true;
  }
  return true;
}

}  // namespace puna::cli

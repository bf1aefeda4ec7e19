// The text is copied, token by token, into what it would be without the damage; then JSON's own reader is the judge. So
// a repair can never accept what is not JSON afterwards.
#include "chat/repair.h"

#include <algorithm>
#include <array>
#include <utility>

#include "chat/call_form.h"

namespace puna {
namespace {

constexpr std::string_view kFence = "```";

class Mender {
 public:
  Mender(std::string_view text, std::span<const std::string> stops) : text_(text), stops_(stops) {}

  std::optional<Mended> run() {
    skip_space();
    if (peek() != '{' && peek() != '[') {
      return std::nullopt;
    }
    do {
      if (!take_token()) {
        return std::nullopt;
      }
    } while (!open_.empty());
    Result<Json> value = Json::parse(out_);
    return value ? std::optional(Mended{.value = *std::move(value), .bytes = at_, .repairs = std::move(repairs_)})
                 : std::nullopt;
  }

 private:
  enum class Last : unsigned char { open, comma, colon, text, number };

  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_space() {
    while (at_ < text_.size() && is_space(text_[at_])) {
      ++at_;
    }
  }
  [[nodiscard]] bool at_stop() const {
    return std::ranges::any_of(stops_, [this](const std::string& stop) { return text_.substr(at_).starts_with(stop); });
  }

  bool take_token() {
    skip_space();
    if (at_ == text_.size() || at_stop()) {
      return close_all();
    }
    const char c = peek();
    switch (c) {
      case '{':
      case '[':
        open_ += c == '{' ? '}' : ']';
        return put(c, Last::open);
      case '}':
      case ']':
        return close(c);
      case ',':
        return ends_value() && put(c, Last::comma);
      case ':':
        return put(c, Last::colon);
      case '"':
      case '\'':
        return take_string(c);
      default:
        return take_word();
    }
  }

  bool put(char c, Last last) {
    out_ += c;
    ++at_;
    last_ = last;
    return true;
  }
  [[nodiscard]] bool ends_value() const { return last_ == Last::text || last_ == Last::number; }

  bool close(char c) {
    if (open_.back() != c) {
      return false;
    }
    if (last_ == Last::comma) {
      out_.pop_back();
      repairs_.note("a comma too many");
    }
    open_.pop_back();
    return put(c, Last::text);
  }

  // The end, with brackets still open. Behind a comma or a colon more was to come.
  bool close_all() {
    if (!ends_value() || (last_ == Last::number && at_ == text_.size())) {
      return false;
    }
    out_.append(open_.rbegin(), open_.rend());
    open_.clear();
    repairs_.note(kMissingBracket);
    return true;
  }

  bool take_string(char quote) {
    std::string text;
    for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_) {
      const char c = text_[at_];
      if (c == '\\') {
        if (!take_escape(text, quote)) {
          return false;
        }
      } else if (c == '"') {
        text += "\\\"";
      } else if (static_cast<unsigned char>(c) < 0x20) {
        text += format_text("\\u{:04x}", static_cast<unsigned>(c));
        repairs_.note("a control character");
      } else {
        text += c;
      }
    }
    if (at_ == text_.size()) {
      return false;
    }
    if (quote == '\'') {
      repairs_.note("single quotes");
    }
    out_ += '"' + text + '"';
    ++at_;
    last_ = Last::text;
    return true;
  }

  // Any other backslash may be meant as itself, or not at all.
  bool take_escape(std::string& text, char quote) {
    ++at_;
    if (peek() == '\'') {
      if (quote == '"') {
        repairs_.note("an escaped quote");
      }
      text += '\'';
      return true;
    }
    text += std::string("\\") + peek();
    return std::string_view("\"\\/bfnrtu").contains(peek()) && peek() != '\0';
  }

  bool take_word() {
    const std::size_t start = at_;
    while (is_word(peek()) || peek() == '.' || peek() == '+') {
      ++at_;
    }
    const std::string_view word = text_.substr(start, at_ - start);
    if (word.empty()) {
      return false;
    }
    const std::size_t after = at_;
    skip_space();
    const bool is_key = peek() == ':' && open_.back() == '}' && (last_ == Last::open || last_ == Last::comma);
    at_ = after;
    if (is_key) {
      const bool is_name = (word.front() < '0' || word.front() > '9') && std::ranges::all_of(word, is_word);
      out_ += format_text("\"{}\"", word);
      repairs_.note("a key without quotes");
      last_ = Last::text;
      return is_name;
    }
    const auto python = std::ranges::find(kPython, word, &std::pair<std::string_view, std::string_view>::first);
    if (python != kPython.end()) {
      repairs_.note("a word of Python");
    }
    out_ += python == kPython.end() ? word : python->second;
    last_ = word.front() == '-' || (word.front() >= '0' && word.front() <= '9') ? Last::number : Last::text;
    return true;
  }
  static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  }
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kPython = {
      {{"True", "true"}, {"False", "false"}, {"None", "null"}}};

  std::string_view text_;
  std::span<const std::string> stops_;
  std::size_t at_ = 0;
  std::string open_;  // what closes the brackets that are open
  Last last_ = Last::open;
  std::string out_;
  Repairs repairs_;
};

}  // namespace

void Repairs::note(std::string_view kind) {
  if (!has(kind)) {
    kinds_.push_back(kind);
  }
}
bool Repairs::has(std::string_view kind) const { return std::ranges::find(kinds_, kind) != kinds_.end(); }
void Repairs::note_all(const Repairs& other) {
  std::ranges::for_each(other.kinds_, [this](std::string_view kind) { note(kind); });
}
std::string Repairs::text() const {
  std::string all;
  for (const std::string_view kind : kinds_) {
    all += (all.empty() ? "" : ", ") + std::string(kind);
  }
  return all;
}

std::optional<Mended> mend_json(std::string_view text, std::span<const std::string> stops) {
  return Mender(text, stops).run();
}

std::size_t fence_bytes(std::string_view text) {
  if (!text.starts_with(kFence)) {
    return 0;
  }
  for (const std::string_view language : {"json", "JSON"}) {
    if (text.substr(kFence.size()).starts_with(language)) {
      return kFence.size() + language.size();
    }
  }
  return kFence.size();
}

std::optional<Mended> mend_whole_json(std::string_view text) {
  const std::vector<std::string> stops = {std::string(kFence)};
  text = trimmed(text);
  const std::size_t fence = fence_bytes(text);
  std::optional<Mended> mended = mend_json(text.substr(fence), stops);
  if (!mended) {
    return std::nullopt;
  }
  if (fence > 0) {
    mended->repairs.note("a code fence");
  }
  std::string_view rest = trimmed(text.substr(fence + mended->bytes));
  while (!rest.empty() && (rest.front() == '}' || rest.front() == ']')) {
    mended->repairs.note("a bracket too many");
    rest = trimmed(rest.substr(1));
  }
  if (fence > 0 && rest.starts_with(kFence)) {
    rest = trimmed(rest.substr(kFence.size()));
  }
  mended->bytes = text.size();
  return rest.empty() ? mended : std::nullopt;
}

}  // namespace puna

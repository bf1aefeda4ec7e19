// Recursive descent over the few forms that repr() gives to plain data. Strings go through JSON's reader, so that
// escapes and bad UTF-8 have one judge.
#include "chat/python_literal.h"

#include <array>
#include <string>
#include <utility>

namespace puna {
namespace {

class Reader {
 public:
  Reader(std::string_view text, std::string_view quote) : text_(text), quote_(quote) {}

  std::optional<PythonLiteral> run() {
    std::optional<Json> read = value(0);
    return read ? std::optional(PythonLiteral{.value = *std::move(read), .bytes = at_}) : std::nullopt;
  }

 private:
  static bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
  static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  }

  void skip_space() {
    while (at_ < text_.size() && is_space(text_[at_])) {
      ++at_;
    }
  }
  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char c) {
    skip_space();
    if (peek() != c || at_ >= text_.size()) {
      return false;
    }
    ++at_;
    return true;
  }

  std::optional<Json> value(int depth) {
    skip_space();
    if (depth > kJsonDepthMax) {
      return std::nullopt;
    }
    if (!quote_.empty() && text_.substr(at_).starts_with(quote_)) {
      return between_quotes();
    }
    switch (peek()) {
      case '\'':
      case '"':
        return string();
      case '[':
        ++at_;
        return list(']', depth);
      case '(':
        ++at_;
        return list(')', depth);
      case '{':
        ++at_;
        return mapping(depth);
      default:
        return word();
    }
  }

  std::optional<Json> string() {
    const char quote = text_[at_++];
    std::string json = "\"";
    for (; at_ < text_.size() && text_[at_] != quote; ++at_) {
      const char c = text_[at_];
      if (c == '\\' && at_ + 1 < text_.size()) {
        const char next = text_[++at_];
        json += next == '\'' ? "'" : std::string("\\") + next;
      } else if (c == '"') {
        json += "\\\"";
      } else if (c == '\n' || c == '\t' || c == '\r') {
        json += c == '\n' ? "\\n" : c == '\t' ? "\\t" : "\\r";
      } else {
        json += c;
      }
    }
    if (at_ >= text_.size()) {
      return std::nullopt;
    }
    ++at_;
    Result<Json> read = Json::parse(json + "\"");
    return read ? std::optional(*std::move(read)) : std::nullopt;
  }

  std::optional<Json> between_quotes() {
    const std::size_t start = at_ + quote_.size();
    const std::size_t end = text_.find(quote_, start);
    if (end == std::string_view::npos) {
      return std::nullopt;
    }
    at_ = end + quote_.size();
    return text_.substr(start, end - start);
  }

  std::optional<Json> key(int depth) {
    skip_space();
    if (quote_.empty() || text_.substr(at_).starts_with(quote_) || !is_word(peek())) {
      return value(depth);
    }
    const std::size_t start = at_;
    while (at_ < text_.size() && is_word(text_[at_])) {
      ++at_;
    }
    return text_.substr(start, at_ - start);
  }

  std::optional<Json> list(char end, int depth) {
    Json::Array items;
    while (!take(end)) {
      if (!items.empty() && !take(',')) {
        return std::nullopt;
      }
      if (!items.empty() && take(end)) {  // a comma may stand behind the last one
        break;
      }
      std::optional<Json> item = value(depth + 1);
      if (!item) {
        return std::nullopt;
      }
      items.push_back(*std::move(item));
    }
    return items;
  }

  std::optional<Json> mapping(int depth) {
    Json object = Json::object();
    for (bool is_first = true; !take('}'); is_first = false) {
      if (!is_first && !take(',')) {
        return std::nullopt;
      }
      if (!is_first && take('}')) {
        break;
      }
      const std::optional<Json> name = key(depth + 1);
      if (!name || !name->is_string() || !take(':')) {
        return std::nullopt;
      }
      std::optional<Json> item = value(depth + 1);
      if (!item) {
        return std::nullopt;
      }
      object.set(name->as_string(), *std::move(item));
    }
    return object;
  }

  std::optional<Json> word() {
    const std::size_t start = at_;
    while (at_ < text_.size() && (is_word(text_[at_]) || text_[at_] == '.' || text_[at_] == '-' || text_[at_] == '+')) {
      ++at_;
    }
    const std::string_view text = text_.substr(start, at_ - start);
    const std::array<std::pair<std::string_view, Json>, 6> names = {
        {{"True", true}, {"true", true}, {"False", false}, {"false", false}, {"None", Json()}, {"null", Json()}}};
    for (const auto& [name, meaning] : names) {
      if (text == name) {
        return meaning;
      }
    }
    Result<Json> number = Json::parse(text);
    return number && number->is_number() ? std::optional(*std::move(number)) : std::nullopt;
  }

  std::string_view text_;
  std::string_view quote_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<PythonLiteral> read_python_literal(std::string_view text, std::string_view quote) {
  return Reader(text, quote).run();
}

}  // namespace puna

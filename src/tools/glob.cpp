// See glob.h. A pattern is written again as a regular expression.
#include "tools/glob.h"

#include <re2/re2.h>

#include <algorithm>
#include <utility>

#include "tools/observation.h"

namespace puna::tools {
namespace {

constexpr int kBracesMax = 4;
constexpr std::int64_t kMemoryBytesMax = 4'194'304;  // RE2 refuses what needs more

class Translator {
 public:
  Translator(std::string_view pattern, Glob::Kind kind) : rest_(pattern), kind_(kind) {}

  Result<std::string> whole() {
    while (!rest_.empty()) {  // every round takes at least one byte
      PUNA_TRY_VOID(next());
    }
    if (braces_ > 0) {
      return bad("a { is not closed");
    }
    return std::move(out_);
  }
  [[nodiscard]] bool is_literal() const { return is_literal_; }

 private:
  static std::unexpected<Error> bad(std::string_view what) {
    return fail(ErrorCode::invalid_argument, format_text("not a pattern: {}", what));
  }
  [[nodiscard]] bool is_path() const { return kind_ == Glob::Kind::path; }

  Result<void> next() {
    const char c = rest_.front();
    const bool begins = std::exchange(at_component_, c == '/');
    if (c == '*') {
      star(begins);
    } else if (c == '?') {
      rest_.remove_prefix(1);
      wild(is_path() ? "[^/]" : ".");
    } else if (c == '[') {
      return set();
    } else if (c == '{') {
      rest_.remove_prefix(1);
      wild("(?:");
      if (++braces_ > kBracesMax) {
        return bad(format_text("{{}} may be nested {} deep", kBracesMax));
      }
    } else if (c == '}' && braces_ > 0) {
      rest_.remove_prefix(1);
      out_ += ")";
      --braces_;
    } else if (c == ',' && braces_ > 0) {
      rest_.remove_prefix(1);
      out_ += "|";
    } else {
      if (c == '\\') {
        rest_.remove_prefix(1);
        if (rest_.empty()) {
          return bad("a backslash at the end");
        }
      }
      out_ += re2::RE2::QuoteMeta(character());
    }
    return {};
  }

  void wild(std::string_view expression) {
    out_ += expression;
    is_literal_ = false;
  }

  void star(bool begins) {
    const std::size_t stars = std::min(rest_.find_first_not_of('*'), rest_.size());
    rest_.remove_prefix(stars);
    if (!is_path()) {
      wild(".*");
    } else if (begins && stars == 2 && rest_.empty()) {
      wild(".+");
    } else if (begins && stars == 2 && rest_.front() == '/') {
      rest_.remove_prefix(1);
      wild("(?:[^/]+/)*");
      at_component_ = true;
    } else {
      wild("[^/]*");
    }
  }

  // One character off the front.
  std::string character() {
    std::size_t length = 1;
    while (length < rest_.size() && (static_cast<unsigned char>(rest_[length]) & 0xC0U) == 0x80U) {
      ++length;
    }
    std::string taken(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return taken;
  }

  Result<void> set() {
    rest_.remove_prefix(1);
    const bool is_negated = rest_.starts_with('!') || rest_.starts_with('^');
    rest_.remove_prefix(is_negated ? 1 : 0);
    std::string inner;
    for (bool first = true; first || !rest_.starts_with(']'); first = false) {  // every round takes a character
      PUNA_TRY(const std::string from, member());
      std::string to = from;
      if (rest_.size() > 1 && rest_[0] == '-' && rest_[1] != ']') {
        rest_.remove_prefix(1);
        PUNA_TRY(to, member());
      }
      if (is_path() && from <= "/" && to >= "/") {
        return bad("a [] with / in it");
      }
      inner += re2::RE2::QuoteMeta(from) + "-" + re2::RE2::QuoteMeta(to);
    }
    rest_.remove_prefix(1);
    wild(is_negated ? "[^" + std::string(is_path() ? "/" : "") + inner + "]" : "[" + inner + "]");
    return {};
  }

  Result<std::string> member() {
    if (rest_.starts_with('\\')) {
      rest_.remove_prefix(1);
    }
    if (rest_.empty()) {
      return bad("a [ is not closed");
    }
    return character();
  }

  std::string_view rest_;
  const Glob::Kind kind_;
  std::string out_;
  int braces_ = 0;
  bool is_literal_ = true;
  bool at_component_ = true;  // what follows begins one
};

}  // namespace

Result<Glob> Glob::compile(std::string_view pattern, Kind kind) {
  if (pattern.size() > kGlobBytesMax) {
    return fail(ErrorCode::invalid_argument,
                format_text("the pattern is too long ({} bytes; at most {})", pattern.size(), kGlobBytesMax));
  }
  if (!utf8::is_valid(pattern)) {
    return fail(ErrorCode::invalid_argument, "not a pattern: not UTF-8");
  }
  Translator translator(pattern, kind);
  PUNA_TRY(const std::string expression, translator.whole());
  re2::RE2::Options options;
  options.set_dot_nl(true);
  options.set_log_errors(false);
  options.set_max_mem(kMemoryBytesMax);
  auto compiled = std::make_shared<const re2::RE2>(expression, options);
  if (!compiled->ok()) {
    return fail(ErrorCode::invalid_argument, "not a pattern: " + shown(compiled->error()));
  }
  const bool is_open = !pattern.empty() && std::string_view("*?[{").contains(pattern.front());
  return Glob(std::move(compiled), translator.is_literal(), is_open);
}

bool Glob::matches(std::string_view text) const {
  return utf8::is_valid(text) ? re2::RE2::FullMatch(text, *expression_)
                              : re2::RE2::FullMatch(utf8::sanitize(text), *expression_);
}

}  // namespace puna::tools

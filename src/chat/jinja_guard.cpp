// A scanner over template source, one pass, no recursion. Why each rule: the engine parses by recursive descent and
// with std::regex, whose matcher recurses once per character (long comments, words and runs of white space overflow the
// stack); it divides integers without looking at the divisor; it splits at and replaces an empty string for ever; it
// reads past the end of a text in some slices, and of the arguments of loop.cycle; it walks over lists that a condition
// of the walk changes; macros that only know their parameters, and recursive loops, call themselves without end.
//
// Where the engine reads white space otherwise than Jinja does, the source is rewritten so that both mean the same.
#include "chat/jinja_guard.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "puna/chat/template.h"

namespace puna {
namespace {

bool is_jinja_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f'; }
bool is_jinja_digit(char c) { return c >= '0' && c <= '9'; }
bool is_jinja_word(char c) { return is_jinja_digit(c) || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

class Guard {
 public:
  explicit Guard(std::string_view source) : source_(source) {}

  Result<std::string> run() {
    std::size_t spaces = 0;
    while (at_ < source_.size()) {
      const std::string_view rest = source_.substr(at_);
      if (rest.starts_with("{#")) {
        PUNA_TRY_VOID(comment());
        spaces = 0;
      } else if (rest.starts_with("{{") || rest.starts_with("{%")) {
        PUNA_TRY_VOID(tag());
        spaces = 0;
      } else {
        spaces = is_jinja_space(rest.front()) ? spaces + 1 : 0;
        if (spaces > kTemplateSpaceRunMax) {
          return limit(format_text("a run of white space longer than {} bytes", kTemplateSpaceRunMax));
        }
        out_ += rest.front();
        ++at_;
      }
    }
    return std::move(out_);
  }

 private:
  static constexpr int kNoSlice = -1;

  [[nodiscard]] std::string row() const {
    return format_text("row {}", 1 + std::ranges::count(source_.substr(0, std::min(at_, source_.size())), '\n'));
  }
  [[nodiscard]] std::unexpected<Error> limit(const std::string& what) const {
    return fail(ErrorCode::limit, format_text("the chat template has {} ({})", what, row()));
  }
  [[nodiscard]] std::unexpected<Error> refuse(const std::string& what) const {
    return fail(ErrorCode::invalid_argument, format_text("the chat template {} ({})", what, row()));
  }

  // Keeps the comment's dashes, which trim the text around it, and its line ends.
  Result<void> comment() {
    const std::size_t end = source_.find("#}", at_ + 2);
    if (end == std::string_view::npos) {
      return refuse("has a comment without an end");
    }
    const std::string_view inside = source_.substr(at_ + 2, end - at_ - 2);
    const auto is_trim = [](char c) { return c == '-' || c == '~'; };
    const bool trims_before = !inside.empty() && is_trim(inside.front());
    const bool trims_after = inside.size() > 1 && is_trim(inside.back());
    last_trims_ = trims_after;
    const auto rows = std::min<std::size_t>(std::ranges::count(inside, '\n'), kTemplateSpaceRunMax);
    out_ += format_text("{{#{} {}{}#}}", trims_before ? "-" : "", std::string(rows, '\n'), trims_after ? "-" : "");
    last_end_ = out_.size();
    at_ = end + 2;
    return {};
  }

  // Jinja removes white space that stands on a line before a block. The engine does so before an expression too, so
  // there the white space becomes an expression of its own.
  void keep_indent() {
    const std::size_t text = out_.find_last_not_of(" \t");
    const std::size_t start = std::max(text == std::string::npos ? 0 : text + 1, last_end_);
    const bool is_line_start = start == 0 || out_[start - 1] == '\n';
    const bool is_trimmed =
        last_trims_ && std::ranges::all_of(std::string_view(out_).substr(last_end_), is_jinja_space);
    const bool trims = source_.substr(at_ + 2).starts_with('-');
    if (start < out_.size() && is_line_start && !is_trimmed && !trims) {
      const std::string indent = out_.substr(start);
      out_.resize(start);
      out_ += "{{ \"" + indent + "\" }}";
    }
  }

  // One {{ }} or {% %}. Copies it as it is; the rest of this class looks at what is inside.
  Result<void> tag() {
    const bool is_block = source_[at_ + 1] == '%';
    const std::size_t start = at_;
    if (!is_block) {
      keep_indent();
    }
    depth_ = 0;
    operators_ = 0;
    code_bytes_ = 0;
    first_word_ = {};
    has_equals_ = false;
    wraps_ = {};
    inserts_.clear();
    at_ += 2;
    while (!at_tag_end(is_block)) {
      if (at_ >= source_.size()) {
        at_ = start;
        return refuse("has a tag without an end");
      }
      PUNA_TRY_VOID(token());
    }
    at_ += 2;
    copy_tag(start);
    last_trims_ = source_[at_ - 3] == '-';
    if (is_block && first_word_ == "macro") {
      out_ += format_text("{{% set puna_ = {} {}%}}", kHere, last_trims_ ? "-" : "");
    }
    last_end_ = out_.size();
    return is_block ? block() : Result<void>();
  }

  void copy_tag(std::size_t start) {
    std::size_t from = start;
    for (const auto& [place, text] : inserts_) {
      out_ += source_.substr(from, place - from);
      out_ += text;
      from = place;
    }
    out_ += source_.substr(from, at_ - from);
  }

  [[nodiscard]] bool at_tag_end(bool is_block) const {
    const std::string_view rest = source_.substr(at_);
    return is_block ? rest.starts_with("%}") : depth_ == 0 && rest.starts_with("}}");
  }

  Result<void> token() {
    const char c = source_[at_];
    if (c == '"' || c == '\'') {
      return string();
    }
    if (is_jinja_word(c)) {
      return word();
    }
    if (c == '(' || c == '[' || c == '{') {
      if (++depth_ > kTemplateBracketsDeepMax) {
        return limit(format_text("brackets nested deeper than {}", kTemplateBracketsDeepMax));
      }
      colons_[static_cast<std::size_t>(depth_)] = c == '[' ? 0 : kNoSlice;
      open_text(c);
    } else if (c == ':') {
      PUNA_TRY_VOID(slice());
    } else if (c == ')' || c == ']' || c == '}') {
      close_text();
      depth_ = std::max(depth_ - 1, 0);
    } else if (c == ',') {
      close_text();
    } else if (c == '/' || c == '%') {
      PUNA_TRY_VOID(division());
    }
    if (std::string_view("|~+-*/%.[(=<>").contains(c)) {
      PUNA_TRY_VOID(count_operator());
    }
    has_equals_ = has_equals_ || c == '=';
    return code(1);
  }

  // The first argument of split() and replace() must not be empty.
  void open_text(char bracket) {
    const std::string left = before();
    if (bracket == '(' && (left.ends_with(".split") || left.ends_with(".replace"))) {
      inserts_.emplace_back(at_ + 1, format_text("{}(", kNotEmpty));
      wraps_[static_cast<std::size_t>(depth_)] = true;
    }
  }
  void close_text() {
    if (std::exchange(wraps_[static_cast<std::size_t>(depth_)], false)) {
      inserts_.emplace_back(at_, ")");
    }
  }

  Result<void> code(std::size_t bytes) {
    at_ += bytes;
    code_bytes_ += bytes;
    return code_bytes_ > kTemplateTagBytesMax
               ? limit(format_text("a tag with more than {} bytes of code", kTemplateTagBytesMax))
               : Result<void>();
  }

  Result<void> count_operator() {
    return ++operators_ > kTemplateOperatorsMax
               ? limit(format_text("a tag with more than {} operators that nest", kTemplateOperatorsMax))
               : Result<void>();
  }

  Result<void> string() {
    const char quote = source_[at_];
    std::size_t end = at_ + 1;
    while (end < source_.size() && source_[end] != quote) {
      end += source_[end] == '\\' ? 2 : 1;
    }
    if (end >= source_.size()) {
      return refuse("has a string without an end");
    }
    const bool is_empty = end == at_ + 1;
    if (is_empty && before().ends_with("split(")) {
      return refuse("splits a text at an empty string");
    }
    at_ = end + 1;
    return {};
  }

  // The last code before this place, without its white space.
  [[nodiscard]] std::string before() const {
    std::string text;
    for (std::size_t i = at_; i > 0 && text.size() < 64; --i) {
      if (!is_jinja_space(source_[i - 1])) {
        text += source_[i - 1];
      }
    }
    std::ranges::reverse(text);
    return text;
  }

  Result<void> word() {
    std::size_t end = at_;
    while (end < source_.size() && is_jinja_word(source_[end])) {
      ++end;
    }
    const std::string_view text = source_.substr(at_, end - at_);
    if (text.size() > kTemplateWordBytesMax) {
      return limit(format_text("a word longer than {} bytes", kTemplateWordBytesMax));
    }
    if (first_word_.empty()) {
      first_word_ = text;
    }
    PUNA_TRY_VOID(check_word(text));
    constexpr std::array<std::string_view, 6> kOperators = {"not", "if", "and", "or", "in", "is"};
    if (std::ranges::find(kOperators, text) != kOperators.end()) {
      PUNA_TRY_VOID(count_operator());
    }
    return code(text.size());
  }

  Result<void> check_word(std::string_view text) const {
    constexpr std::array<std::string_view, 3> kChanges = {"append", "insert", "pop"};
    if (first_word_ == "for" && text == "recursive") {
      return refuse("has a recursive loop");
    }
    const bool is_change = first_word_ == "for" && std::ranges::contains(kChanges, text);
    if ((is_change || text == "cycle") && before().ends_with('.')) {
      return refuse(is_change ? "changes a list or an object in the head of a loop" : "uses loop.cycle");
    }
    return {};
  }

  // The divisor must be written out and not 0. Text on the left formats ("%" of a string), which only fails.
  Result<void> division() {
    const std::string left = before();
    std::size_t next = at_ + 1;
    if (next < source_.size() && source_[next] == source_[at_]) {
      ++next;
    }
    while (next < source_.size() && is_jinja_space(source_[next])) {
      ++next;
    }
    const std::size_t digits = next;
    while (next < source_.size() && is_jinja_digit(source_[next])) {
      ++next;
    }
    const std::string_view divisor = source_.substr(digits, next - digits);
    const bool is_fraction = next < source_.size() && (source_[next] == '.' || is_jinja_word(source_[next]));
    const bool is_safe = divisor.find_first_not_of('0') != std::string_view::npos && !is_fraction;
    if (!is_safe && !left.ends_with('"') && !left.ends_with('\'')) {
      return refuse("divides by something else than a whole number that is written out and not 0");
    }
    if (source_.substr(at_ + 1).starts_with(source_[at_])) {
      return code(1);  // the second character of "//"
    }
    return {};
  }

  // With a step, the engine takes characters of a text by number without looking at its length, unless both ends are
  // left to it.
  Result<void> slice() {
    int& colons = colons_[static_cast<std::size_t>(depth_)];
    if (depth_ == 0 || colons == kNoSlice) {
      return {};
    }
    return ++colons == 2 && !before().ends_with("[:") ? refuse("takes a slice with a step and an end") : Result<void>();
  }

  Result<void> block() {
    constexpr std::array<std::string_view, 7> kOpen = {"if", "for", "macro", "filter", "call", "generation", "set"};
    if (first_word_.starts_with("end")) {
      blocks_ = std::max(blocks_ - 1, 0);
    } else if (std::ranges::find(kOpen, first_word_) != kOpen.end() && !(first_word_ == "set" && has_equals_)) {
      if (++blocks_ > kTemplateBlocksDeepMax) {
        return limit(format_text("blocks nested deeper than {}", kTemplateBlocksDeepMax));
      }
    }
    return {};
  }

  std::string_view source_;
  std::size_t at_ = 0;
  std::string out_;
  std::size_t last_end_ = 0;  // of the tag before, in out_
  bool last_trims_ = false;   // it removes the white space behind it
  int blocks_ = 0;
  // of the tag that is read:
  int depth_ = 0;
  std::array<int, kTemplateBracketsDeepMax + 1> colons_{};  // by depth; kNoSlice outside of [ ]
  std::array<bool, kTemplateBracketsDeepMax + 1> wraps_{};  // by depth; an argument is being wrapped
  std::vector<std::pair<std::size_t, std::string>> inserts_;
  int operators_ = 0;
  std::size_t code_bytes_ = 0;
  std::string_view first_word_;
  bool has_equals_ = false;
};

}  // namespace

Result<std::string> guard_template(std::string_view source) {
  if (source.size() > kTemplateBytesMax) {
    return fail(ErrorCode::limit, format_text("the chat template has {} bytes, more than the {} that are allowed",
                                              source.size(), kTemplateBytesMax));
  }
  if (!utf8::is_valid(source)) {
    return fail(ErrorCode::invalid_argument, "the chat template is not UTF-8");
  }
  // Jinja reads every line end as one newline.
  std::string lines;
  lines.reserve(source.size());
  for (std::size_t i = 0; i < source.size(); ++i) {
    const bool is_return = source[i] == '\r';
    i += is_return && i + 1 < source.size() && source[i + 1] == '\n' ? 1 : 0;
    lines += is_return ? '\n' : source[i];
  }
  return Guard(lines).run();
}

}  // namespace puna

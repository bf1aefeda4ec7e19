// See shell_words.h. What is not known to be harmless is refused: a sign that this reader does not know can only make
// it refuse too much.
#include "tools/shell_words.h"

#include <algorithm>
#include <array>

namespace puna::tools {
namespace {

// Source: POSIX.1-2017, Shell Command Language 2.4, and bash's own.
constexpr std::array<std::string_view, 24> kReserved{
    "!",  "{",    "}",     "case",  "do", "done", "elif",     "else",   "esac", "fi",     "for",       "if",
    "in", "then", "until", "while", "[[", "]]",   "function", "select", "time", "coproc", "namespace", "typeset"};

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n') || c == '\x7f'; }

// In some locales a shell takes such bytes for blanks.
bool is_beyond_ascii(char c) { return static_cast<unsigned char>(c) >= 0x80; }

// NAME=..., NAME+=...: an assignment, or what looks like one.
bool is_assignment(std::string_view word) {
  const std::size_t equals = word.find('=');
  return equals != std::string_view::npos && equals > 0 && is_name_start(word.front());
}

class Reader {
 public:
  explicit Reader(std::string_view line) : line_(line) {}

  Result<std::vector<Words>> whole() {
    while (at_ < line_.size()) {  // every round takes at least one byte
      PUNA_TRY_VOID(next());
    }
    end_word();
    if (must_follow_ && words_.empty()) {
      return refuse("nothing behind the last && || or |");
    }
    PUNA_TRY_VOID(end_command());
    if (commands_.empty()) {
      return refuse("no command");
    }
    return std::move(commands_);
  }

 private:
  [[nodiscard]] std::unexpected<Error> refuse(std::string_view what) const {
    return fail(ErrorCode::invalid_argument, format_text("not understood at byte {}: {}", at_ + 1, what));
  }
  [[nodiscard]] char peek() const { return at_ + 1 < line_.size() ? line_[at_ + 1] : '\0'; }

  Result<void> next() {
    const char c = line_[at_];
    if (is_control(c)) {
      return refuse("a control character");
    }
    if (is_beyond_ascii(c)) {
      return refuse("an unquoted character beyond ASCII");
    }
    if (is_blank(c)) {
      end_word();
      ++at_;
      return {};
    }
    switch (c) {
      case '\n':
      case ';':
      case '&':
      case '|':
        return separator(c);
      case '\'':
        return single_quoted();
      case '"':
        return double_quoted();
      case '\\':
        return escaped();
      case '~':
        if (!in_word_ || word_.ends_with('=') || word_.ends_with(':')) {
          return refuse("~ stands for a folder");
        }
        break;
      case '#':
        if (!in_word_) {
          return refuse("a comment");
        }
        break;
      default:
        if (std::string_view("$`()<>{}*?[]!^").contains(c)) {
          return refuse(std::string("an unquoted ") + c);
        }
    }
    add(c);
    return {};
  }

  Result<void> separator(char c) {
    end_word();
    const bool is_double = c != '\n' && peek() == c;
    if (c == '&' && !is_double) {
      return refuse("& runs it in the background");
    }
    if (c == '|' && peek() == '&') {
      return refuse("|& redirects");
    }
    if (c == ';' && is_double) {
      return refuse(";;");
    }
    if (c == '\n' && words_.empty()) {  // an empty line; also behind && || and |
      ++at_;
      return {};
    }
    if (words_.empty()) {
      return refuse("nothing before it");
    }
    PUNA_TRY_VOID(end_command());
    must_follow_ = c == '&' || c == '|';
    at_ += is_double ? 2 : 1;
    return {};
  }

  Result<void> single_quoted() {
    const std::size_t end = line_.find('\'', at_ + 1);
    if (end == std::string_view::npos) {
      return refuse("an open quote");
    }
    for (++at_; at_ < end; ++at_) {
      PUNA_TRY_VOID(add_quoted(line_[at_]));
    }
    ++at_;
    in_word_ = true;
    return {};
  }

  Result<void> double_quoted() {
    for (++at_; at_ < line_.size() && line_[at_] != '"'; ++at_) {
      char c = line_[at_];
      if (c == '$' || c == '`') {
        return refuse(std::string("in double quotes a ") + c);
      }
      if (c == '!') {
        return refuse("in double quotes a !");  // history, where a shell is told to have one
      }
      if (c == '\\' && std::string_view("$`\"\\").contains(peek()) && peek() != '\0') {
        c = line_[++at_];
      } else if (c == '\\' && peek() == '\n') {
        return refuse("a line that goes on");
      }
      PUNA_TRY_VOID(add_quoted(c));
    }
    if (at_ == line_.size()) {
      return refuse("an open quote");
    }
    ++at_;
    in_word_ = true;
    return {};
  }

  Result<void> escaped() {
    if (at_ + 1 == line_.size() || peek() == '\n') {
      return refuse("a line that goes on");
    }
    ++at_;
    if (is_control(line_[at_]) || is_beyond_ascii(line_[at_])) {
      return refuse("a backslash before a character that it does not quote everywhere");
    }
    add(line_[at_]);
    return {};
  }

  Result<void> add_quoted(char c) {
    if (is_control(c)) {
      return refuse("a control character");
    }
    word_ += c;
    return {};
  }

  void add(char c) {
    word_ += c;
    in_word_ = true;
    ++at_;
  }

  void end_word() {
    if (in_word_) {
      words_.push_back(std::exchange(word_, {}));
      in_word_ = false;
    }
  }

  Result<void> end_command() {
    if (words_.empty()) {
      return {};
    }
    if (is_assignment(words_.front())) {
      return refuse("an assignment before the program");
    }
    if (std::ranges::any_of(words_.front(), is_beyond_ascii)) {
      return refuse("a program whose name is not ASCII");
    }
    if (words_.front().empty() || std::ranges::contains(kReserved, words_.front())) {
      return refuse("not a program: '" + words_.front() + "'");
    }
    commands_.push_back(std::exchange(words_, {}));
    must_follow_ = false;
    return {};
  }

  const std::string_view line_;
  std::size_t at_ = 0;
  std::vector<Words> commands_;
  Words words_;
  std::string word_;
  bool in_word_ = false;      // a word may be empty: ''
  bool must_follow_ = false;  // a command, behind && || and |
};

}  // namespace

Result<std::vector<Words>> shell_commands(std::string_view line) {
  if (line.size() > kShellBytesMax) {
    return fail(ErrorCode::invalid_argument,
                format_text("not understood: {} bytes; at most {}", line.size(), kShellBytesMax));
  }
  return Reader(line).whole();
}

}  // namespace puna::tools

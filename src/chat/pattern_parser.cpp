// A parser by descent: alternatives, sequences, repetitions, atoms. Each level of parentheses costs one level of stack.
#include <algorithm>
#include <charconv>
#include <utility>

#include "chat/pattern.h"
#include "chat/pattern_classes.h"
#include "chat/pattern_tree.h"
#include "puna/base/format.h"

namespace puna::pattern {
namespace {

using Kind = Node::Kind;

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Node> run() {
    PUNA_TRY(Node node, alternatives(0));
    if (!at_end()) {
      return refuse("a ')' without its '('");
    }
    return node;
  }

 private:
  struct Flags {
    bool ignores_case = false;
    bool dot_is_all = false;
  };
  [[nodiscard]] bool at_end() const { return position_ >= text_.size(); }
  [[nodiscard]] char here() const { return at_end() ? '\0' : text_[position_]; }
  [[nodiscard]] bool looking_at(std::string_view what) const { return text_.substr(position_).starts_with(what); }
  bool take(std::string_view what) {
    if (!looking_at(what)) {
      return false;
    }
    position_ += what.size();
    return true;
  }
  [[nodiscard]] std::unexpected<Error> refuse(std::string_view why) const {
    return fail(ErrorCode::invalid_argument,
                format_text("pattern '{}', at byte {}: {}", text_.substr(0, 80), position_, why));
  }

  static Node join(Kind kind, std::vector<Node> parts) {
    if (parts.size() == 1) {
      return std::move(parts.front());
    }
    Node node{.kind = kind, .parts = std::move(parts)};
    node.has_assertion = std::ranges::any_of(node.parts, &Node::has_assertion);
    return node;
  }

  Result<Node> alternatives(int depth) {
    if (depth > kPatternDepthMax) {
      return fail(ErrorCode::limit, format_text("a pattern is nested deeper than {}", kPatternDepthMax));
    }
    std::vector<Node> options;
    do {
      PUNA_TRY(Node option, sequence(depth));
      options.push_back(std::move(option));
    } while (take("|"));
    return join(Kind::either, std::move(options));
  }

  Result<Node> sequence(int depth) {
    std::vector<Node> parts;
    while (!at_end() && here() != '|' && here() != ')') {
      PUNA_TRY(std::optional<Node> part, atom(depth));
      if (!part) {
        continue;  // flags
      }
      PUNA_TRY_VOID(repetition(*part));
      parts.push_back(*std::move(part));
    }
    return join(Kind::sequence, std::move(parts));
  }

  Result<std::optional<Node>> atom(int depth) {
    const char c = here();
    if (c == '(') {
      return group(depth);
    }
    if (c == '[') {
      return bracket();
    }
    if (c == '*' || c == '+' || c == '?') {
      return refuse("nothing to repeat");
    }
    if (c == '\\') {
      if (take("\\A")) {
        return Node{.kind = Kind::start, .has_assertion = true};
      }
      if (take("\\z") || take("\\Z")) {
        return Node{.kind = Kind::end, .has_assertion = true};
      }
      PUNA_TRY(CodePoints points, escape());
      return one(std::move(points));
    }
    if (take("^")) {
      return Node{.kind = Kind::start, .has_assertion = true};
    }
    if (take("$")) {
      return Node{.kind = Kind::end, .has_assertion = true};
    }
    if (take(".")) {
      CodePoints newline(U'\n', U'\n');
      return one(flags_.dot_is_all ? CodePoints::all() : newline.complement());
    }
    const char32_t point = next_character(text_, position_);
    return one(CodePoints(point, point));
  }

  [[nodiscard]] Node one(CodePoints points) const {
    return {.kind = Kind::one, .points = flags_.ignores_case ? points.without_case() : std::move(points)};
  }

  Result<std::optional<Node>> group(int depth) {
    take("(");
    const Flags outer = flags_;
    Kind ahead = Kind::sequence;
    if (take("?")) {
      if (take("=") || take("!")) {
        ahead = text_[position_ - 1] == '=' ? Kind::ahead : Kind::not_ahead;
      } else if (looking_at("<=") || looking_at("<!")) {
        return refuse("lookbehind is not supported");
      } else if (take("P<") || take("<") || take("P=")) {
        const std::size_t end = text_.find('>', position_);
        if (end == std::string_view::npos) {
          return refuse("a group's name does not end");
        }
        position_ = end + 1;
      } else if (!take(":")) {
        PUNA_TRY(const bool only_flags, flags());
        if (only_flags) {  // for the rest of the group that this stands in
          return std::optional<Node>();
        }
      }
    }
    PUNA_TRY(Node inner, alternatives(depth + 1));
    if (!take(")")) {
      return refuse("a '(' without its ')'");
    }
    flags_ = outer;
    if (ahead == Kind::sequence) {
      return inner;
    }
    return Node{.kind = ahead, .parts = {std::move(inner)}, .has_assertion = true};
  }

  // (?i) sets them for the rest of the group, (?i:...) for what is inside. True for the first form.
  Result<bool> flags() {
    bool on = true;
    while (!at_end()) {
      const char c = text_[position_++];
      if (c == 'i') {
        flags_.ignores_case = on;
      } else if (c == 's') {
        flags_.dot_is_all = on;
      } else if (c == '-') {
        on = false;
      } else if (c == ')') {
        return true;
      } else if (c == ':') {
        return false;
      } else {
        --position_;
        return refuse("this flag is not supported; i and s are");
      }
    }
    return refuse("a '(' without its ')'");
  }

  Result<void> repetition(Node& part) {
    while (!at_end()) {
      std::uint32_t min = 0;
      std::uint32_t max = RegexPool::kEndless;
      if (take("+")) {
        min = 1;
      } else if (take("?")) {
        max = 1;
      } else if (!take("*")) {
        PUNA_TRY(const bool counted, counts(min, max));
        if (!counted) {
          return {};
        }
      }
      if (take("+")) {
        return refuse("possessive repetition is not supported");
      }
      take("?");  // lazy or not, the same texts match
      if (part.kind == Kind::start || part.kind == Kind::end) {
        return refuse("an anchor cannot be repeated");
      }
      if (part.has_assertion) {
        return refuse("an anchor or lookahead inside a repetition is not supported");
      }
      Node repeated{.kind = Kind::repeat, .min = min, .max = max};
      repeated.parts.push_back(std::move(part));
      part = std::move(repeated);
      if (++repeats_ > 2'000) {
        return fail(ErrorCode::limit, "a pattern has more than 2000 repetitions");
      }
    }
    return {};
  }

  // {3}, {3,} or {3,5}; anything else that starts with a brace is text.
  Result<bool> counts(std::uint32_t& min, std::uint32_t& max) {
    const char* const end = text_.data() + text_.size();
    const char* next = text_.data() + position_;
    if (next == end || *next != '{') {
      return false;
    }
    const auto number = [&next, end](std::uint32_t& into) {
      const auto [after, error] = std::from_chars(next, end, into);
      const bool is_number = after != next;
      next = after;
      if (error == std::errc::result_out_of_range) {
        into = kPatternRepeatMax + 1;
      }
      return is_number;
    };
    ++next;
    if (!number(min)) {
      return false;
    }
    max = min;
    if (next != end && *next == ',') {
      ++next;
      if (!number(max)) {
        max = RegexPool::kEndless;
      }
    }
    if (next == end || *next != '}') {
      return false;
    }
    if (min > kPatternRepeatMax || (max != RegexPool::kEndless && max > kPatternRepeatMax)) {
      return fail(ErrorCode::limit, format_text("a pattern repeats something more than {} times", kPatternRepeatMax));
    }
    if (min > max) {
      return refuse("the least count is above the greatest");
    }
    position_ = static_cast<std::size_t>(next + 1 - text_.data());
    return true;
  }

  Result<std::optional<Node>> bracket() {
    take("[");
    const bool negated = take("^");
    CodePoints points;
    bool first = true;
    while (first || here() != ']') {
      if (at_end()) {
        return refuse("a '[' without its ']'");
      }
      if (first && here() == ']' && text_.find(']', position_ + 1) == std::string_view::npos) {
        break;  // [] and [^], as in ECMA-262
      }
      first = false;
      PUNA_TRY_VOID(bracket_item(points));
    }
    take("]");
    if (flags_.ignores_case) {
      points = points.without_case();
    }
    return Node{.kind = Kind::one, .points = negated ? points.complement() : std::move(points)};
  }

  Result<void> bracket_item(CodePoints& points) {
    if (looking_at("[:")) {
      const std::size_t end = text_.find(":]", position_ + 2);
      if (end != std::string_view::npos) {
        std::string_view name = text_.substr(position_ + 2, end - position_ - 2);
        const bool negated = name.starts_with('^');
        name.remove_prefix(negated ? 1 : 0);
        const auto named = posix_class(name);
        if (!named) {
          return refuse("no such class of characters");
        }
        points.add(negated ? named->complement() : *named);
        position_ = end + 2;
        return {};
      }
    }
    PUNA_TRY(const CodePoints low, bracket_end());
    const bool is_range = here() == '-' && position_ + 1 < text_.size() && text_[position_ + 1] != ']';
    if (!is_range || !is_single(low)) {
      points.add(low);
      return {};
    }
    take("-");
    PUNA_TRY(const CodePoints high, bracket_end());
    if (!is_single(high)) {  // [a-\d]: the hyphen is one of the characters
      points.add(low);
      points.add(U'-');
      points.add(high);
      return {};
    }
    if (low.ranges().front().first > high.ranges().front().first) {
      return refuse("a range of characters that runs backwards");
    }
    points.add(low.ranges().front().first, high.ranges().front().first);
    return {};
  }

  static bool is_single(const CodePoints& points) {
    return points.ranges().size() == 1 && points.ranges().front().first == points.ranges().front().second;
  }

  Result<CodePoints> bracket_end() {
    if (here() == '\\') {
      if (take("\\b")) {
        return CodePoints(U'\b', U'\b');
      }
      return escape();
    }
    const char32_t point = next_character(text_, position_);
    return CodePoints(point, point);
  }

  Result<CodePoints> escape() {
    take("\\");
    if (at_end()) {
      return refuse("a lone backslash");
    }
    const char c = here();
    if (c == 'p' || c == 'P') {
      return category();
    }
    if (const auto named = perl_class(c)) {
      ++position_;
      return *named;
    }
    static constexpr std::string_view kControls = "tnrfva";
    static constexpr std::string_view kMeant = "\t\n\r\f\v\a";
    if (const std::size_t control = kControls.find(c); control != std::string_view::npos) {
      ++position_;
      return single(static_cast<unsigned char>(kMeant[control]));
    }
    if (c == 'x' || c == 'u') {
      return hexadecimal();
    }
    if (c == 'c' && position_ + 1 < text_.size() && (text_[position_ + 1] | 0x20) >= 'a') {
      position_ += 2;
      return single(static_cast<unsigned char>(text_[position_ - 1]) & 0x1FU);
    }
    if (c == '0') {
      ++position_;
      return single(0);
    }
    if (c >= '1' && c <= '9') {
      return refuse("back-references are not supported");
    }
    if (c == 'b' || c == 'B') {
      return refuse("word boundaries are not supported");
    }
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') {
      return refuse("this escape is not supported");
    }
    return single(next_character(text_, position_));
  }

  static CodePoints single(char32_t point) { return {point, point}; }

  // \x41, \x{1F600}, \u0041, \u{1F600}, and two \u of UTF-16 surrogates.
  Result<CodePoints> hexadecimal() {
    const bool is_u = here() == 'u';
    ++position_;
    const bool braced = take("{");
    const std::size_t digits_max = braced ? 8 : is_u ? 4 : 2;
    const auto digits = [this](std::size_t count, char32_t& into) {
      const std::string_view found = text_.substr(position_, count);
      std::uint32_t value = 0;
      const auto [end, error] = std::from_chars(found.data(), found.data() + found.size(), value, 16);
      into = value;
      const auto taken = static_cast<std::size_t>(end - found.data());
      position_ += taken;
      return error == std::errc() ? taken : 0;
    };
    char32_t point = 0;
    const std::size_t taken = digits(digits_max, point);
    if (taken == 0 || (!braced && taken != digits_max) || (braced && !take("}")) || point > 0x10FFFF) {
      return refuse("not a hexadecimal number of a character");
    }
    if (point >= 0xD800 && point < 0xDC00 && take("\\u")) {
      char32_t low = 0;
      if (digits(4, low) != 4 || low < 0xDC00 || low > 0xDFFF) {
        return refuse("half a surrogate pair");
      }
      point = 0x10000 + ((point - 0xD800) << 10U) + (low - 0xDC00);
    }
    if (point >= 0xD800 && point <= 0xDFFF) {
      return refuse("half a surrogate pair");
    }
    return single(point);
  }

  Result<CodePoints> category() {
    const bool negated = here() == 'P';
    ++position_;
    std::string_view name = text_.substr(position_, 1);
    if (name == "{") {
      const std::size_t end = text_.find('}', position_);
      if (end == std::string_view::npos) {
        return refuse("the name of a class does not end");
      }
      name = text_.substr(position_ + 1, end - position_ - 1);
      position_ = end;
    }
    ++position_;
    const bool inverted = name.starts_with('^');
    name.remove_prefix(inverted ? 1 : 0);
    const auto points = unicode_class(name);
    if (!points) {
      return refuse("no such general category of Unicode");
    }
    return negated != inverted ? points->complement() : *points;
  }

  std::string_view text_;
  std::size_t position_ = 0;
  std::size_t repeats_ = 0;
  Flags flags_;
};

}  // namespace

Result<Node> parse(std::string_view pattern) {
  if (pattern.size() > kPatternBytesMax) {
    return fail(ErrorCode::limit,
                format_text("a pattern has {} bytes, at most {} are read", pattern.size(), kPatternBytesMax));
  }
  return Parser(pattern).run();
}

}  // namespace puna::pattern

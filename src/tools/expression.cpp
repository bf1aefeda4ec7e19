// See expression.h. A recursive-descent parser that computes while it reads; every way down passes through
// signed_value(), which counts the depth.
#include "tools/expression.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <vector>

#include "tools/functions.h"
#include "tools/observation.h"

namespace puna::tools {
namespace {

constexpr std::size_t kArgumentsMax = 64;
constexpr std::string_view kTimes = "\u00d7";
constexpr std::string_view kDividedBy = "\u00f7";
constexpr std::string_view kMinus = "\u2212";
constexpr std::array<std::string_view, 6> kBlanks = {" ", "\t", "\n", "\r", "\u00a0", "\u202f"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Number> whole() {
    skip_spaces();
    if (rest().empty()) {
      return fail(ErrorCode::invalid_argument, "the expression is empty");
    }
    PUNA_TRY(Number value, sum());
    if (!rest().empty()) {
      return unexpected_here();
    }
    return value;
  }

 private:
  Result<Number> sum() {
    PUNA_TRY(Number value, product());
    while (true) {  // every round takes at least one byte
      if (take("+")) {
        PUNA_TRY(const Number right, product());
        PUNA_TRY(value, add(value, right));
      } else if (take("-") || take(kMinus)) {
        PUNA_TRY(const Number right, product());
        PUNA_TRY(value, subtract(value, right));
      } else {
        return value;
      }
    }
  }

  Result<Number> product() {
    PUNA_TRY(Number value, signed_value());
    while (true) {  // every round takes at least one byte
      if (take("*") || take(kTimes)) {
        PUNA_TRY(const Number right, signed_value());
        PUNA_TRY(value, multiply(value, right));
      } else if (take("//")) {
        PUNA_TRY(const Number right, signed_value());
        PUNA_TRY(value, floor_divide(value, right));
      } else if (take("/") || take(kDividedBy)) {
        PUNA_TRY(const Number right, signed_value());
        PUNA_TRY(value, divide(value, right));
      } else if (take("%")) {
        if (rest().empty() || rest().starts_with(")")) {
          return fail(ErrorCode::invalid_argument, "'%' is the remainder of a division. For percent divide by 100");
        }
        PUNA_TRY(const Number right, signed_value());
        PUNA_TRY(value, remainder(value, right));
      } else {
        return value;
      }
    }
  }

  Result<Number> signed_value() {
    if (depth_ >= kExpressionDepthMax) {
      return fail(ErrorCode::invalid_argument,
                  format_text("the expression is nested too deep (at most {} levels)", kExpressionDepthMax));
    }
    ++depth_;
    auto value = signed_value_inside();
    --depth_;
    return value;
  }

  Result<Number> signed_value_inside() {
    if (take("+")) {
      return signed_value();
    }
    if (take("-") || take(kMinus)) {
      PUNA_TRY(const Number value, signed_value());
      return negate(value);
    }
    PUNA_TRY(const Number base, primary());
    if (take("^") || take("**")) {
      PUNA_TRY(const Number exponent, signed_value());
      return power(base, exponent);
    }
    return base;
  }

  Result<Number> primary() {
    if (take("(")) {
      PUNA_TRY(const Number value, sum());
      if (!take(")")) {
        return unexpected_here();
      }
      return value;
    }
    const std::string_view ahead = rest();
    if (!ahead.empty() && (is_digit(ahead[0]) || (ahead[0] == '.' && ahead.size() > 1 && is_digit(ahead[1])))) {
      return number();
    }
    if (!ahead.empty() && is_letter(ahead[0])) {
      return named();
    }
    return unexpected_here();
  }

  Result<Number> named() {
    std::string name;
    while (at_ < text_.size() && (is_letter(text_[at_]) || is_digit(text_[at_]))) {
      const char c = text_[at_++];
      name += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    skip_spaces();
    if (!take("(")) {
      return constant(name);
    }
    ++calls_open_;
    std::vector<Number> arguments;
    do {
      if (arguments.size() >= kArgumentsMax) {
        return fail(ErrorCode::invalid_argument, format_text("'{}' has too many arguments", shown(name)));
      }
      PUNA_TRY(arguments.emplace_back(), sum());
    } while (take(","));
    if (!take(")")) {
      return unexpected_here();
    }
    --calls_open_;
    return apply(name, arguments);
  }

  Result<Number> number() {
    const std::size_t begin = at_;
    std::string digits = take_digits();
    if (calls_open_ > 0 && digits.size() > 1 && digits[0] == '0') {
      return fail(ErrorCode::invalid_argument,
                  format_text("'{}' at byte {}: inside a function ',' separates arguments. Write 1000, not 1,000",
                              digits, begin + 1));
    }
    while (calls_open_ == 0 && digit_group_ahead(digits)) {
      ++at_;
      digits += take_digits();
    }
    bool whole = true;
    if (at_ < text_.size() && text_[at_] == '.') {
      whole = false;
      ++at_;
      digits += '.' + take_digits();
    }
    if (const std::size_t length = exponent_ahead(); length > 0) {
      whole = false;
      digits += text_.substr(at_, length);
      at_ += length;
    }
    skip_spaces();
    return value_of(digits, whole);
  }

  // ",ddd" and no fourth digit, after a first group of one to three digits.
  [[nodiscard]] bool digit_group_ahead(std::string_view digits) const {
    const std::string_view ahead = text_.substr(at_);
    const bool first_group_fits = !digits.empty() && (digits.size() <= 3 || text_[at_ - 4] == ',');
    return first_group_fits && ahead.size() >= 4 && ahead[0] == ',' &&
           std::ranges::all_of(ahead.substr(1, 3), is_digit) && (ahead.size() == 4 || !is_digit(ahead[4]));
  }

  // The length of "e5", "E+05" at the place reached; 0 when there is none ("2e" is not a number with an exponent).
  [[nodiscard]] std::size_t exponent_ahead() const {
    const std::string_view ahead = text_.substr(at_);
    if (ahead.empty() || (ahead[0] != 'e' && ahead[0] != 'E')) {
      return 0;
    }
    std::size_t length = ahead.size() > 1 && (ahead[1] == '+' || ahead[1] == '-') ? 2 : 1;
    const std::size_t sign_end = length;
    while (length < ahead.size() && is_digit(ahead[length])) {
      ++length;
    }
    return length > sign_end ? length : 0;
  }

  static Result<Number> value_of(const std::string& digits, bool whole) {
    const char* end = digits.data() + digits.size();
    if (std::int64_t integer = 0; whole && std::from_chars(digits.data(), end, integer).ec == std::errc()) {
      return Number(integer);
    }
    double value = 0;
    const auto read = std::from_chars(digits.data(), end, value);
    if (read.ec != std::errc() || read.ptr != end) {
      return fail(ErrorCode::invalid_argument, format_text("the number '{}' is out of range", shown(digits)));
    }
    return number_from(value);
  }

  std::string take_digits() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_digit(text_[at_])) {
      ++at_;
    }
    return std::string(text_.substr(begin, at_ - begin));
  }

  bool take(std::string_view symbol) {
    if (!rest().starts_with(symbol)) {
      return false;
    }
    at_ += symbol.size();
    skip_spaces();
    return true;
  }

  void skip_spaces() {
    const auto is_ahead = [this](std::string_view space) { return rest().starts_with(space); };
    for (auto space = std::ranges::find_if(kBlanks, is_ahead); space != kBlanks.end();
         space = std::ranges::find_if(kBlanks, is_ahead)) {
      at_ += space->size();
    }
  }

  [[nodiscard]] std::string_view rest() const { return text_.substr(at_); }

  [[nodiscard]] std::unexpected<Error> unexpected_here() const {
    if (rest().empty()) {
      return fail(ErrorCode::invalid_argument, "unexpected end of the expression");
    }
    std::string_view character = utf8::truncate(rest(), 4);
    for (std::size_t bytes = 1; bytes < 4 && bytes < character.size(); ++bytes) {
      if (utf8::is_valid(character.substr(0, bytes))) {
        character = character.substr(0, bytes);
      }
    }
    return fail(ErrorCode::invalid_argument, format_text("unexpected '{}' at byte {}", shown(character), at_ + 1));
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
  int calls_open_ = 0;  // functions whose parentheses are open
};

}  // namespace

Result<Number> evaluate(std::string_view expression) {
  if (expression.size() > kExpressionBytesMax) {
    return fail(ErrorCode::invalid_argument, format_text("the expression is too long ({} bytes; at most {})",
                                                         expression.size(), kExpressionBytesMax));
  }
  return Parser(expression).whole();
}

}  // namespace puna::tools

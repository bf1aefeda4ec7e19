// A reader of GBNF by descent. What does not refer to rules becomes one terminal, however it is nested.
// Source: llama.cpp's grammars/README.md.
#include <algorithm>
#include <charconv>
#include <unordered_map>
#include <utility>
#include <vector>

#include "chat/code_points.h"
#include "chat/format_grammar.h"
#include "puna/base/grammar.h"
#include "puna/chat/output_format.h"

namespace puna {
namespace {

class GbnfReader {
 public:
  // The grammar is borrowed.
  GbnfReader(std::string_view text, Grammar& grammar)
      : text_(text), grammar_(&grammar), spelling_(grammar.regexes, Spelling::Kind::utf8) {}

  Result<ExprId> run(std::string_view root) {
    if (text_.size() > kGbnfBytesMax) {
      return fail(ErrorCode::limit, format_text("grammar: {} bytes, at most {} are read", text_.size(), kGbnfBytesMax));
    }
    if (!utf8::is_valid(text_)) {
      return fail(ErrorCode::invalid_argument, "grammar: not UTF-8");
    }
    skip_space(true);
    while (!at_end()) {
      PUNA_TRY_VOID(rule());
    }
    for (const auto& [name, known] : rules_) {
      if (!known.is_defined) {
        return fail(ErrorCode::invalid_argument, format_text("grammar: line {}: the rule '{}' is used and not defined",
                                                             line_of(known.position), name));
      }
    }
    const auto start = rules_.find(std::string(root));
    if (start == rules_.end()) {
      return fail(ErrorCode::invalid_argument, format_text("grammar: there is no rule '{}' to start from", root),
                  format_text("call the first rule '{}'", root));
    }
    return grammar_->add(expr::Reference{start->second.rule});
  }

 private:
  struct Rule {
    RuleId rule{};
    bool is_defined = false;
    std::size_t position = 0;  // where it is named first
  };
  // Either a terminal alone or an expression.
  struct Part {
    Regex regex = Regex::nothing;
    std::optional<ExprId> expr;
  };

  [[nodiscard]] bool at_end() const { return position_ >= text_.size(); }
  [[nodiscard]] char here() const { return at_end() ? '\0' : text_[position_]; }
  bool take(std::string_view what) {
    if (!text_.substr(position_).starts_with(what)) {
      return false;
    }
    position_ += what.size();
    return true;
  }
  [[nodiscard]] std::size_t line_of(std::size_t position) const {
    return 1 + static_cast<std::size_t>(std::ranges::count(text_.substr(0, position), '\n'));
  }
  [[nodiscard]] std::size_t line() const { return line_of(position_); }
  [[nodiscard]] std::unexpected<Error> refuse(std::string_view why) const {
    return fail(ErrorCode::invalid_argument, format_text("grammar: line {}: {}", line(), why));
  }
  void skip_space(bool lines_too) {
    while (!at_end()) {
      const char c = here();
      if (c == '#') {
        position_ = std::min(text_.find('\n', position_), text_.size());
      } else if (c == ' ' || c == '\t' || (lines_too && (c == '\n' || c == '\r'))) {
        ++position_;
      } else {
        break;
      }
    }
  }
  std::string_view name() {
    const auto is_part = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    };
    const std::size_t first = position_;
    while (!at_end() && is_part(here())) {
      ++position_;
    }
    return text_.substr(first, position_ - first);
  }

  Result<Rule*> named(std::string_view name) {
    const auto [known, added] = rules_.try_emplace(std::string(name));
    if (added) {
      known->second = {.rule = grammar_->declare(std::string(name)), .position = position_};
      if (rules_.size() > kGbnfRulesMax) {
        return fail(ErrorCode::limit, format_text("grammar: more than {} rules", kGbnfRulesMax));
      }
    }
    return &known->second;
  }

  Result<void> rule() {
    const std::string_view own = name();
    if (own.empty()) {
      return refuse("the name of a rule is expected");
    }
    skip_space(false);
    if (!take("::=")) {
      return refuse(format_text("'::=' is expected after the rule's name '{}'", own));
    }
    skip_space(true);
    PUNA_TRY(const Part body, alternatives(0));
    PUNA_TRY(Rule* const defined, named(own));
    if (defined->is_defined) {
      return refuse(format_text("the rule '{}' is defined twice", own));
    }
    defined->is_defined = true;
    grammar_->define(defined->rule, expr_of(body));
    if (!at_end() && here() != '\n' && here() != '\r') {
      return refuse(format_text("'{}' is not expected here", here()));
    }
    skip_space(true);
    return {};
  }

  ExprId expr_of(const Part& part) { return part.expr ? *part.expr : grammar_->text(part.regex); }

  Result<Part> alternatives(int depth) {
    if (depth > kGbnfDepthMax) {
      return fail(ErrorCode::limit, format_text("grammar: parentheses nested deeper than {}", kGbnfDepthMax));
    }
    std::vector<Part> options;
    for (;;) {
      PUNA_TRY(Part option, sequence(depth));
      options.push_back(option);
      const std::size_t after = position_;
      skip_space(true);
      if (!take("|")) {
        position_ = depth == 0 ? after : position_;
        break;
      }
      skip_space(true);
    }
    if (options.size() == 1) {
      return options.front();
    }
    std::vector<Regex> texts;
    std::vector<ExprId> exprs;
    for (const Part& option : options) {
      option.expr ? exprs.push_back(*option.expr) : texts.push_back(option.regex);
    }
    const Regex text = grammar_->regexes.either(texts);
    if (exprs.empty()) {
      return Part{.regex = text};
    }
    exprs.push_back(grammar_->text(text));
    return Part{.expr = grammar_->add(expr::Choice{std::move(exprs)})};
  }

  Result<Part> sequence(int depth) {
    std::vector<Part> parts;
    for (;;) {
      skip_space(depth > 0);
      const char c = here();
      if (at_end() || c == '|' || c == ')' || c == '\n' || c == '\r') {
        break;
      }
      PUNA_TRY(Part part, item(depth));
      PUNA_TRY_VOID(repetitions(part));
      parts.push_back(part);
    }
    // Neighbouring terminals are one.
    std::vector<ExprId> exprs;
    std::vector<Regex> run;
    const auto flush = [&] {
      if (!run.empty()) {
        exprs.push_back(grammar_->text(grammar_->regexes.sequence(run)));
        run.clear();
      }
    };
    const bool is_text = std::ranges::none_of(parts, [](const Part& part) { return part.expr.has_value(); });
    for (const Part& part : parts) {
      if (!part.expr) {
        run.push_back(part.regex);
      } else {
        flush();
        exprs.push_back(*part.expr);
      }
    }
    if (is_text) {
      return Part{.regex = grammar_->regexes.sequence(run)};
    }
    flush();
    return Part{.expr = exprs.size() == 1 ? exprs.front() : grammar_->add(expr::Sequence{std::move(exprs)})};
  }

  Result<Part> item(int depth) {
    if (take("\"")) {
      std::vector<Regex> characters;
      while (!take("\"")) {
        if (at_end() || here() == '\n') {
          return refuse("a literal does not end");
        }
        PUNA_TRY(const char32_t point, character());
        characters.push_back(spelling_.one_of(CodePoints(point, point)));
      }
      return Part{.regex = grammar_->regexes.sequence(characters)};
    }
    if (take("[")) {
      return bracket();
    }
    if (take(".")) {
      return Part{.regex = spelling_.any()};
    }
    if (take("<")) {
      return token();
    }
    if (take("(")) {
      skip_space(true);
      PUNA_TRY(const Part inner, alternatives(depth + 1));
      if (!take(")")) {
        return refuse("a '(' without its ')'");
      }
      return inner;
    }
    const std::string_view rule = name();
    if (rule.empty()) {
      return refuse(format_text("'{}' is not expected here", here()));
    }
    PUNA_TRY(const Rule* const known, named(rule));
    return Part{.expr = grammar_->add(expr::Reference{known->rule})};
  }

  Result<Part> token() {
    const std::size_t end = text_.find('>', position_);
    if (end == std::string_view::npos) {
      return refuse("the name of a token does not end");
    }
    const std::string whole = "<" + std::string(text_.substr(position_, end + 1 - position_));
    position_ = end + 1;
    if (whole.starts_with("<[")) {
      return refuse(format_text("the token {} is named by its number; name it by its text", whole));
    }
    // Vocabularies have it as a control token or as plain text.
    RegexPool& pool = grammar_->regexes;
    return Part{.regex = pool.either({pool.literal(control_token(whole)), pool.literal(whole)})};
  }

  Result<Part> bracket() {
    const bool negated = take("^");
    CodePoints points;
    while (!take("]")) {
      if (at_end() || here() == '\n') {
        return refuse("a '[' without its ']'");
      }
      PUNA_TRY(const char32_t first, character());
      char32_t last = first;
      if (here() == '-' && position_ + 1 < text_.size() && text_[position_ + 1] != ']') {
        take("-");
        PUNA_TRY(last, character());
      }
      if (last < first) {
        return refuse("a range of characters that runs backwards");
      }
      points.add(first, last);
    }
    return Part{.regex = spelling_.one_of(negated ? points.complement() : points)};
  }

  Result<char32_t> character() {
    if (!take("\\")) {
      return next_character(text_, position_);
    }
    const char c = here();
    position_ += at_end() ? 0 : 1;
    switch (c) {
      case 'n':
        return U'\n';
      case 'r':
        return U'\r';
      case 't':
        return U'\t';
      case '\\':
      case '"':
      case '[':
      case ']':
      case '-':
      case '^':
        return static_cast<char32_t>(c);
      case 'x':
        return hexadecimal(2);
      case 'u':
        return hexadecimal(4);
      case 'U':
        return hexadecimal(8);
      default:
        return refuse(format_text("the escape '\\{}' is not known", c));
    }
  }

  Result<char32_t> hexadecimal(std::size_t count) {
    const std::string_view digits = text_.substr(position_, count);
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (digits.size() != count || error != std::errc() || end != digits.data() + count || value > 0x10FFFF) {
      return refuse(format_text("{} hexadecimal digits of a character are expected", count));
    }
    position_ += count;
    return value;
  }

  Result<void> repetitions(Part& part) {
    for (int times = 0;; ++times) {
      std::uint32_t min = 0;
      std::uint32_t max = RegexPool::kEndless;
      if (take("+")) {
        min = 1;
      } else if (take("?")) {
        max = 1;
      } else if (take("{")) {
        PUNA_TRY_VOID(counts(min, max));
      } else if (!take("*")) {
        return {};
      }
      if (times >= kGbnfDepthMax) {
        return fail(ErrorCode::limit, format_text("grammar: more than {} repetitions of one item", kGbnfDepthMax));
      }
      if (part.expr) {
        part.expr = grammar_->add(expr::Repeat{.inner = *part.expr, .min = min, .max = max});
      } else {
        part.regex = grammar_->regexes.repeat(part.regex, min, max);
      }
    }
  }

  Result<void> counts(std::uint32_t& min, std::uint32_t& max) {
    const auto number = [this](std::uint32_t& into) {
      const char* const first = text_.data() + position_;
      const auto [end, error] = std::from_chars(first, text_.data() + text_.size(), into);
      position_ += static_cast<std::size_t>(end - first);
      into = error == std::errc::result_out_of_range ? kGbnfRepeatMax + 1 : into;
      return end != first;
    };
    skip_space(false);
    const bool has_min = number(min);
    skip_space(false);
    const bool has_comma = take(",");
    skip_space(false);
    const bool has_max = has_comma && number(max);
    skip_space(false);
    if (!take("}") || (!has_min && !has_max)) {
      return refuse("a repetition is {3}, {3,}, {3,5} or {,5}");
    }
    max = has_comma ? max : min;
    if (min > kGbnfRepeatMax || (has_max && max > kGbnfRepeatMax)) {
      return fail(ErrorCode::limit,
                  format_text("grammar: line {}: repeated more than {} times", line(), kGbnfRepeatMax));
    }
    if (min > max) {
      return refuse("the least count is above the greatest");
    }
    return {};
  }

  std::string_view text_;
  std::size_t position_ = 0;
  Grammar* grammar_;
  Spelling spelling_;
  std::unordered_map<std::string, Rule> rules_;
};

}  // namespace

Result<ExprId> add_gbnf(Grammar& grammar, const format::Gbnf& gbnf) {
  return GbnfReader(gbnf.text, grammar).run(gbnf.root);
}

Result<std::shared_ptr<const Grammar>> grammar_from_gbnf(std::string_view text, std::string_view root) {
  auto grammar = std::make_shared<Grammar>();
  PUNA_TRY(const ExprId start, GbnfReader(text, *grammar).run(root));
  PUNA_TRY_VOID(grammar->finish(start).transform_error([](Error error) {
    error.message = "grammar: " + error.message;
    return error;
  }));
  return grammar;
}

}  // namespace puna

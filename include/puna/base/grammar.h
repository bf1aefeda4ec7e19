// What generated text must match: a context-free grammar over bytes whose terminals are regular expressions. `chat`
// writes it, `engine` obeys it; GrammarMatcher walks it byte by byte.
//
// A Grammar is a value: it is written once, checked by finish(), and read by any number of threads after that.
// Text in it is UTF-8. A control token of the vocabulary is written as control_token(text): no other text contains it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "puna/base/error.h"
#include "puna/base/regex_pool.h"

namespace puna {

enum class ExprId : std::uint32_t {};
enum class RuleId : std::uint32_t {};

namespace expr {

struct Text {  // one terminal
  Regex regex = Regex::nothing;
};
struct Sequence {
  std::vector<ExprId> parts;
};
struct Choice {  // any one; of none = never matches
  std::vector<ExprId> options;
};
struct Repeat {
  ExprId inner;
  std::uint32_t min = 0;
  std::uint32_t max = RegexPool::kEndless;
  bool inner_may_be_empty = false;  // found by Grammar::finish(), which then makes `min` 0
};
struct Reference {
  RuleId rule;
};

// Entries in any order with separators between them, each at most once, and others as often as the bounds allow: the
// inside of a JSON object.
struct Members {
  struct Entry {
    ExprId entry{};
    bool is_required = false;
  };
  std::vector<Entry> entries;
  std::vector<ExprId> others;
  ExprId separator{};
  std::uint32_t min = 0;
  std::uint32_t max = RegexPool::kEndless;
};

// Items in order with separators between them: the inside of a JSON array. Some items may be written so that they
// count; how many do is bounded (JSON Schema's contains).
struct Items {
  struct Item {
    ExprId plain{};
    ExprId counted{};  // may be the same as `plain`; only used when the bounds below say something
  };
  std::vector<Item> first;  // of the first items, in order
  Item rest;                // of all others
  ExprId separator{};
  std::uint32_t min = 0;
  std::uint32_t max = RegexPool::kEndless;
  std::uint32_t counted_min = 0;
  std::uint32_t counted_max = RegexPool::kEndless;

  [[nodiscard]] bool counts() const { return counted_min > 0 || counted_max != RegexPool::kEndless; }
};

}  // namespace expr

class Grammar {
 public:
  using Expr =
      std::variant<expr::Text, expr::Sequence, expr::Choice, expr::Repeat, expr::Reference, expr::Members, expr::Items>;
  static constexpr std::size_t kExprsMax = 200'000;

  Grammar() = default;
  Grammar(const Grammar&) = delete;
  Grammar& operator=(const Grammar&) = delete;
  Grammar(Grammar&&) = default;
  Grammar& operator=(Grammar&&) = default;
  ~Grammar() = default;

  RegexPool regexes;                // what the terminals refer to
  std::uint32_t depth_max = 2'000;  // what nests deeper (in expressions that are not done) is refused

  // Equal terminals and references are one expression; others are added as they are.
  [[nodiscard]] ExprId add(Expr expr);
  [[nodiscard]] ExprId text(Regex regex) { return add(expr::Text{regex}); }
  [[nodiscard]] ExprId never() { return text(Regex::nothing); }
  // A rule to refer to, with a name for messages; define() says what it is. Undefined, it never matches.
  [[nodiscard]] RuleId declare(std::string name);
  void define(RuleId rule, ExprId is) { rules_[static_cast<std::size_t>(rule)].is = is; }

  // Removes what can never match and checks the rest. After this the grammar must not change.
  // Errors  invalid_argument  nothing matches; a rule that begins with itself (left recursion)
  //         limit             too large
  [[nodiscard]] Result<void> finish(ExprId root);

  [[nodiscard]] const Expr& at(ExprId id) const { return exprs_[static_cast<std::size_t>(id)]; }
  [[nodiscard]] ExprId rule(RuleId id) const { return rules_[static_cast<std::size_t>(id)].is; }
  [[nodiscard]] ExprId root() const { return root_; }
  [[nodiscard]] std::size_t exprs() const { return exprs_.size(); }
  [[nodiscard]] std::size_t rules() const { return rules_.size(); }

 private:
  struct Rule {
    std::string name;
    ExprId is;
  };
  friend class GrammarTrimmer;

  std::vector<Expr> exprs_;
  std::vector<Rule> rules_;
  std::unordered_map<std::uint32_t, ExprId> texts_;  // by regex
  ExprId root_{};
};

// The bytes that stand for the control token with this text, in a grammar and in the vocabulary's trie. They begin and
// end with the mark, which no UTF-8 text has.
inline constexpr char kControlMark = '\xFF';
[[nodiscard]] std::string control_token(std::string_view text);

}  // namespace puna

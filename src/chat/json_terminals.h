// The parts of JSON text that grammars share. White space may stand where JSON allows it, but never without an end.
#pragma once

#include <optional>
#include <string_view>

#include "chat/code_points.h"
#include "chat/number_text.h"
#include "puna/base/grammar.h"
#include "puna/base/json.h"

namespace puna {

class JsonTerminals {
 public:
  // Borrowed; everything is added to this grammar.
  explicit JsonTerminals(Grammar& grammar);

  [[nodiscard]] Grammar& grammar() { return grammar_; }
  [[nodiscard]] RegexPool& pool() { return grammar_.regexes; }
  [[nodiscard]] Spelling& spelling() { return spelling_; }

  [[nodiscard]] Regex space() const { return space_; }
  [[nodiscard]] Regex string() const { return string_; }  // any, quotes included
  // A string that means this text, however it is spelled.
  [[nodiscard]] Regex string(std::string_view text) {
    return pool().sequence(spelling_.quote(), spelling_.text(text, spelling_.quote()));
  }

  [[nodiscard]] ExprId text(Regex regex) { return grammar_.text(regex); }
  [[nodiscard]] ExprId text(std::string_view text) { return grammar_.text(pool().literal(text)); }
  [[nodiscard]] ExprId sequence(std::vector<ExprId> parts) { return grammar_.add(expr::Sequence{std::move(parts)}); }
  [[nodiscard]] ExprId choice(std::vector<ExprId> options) { return grammar_.add(expr::Choice{std::move(options)}); }
  [[nodiscard]] ExprId comma() const { return comma_; }
  [[nodiscard]] ExprId entry(Regex key, ExprId value) { return sequence({text(key), colon_, value}); }
  [[nodiscard]] ExprId object(expr::Members members);
  [[nodiscard]] ExprId array(expr::Items items);

  [[nodiscard]] ExprId any();  // any value
  [[nodiscard]] ExprId any_object();
  [[nodiscard]] ExprId any_array();
  // This value, in any spelling; objects in any order.
  [[nodiscard]] ExprId literal(const Json& value);

 private:
  void define_any();

  Grammar& grammar_;
  Spelling spelling_;
  Regex space_;
  Regex string_;
  ExprId comma_;
  ExprId colon_;
  std::optional<ExprId> any_;
  ExprId any_object_{};
  ExprId any_array_{};
};

}  // namespace puna

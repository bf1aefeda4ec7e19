// The parts of JSON text that grammars share, in JSON or in another spelling of it. White space may stand where JSON
// allows it, but never without an end; or where a template puts it and nowhere else.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "chat/code_points.h"
#include "chat/number_text.h"
#include "puna/base/grammar.h"
#include "puna/base/json.h"
#include "puna/chat/reply_format.h"

namespace puna {

class JsonTerminals {
 public:
  // json_in_json: the text of a value, as it stands inside a JSON string. python: True, False and None too. utf8: with
  // marks, strings and keys stand between them, and keys of letters and digits may stand without; without marks, as
  // they are (good for reading off how single strings are written, not for whole values). The grammar is borrowed;
  // everything is added to it.
  // With `spacing` there is only its white space.
  explicit JsonTerminals(Grammar& grammar, Spelling spelling, const std::optional<JsonSpacing>& spacing = {});
  explicit JsonTerminals(Grammar& grammar) : JsonTerminals(grammar, Spelling(grammar.regexes, Spelling::Kind::json)) {}

  [[nodiscard]] Grammar& grammar() { return grammar_; }
  [[nodiscard]] RegexPool& pool() { return grammar_.regexes; }
  [[nodiscard]] Spelling& spelling() { return spelling_; }

  [[nodiscard]] Regex space() const { return space_; }
  // Any string, quotes included. In other spellings than JSON's it has JSON's too, because names are looked up in it as
  // JSON; entry() takes them out again.
  [[nodiscard]] Regex string() const { return string_; }
  // A string that means this text, however it is spelled.
  [[nodiscard]] Regex string(std::string_view text);
  // Which text a string(text) of this object means; null: it is none.
  [[nodiscard]] const std::string* meaning(Regex string) const;

  [[nodiscard]] ExprId text(Regex regex);
  [[nodiscard]] ExprId text(std::string_view text);
  // Of numbers that are integers; 1.0 only where escapes are free too.
  [[nodiscard]] ExprId integer(Regex numbers);
  [[nodiscard]] ExprId sequence(std::vector<ExprId> parts) { return grammar_.add(expr::Sequence{std::move(parts)}); }
  [[nodiscard]] ExprId choice(std::vector<ExprId> options) { return grammar_.add(expr::Choice{std::move(options)}); }
  [[nodiscard]] ExprId comma() const { return comma_; }
  [[nodiscard]] ExprId entry(Regex key, ExprId value) { return sequence({text(written_key(key)), colon_, value}); }
  [[nodiscard]] ExprId object(expr::Members members);
  [[nodiscard]] ExprId array(expr::Items items);

  [[nodiscard]] ExprId any();  // any value
  [[nodiscard]] ExprId any_object();
  [[nodiscard]] ExprId any_array();
  // This value, in any spelling; objects in any order.
  [[nodiscard]] ExprId literal(const Json& value);

 private:
  void define_any();
  [[nodiscard]] Regex written_key(Regex key);

  Grammar& grammar_;
  Spelling spelling_;
  Regex space_;
  Regex own_string_;  // any string in this spelling
  Regex string_;
  std::unordered_map<Regex, std::string> meanings_;
  ExprId comma_;
  ExprId colon_;
  std::optional<ExprId> any_;
  ExprId any_object_{};
  ExprId any_array_{};
};

}  // namespace puna

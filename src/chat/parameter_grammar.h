// The parameters of a call in a form that gives each of them marks of its own: PARAMETER separator PARAMETER ...
//
// The schema is compiled once for each way in which a value may be written, and once with strings as they are. The
// rules that come out have one shape; what is written here is taken from all of them in step.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "chat/markup.h"
#include "chat/schema_grammar.h"
#include "puna/chat/reply_format.h"

namespace puna {

class ParameterGrammar {
 public:
  static constexpr int kChoicesMax = 200;

  // All borrowed.
  ParameterGrammar(Grammar& grammar, Markup& markup, const CallSyntax& syntax);

  // The parameters of an object that fits the schema.
  // Errors  invalid_argument  a required parameter whose name this form cannot hold; and those of add_schema()
  //         limit             choices that lead to choices, more than kChoicesMax deep
  [[nodiscard]] Result<ExprId> add(const Json& schema, std::vector<UnenforcedKeyword>& unenforced);

 private:
  using Trees = std::vector<ExprId>;  // one thing in each way; as it is comes last
  enum class Part : std::uint8_t { members, strings, others };

  template <class T>
  [[nodiscard]] std::optional<std::vector<T>> as(const Trees& trees) const;
  [[nodiscard]] Result<ExprId> part(const Trees& trees, Part part);
  [[nodiscard]] Result<ExprId> of_rule(const std::vector<expr::Reference>& references, Part part);
  [[nodiscard]] ExprId leaf(const Trees& trees, Part part);
  [[nodiscard]] Result<ExprId> members(const std::vector<expr::Members>& all);
  [[nodiscard]] Result<ExprId> entry(const Trees& entries);
  [[nodiscard]] Result<Regex> key(const Trees& entries);
  [[nodiscard]] Result<ExprId> value(const Trees& values);
  // The literal behind a key, with a type's word where the form has them.
  [[nodiscard]] Regex behind_key(bool is_string);
  [[nodiscard]] bool is_raw() const { return syntax_.values == CallSyntax::Values::raw; }

  Grammar& grammar_;
  Markup& markup_;
  const CallSyntax& syntax_;
  std::vector<JsonTerminals> ways_;
  Regex raw_texts_ = Regex::nothing;  // that can stand before the value's end
  Regex value_end_ = Regex::nothing;
  std::map<std::pair<std::vector<RuleId>, Part>, RuleId> rules_;
  int depth_ = 0;  // of rules that are being written
};

}  // namespace puna

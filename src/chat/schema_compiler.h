// Facts about a value, to a grammar of its JSON texts.
//
// A rule stands for a set of facts that must all hold. allOf, $ref and "not" only add facts; anyOf, oneOf and if make
// one rule for each way out; what is left speaks about one type at a time. Rules are made once for each set, so
// recursive schemas end.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "chat/json_terminals.h"
#include "chat/number_text.h"
#include "chat/schema_facts.h"

namespace puna::schema {

inline constexpr std::size_t kRulesMax = 20'000;
inline constexpr std::size_t kRuleFactsMax = 500'000;  // of all rules together

class Compiler {
 public:
  // All borrowed.
  // closed: an object whose members are listed takes no others, unless the schema speaks about others.
  Compiler(JsonTerminals& json, Facts& facts, bool closed = false) : json_(json), facts_(facts), closed_(closed) {}

  // The texts of the values that fit the document. With `only_objects`, those of them that are objects.
  // Errors  invalid_argument  a keyword that is refused or not well formed;  limit  too large
  [[nodiscard]] Result<ExprId> run(bool only_objects = false);
  // What was not enforced, each once.
  [[nodiscard]] const std::set<UnenforcedKeyword>& unenforced() const { return unenforced_; }

 private:
  using Set = std::vector<FactId>;  // sorted; a fact's choices are separate facts once it is in `settled`
  enum Type : std::uint8_t { null = 1, boolean = 2, integer = 4, fractional = 8, string = 16, array = 32, object = 64 };
  static constexpr std::uint8_t kAllTypes = 127;
  struct Open {
    RuleId rule;
    Set facts;
  };
  // A set of facts, taken apart.
  struct Flat {
    Set plain;                 // whose own keywords hold
    std::vector<FactId> ways;  // facts that are an anyOf alone
    bool is_false = false;
  };

  [[nodiscard]] ExprId value(Set facts);
  [[nodiscard]] Result<ExprId> build(const Set& facts);
  [[nodiscard]] Result<Flat> flatten(const Set& facts);
  [[nodiscard]] Result<void> take_apart(FactId id, std::vector<FactId>& open, Flat& flat);
  [[nodiscard]] Result<void> add_ways(FactId id, Flat& flat);
  void add_dependencies(FactId id, const Json& schema, Flat& flat);
  [[nodiscard]] FactId exclusive(FactId id, const Json& branches);
  // True only where no value fits both.
  [[nodiscard]] bool are_apart(FactId a, FactId b, int depth = 0);
  [[nodiscard]] bool a_member_sets_apart(FactId a, FactId b, int depth);
  [[nodiscard]] FactId behind_references(FactId id);
  [[nodiscard]] FactId way(FactId from, std::string_view keyword, Json schema);
  // The opposite, or, with a note, what everything fits.
  [[nodiscard]] FactId opposite_fact(FactId from, FactId of, std::string_view keyword);
  [[nodiscard]] Json opposite_or_true(FactId from, FactId of, std::string_view keyword);
  [[nodiscard]] ExprId choose(const Flat& flat);
  [[nodiscard]] Result<ExprId> by_type(const Set& plain);
  [[nodiscard]] std::uint8_t types(FactId id) const;
  // Whether a `not` excludes this value by name.
  [[nodiscard]] bool is_excluded(const Set& plain, const Json& value) const;
  [[nodiscard]] std::optional<Json::Array> listed(const Set& plain) const;
  [[nodiscard]] Result<ExprId> of_values(const Set& plain, const Json::Array& values, std::uint8_t types);

  [[nodiscard]] Result<Regex> string_text(const Set& plain);
  // Of the types that are allowed: whole numbers, others, or both.
  [[nodiscard]] Result<Regex> number_text_of(const Set& plain, std::uint8_t allowed);
  [[nodiscard]] Regex number_between(const NumberBounds& bounds);
  [[nodiscard]] Result<Regex> number_of(const Set& plain, bool only_integers);
  [[nodiscard]] Result<ExprId> object_of(const Set& plain);
  [[nodiscard]] Result<ExprId> array_of(const Set& plain);
  struct Keys;
  [[nodiscard]] Result<Keys> keys_of(const Set& plain);
  [[nodiscard]] Set facts_of_key(const Keys& keys, Regex key, std::string_view name, bool is_named);
  [[nodiscard]] Result<void> add_others(const Keys& keys, expr::Members& members);
  [[nodiscard]] Set facts_of_item(const Set& plain, std::size_t index);

  [[nodiscard]] Result<std::uint32_t> count(FactId id, std::string_view keyword, std::uint32_t otherwise) const;
  [[nodiscard]] Result<Regex> pattern(FactId id, std::string_view keyword, const Json& text);
  [[nodiscard]] std::unexpected<Error> refuse(FactId id, std::string_view keyword, std::string_view why) const;
  void note(FactId id, std::string_view keyword, std::string_view why);

  JsonTerminals& json_;
  Facts& facts_;
  bool closed_;
  std::map<Set, RuleId> rules_;
  std::size_t rule_facts_ = 0;
  std::deque<Open> open_;
  std::map<std::pair<FactId, std::string>, FactId> ways_;
  std::set<UnenforcedKeyword> unenforced_;
  std::map<std::string, Regex> numbers_;  // by their bounds
};

}  // namespace puna::schema

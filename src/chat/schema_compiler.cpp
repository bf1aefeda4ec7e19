#include "chat/schema_compiler.h"

#include <algorithm>
#include <array>
#include <utility>

namespace puna::schema {
namespace {

// Left to the check afterwards: they depend on what other keywords looked at, or on where a reference came from.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kChecked = {
    std::pair{"unevaluatedProperties", "depends on what other keywords looked at"},
    {"unevaluatedItems", "depends on what other keywords looked at"},
    {"$dynamicRef", "depends on the schemas that led there"}};

// A fact whose ways are facts of their own is known by its number with this bit: only its plain keywords are left.
constexpr FactId kSettled = 0x80000000;

FactId bare(FactId id) { return id & ~kSettled; }

// A list of names, or one of them alone, as draft 3 has it.
Json required(const Json& names) {
  Json schema;
  schema.set("required", names.is_array() ? names : Json(Json::Array{names}));
  return schema;
}

Json any_of(Json::Array options) { return Json::object({{"anyOf", Json(std::move(options))}}); }
Json all_of(Json::Array parts) { return Json::object({{"allOf", Json(std::move(parts))}}); }

}  // namespace

Result<ExprId> Compiler::run(bool only_objects) {
  Set root = {facts_.root()};
  if (only_objects) {
    root.push_back(facts_.derive(facts_.root(), Json::object({{"type", "object"}})));
  }
  const ExprId made = value(root);
  while (!open_.empty()) {
    const Open next = std::move(open_.front());
    open_.pop_front();
    PUNA_TRY(const ExprId is, build(next.facts));
    json_.grammar().define(next.rule, is);
    if (rules_.size() > kRulesMax || rule_facts_ > kRuleFactsMax || json_.grammar().exprs() > Grammar::kExprsMax ||
        json_.pool().is_full()) {
      return fail(ErrorCode::limit, "the schema makes too large a grammar",
                  "it has many anyOf, oneOf or dependencies beside each other; split it");
    }
  }
  return made;
}

ExprId Compiler::value(Set facts) {
  std::ranges::sort(facts);
  const auto repeated = std::ranges::unique(facts);
  facts.erase(repeated.begin(), repeated.end());
  std::erase_if(facts, [this](FactId id) {
    const Json& schema = facts_.at(bare(id));
    return schema.is_bool() ? schema.as_bool() : schema.is_object() && schema.as_object().empty();
  });
  if (facts.empty()) {
    return json_.any();
  }
  const auto [known, added] = rules_.try_emplace(facts);
  if (added) {
    rule_facts_ += facts.size();
    known->second = json_.grammar().declare(at_path(facts_.path(bare(facts.front()))));
    open_.push_back({.rule = known->second, .facts = std::move(facts)});
  }
  return json_.grammar().add(expr::Reference{known->second});
}

Result<ExprId> Compiler::build(const Set& facts) {
  PUNA_TRY(const Flat flat, flatten(facts));
  if (flat.is_false) {
    return json_.grammar().never();
  }
  return flat.ways.empty() ? by_type(flat.plain) : choose(flat);
}

// One rule for each way of the first choice, with everything else as it is.
ExprId Compiler::choose(const Flat& flat) {
  Set others;
  std::uint8_t common = kAllTypes;
  for (const FactId id : flat.plain) {
    others.push_back(id | kSettled);
    common &= types(id);
  }
  others.insert(others.end(), flat.ways.begin() + 1, flat.ways.end());
  std::vector<ExprId> options;
  const FactId first = flat.ways.front();
  for (const Json& way : facts_.at(first).find("anyOf")->as_array()) {
    const FactId id = facts_.inside(first, way);
    if ((types(id) & common) == 0) {
      continue;
    }
    Set facts = others;
    facts.push_back(id);
    options.push_back(value(std::move(facts)));
  }
  return json_.choice(std::move(options));
}

Result<Compiler::Flat> Compiler::flatten(const Set& facts) {
  Flat flat;
  std::vector<FactId> open(facts.rbegin(), facts.rend());
  std::set<FactId> seen;
  while (!open.empty() && !flat.is_false) {
    const FactId id = open.back();
    open.pop_back();
    if (!seen.insert(id).second) {
      continue;
    }
    if ((id & kSettled) != 0) {
      flat.plain.push_back(bare(id));
    } else {
      PUNA_TRY_VOID(take_apart(id, open, flat));
    }
  }
  std::ranges::sort(flat.plain);
  const auto repeated = std::ranges::unique(flat.plain);
  flat.plain.erase(repeated.begin(), repeated.end());
  return flat;
}

Result<void> Compiler::take_apart(FactId id, std::vector<FactId>& open, Flat& flat) {
  const Json& schema = facts_.at(id);
  if (schema.is_bool()) {
    flat.is_false |= !schema.as_bool();
    return {};
  }
  if (!schema.is_object()) {
    return fail(ErrorCode::invalid_argument, format_text("the schema {} must be an object, true or false, not {}",
                                                         at_path(facts_.path(id)), utf8::truncate(schema.dump(), 60)));
  }
  if (const Json* is = schema.find(kIs)) {
    open.push_back(static_cast<FactId>(is->as_integer()));
    return {};
  }
  if (const Json* is_not = schema.find(kNot)) {
    open.push_back(opposite_fact(id, static_cast<FactId>(is_not->as_integer()), "not"));
    return {};
  }
  if (const Json* reference = schema.find("$ref")) {
    if (!reference->is_string()) {
      return refuse(id, "$ref", "must be a string");
    }
    PUNA_TRY(const FactId target, facts_.target(id, reference->as_string()));
    open.push_back(target);
    if (facts_.ref_stands_alone()) {
      return {};
    }
  }
  if (schema.find("$recursiveRef") != nullptr) {
    PUNA_TRY(const FactId target, facts_.recursive_target(id, schema.text_or("$recursiveRef")));
    open.push_back(target);
  }
  for (const auto& [key, why] : kChecked) {
    const Json* value = schema.find(key);
    if (value != nullptr && !(value->is_bool() && value->as_bool())) {
      note(id, key, why);
    }
  }
  if (const Json* all = schema.find("allOf")) {
    if (!all->is_array()) {
      return refuse(id, "allOf", "must be a list of schemas");
    }
    for (const Json& part : all->as_array()) {
      open.push_back(facts_.inside(id, part));
    }
  }
  if (const Json* inner = schema.find("not")) {
    open.push_back(opposite_fact(id, facts_.inside(id, *inner), "not"));
  }
  flat.plain.push_back(id);
  return add_ways(id, flat);
}

// Everything that can be met in more than one way becomes a fact with an anyOf alone.
Result<void> Compiler::add_ways(FactId id, Flat& flat) {
  const Json& schema = facts_.at(id);
  for (const std::string_view key : {"anyOf", "oneOf"}) {
    const Json* branches = schema.find(key);
    if (branches == nullptr) {
      continue;
    }
    if (!branches->is_array() || branches->as_array().empty()) {
      return refuse(id, key, "must be a list with at least one schema");
    }
    if (key == "oneOf") {
      flat.ways.push_back(exclusive(id, *branches));
    } else if (schema.as_object().size() == 1) {
      flat.ways.push_back(id);
      std::erase(flat.plain, id);
    } else {
      Json::Array options;
      for (const Json& branch : branches->as_array()) {
        options.push_back(is(facts_.inside(id, branch)));
      }
      flat.ways.push_back(way(id, key, any_of(std::move(options))));
    }
  }
  if (const Json* when = schema.find("if")) {
    const Json* then = schema.find("then");
    const Json* otherwise = schema.find("else");
    if (then != nullptr || otherwise != nullptr) {
      const FactId condition = facts_.inside(id, *when);
      Json::Array met = {is(condition), then == nullptr ? Json(true) : is(facts_.inside(id, *then))};
      Json::Array missed = {opposite_or_true(id, condition, "if"),
                            otherwise == nullptr ? Json(true) : is(facts_.inside(id, *otherwise))};
      flat.ways.push_back(way(id, "if", any_of({all_of(std::move(met)), all_of(std::move(missed))})));
    }
  }
  add_dependencies(id, schema, flat);
  return {};
}

void Compiler::add_dependencies(FactId id, const Json& schema, Flat& flat) {
  for (const std::string_view key : {"dependencies", "dependentRequired", "dependentSchemas"}) {
    const Json* dependencies = schema.find(key);
    if (dependencies == nullptr || !dependencies->is_object()) {
      continue;
    }
    for (const Json::Member& member : dependencies->as_object()) {
      const Json absent = Json::object({{"properties", Json::object({{member.key, false}})}});
      const bool lists_names = member.value.is_array() || member.value.is_string();
      const Json needed = lists_names ? required(member.value) : is(facts_.inside(id, member.value));
      // Only objects have members: in the second way the value is one.
      const Json present =
          Json::object({{"type", "object"}, {"required", Json::array({member.key})}, {"allOf", Json::array({needed})}});
      flat.ways.push_back(way(id, format_text("{}/{}", key, member.key), any_of({absent, present})));
    }
  }
}

FactId Compiler::way(FactId from, std::string_view keyword, Json schema) {
  const auto [known, added] = ways_.try_emplace({from, std::string(keyword)});
  if (added) {
    known->second = facts_.derive(from, std::move(schema));
  }
  return known->second;
}

Json Compiler::opposite_or_true(FactId from, FactId of, std::string_view keyword) {
  return is(opposite_fact(from, of, keyword));
}

FactId Compiler::opposite_fact(FactId from, FactId of, std::string_view keyword) {
  std::string why;
  if (const auto opposite = facts_.opposite(of, why)) {
    return *opposite;
  }
  note(from, keyword, format_text("the opposite of '{}' cannot be written as a grammar", why));
  return facts_.derive(from, Json(true));
}

// oneOf: each branch, and none of those that could hold beside it.
FactId Compiler::exclusive(FactId id, const Json& branches) {
  if (const auto known = ways_.find({id, "oneOf"}); known != ways_.end()) {
    return known->second;
  }
  constexpr std::size_t kOpposedMax = 4;  // opposites multiply the rules
  Set ids;
  for (const Json& branch : branches.as_array()) {
    ids.push_back(facts_.inside(id, branch));
  }
  Json::Array options;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    Json::Array parts = {is(ids[i])};
    std::size_t opposed = 0;
    for (std::size_t k = 0; k < ids.size(); ++k) {
      if (k == i || are_apart(ids[i], ids[k])) {
        continue;
      }
      if (++opposed > kOpposedMax) {
        note(id, "oneOf", "too many branches can hold at once");
        break;
      }
      parts.push_back(opposite_or_true(id, ids[k], "oneOf"));
    }
    options.push_back(all_of(std::move(parts)));
  }
  return way(id, "oneOf", any_of(std::move(options)));
}

// What `type` and its neighbours leave, by looking at this fact alone.
std::uint8_t Compiler::types(FactId id) const {
  const Json& schema = facts_.at(bare(id));
  if (!schema.is_object()) {
    return schema.is_bool() && schema.as_bool() ? kAllTypes : 0;
  }
  if (facts_.ref_stands_alone() && schema.find("$ref") != nullptr) {
    return kAllTypes;
  }
  static constexpr std::array<std::pair<std::string_view, std::uint8_t>, 8> kTypes = {
      std::pair<std::string_view, std::uint8_t>{"null", null},
      {"boolean", boolean},
      {"integer", integer},
      {"number", integer | fractional},
      {"string", string},
      {"array", array},
      {"object", object},
      {"any", kAllTypes}};
  std::uint8_t allowed = kAllTypes;
  if (const Json* type = schema.find("type")) {
    allowed = 0;
    const auto allow = [&allowed](const Json& name) {
      const std::string_view text = name.is_string() ? std::string_view(name.as_string()) : "";
      const auto* const known = std::ranges::find(kTypes, text, &std::pair<std::string_view, std::uint8_t>::first);
      allowed = static_cast<std::uint8_t>(allowed | (known == kTypes.end() ? 0 : known->second));
    };
    if (type->is_array()) {
      std::ranges::for_each(type->as_array(), allow);
    } else {
      allow(*type);
    }
    const Json* nullable = schema.find("nullable");
    if (nullable != nullptr && nullable->is_bool() && nullable->as_bool()) {
      allowed |= null;
    }
  }
  if (schema.find(kNotInteger) != nullptr) {
    allowed &= static_cast<std::uint8_t>(~integer);
  }
  return allowed;
}

Result<ExprId> Compiler::by_type(const Set& plain) {
  std::uint8_t allowed = kAllTypes;
  for (const FactId id : plain) {
    if (const Json* type = facts_.at(id).find("type"); type != nullptr && types(id) == 0) {
      return refuse(id, "type", format_text("names no type: {}", utf8::truncate(type->dump(), 60)));
    }
    allowed &= types(id);
  }
  if (const auto values = listed(plain)) {
    return of_values(plain, *values, allowed);
  }
  std::vector<ExprId> options;
  if ((allowed & string) != 0) {
    PUNA_TRY(const Regex text, string_text(plain));
    options.push_back(json_.text(text));
  }
  if ((allowed & (integer | fractional)) != 0) {
    PUNA_TRY(const Regex text, number_text_of(plain, allowed));
    options.push_back((allowed & fractional) != 0 ? json_.text(text) : json_.integer(text));
  }
  for (const Json& value : {Json(), Json(true), Json(false)}) {
    if ((allowed & (value.is_null() ? null : boolean)) != 0 && !is_excluded(plain, value)) {
      options.push_back(json_.text(value.dump()));
    }
  }
  if ((allowed & object) != 0) {
    PUNA_TRY(const ExprId made, object_of(plain));
    options.push_back(made);
  }
  if ((allowed & array) != 0) {
    PUNA_TRY(const ExprId made, array_of(plain));
    options.push_back(made);
  }
  return json_.choice(std::move(options));
}

Result<std::uint32_t> Compiler::count(FactId id, std::string_view keyword, std::uint32_t otherwise) const {
  const Json* value = facts_.at(id).find(keyword);
  if (value == nullptr) {
    return otherwise;
  }
  const double number = value->is_number() ? value->as_double() : -1;
  if (!(number >= 0)) {
    return refuse(id, keyword, "must be a whole number that is not negative");
  }
  return number >= 4e9 ? RegexPool::kEndless : static_cast<std::uint32_t>(number);
}

std::unexpected<Error> Compiler::refuse(FactId id, std::string_view keyword, std::string_view why) const {
  return fail(ErrorCode::invalid_argument,
              format_text("schema keyword '{}' {} {}", keyword, at_path(facts_.path(bare(id))), why),
              "docs/schema-support.md lists what is supported");
}

void Compiler::note(FactId id, std::string_view keyword, std::string_view why) {
  unenforced_.insert({.keyword = std::string(keyword), .path = facts_.path(bare(id)), .why = std::string(why)});
}

}  // namespace puna::schema

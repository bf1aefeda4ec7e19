// Objects and arrays.
#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "chat/pattern.h"
#include "chat/schema_compiler.h"

namespace puna::schema {
namespace {

constexpr std::size_t kCellsMax = 128;          // ways in which keys can match patterns
constexpr std::size_t kPoolCellsMax = 100'000;  // that finding them may take

}  // namespace

struct Compiler::Keys {
  struct Source {  // one fact's words about members
    FactId id = 0;
    std::unordered_map<std::string_view, const Json*> properties;
    std::vector<std::pair<Regex, const Json*>> patterns;
    const Json* others = nullptr;
  };
  std::vector<Source> sources;
  std::vector<std::string> names;  // in order
  std::unordered_set<std::string_view> required;
  Regex allowed = Regex::nothing;  // the spellings of permitted keys
};

Result<Compiler::Keys> Compiler::keys_of(const Set& plain) {
  Keys keys{.allowed = json_.string()};
  std::unordered_set<std::string_view> known;
  const auto add_name = [&](const std::string& name) {
    if (known.insert(name).second) {
      keys.names.push_back(name);
    }
  };
  for (const FactId id : plain) {
    const Json& schema = facts_.at(id);
    Keys::Source source{.id = id, .others = schema.find("additionalProperties")};
    if (const Json* properties = schema.find("properties")) {
      if (!properties->is_object()) {
        return refuse(id, "properties", "must be an object");
      }
      for (const Json::Member& member : properties->as_object()) {
        add_name(member.key);
        source.properties.try_emplace(member.key, &member.value);
      }
    }
    if (const Json* patterns = schema.find("patternProperties")) {
      if (!patterns->is_object()) {
        return refuse(id, "patternProperties", "must be an object");
      }
      for (const Json::Member& member : patterns->as_object()) {
        PUNA_TRY(const Regex found, pattern(id, "patternProperties", Json(member.key)));
        source.patterns.emplace_back(found, &member.value);
      }
    }
    if (const Json* names = schema.find("propertyNames")) {
      const FactId of_names = facts_.inside(id, *names);
      PUNA_TRY(const Flat flat, flatten({of_names}));
      if (!flat.ways.empty()) {
        note(id, "propertyNames", "names with anyOf, oneOf or if");
      } else if (flat.is_false) {
        keys.allowed = Regex::nothing;
      } else {
        PUNA_TRY(Regex fits, string_text(flat.plain));
        if (const auto values = listed(flat.plain)) {
          std::vector<Regex> texts;
          for (const Json& value : *values) {
            texts.push_back(value.is_string() ? json_.string(value.as_string()) : Regex::nothing);
          }
          fits = json_.pool().both({fits, json_.pool().either(texts)});
        }
        keys.allowed = keys.allowed == json_.string() ? fits : json_.pool().both({keys.allowed, fits});
      }
    }
    if (const Json* required = schema.find("required"); required != nullptr && !required->is_bool()) {
      if (!required->is_array()) {
        return refuse(id, "required", "must be a list of names");
      }
      for (const Json& name : required->as_array()) {
        if (!name.is_string()) {
          return refuse(id, "required", "must be a list of names");
        }
        add_name(name.as_string());
        keys.required.insert(name.as_string());
      }
    }
    keys.sources.push_back(std::move(source));
  }
  return keys;
}

// What must hold for the value of a key. Of a key without a name, `key` is a set in which all match the same patterns.
Compiler::Set Compiler::facts_of_key(const Keys& keys, Regex key, std::string_view name, bool is_named) {
  RegexPool& pool = json_.pool();
  const std::string spelled = is_named ? Json(name).dump() : "";
  Set facts;
  for (const Keys::Source& source : keys.sources) {
    bool is_known = false;
    const auto property = is_named ? source.properties.find(name) : source.properties.end();
    if (property != source.properties.end()) {
      facts.push_back(facts_.inside(source.id, *property->second));
      is_known = true;
    }
    for (const auto& [regex, schema] : source.patterns) {
      const bool matches = is_named ? pool.matches(regex, spelled) : !pool.is_dead(pool.both({key, regex}));
      if (matches) {
        facts.push_back(facts_.inside(source.id, *schema));
        is_known = true;
      }
    }
    if (!is_known && source.others != nullptr) {
      facts.push_back(facts_.inside(source.id, *source.others));
    }
  }
  return facts;
}

// Keys without a name, cut into sets that match the same patterns.
Result<void> Compiler::add_others(const Keys& keys, expr::Members& members) {
  RegexPool& pool = json_.pool();
  std::vector<Regex> named;
  for (const std::string& name : keys.names) {
    named.push_back(json_.string(name));
  }
  const Regex unnamed = named.empty() ? keys.allowed : pool.without(keys.allowed, pool.either(named));
  std::vector<Regex> cells = {unnamed};
  const std::size_t pool_before = pool.cells();
  for (const Keys::Source& source : keys.sources) {
    for (const auto& [regex, schema] : source.patterns) {
      std::vector<Regex> finer;
      for (const Regex cell : cells) {
        finer.push_back(pool.both({cell, regex}));
        finer.push_back(pool.without(cell, regex));
      }
      std::erase_if(finer, [&pool](Regex cell) { return pool.is_dead(cell); });
      cells = std::move(finer);
      if (cells.size() > kCellsMax || pool.cells() > pool_before + kPoolCellsMax) {
        return fail(ErrorCode::limit, format_text("schema keyword 'patternProperties' {}: too many patterns overlap",
                                                  at_path(facts_.path(source.id))));
      }
    }
  }
  for (const Regex cell : cells) {
    const Set facts = facts_of_key(keys, cell, "", false);
    const bool is_closed =
        std::ranges::any_of(facts, [this](FactId id) { return facts_.at(id).is_bool() && !facts_.at(id).as_bool(); });
    if (!is_closed && !pool.is_dead(cell)) {
      members.others.push_back(json_.entry(cell, value(facts)));
    }
  }
  return {};
}

Result<ExprId> Compiler::object_of(const Set& plain) {
  PUNA_TRY(const Keys keys, keys_of(plain));
  expr::Members members;
  for (const FactId id : plain) {
    PUNA_TRY(const std::uint32_t least, count(id, "minProperties", 0));
    PUNA_TRY(const std::uint32_t most, count(id, "maxProperties", RegexPool::kEndless));
    members.min = std::max(members.min, least);
    members.max = std::min(members.max, most);
    if (const Json* values = facts_.at(id).find(kNotEnum)) {
      if (std::ranges::any_of(values->as_array(), &Json::is_object)) {
        note(id, "not", "of whole objects");
      }
    }
  }
  for (const std::string& name : keys.names) {
    const bool is_required = keys.required.contains(name);
    const bool is_allowed = json_.pool().matches(keys.allowed, Json(name).dump());
    const ExprId entry = is_allowed
                             ? json_.entry(json_.string(name), value(facts_of_key(keys, Regex::nothing, name, true)))
                             : json_.grammar().never();
    members.entries.push_back({.entry = entry, .is_required = is_required});
  }
  const bool speaks_of_others = std::ranges::any_of(plain, [this](FactId id) {
    static constexpr std::array<std::string_view, 4> kOthers = {"additionalProperties", "patternProperties",
                                                                "propertyNames", "minProperties"};
    return std::ranges::any_of(kOthers, [&](std::string_view key) { return facts_.at(id).find(key) != nullptr; });
  });
  if (!closed_ || speaks_of_others || keys.names.empty()) {
    PUNA_TRY_VOID(add_others(keys, members));
  }
  if (members.min > std::max<std::size_t>(1, keys.required.size()) && !members.others.empty()) {
    note(plain.front(), "minProperties", "members that are not listed may come twice under one name");
  }
  return json_.object(std::move(members));
}

Compiler::Set Compiler::facts_of_item(const Set& plain, std::size_t index) {
  Set facts;
  for (const FactId id : plain) {
    const Json& schema = facts_.at(id);
    const Json* first = schema.find("prefixItems");
    const Json* rest = schema.find("items");
    if (rest != nullptr && rest->is_array()) {  // until draft 2019-09
      first = rest;
      rest = schema.find("additionalItems");
    }
    if (first != nullptr && first->is_array() && index < first->as_array().size()) {
      facts.push_back(facts_.inside(id, first->as_array()[index]));
    } else if (rest != nullptr) {
      facts.push_back(facts_.inside(id, *rest));
    }
  }
  return facts;
}

Result<ExprId> Compiler::array_of(const Set& plain) {
  expr::Items items;
  std::size_t first = 0;
  const Json* contains = nullptr;
  FactId container = 0;
  for (const FactId id : plain) {
    const Json& schema = facts_.at(id);
    PUNA_TRY(const std::uint32_t least, count(id, "minItems", 0));
    PUNA_TRY(const std::uint32_t most, count(id, "maxItems", RegexPool::kEndless));
    items.min = std::max(items.min, least);
    items.max = std::min(items.max, most);
    for (const std::string_view key : {"prefixItems", "items"}) {
      const Json* listed = schema.find(key);
      first = std::max(first, listed != nullptr && listed->is_array() ? listed->as_array().size() : 0);
    }
    if (const Json* found = schema.find("contains")) {
      if (contains != nullptr) {
        note(id, "contains", "a second one beside another");
      } else {
        contains = found;
        container = id;
        PUNA_TRY(items.counted_min, count(id, "minContains", 1));
        PUNA_TRY(items.counted_max, count(id, "maxContains", RegexPool::kEndless));
      }
    }
    if (const Json* unique = schema.find("uniqueItems");
        unique != nullptr && unique->is_bool() && unique->as_bool() && items.max > 1) {
      note(id, "uniqueItems", "a grammar cannot compare items");
    }
    if (const Json* values = schema.find(kNotEnum)) {
      if (std::ranges::any_of(values->as_array(), &Json::is_array)) {
        note(id, "not", "of whole arrays");
      }
    }
  }
  const auto item = [&](std::size_t index) {
    const Set facts = facts_of_item(plain, index);
    Set counted = facts;
    Set others = facts;
    if (contains != nullptr) {
      counted.push_back(facts_.inside(container, *contains));
      if (items.counted_max != RegexPool::kEndless) {
        others.push_back(opposite_fact(container, facts_.inside(container, *contains), "maxContains"));
      }
    }
    const ExprId plain_value = value(others);
    return expr::Items::Item{.plain = plain_value, .counted = items.counts() ? value(counted) : plain_value};
  };
  for (std::size_t i = 0; i < first; ++i) {
    items.first.push_back(item(i));
  }
  items.rest = item(first);
  return json_.array(std::move(items));
}

}  // namespace puna::schema

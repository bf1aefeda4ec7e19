// Strings, numbers and lists of values.
#include <algorithm>
#include <utility>

#include "chat/pattern.h"
#include "chat/schema_compiler.h"
#include "chat/schema_formats.h"

namespace puna::schema {

Result<Regex> Compiler::pattern(FactId id, std::string_view keyword, const Json& text) {
  if (!text.is_string()) {
    return refuse(id, keyword, "must be a string");
  }
  auto made = texts_with(json_.spelling(), text.as_string());
  if (!made) {
    Error error = std::move(made).error();
    error.message = format_text("schema keyword '{}' {}: {}", keyword, at_path(facts_.path(id)), error.message);
    return std::unexpected(std::move(error));
  }
  return *made;
}

Result<Regex> Compiler::string_text(const Set& plain) {
  RegexPool& pool = json_.pool();
  std::uint32_t min = 0;
  std::uint32_t max = RegexPool::kEndless;
  std::vector<Regex> all;
  for (const FactId id : plain) {
    const Json& schema = facts_.at(id);
    PUNA_TRY(const std::uint32_t least, count(id, "minLength", 0));
    PUNA_TRY(const std::uint32_t most, count(id, "maxLength", RegexPool::kEndless));
    min = std::max(min, least);
    max = std::min(max, most);
    if (const Json* text = schema.find("pattern")) {
      PUNA_TRY(const Regex found, pattern(id, "pattern", *text));
      all.push_back(found);
    }
    if (const Json* text = schema.find(kNotPattern)) {
      PUNA_TRY(const Regex found, pattern(id, "pattern", *text));
      all.push_back(pool.complement(found));
    }
    for (const std::string_view key : {std::string_view("format"), kNotFormat}) {
      const auto format = format_named(schema.text_or(key));
      if (!format) {
        if (!schema.text_or(key).empty()) {
          note(id, key, "this format is not among those that are enforced");
        }
        continue;
      }
      PUNA_TRY(Regex fits, texts_with(json_.spelling(), format->pattern, true));
      if (format->characters_max > 0) {
        const Regex longest =
            pool.repeat(json_.spelling().any(), 0, static_cast<std::uint32_t>(format->characters_max));
        fits = pool.both({fits, json_.spelling().quoted(longest)});
      }
      all.push_back(key == kNotFormat ? pool.complement(fits) : fits);
    }
    if (const Json* values = schema.find(kNotEnum)) {
      std::vector<Regex> excluded;
      for (const Json& value : values->as_array()) {
        if (value.is_string()) {
          excluded.push_back(json_.string(value.as_string()));
        }
      }
      all.push_back(pool.complement(pool.either(excluded)));
    }
  }
  if (min > max) {
    return Regex::nothing;
  }
  const bool is_bounded = min > 0 || max != RegexPool::kEndless;
  if (is_bounded || all.empty() || std::ranges::any_of(plain, [this](FactId id) {
        return facts_.at(id).find(kNotEnum) != nullptr || facts_.at(id).find(kNotPattern) != nullptr ||
               facts_.at(id).find(kNotFormat) != nullptr;
      })) {
    all.push_back(json_.spelling().quoted(pool.repeat(json_.spelling().any(), min, max)));
  }
  return pool.both(all);
}

Result<Regex> Compiler::number_text_of(const Set& plain, std::uint8_t allowed) {
  PUNA_TRY(const Regex text, number_of(plain, (allowed & fractional) == 0));
  return (allowed & integer) != 0 ? text : json_.pool().without(text, number_text(json_.pool(), {.is_integer = true}));
}

// Schemas repeat their bounds.
Regex Compiler::number_between(const NumberBounds& bounds) {
  const auto side = [](const std::optional<Decimal>& bound, bool excluded) {
    return (bound ? bound->text() : "") + (excluded ? "!" : "");
  };
  const std::string key = format_text("{} {} {}", bounds.is_integer, side(bounds.min, bounds.excludes_min),
                                      side(bounds.max, bounds.excludes_max));
  const auto [known, added] = numbers_.try_emplace(key, Regex::nothing);
  if (added) {
    known->second = number_text(json_.pool(), bounds);
  }
  return known->second;
}

Result<Regex> Compiler::number_of(const Set& plain, bool only_integers) {
  RegexPool& pool = json_.pool();
  NumberBounds bounds{.is_integer = only_integers};
  std::vector<std::pair<FactId, Decimal>> steps;
  std::vector<Regex> excluded;
  for (const FactId id : plain) {
    const Json& schema = facts_.at(id);
    for (const std::string_view key : {"minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"}) {
      const Json* value = schema.find(key);
      if (value == nullptr || (value->is_bool() && key.starts_with("exclusive"))) {
        continue;
      }
      if (!value->is_number()) {
        return refuse(id, key, "must be a number");
      }
      const bool is_least = key.ends_with("inimum");
      const Json* older = schema.find(is_least ? "exclusiveMinimum" : "exclusiveMaximum");
      const bool excludes = key.starts_with("exclusive") || (older != nullptr && older->is_bool() && older->as_bool());
      const Decimal bound = Decimal::of(*value);
      is_least ? bounds.at_least(bound, excludes) : bounds.at_most(bound, excludes);
    }
    if (const Json* step = schema.find("multipleOf")) {
      if (!step->is_number() || step->as_double() <= 0) {
        return refuse(id, "multipleOf", "must be a number above zero");
      }
      steps.emplace_back(id, Decimal::of(*step));
    }
    if (const Json* values = schema.find(kNotEnum)) {
      for (const Json& value : values->as_array()) {
        if (value.is_number()) {
          excluded.push_back(number_literal(pool, Decimal::of(value)));
        }
      }
    }
  }
  std::vector<Regex> all;
  for (const auto& [id, step] : steps) {
    if (const auto multiples = multiples_text(pool, step, bounds)) {
      all.push_back(*multiples);
    } else {
      note(id, "multipleOf", "not a step that digits show, and the bounds leave too many multiples");
    }
  }
  if (all.empty() || !bounds.has_any()) {
    all.push_back(number_between(bounds));
  }
  if (!excluded.empty()) {
    all.push_back(pool.complement(pool.either(excluded)));
  }
  return pool.both(all);
}

// The values that every enum and const lists.
std::optional<Json::Array> Compiler::listed(const Set& plain) const {
  std::optional<Json::Array> values;
  for (const FactId id : plain) {
    const Json& schema = facts_.at(id & 0x7FFFFFFF);
    if (!schema.is_object()) {
      continue;
    }
    for (const std::string_view key : {"enum", "const"}) {
      const Json* found = schema.find(key);
      if (found == nullptr || (key == "enum" && !found->is_array())) {
        continue;
      }
      Json::Array here = key == "enum" ? found->as_array() : Json::Array{*found};
      const Json* nullable = schema.find("nullable");
      if (nullable != nullptr && nullable->is_bool() && nullable->as_bool()) {
        here.emplace_back();
      }
      if (!values) {
        values = std::move(here);
      } else {
        std::erase_if(*values, [&here](const Json& kept) { return std::ranges::find(here, kept) == here.end(); });
      }
    }
  }
  return values;
}

bool Compiler::is_excluded(const Set& plain, const Json& value) const {
  return std::ranges::any_of(plain, [&](FactId id) {
    const Json* excluded = facts_.at(id).find(kNotEnum);
    return excluded != nullptr && std::ranges::find(excluded->as_array(), value) != excluded->as_array().end();
  });
}

Result<ExprId> Compiler::of_values(const Set& plain, const Json::Array& values, std::uint8_t allowed) {
  RegexPool& pool = json_.pool();
  std::vector<Regex> strings;
  std::vector<Regex> numbers;
  std::vector<ExprId> options;
  for (const Json& value : values) {
    if (is_excluded(plain, value)) {
      continue;
    }
    if (value.is_string()) {
      strings.push_back(json_.string(value.as_string()));
    } else if (value.is_number()) {
      numbers.push_back(number_literal(pool, Decimal::of(value)));
      if (const std::string printed = Json(value.as_double()).dump(); printed.contains('e')) {
        numbers.push_back(pool.literal(printed));  // a large one is printed with an exponent
      }
    } else if (value.is_null() || value.is_bool()) {
      if ((allowed & (value.is_null() ? null : boolean)) != 0) {
        options.push_back(json_.text(value.dump()));
      }
    } else if ((allowed & (value.is_array() ? array : object)) != 0) {
      for (const FactId id : plain) {
        if (facts_.at(id).find("enum") == nullptr && facts_.at(id).find("const") == nullptr) {
          note(id, value.is_array() ? "items" : "properties", "beside a list of whole values");
        }
      }
      options.push_back(json_.literal(value));
    }
  }
  if (!strings.empty() && (allowed & string) != 0) {
    PUNA_TRY(const Regex fits, string_text(plain));
    const Regex all = pool.either(strings);
    options.push_back(json_.text(fits == json_.string() ? all : pool.both({all, fits})));
  }
  if (!numbers.empty() && (allowed & (integer | fractional)) != 0) {
    PUNA_TRY(const Regex fits, number_text_of(plain, allowed));
    const Regex listed_numbers = pool.both({pool.either(numbers), fits});
    options.push_back((allowed & fractional) != 0 ? json_.text(listed_numbers) : json_.integer(listed_numbers));
  }
  return json_.choice(std::move(options));
}

}  // namespace puna::schema

// Lists, maps, optional and alternative values: typed.h's inner part, behind typed_forms.h.
#pragma once

#include "puna/chat/typed_scalars.h"

namespace puna::typed {

// ---- lists and maps -----------------------------------------------------------------------------------------------

[[nodiscard]] std::unexpected<Error> no_list(const Where& where, const Json& found);
[[nodiscard]] std::unexpected<Error> wrong_count(const Where& where, std::size_t wanted, std::size_t found);
[[nodiscard]] std::unexpected<Error> no_object(const Where& where, const Json& found);

template <class T>
struct Form<std::vector<T>> : Bounded {
  static Json schema(Scope& scope) { return items_schema(&Form<T>::schema, scope); }
  static Json write(const std::vector<T>& value) {
    Json json = Json::array();
    for (const auto& item : value) {
      json.push(Form<T>::write(item));
    }
    return json;
  }
  static Result<void> read(const Json& json, std::vector<T>& out, const Where& where) {
    if (!json.is_array()) {
      return no_list(where, json);
    }
    out.clear();
    for (const Json& each : json.as_array()) {
      T item{};
      PUNA_TRY_VOID(Form<T>::read(each, item, {.outer = &where, .index = out.size()}));
      out.push_back(std::move(item));
    }
    return {};
  }
};

template <class T, std::size_t Count>
struct Form<std::array<T, Count>> : Unbounded {
  static Json schema(Scope& scope) { return items_schema(&Form<T>::schema, scope, Count); }
  static Json write(const std::array<T, Count>& value) {
    Json json = Json::array();
    for (const T& item : value) {
      json.push(Form<T>::write(item));
    }
    return json;
  }
  static Result<void> read(const Json& json, std::array<T, Count>& out, const Where& where) {
    if (!json.is_array()) {
      return no_list(where, json);
    }
    if (json.as_array().size() != Count) {
      return wrong_count(where, Count, json.as_array().size());
    }
    for (std::size_t i = 0; i < Count; ++i) {
      PUNA_TRY_VOID(Form<T>::read(json.as_array()[i], out[i], {.outer = &where, .index = i}));
    }
    return {};
  }
};

template <class T, class Compare>
struct Form<std::map<std::string, T, Compare>> : Bounded {
  using Map = std::map<std::string, T, Compare>;
  static Json schema(Scope& scope) {
    Json schema = Json::object({{"type", "object"}});
    schema.set("additionalProperties", scope.part("additionalProperties", &Form<T>::schema));
    return schema;
  }
  static Json write(const Map& value) {
    Json json = Json::object();
    for (const auto& [key, item] : value) {
      json.as_object().push_back({.key = key, .value = Form<T>::write(item)});
    }
    return json;
  }
  static Result<void> read(const Json& json, Map& out, const Where& where) {
    if (!json.is_object()) {
      return no_object(where, json);
    }
    out.clear();
    for (const Json::Member& member : json.as_object()) {
      T item{};
      PUNA_TRY_VOID(Form<T>::read(member.value, item, {.outer = &where, .key = member.key}));
      out.insert_or_assign(member.key, std::move(item));
    }
    return {};
  }
};

// ---- one of several -----------------------------------------------------------------------------------------------

template <class T>
struct Form<std::optional<T>> : Unbounded {  // as an item or an alternative; a member is left out instead
  static_assert(!Form<T>::kTakesNull, "null would mean two things here");
  static constexpr bool kTakesNull = true;
  static Json schema(Scope& scope) {
    return any_of_schema(std::array<Scope::Schema, 2>{&Form<T>::schema, &Form<std::monostate>::schema}, scope);
  }
  static Json write(const std::optional<T>& value) { return value ? Form<T>::write(*value) : Json(); }
  static Result<void> read(const Json& json, std::optional<T>& out, const Where& where) {
    out.reset();
    return json.is_null() ? Result<void>() : Form<T>::read(json, out.emplace(), where);
  }
};

[[nodiscard]] std::unexpected<Error> no_alternative(const Where& where, std::span<const std::string> problems);

template <class... T>
struct Form<std::variant<T...>> : Unbounded {
  static constexpr bool kTakesNull = (Form<T>::kTakesNull || ...);
  static Json schema(Scope& scope) {
    return any_of_schema(std::array<Scope::Schema, sizeof...(T)>{&Form<T>::schema...}, scope);
  }
  static Json write(const std::variant<T...>& value) {
    return std::visit([]<class Held>(const Held& held) { return Form<Held>::write(held); }, value);
  }
  // The first alternative that fits.
  static Result<void> read(const Json& json, std::variant<T...>& out, const Where& where) {
    std::vector<std::string> problems;
    const bool found = [&]<std::size_t... I>(std::index_sequence<I...>) {
      return (try_one<I>(json, out, where, problems) || ...);
    }(std::index_sequence_for<T...>());
    return found ? Result<void>() : no_alternative(where, problems);
  }

 private:
  template <std::size_t I>
  static bool try_one(const Json& json, std::variant<T...>& out, const Where& where,
                      std::vector<std::string>& problems) {
    using Held = std::variant_alternative_t<I, std::variant<T...>>;
    Held held{};
    if (const auto read = Form<Held>::read(json, held, where); !read) {
      problems.push_back(read.error().message);
      return false;
    }
    out.template emplace<I>(std::move(held));
    return true;
  }
};

}  // namespace puna::typed

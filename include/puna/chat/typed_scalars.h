// Scalars, enumerations and forms that a type brings along: typed.h's inner part, behind typed_forms.h.
#pragma once

#include <algorithm>

#include "puna/chat/typed_forms.h"

namespace puna::typed {

template <>
struct Form<bool> : Unbounded {
  static Json schema(Scope&) { return Json::object({{"type", "boolean"}}); }
  static Json write(bool value) { return value; }
  static Result<void> read(const Json& json, bool& out, const Where& where);
};

template <>
struct Form<std::string> : Bounded {
  static Json schema(Scope&) { return Json::object({{"type", "string"}}); }
  static Json write(const std::string& value) { return value; }
  static Result<void> read(const Json& json, std::string& out, const Where& where);
};

template <>
struct Form<Json> : Unbounded {
  static constexpr bool kTakesNull = true;
  static Json schema(Scope&) { return Json::object(); }
  static Json write(const Json& value) { return value; }
  static Result<void> read(const Json& json, Json& out, const Where& where);
};

template <>
struct Form<std::monostate> : Unbounded {
  static constexpr bool kTakesNull = true;
  static Json schema(Scope&) { return Json::object({{"type", "null"}}); }
  static Json write(std::monostate) { return {}; }
  static Result<void> read(const Json& json, std::monostate& out, const Where& where);
};

template <>
struct Form<double> : Bounded {
  static Json schema(Scope&) { return Json::object({{"type", "number"}}); }
  static Json write(double value) { return value; }
  static Result<void> read(const Json& json, double& out, const Where& where);
};

template <>
struct Form<float> : Bounded {
  static Json schema(Scope&);
  static Json write(float value) { return static_cast<double>(value); }
  static Result<void> read(const Json& json, float& out, const Where& where);
};

template <Integer T>
struct Form<T> : Bounded {
  static constexpr T kMin = std::numeric_limits<T>::min();
  static constexpr T kMax = std::numeric_limits<T>::max();
  static Json schema(Scope&) { return integer_schema(kMin, kMax); }
  static Json write(T value) { return value; }
  static Result<void> read(const Json& json, T& out, const Where& where) {
    const auto value = [&json] {
      if constexpr (std::is_signed_v<T>) {
        return signed_of(json);
      } else {
        return unsigned_of(json);
      }
    }();
    if (!value || !std::in_range<T>(*value)) {
      return no_integer(where, kMin, kMax, json);
    }
    out = static_cast<T>(*value);
    return {};
  }
};

// ---- enumerations -------------------------------------------------------------------------------------------------

template <class E>
concept Enumerated = requires { Described<E>::enumerators; };

template <class E>
consteval auto enumerators_of() {
  if constexpr (Enumerated<E>) {
    return Described<E>::enumerators;
  } else {
    static_assert(reflect::FixedEnum<E>,
                  "Puna finds the enumerators of `enum class` or `enum X : type` only: list them in puna::Described");
    constexpr auto find = []<std::size_t... I>(std::index_sequence<I...>) {
      return std::array{Enumerator<E>{reflect::kEnumeratorName<E, I>, static_cast<E>(I)}...};
    };
    constexpr auto all = find(std::make_index_sequence<reflect::kEnumeratorsMax>());
    constexpr auto count =
        static_cast<std::size_t>(std::ranges::count_if(all, [](const auto& one) { return !one.name.empty(); }));
    static_assert(count > 0, "Puna finds enumerators from 0 to 63 only: list them in puna::Described");
    std::array<Enumerator<E>, count> found{};
    std::ranges::copy_if(all, found.begin(), [](const auto& one) { return !one.name.empty(); });
    return found;
  }
}
template <class E>
inline constexpr auto kEnumerators = enumerators_of<E>();
template <class E>
inline constexpr auto kEnumeratorNames = [] {
  std::array<std::string_view, kEnumerators<E>.size()> names;
  std::ranges::transform(kEnumerators<E>, names.begin(), &Enumerator<E>::name);
  return names;
}();

template <class E>
  requires std::is_enum_v<E> && (!Coded<E>)
struct Form<E> : Unbounded {
  static Json schema(Scope&) { return choice_schema(kEnumeratorNames<E>); }
  static Json write(E value) {  // a value that has no name is written as its number, which is not read again
    const auto found = std::ranges::find(kEnumerators<E>, value, &Enumerator<E>::value);
    return found != kEnumerators<E>.end() ? Json(found->name) : Json(std::to_underlying(value));
  }
  static Result<void> read(const Json& json, E& out, const Where& where) {
    PUNA_TRY(const std::size_t index, read_choice(kEnumeratorNames<E>, json, where));
    out = kEnumerators<E>[index].value;
    return {};
  }
};

// ---- a form of its own --------------------------------------------------------------------------------------------

template <Coded T>
struct Form<T> : Unbounded {
  static Json schema(Scope&) { return Described<T>::schema(); }
  static Json write(const T& value) { return Described<T>::to_json(value); }
  static Result<void> read(const Json& json, T& out, const Where& where) {
    Result<T> value = Described<T>::from_json(json);
    if (!value) {
      return misfit(where, value.error().message);
    }
    out = *std::move(value);
    return {};
  }
};

}  // namespace puna::typed

// What typed.h should know of a type that it cannot see: other names, descriptions for the model, bounds.
//
//   template <>
//   struct puna::Described<Person> {
//     static constexpr std::tuple members{puna::member("name", &Person::name, "The full name"),
//                                         puna::member("age", &Person::age, "In years", {.min = 0, .max = 150})};
//   };
//
//   template <>
//   struct puna::Described<Colour> {
//     static constexpr std::array enumerators{puna::Enumerator{"light red", Colour::red}};
//   };
//
//   template <>
//   struct puna::Described<Date> {  // anything else that JSON can hold
//     static puna::Json schema();
//     static puna::Json to_json(const Date& date);
//     static puna::Result<Date> from_json(const puna::Json& json);  // its message reads behind "at /path: "
//   };
#pragma once

#include <limits>
#include <string_view>

namespace puna {

// To be specialised, before the type is first used with typed.h.
template <class T>
struct Described;

// Both ends belong to it. Of a number its value, of a string its characters, of a vector or a map its items. A bound of
// an integer is exact up to 2^53.
struct Bounds {
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();

  [[nodiscard]] constexpr bool has_any() const {
    return min > -std::numeric_limits<double>::infinity() || max < std::numeric_limits<double>::infinity();
  }
};

template <class T, class M>
struct Member {
  std::string_view name;  // in JSON
  M T::* pointer;
  std::string_view description;
  Bounds bounds;
};
// Members that are not listed are not in the JSON; reading leaves them as they are made.
template <class T, class M>
[[nodiscard]] constexpr Member<T, M> member(std::string_view name, M T::* pointer, std::string_view description = {},
                                            Bounds bounds = {}) {
  return {.name = name, .pointer = pointer, .description = description, .bounds = bounds};
}

template <class E>
struct Enumerator {
  std::string_view name;
  E value;
};

}  // namespace puna

// A C++ type as a JSON Schema, and its values as JSON: so that a struct can be asked for, and comes back filled.
//
//   struct Person {
//     std::string name;
//     int age;
//     std::optional<std::string> occupation;
//   };
//
// Types     bool, all integers but characters, float, double, std::string, Json, std::vector, std::array,
//           std::map<std::string, T>, std::optional, std::variant, enumerations with values from 0 to 63, plain structs
//           (reflection.h says which) of such members, also recursive ones; everything else through puna::Described
//           (described.h), which also gives descriptions, bounds and other names. What cannot be described does not
//           compile, and the compiler says what to do.
// Members   std::optional ones may be left out (null reads as that too); all others are required. No others are taken.
// Numbers   integers have their type's limits, exactly; a whole number may be written 5.0. JSON has no number that is
//           not finite: json_of() has a double there that prints as null.
// Variants  the first alternative that fits is read: {1} is an int in variant<int, double>, a double the other way.
//
// Not part of puna/chat.h, which many files include. Threads: any; there is no state.
#pragma once

#include "puna/chat/typed_containers.h"
#include "puna/chat/typed_forms.h"
#include "puna/chat/typed_scalars.h"

namespace puna {

// A closed object for a struct, its members in order of declaration. References in it are relative to its root.
template <class T>
[[nodiscard]] Json schema_of() {
  typed::Scope scope;
  return typed::Form<T>::schema(scope);
}

// Fits schema_of<T>(), unless a number is not finite, an enumeration has a value without a name, or a string or a
// container is outside of its Bounds.
template <class T>
[[nodiscard]] Json json_of(const T& value) {
  return typed::Form<T>::write(value);
}

// Inverse of json_of().
// Errors  corrupt  the first thing that does not fit: "at /people/2/age: must be an integer from 0 to 255, not \"x\""
template <class T>
[[nodiscard]] Result<T> from_json(const Json& json) {
  static_assert(std::default_initializable<T>, "a type that Puna reads must be default constructible");
  T value{};
  PUNA_TRY_VOID(typed::Form<T>::read(json, value, {}));
  return value;
}

}  // namespace puna

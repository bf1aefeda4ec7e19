// The members of a base class cannot be seen, so a struct that has one must be described.
// expect: Puna cannot describe this type as JSON
#include <string>

#include "puna/chat/typed.h"

struct Animal {
  std::string name;
};
struct Dog : Animal {
  int age;
};

#ifndef MISUSE
template <>
struct puna::Described<Dog> {
  static constexpr std::tuple members{puna::member("name", &Dog::name), puna::member("age", &Dog::age)};
};
#endif

puna::Result<Dog> dog(const puna::Json& json) { return puna::from_json<Dog>(json); }

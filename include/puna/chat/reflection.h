// Names of members and enumerators, without macros: C++23 has no reflection, but a function that is a template over a
// pointer to a member, or over an enumerator, has that name in the text that the compiler keeps of its signature.
//
//   GCC    consteval auto signature() [with Place<...auto...> P = Place<int>{(& kUnset<A>.Unset<A>::value.A::age)}]
//   Clang  auto signature() [P = Place<int>{&kUnset.value.age}]
//
// The name is the identifier before a fixed number of closing characters; how many is measured on a known member, so
// no compiler's spelling is written here. Works for plain aggregates of at most kMembersMax members, without base
// classes, C arrays, references and bit-fields; also local ones and those of unnamed namespaces.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace puna::reflect {

inline constexpr std::size_t kMembersMax = 32;
inline constexpr std::size_t kEnumeratorsMax = 64;  // values 0 to 63 are looked at

// ---- how many members ---------------------------------------------------------------------------------------------

// Stands for a value of any type in the question how many initialisers an aggregate takes.
struct Anything {
  template <class T>
  operator T() const {
    std::unreachable();
  }
};
template <std::size_t>
using AnythingAt = Anything;
template <class Whole>
struct AnyBase {
  template <class T>
    requires(std::is_base_of_v<T, Whole> && !std::same_as<T, Whole>)
  operator T() const;
};

template <class T, std::size_t... I>
consteval bool takes(std::index_sequence<I...>) {
  return requires { T{AnythingAt<I>{}...}; };
}
template <class T, std::size_t Count = kMembersMax + 1>
consteval std::size_t count_members() {
  if constexpr (Count == 0 || takes<T>(std::make_index_sequence<Count>())) {
    return Count;
  } else {
    return count_members<T, Count - 1>();
  }
}
// kMembersMax + 1: more than that.
template <class T>
inline constexpr std::size_t kMembers = count_members<std::remove_const_t<T>>();

// A type whose members can be found.
template <class T>
concept Plain = std::is_class_v<T> && std::is_aggregate_v<T> && !requires { T{AnyBase<T>{}}; };

// ---- the members --------------------------------------------------------------------------------------------------

// References to all members, in order of declaration, as a tuple.
template <class T>
[[nodiscard]] constexpr auto members_of(T& value) {
  constexpr std::size_t kCount = kMembers<T>;
  static_assert(kCount <= kMembersMax, "Puna can list up to 32 members of a struct: specialise puna::Described for it");
  // clang-format off
#define PUNA_IF(count, ...) \
  if constexpr (kCount == (count)) { auto& [__VA_ARGS__] = value; return std::tie(__VA_ARGS__); } else
  PUNA_IF(1, a) PUNA_IF(2, a, b) PUNA_IF(3, a, b, c) PUNA_IF(4, a, b, c, d) PUNA_IF(5, a, b, c, d, e)
  PUNA_IF(6, a, b, c, d, e, f) PUNA_IF(7, a, b, c, d, e, f, g) PUNA_IF(8, a, b, c, d, e, f, g, h)
  PUNA_IF(9, a, b, c, d, e, f, g, h, i) PUNA_IF(10, a, b, c, d, e, f, g, h, i, j)
  PUNA_IF(11, a, b, c, d, e, f, g, h, i, j, k) PUNA_IF(12, a, b, c, d, e, f, g, h, i, j, k, l)
  PUNA_IF(13, a, b, c, d, e, f, g, h, i, j, k, l, m) PUNA_IF(14, a, b, c, d, e, f, g, h, i, j, k, l, m, n)
  PUNA_IF(15, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o)
  PUNA_IF(16, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p)
  PUNA_IF(17, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q)
  PUNA_IF(18, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r)
  PUNA_IF(19, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s)
  PUNA_IF(20, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t)
  PUNA_IF(21, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u)
  PUNA_IF(22, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v)
  PUNA_IF(23, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w)
  PUNA_IF(24, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x)
  PUNA_IF(25, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y)
  PUNA_IF(26, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z)
  PUNA_IF(27, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z, A)
  PUNA_IF(28, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z, A, B)
  PUNA_IF(29, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z, A, B, C)
  PUNA_IF(30, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z, A, B, C, D)
  PUNA_IF(31, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z, A, B, C, D, E)
  PUNA_IF(32, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z, A, B, C, D, E, F)
  { return std::tuple<>(); }
#undef PUNA_IF
  // clang-format on
}

// ---- their names --------------------------------------------------------------------------------------------------

// A T that was never made: only the places of its members are asked for, at compile time.
template <class T>
union Unset {
  char none;
  T value;
  constexpr Unset() : none() {}
  constexpr ~Unset() {}
};
template <class T>
inline constexpr Unset<T> kUnset;

// A pointer in a class, because older compilers take a pointer into an object as a template argument only so.
template <class T>
struct Place {
  const T* at;
};

template <Place P>
consteval auto signature() {
  return std::string_view(__PRETTY_FUNCTION__);
}
template <auto Value>
consteval auto value_signature() {
  return std::string_view(__PRETTY_FUNCTION__);
}

// The identifier that ends before the last `behind` bytes; empty: none does.
consteval std::string_view name_before(std::string_view text, std::size_t behind) {
  text.remove_suffix(behind);
  std::size_t start = text.size();
  const auto is_part = [](char c) {  // bytes above 127: identifiers may have any letter
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
           static_cast<unsigned char>(c) > 127;
  };
  while (start > 0 && is_part(text[start - 1])) {
    --start;
  }
  text.remove_prefix(start);
  return text.empty() || (text.front() >= '0' && text.front() <= '9') ? std::string_view() : text;
}
consteval std::size_t bytes_behind(std::string_view text, std::string_view name) {
  return text.size() - text.rfind(name) - name.size();
}

struct Known {
  int known_member;
};
enum class KnownValue : unsigned char { known_enumerator };
inline constexpr std::size_t kBehindMember =
    bytes_behind(signature<Place{&kUnset<Known>.value.known_member}>(), "known_member");
inline constexpr std::size_t kBehindValue =
    bytes_behind(value_signature<KnownValue::known_enumerator>(), "known_enumerator");

template <class T, std::size_t I>
inline constexpr std::string_view kMemberName =
    name_before(signature<Place{&std::get<I>(members_of(kUnset<T>.value))}>(), kBehindMember);

// Empty: no enumerator has this value.
template <class E, std::size_t Value>
inline constexpr std::string_view kEnumeratorName = name_before(value_signature<static_cast<E>(Value)>(), kBehindValue);

// An enumeration of which every value of its type may be asked for: `enum class`, or with a type behind a colon.
template <class E>
concept FixedEnum = std::is_enum_v<E> && requires { E{0}; };

}  // namespace puna::reflect

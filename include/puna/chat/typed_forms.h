// How each kind of type is described, written and read: typed.h's inner part. The templates only make tables; what is
// done with them is in typed.cpp, compiled once.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "puna/base/json.h"
#include "puna/chat/described.h"
#include "puna/chat/reflection.h"

namespace puna::typed {

// Where a value stands in the whole: a list from the inside out, made into a JSON pointer only for an error.
struct Where {
  const Where* outer = nullptr;
  std::string_view key;              // of a member
  std::optional<std::size_t> index;  // of an item
};
[[nodiscard]] std::unexpected<Error> misfit(const Where& where, std::string_view problem);
// "must be `wanted`, not <found>"
[[nodiscard]] std::unexpected<Error> misfit(const Where& where, std::string_view wanted, const Json& found);

// The structs that are being described, and where each began: a struct inside itself is a reference.
class Scope {
 public:
  using Schema = Json (*)(Scope&);
  // The schema of a part, which stands at /keyword or /keyword/name of the present one.
  [[nodiscard]] Json part(std::string_view keyword, Schema schema) { return part(keyword, std::nullopt, schema); }
  [[nodiscard]] Json part(std::string_view keyword, std::optional<std::string_view> name, Schema schema);

 private:
  friend Json object_schema(const void* id, std::span<const struct Part> parts, Scope& scope);
  struct Open {
    const void* id;
    std::string pointer;
  };
  std::string pointer_ = "#";
  std::vector<Open> open_;
};

// One member of a struct, by functions that know its type.
struct Part {
  std::string_view name;
  std::string_view description;
  Bounds bounds;
  bool is_optional = false;
  Scope::Schema schema;
  std::optional<Json> (*write)(const void* whole);                           // nothing: it is not there
  Result<void> (*read)(const Json* value, void* whole, const Where& where);  // null: it is not there
};
[[nodiscard]] Json object_schema(const void* id, std::span<const Part> parts, Scope& scope);
[[nodiscard]] Json write_object(std::span<const Part> parts, const void* whole);
[[nodiscard]] Result<void> read_object(std::span<const Part> parts, const Json& json, void* whole, const Where& where);

[[nodiscard]] Json integer_schema(const Json& min, const Json& max);
[[nodiscard]] std::unexpected<Error> no_integer(const Where& where, const Json& min, const Json& max,
                                                const Json& found);
// The whole number, if it is one of this type; 5.0 is one.
[[nodiscard]] std::optional<std::int64_t> signed_of(const Json& json);
[[nodiscard]] std::optional<std::uint64_t> unsigned_of(const Json& json);
[[nodiscard]] Json choice_schema(std::span<const std::string_view> names);
[[nodiscard]] Result<std::size_t> read_choice(std::span<const std::string_view> names, const Json& json,
                                              const Where& where);
[[nodiscard]] Json any_of_schema(std::span<const Scope::Schema> schemas, Scope& scope);
[[nodiscard]] Json items_schema(Scope::Schema item, Scope& scope, std::optional<std::size_t> count = {});

template <class T>
concept Coded = requires { Described<T>::schema(); };
template <class T>
concept Listed = requires { Described<T>::members; };
template <class T>
concept Integer = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> && !std::same_as<T, wchar_t> &&
                  !std::same_as<T, char8_t> && !std::same_as<T, char16_t> && !std::same_as<T, char32_t>;

template <class T>
struct Form;  // schema(), write() and read() of a T
struct Unbounded {
  static constexpr bool kTakesNull = false;  // null is a value of the type
  static constexpr bool kBounded = false;    // Bounds say something of it
};
struct Bounded : Unbounded {
  static constexpr bool kBounded = true;
};

// ---- structs ------------------------------------------------------------------------------------------------------

template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;
template <class T>
struct Inside {
  using Type = T;
};
template <class T>
struct Inside<std::optional<T>> {
  using Type = T;
};

template <class T, std::size_t I>
[[nodiscard]] constexpr auto& member_at(T& whole) {
  if constexpr (Listed<std::remove_const_t<T>>) {
    return whole.*std::get<I>(Described<std::remove_const_t<T>>::members).pointer;
  } else {
    return std::get<I>(reflect::members_of(whole));
  }
}

template <class T, std::size_t I>
consteval Part part_at() {
  using Whole = std::remove_cvref_t<decltype(member_at<T, I>(std::declval<T&>()))>;
  using Held = typename Inside<Whole>::Type;  // an optional member is described by what it may hold
  static_assert(std::default_initializable<Held>, "a member that Puna reads must be default constructible");
  Part part{.name = {},
            .schema = &Form<Held>::schema,
            .write = [](const void* whole) -> std::optional<Json> {
              const Whole& value = member_at<const T, I>(*static_cast<const T*>(whole));
              if constexpr (kIsOptional<Whole>) {
                return value ? std::optional(Form<Held>::write(*value)) : std::nullopt;
              } else {
                return Form<Held>::write(value);
              }
            },
            .read = [](const Json* value, void* whole, const Where& where) -> Result<void> {
              Whole& out = member_at<T, I>(*static_cast<T*>(whole));
              if constexpr (kIsOptional<Whole>) {
                out.reset();
                const bool is_there = value != nullptr && (Form<Held>::kTakesNull || !value->is_null());
                return is_there ? Form<Held>::read(*value, out.emplace(), where) : Result<void>();
              } else {
                return Form<Held>::read(*value, out, where);
              }
            }};
  part.is_optional = kIsOptional<Whole>;
  if constexpr (Listed<T>) {
    constexpr auto listed = std::get<I>(Described<T>::members);
    static_assert(!listed.bounds.has_any() || Form<Held>::kBounded,
                  "bounds are for numbers, strings, vectors and maps");
    part.name = listed.name;
    part.description = listed.description;
    part.bounds = listed.bounds;
  } else {
    part.name = reflect::kMemberName<T, I>;
  }
  return part;
}

template <class T>
consteval std::size_t count_parts() {
  if constexpr (Listed<T>) {
    return std::tuple_size_v<std::remove_cvref_t<decltype(Described<T>::members)>>;
  } else {
    return reflect::kMembers<T>;
  }
}
template <class T>
inline constexpr auto kParts = []<std::size_t... I>(std::index_sequence<I...>) {
  return std::array<Part, sizeof...(I)>{part_at<T, I>()...};
}(std::make_index_sequence<count_parts<T>()>());

template <class T>
struct Form : Unbounded {
  static_assert(Listed<T> || reflect::Plain<T>,
                "Puna cannot describe this type as JSON: make it a plain struct (no base class, nothing private), or "
                "specialise puna::Described for it (puna/chat/described.h)");
  static Json schema(Scope& scope) { return object_schema(&kParts<T>, kParts<T>, scope); }
  static Json write(const T& value) { return write_object(kParts<T>, &value); }
  static Result<void> read(const Json& json, T& out, const Where& where) {
    return read_object(kParts<T>, json, &out, where);
  }
};

}  // namespace puna::typed

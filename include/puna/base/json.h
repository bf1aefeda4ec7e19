// A JSON value of our own, so that no door shows a foreign type and key order is kept (it decides prompt bytes).
// Parsing and printing are nlohmann_json's, in one file (json.cpp).
//
// Invariant: object keys are unique; strings are valid UTF-8 after parse(); depth is at most kJsonDepthMax after
// parse().
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "puna/base/error.h"

namespace puna {

inline constexpr int kJsonDepthMax = 64;

class Json {
 public:
  struct Member;
  using Array = std::vector<Json>;
  using Object = std::vector<Member>;

  Json();  // null
  Json(std::nullptr_t);
  Json(bool value);
  template <std::integral T>
    requires(!std::same_as<T, bool> && !std::same_as<T, std::int64_t> && !std::same_as<T, std::uint64_t>)
  Json(T value) : Json(static_cast<std::conditional_t<std::is_unsigned_v<T>, std::uint64_t, std::int64_t>>(value)) {}
  Json(std::int64_t value);
  Json(std::uint64_t value);
  Json(double value);
  Json(std::string value);
  Json(std::string_view value);
  Json(const char* value);
  Json(Array value);
  Json(Object value);
  Json(const Json& other);
  Json(Json&& other) noexcept;
  Json& operator=(const Json& other);
  Json& operator=(Json&& other) noexcept;
  ~Json();

  // Json::object({{"a", 1}, {"b", "x"}}); a repeated key keeps the last value.
  [[nodiscard]] static Json object(std::initializer_list<Member> members = {});
  [[nodiscard]] static Json array(std::initializer_list<Json> items = {});

  // Errors  corrupt  not JSON, not UTF-8, or deeper than kJsonDepthMax; the message says at which byte.
  [[nodiscard]] static Result<Json> parse(std::string_view text);

  // One line, no spaces; indent > 0 prints one member a line. Never fails: bytes that are not UTF-8 become U+FFFD.
  // Equal values print equal bytes. A double that is not finite prints as null.
  [[nodiscard]] std::string dump(int indent = 0) const;

  [[nodiscard]] bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  [[nodiscard]] bool is_bool() const { return std::holds_alternative<bool>(value_); }
  // A whole number of 64 bits, also one that is written 1.0 (up to 2^53), as in JSON Schema.
  [[nodiscard]] bool is_integer() const;
  // A number that is written with a point or an exponent: 1.0 as well as 1.5.
  [[nodiscard]] bool has_point() const { return std::holds_alternative<double>(value_); }
  // A whole number that only 64 bits without a sign hold: it is no is_integer(), and as_double() rounds it.
  [[nodiscard]] bool is_large_integer() const { return std::holds_alternative<std::uint64_t>(value_); }
  [[nodiscard]] bool is_number() const {
    return has_point() || is_large_integer() || std::holds_alternative<std::int64_t>(value_);
  }
  [[nodiscard]] bool is_string() const { return std::holds_alternative<std::string>(value_); }
  [[nodiscard]] bool is_array() const { return std::holds_alternative<Array>(value_); }
  [[nodiscard]] bool is_object() const { return std::holds_alternative<Object>(value_); }

  // Requires the matching is_*() (checked). as_double() also takes an integer of either kind.
  [[nodiscard]] bool as_bool() const;
  [[nodiscard]] std::int64_t as_integer() const;
  [[nodiscard]] std::uint64_t as_large_integer() const;
  [[nodiscard]] double as_double() const;
  [[nodiscard]] const std::string& as_string() const;
  [[nodiscard]] const Array& as_array() const;
  [[nodiscard]] const Object& as_object() const;
  [[nodiscard]] Array& as_array();
  [[nodiscard]] Object& as_object();

  // The member's value, or nullptr when this is not an object or has no such key. Borrowed from this value.
  [[nodiscard]] const Json* find(std::string_view key) const;
  // find() for a string member: its text, or `otherwise`.
  [[nodiscard]] std::string_view text_or(std::string_view key, std::string_view otherwise = {}) const;
  // Sets a member, replacing an old value in place. Requires an object or null (which becomes an object).
  Json& set(std::string_view key, Json value);
  // Requires an array or null (which becomes an array).
  void push(Json value);

  // Numbers compare by value (1 == 1.0; an integer with a double as doubles), objects without regard to key order.
  friend bool operator==(const Json& a, const Json& b);

 private:
  // Invariant: a std::uint64_t here is more than any std::int64_t.
  std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string, Array, Object> value_;
};

struct Json::Member {
  std::string key;
  Json value;
};

// On one line, with ", " between items and ": " after keys: how templates, and so models, write it.
[[nodiscard]] std::string spaced_text(const Json& value);

}  // namespace puna

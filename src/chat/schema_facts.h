// A JSON Schema document as numbered facts: its subschemas, what $ref leads to, and schemas that were derived from them
// ("not this one"). A value fits a set of facts when it fits each of them.
//
// Derived schemas are JSON too. They refer to other facts by number, under the keywords kIs and kNot, which no document
// may contain.
// Thread  one owner. The document is borrowed.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "puna/chat/schema.h"

namespace puna::schema {

inline constexpr std::string_view kIs = "$puna-is";             // a number: this fact
inline constexpr std::string_view kNot = "$puna-not";           // a number: not this fact
inline constexpr std::string_view kNotEnum = "$puna-not-enum";  // a list: none of these values
inline constexpr std::string_view kNotPattern = "$puna-not-pattern";
inline constexpr std::string_view kNotFormat = "$puna-not-format";
inline constexpr std::string_view kNotInteger = "$puna-not-integer";

using FactId = std::uint32_t;

// What derived schemas say of a fact.
[[nodiscard]] inline Json is(FactId id) { return Json::object({{std::string(kIs), static_cast<std::int64_t>(id)}}); }
[[nodiscard]] inline Json is_not(FactId id) {
  return Json::object({{std::string(kNot), static_cast<std::int64_t>(id)}});
}

class Facts {
 public:
  // Errors  invalid_argument  a keyword that is not well formed
  //         limit             deeper or larger than the bounds
  [[nodiscard]] static Result<Facts> read(const Json& document);

  [[nodiscard]] FactId root() const { return 0; }
  [[nodiscard]] const Json& at(FactId id) const { return *facts_[id].json; }
  // Where it stands, as a JSON pointer; of a derived one, what it was derived from.
  [[nodiscard]] const std::string& path(FactId id) const { return facts_[id].path; }
  // Until draft 7 nothing stands beside $ref.
  [[nodiscard]] bool ref_stands_alone() const { return ref_stands_alone_; }

  // The number of a schema that stands inside the fact `parent` (under a keyword of it).
  [[nodiscard]] FactId inside(FactId parent, const Json& schema);
  FactId inside(FactId parent, Json&& schema) = delete;  // facts borrow; derive() keeps
  // A derived schema, kept.
  [[nodiscard]] FactId derive(FactId from, Json schema);
  // What $ref, kIs or kNot in this fact means.
  // Errors  invalid_argument  nothing there, or not in this document
  [[nodiscard]] Result<FactId> target(FactId from, std::string_view reference);
  // What $dynamicRef means where these schemas are being applied, from the outermost: an anchor of the same name that
  // is dynamic in the outermost of their resources, or else what $ref would.
  [[nodiscard]] Result<FactId> dynamic_target(FactId from, std::string_view reference, std::span<const FactId> applied);
  // What draft 2019-09's $recursiveRef in this fact means.
  // Errors  invalid_argument  not "#"; or a part of the document with its own $id makes its meaning depend on the way
  [[nodiscard]] Result<FactId> recursive_target(FactId from, std::string_view reference);
  // The opposite. Empty where it cannot be said with the keywords of JSON Schema; `why` then names the keyword.
  [[nodiscard]] std::optional<FactId> opposite(FactId id, std::string& why);

 private:
  struct Fact {
    const Json* json = nullptr;
    std::string path;
    std::string base;  // URI that references are relative to
  };
  struct Derived {
    std::optional<FactId> id;
    std::string why;
  };
  [[nodiscard]] static Result<void> check_key(std::string_view key, const std::string& path);
  [[nodiscard]] static Result<void> check_value(const Json& value, const std::string& path, int depth);
  [[nodiscard]] Result<void> enter(const Json& schema, const std::string& path, std::string base, int depth);
  FactId add(const Json& schema, std::string path, std::string base);

  std::vector<Fact> facts_;
  std::unordered_map<const Json*, FactId> ids_;
  std::unordered_map<std::string, const Json*> by_uri_;  // of $id, and of anchors as uri#name
  std::unordered_map<FactId, Derived> opposites_;
  std::deque<Json> derived_;  // stable addresses
  const Json* document_ = nullptr;
  bool ref_stands_alone_ = false;
};

// "a/b" as a part of a JSON pointer: "a~1b".
[[nodiscard]] std::string pointer_token(std::string_view key);
[[nodiscard]] std::string at_path(std::string_view path);  // "at '/items'" or "at the schema's root"

}  // namespace puna::schema

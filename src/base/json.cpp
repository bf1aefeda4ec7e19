// Json on nlohmann_json: the only file of this room that sees it. Parsing goes through its SAX interface, so that depth
// is bounded while reading and no second tree is built.
#include "puna/base/json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_map>

#include "puna/base/text.h"

namespace puna {
namespace {

// Makes keys unique: a repeated key keeps its first place and its last value. Linear, whatever the input.
void keep_last(Json::Object& members) {
  std::unordered_map<std::string_view, std::size_t> place;
  place.reserve(members.size());
  for (std::size_t i = 0; i < members.size(); ++i) {
    place.try_emplace(members[i].key, i);
  }
  if (place.size() == members.size()) {
    return;
  }
  Json::Object unique;
  std::unordered_map<std::string, std::size_t> kept;
  for (Json::Member& member : members) {
    const auto [where, added] = kept.try_emplace(member.key, unique.size());
    if (added) {
      unique.push_back(std::move(member));
    } else {
      unique[where->second].value = std::move(member.value);
    }
  }
  members = std::move(unique);
}

constexpr double kExactMax = 0x1p53;  // the integers up to it are doubles

// 9223372036854775807.0 as the integer that it is; empty: it is none of 64 bits, or written with an exponent.
std::optional<Json> whole_number(std::string_view text) {
  const std::size_t point = text.find('.');
  if (point == std::string_view::npos || text.find_first_not_of('0', point + 1) != std::string_view::npos) {
    return std::nullopt;
  }
  const std::string digits(text.substr(0, point));
  const auto read = [&digits]<class T>(T value) -> std::optional<Json> {
    const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return end.ec == std::errc() ? std::optional(Json(value)) : std::nullopt;
  };
  return text.starts_with('-') ? read(std::int64_t{}) : read(std::uint64_t{});
}

// Builds a Json from SAX events. Borrowed pointers in open_ stay valid: a container is only moved into its parent when
// it is closed.
class Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return add(Json()); }
  bool boolean(bool value) override { return add(Json(value)); }
  bool number_integer(number_integer_t value) override { return add(Json(value)); }
  bool number_unsigned(number_unsigned_t value) override { return add(Json(value)); }
  bool number_float(number_float_t value, const string_t& text) override {
    if (std::abs(value) >= kExactMax) {  // an integer with zeros behind its point need not lose its last digits
      if (const std::optional<Json> whole = whole_number(text)) {
        return add(*whole);
      }
    }
    return std::isfinite(value) ? add(Json(value)) : refuse("a number is too large");
  }
  bool string(string_t& value) override { return add(Json(std::move(value))); }
  bool binary(binary_t& /*value*/) override { return refuse("binary data"); }

  bool start_object(std::size_t /*count*/) override { return open(Json(Json::Object{})); }
  bool start_array(std::size_t /*count*/) override { return open(Json(Json::Array{})); }
  bool key(string_t& name) override {
    open_.back().key = std::move(name);
    return true;
  }
  bool end_object() override {
    keep_last(open_.back().container.as_object());
    return close();
  }
  bool end_array() override { return close(); }

  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const nlohmann::detail::exception& error) override {
    // nlohmann's text is "[json.exception...] parse error at line 1, column 5: ..."; the part after the bracket is
    // ours.
    const std::string_view text = error.what();
    const auto bracket = text.find("] ");
    return refuse(utf8::sanitize(bracket == std::string_view::npos ? text : text.substr(bracket + 2)), position);
  }

  [[nodiscard]] Json take() { return std::move(root_); }
  [[nodiscard]] const std::optional<std::string>& problem() const { return problem_; }

 private:
  struct Open {
    Json container;
    std::string key;  // of the member being read, when the container is an object
  };

  bool open(Json container) {
    if (open_.size() >= static_cast<std::size_t>(kJsonDepthMax)) {
      return refuse("nested deeper than " + std::to_string(kJsonDepthMax));
    }
    open_.push_back({.container = std::move(container), .key = {}});
    return true;
  }
  bool close() {
    Json done = std::move(open_.back().container);
    open_.pop_back();
    return add(std::move(done));
  }
  bool add(Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (open_.back().container.is_array()) {
      open_.back().container.as_array().push_back(std::move(value));
    } else {
      open_.back().container.as_object().push_back({.key = std::move(open_.back().key), .value = std::move(value)});
    }
    return true;
  }
  bool refuse(std::string why, std::size_t position = 0) {
    problem_ = position == 0 ? std::move(why) : "at byte " + std::to_string(position) + ": " + why;
    return false;
  }

  Json root_;
  std::vector<Open> open_;
  std::optional<std::string> problem_;
};

nlohmann::ordered_json to_nlohmann(const Json& value) {
  if (value.is_bool()) {
    return value.as_bool();
  }
  if (value.has_point()) {
    return value.as_double();
  }
  if (value.is_integer()) {
    return value.as_integer();
  }
  if (value.is_large_integer()) {
    return value.as_large_integer();
  }
  if (value.is_string()) {
    return value.as_string();
  }
  if (value.is_array()) {
    auto array = nlohmann::ordered_json::array();
    for (const Json& item : value.as_array()) {
      array.push_back(to_nlohmann(item));
    }
    return array;
  }
  if (value.is_object()) {
    auto object = nlohmann::ordered_json::object();
    for (const Json::Member& member : value.as_object()) {
      object.push_back({member.key, to_nlohmann(member.value)});
    }
    return object;
  }
  return nullptr;
}

}  // namespace

Json::Json() = default;
Json::Json(std::nullptr_t) {}
Json::Json(bool value) : value_(value) {}
Json::Json(std::int64_t value) : value_(value) {}
Json::Json(std::uint64_t value) {
  if (std::in_range<std::int64_t>(value)) {
    value_ = static_cast<std::int64_t>(value);
  } else {
    value_ = value;
  }
}
Json::Json(double value) : value_(value) {}
Json::Json(std::string value) : value_(std::move(value)) {}
Json::Json(std::string_view value) : value_(std::string(value)) {}
Json::Json(const char* value) : value_(std::string(value)) {}
Json::Json(Array value) : value_(std::move(value)) {}
Json::Json(Object value) : value_(std::move(value)) {}
Json::Json(const Json& other) = default;
Json::Json(Json&& other) noexcept = default;
Json& Json::operator=(const Json& other) = default;
Json& Json::operator=(Json&& other) noexcept = default;
Json::~Json() = default;

Json Json::object(std::initializer_list<Member> members) {
  Json json{Object{}};
  for (const Member& member : members) {
    json.set(member.key, member.value);
  }
  return json;
}

Json Json::array(std::initializer_list<Json> items) { return Json(Array(items)); }

Result<Json> Json::parse(std::string_view text) {
  Builder builder;
  const bool whole = nlohmann::json::sax_parse(text.begin(), text.end(), &builder);
  if (!whole || builder.problem()) {
    return fail(ErrorCode::corrupt, "not JSON: " + builder.problem().value_or("empty"));
  }
  return builder.take();
}

std::string Json::dump(int indent) const {
  return to_nlohmann(*this).dump(indent > 0 ? indent : -1, ' ', false, nlohmann::json::error_handler_t::replace);
}

bool Json::as_bool() const {
  PUNA_CHECK(is_bool(), "Json::as_bool on another type");
  return std::get<bool>(value_);
}

bool Json::is_integer() const {
  const auto* number = std::get_if<double>(&value_);
  return std::holds_alternative<std::int64_t>(value_) ||
         (number != nullptr && std::trunc(*number) == *number && std::abs(*number) <= kExactMax);
}

std::int64_t Json::as_integer() const {
  PUNA_CHECK(is_integer(), "Json::as_integer on another type");
  const auto* number = std::get_if<double>(&value_);
  return number != nullptr ? static_cast<std::int64_t>(*number) : std::get<std::int64_t>(value_);
}

std::uint64_t Json::as_large_integer() const {
  PUNA_CHECK(is_large_integer(), "Json::as_large_integer on another type");
  return std::get<std::uint64_t>(value_);
}

double Json::as_double() const {
  PUNA_CHECK(is_number(), "Json::as_double on another type");
  if (is_large_integer()) {
    return static_cast<double>(as_large_integer());
  }
  return has_point() ? std::get<double>(value_) : static_cast<double>(std::get<std::int64_t>(value_));
}

const std::string& Json::as_string() const {
  PUNA_CHECK(is_string(), "Json::as_string on another type");
  return std::get<std::string>(value_);
}

const Json::Array& Json::as_array() const {
  PUNA_CHECK(is_array(), "Json::as_array on another type");
  return std::get<Array>(value_);
}

const Json::Object& Json::as_object() const {
  PUNA_CHECK(is_object(), "Json::as_object on another type");
  return std::get<Object>(value_);
}

Json::Array& Json::as_array() {
  PUNA_CHECK(is_array(), "Json::as_array on another type");
  return std::get<Array>(value_);
}

Json::Object& Json::as_object() {
  PUNA_CHECK(is_object(), "Json::as_object on another type");
  return std::get<Object>(value_);
}

const Json* Json::find(std::string_view key) const {
  if (!is_object()) {
    return nullptr;
  }
  const Object& members = as_object();
  const auto found = std::ranges::find(members, key, &Member::key);
  return found == members.end() ? nullptr : &found->value;
}

std::string_view Json::text_or(std::string_view key, std::string_view otherwise) const {
  const Json* value = find(key);
  return value != nullptr && value->is_string() ? std::string_view(value->as_string()) : otherwise;
}

Json& Json::set(std::string_view key, Json value) {
  if (is_null()) {
    value_ = Object{};
  }
  Object& members = as_object();
  const auto found = std::ranges::find(members, key, &Member::key);
  if (found != members.end()) {
    found->value = std::move(value);
  } else {
    members.push_back({.key = std::string(key), .value = std::move(value)});
  }
  return *this;
}

void Json::push(Json value) {
  if (is_null()) {
    value_ = Array{};
  }
  as_array().push_back(std::move(value));
}

std::string spaced_text(const Json& value) {
  std::string out;
  if (value.is_array()) {
    for (const Json& item : value.as_array()) {
      out += (out.empty() ? "" : ", ") + spaced_text(item);
    }
    return "[" + out + "]";
  }
  if (value.is_object()) {
    for (const Json::Member& member : value.as_object()) {
      out += (out.empty() ? "" : ", ") + Json(member.key).dump() + ": " + spaced_text(member.value);
    }
    return "{" + out + "}";
  }
  return value.dump();
}

bool operator==(const Json& a, const Json& b) {
  if (a.is_integer() && b.is_integer()) {
    return a.as_integer() == b.as_integer();
  }
  if (a.is_large_integer() && b.is_large_integer()) {
    return a.as_large_integer() == b.as_large_integer();
  }
  if (a.is_number() && b.is_number()) {
    return a.as_double() == b.as_double();
  }
  if (a.is_object() && b.is_object()) {
    const Json::Object& members = a.as_object();
    return members.size() == b.as_object().size() && std::ranges::all_of(members, [&b](const Json::Member& member) {
             const Json* other = b.find(member.key);
             return other != nullptr && *other == member.value;
           });
  }
  if (a.is_array() && b.is_array()) {
    return a.as_array() == b.as_array();
  }
  return a.value_.index() == b.value_.index() && (a.is_null() || (a.is_bool() && a.as_bool() == b.as_bool()) ||
                                                  (a.is_string() && a.as_string() == b.as_string()));
}

}  // namespace puna

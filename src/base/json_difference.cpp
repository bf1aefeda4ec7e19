#include "puna/base/json_difference.h"

#include <algorithm>
#include <utility>

#include "puna/base/format.h"
#include "puna/base/text.h"

namespace puna {
namespace {

constexpr std::size_t kBytesBefore = 24;  // shown of a text, before the first byte that differs
constexpr std::size_t kBytesShown = 72;

std::string cut(std::string text) {
  return text.size() <= kBytesShown ? std::move(text) : std::string(utf8::truncate(text, kBytesShown)) + "...";
}

// A part of a text, as JSON writes it.
std::string around(std::string_view text, std::size_t at) {
  std::size_t begin = at < kBytesBefore ? 0 : at - kBytesBefore;
  while (begin > 0 && begin < text.size() && (static_cast<unsigned char>(text[begin]) & 0xC0U) == 0x80U) {
    --begin;
  }
  const std::string_view rest = text.substr(begin);
  const std::string_view part = utf8::truncate(rest, kBytesShown);
  return (begin > 0 ? "..." : "") + Json(part).dump() + (part.size() < rest.size() ? "..." : "");
}

JsonDifference between(std::string path, const std::string& was, const std::string& is) {
  const auto at = static_cast<std::size_t>(std::ranges::mismatch(was, is).in1 - was.begin());
  path += format_text("{}byte {}", path.empty() ? "" : ", ", at);
  return {.path = std::move(path), .was = around(was, at), .is = around(is, at)};
}

// Requires  the values print other bytes.
JsonDifference find(std::string path, const Json& was, const Json& is) {  // NOLINT(misc-no-recursion): kJsonDepthMax
  const auto member = [&path](std::string_view key) { return path + (path.empty() ? "" : ".") + std::string(key); };
  if (was.is_string() && is.is_string()) {
    return between(std::move(path), was.as_string(), is.as_string());
  }
  if (was.is_object() && is.is_object()) {
    for (const Json::Member& each : was.as_object()) {
      const Json* other = is.find(each.key);
      if (other == nullptr) {
        return {.path = member(each.key), .was = cut(each.value.dump()), .is = "nothing"};
      }
      if (each.value.dump() != other->dump()) {
        return find(member(each.key), each.value, *other);
      }
    }
    for (const Json::Member& each : is.as_object()) {
      if (was.find(each.key) == nullptr) {
        return {.path = member(each.key), .was = "nothing", .is = cut(each.value.dump())};
      }
    }
  }
  if (was.is_array() && is.is_array()) {
    const Json::Array& left = was.as_array();
    const Json::Array& right = is.as_array();
    for (std::size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
      const std::string place = format_text("{}[{}]", path, i);
      if (i >= left.size() || i >= right.size()) {
        return {.path = place,
                .was = i < left.size() ? cut(left[i].dump()) : "nothing",
                .is = i < right.size() ? cut(right[i].dump()) : "nothing"};
      }
      if (left[i].dump() != right[i].dump()) {
        return find(place, left[i], right[i]);
      }
    }
  }
  return {.path = std::move(path), .was = cut(was.dump()), .is = cut(is.dump())};
}

}  // namespace

std::string JsonDifference::text() const {
  return format_text("{}{}was {}, is {}", path, path.empty() ? "" : ": ", was, is);
}

std::optional<JsonDifference> first_difference(const Json& was, const Json& is) {
  return was.dump() == is.dump() ? std::nullopt : std::optional(find({}, was, is));
}

}  // namespace puna

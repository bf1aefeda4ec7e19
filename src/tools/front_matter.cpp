// See front_matter.h.
#include "tools/front_matter.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "tools/observation.h"

namespace puna::tools {
namespace {

constexpr std::size_t kHeadBytesMax = 8'192;
constexpr std::string_view kFence = "---\n";

Json value_of(const YAML::Node& node) {
  if (node.IsScalar()) {
    return node.Scalar();
  }
  if (!node.IsSequence()) {
    return nullptr;
  }
  Json list = Json::array();
  for (const YAML::Node& item : node) {
    if (!item.IsScalar()) {
      return nullptr;
    }
    list.push(item.Scalar());
  }
  return list;
}

}  // namespace

std::unexpected<Error> bad_file(std::string_view file_name, std::string_view what) {
  return fail(ErrorCode::corrupt, format_text("{}: {}", shown(file_name), what));
}

Result<FrontMatter> front_matter(std::string_view text, std::string_view file_name) {
  std::string whole(text);
  for (std::size_t at = 0; (at = whole.find("\r\n", at)) != std::string::npos;) {
    whole.erase(at, 1);
  }
  const std::size_t end = whole.find("\n---", kFence.size() - 1);
  if (!whole.starts_with(kFence) || end == std::string::npos || end > kHeadBytesMax) {
    return bad_file(file_name, "it does not begin with a head between two lines of ---");
  }
  const std::size_t body = std::min(whole.find('\n', end + 1), whole.size() - 1) + 1;
  FrontMatter read{.head = Json::object(), .body = whole.substr(body)};
  try {
    const YAML::Node head = YAML::Load(whole.substr(kFence.size(), end + 1 - kFence.size()));
    if (!head.IsMap()) {
      return bad_file(file_name, "its head is not a list of names and values");
    }
    for (const auto& member : head) {
      if (member.first.IsScalar()) {
        read.head.set(member.first.Scalar(), value_of(member.second));
      }
    }
  } catch (const std::exception& error) {  // yaml-cpp's own
    return bad_file(file_name, "not YAML: " + printable(utf8::sanitize(error.what())));
  }
  return read;
}

std::string description_of(const Json& head) {
  std::string description(head.text_or("description"));
  if (description.size() > kDescriptionBytesMax) {
    return {};
  }
  std::ranges::replace_if(description, [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  description.erase(description.find_last_not_of(' ') + 1);
  return description;
}

}  // namespace puna::tools

// YAML 1.2 as a tree in which everything knows where it stands in the file. yaml-cpp reads; bounds are ours.
//
// Bounded: bytes and depth, and the nodes and the bytes there are when every alias is followed, so that an expansion
// bomb is refused before anybody walks it. A key that stands twice, a key that is no text and a second document are
// refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "puna/base.h"
#include "puna/sim/scenario.h"

namespace puna::sim {

inline constexpr std::size_t kYamlBytesMax = std::size_t{1} << 20U;
inline constexpr int kYamlDepthMax = 32;
inline constexpr std::size_t kYamlKeyBytesMax = 1000;  // YAML writes a longer one in another form
inline constexpr std::uint64_t kYamlNodesMax = 50'000;

struct YamlNode {
  enum class Kind : std::uint8_t { null, scalar, list, map };
  struct Member;

  Kind kind = Kind::null;
  Place place;
  std::string text;        // of a scalar
  bool is_quoted = false;  // such a scalar is a text, whatever it looks like
  std::vector<std::shared_ptr<const YamlNode>> items;
  std::vector<Member> members;  // in the file's order; keys are unique
  std::uint64_t nodes = 1;      // with everything below
  std::uint64_t bytes = 0;      // of all texts and keys, too
};
struct YamlNode::Member {
  std::string key;
  Place place;  // of the key
  std::shared_ptr<const YamlNode> value;
};

[[nodiscard]] std::expected<std::shared_ptr<const YamlNode>, Problem> read_yaml(std::string_view text);

// "a list", "a number": what an error says was found.
[[nodiscard]] std::string kind_text(const YamlNode& node);

// As YAML 1.2's core schema reads it: true, 12, 0x1f, 1.5e3, .inf; anything else is a text. A number that JSON cannot
// hold is a text, too.
[[nodiscard]] Json json_of(const YamlNode& node);

}  // namespace puna::sim

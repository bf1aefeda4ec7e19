// A JSON Schema, read once into a flat tree that both the grammar and the check walk. Owns all text it refers to.
//
// Invariants: nodes[0] accepts any value; indices point into `nodes`; a node's children come after it or are node 0, so
// there is no cycle; a tree has at most kSchemaNodesMax nodes and enum values and is at most kSchemaDepthMax deep.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "puna/chat/schema.h"

namespace puna::schema {

enum class Type : std::uint8_t { null, boolean, integer, number, string, array, object };

// A set of types. The empty set is never stored: a schema without `type` has all of them.
class TypeSet {
 public:
  [[nodiscard]] static TypeSet all() { return TypeSet(0x7f); }
  TypeSet() = default;
  void add(Type type) { bits_ = static_cast<std::uint8_t>(bits_ | bit(type)); }
  [[nodiscard]] bool has(Type type) const { return (bits_ & bit(type)) != 0; }
  [[nodiscard]] bool is_all() const { return bits_ == 0x7f; }

 private:
  explicit TypeSet(std::uint8_t bits) : bits_(bits) {}
  static std::uint8_t bit(Type type) { return static_cast<std::uint8_t>(1U << static_cast<unsigned>(type)); }
  std::uint8_t bits_ = 0;
};

[[nodiscard]] std::string_view name_of(Type type);

using NodeIndex = std::size_t;
inline constexpr NodeIndex kAnyNode = 0;

struct Property {
  std::string name;
  NodeIndex node = kAnyNode;
  bool is_required = false;
};

struct Node {
  std::string path;  // JSON pointer of the schema, for messages; empty = the root
  TypeSet types = TypeSet::all();
  std::optional<std::vector<Json>> values;  // enum and const: the value must equal one of these
  std::vector<Property> properties;         // as listed; then required names that are not listed, as any value
  bool lists_properties = false;            // `properties` or `required` was there
  bool is_closed = false;                   // additionalProperties: false
  std::size_t listed = 0;                   // how many of `properties` came from `properties`
  std::optional<NodeIndex> items;
};

struct Tree {
  std::vector<Node> nodes;
  NodeIndex root = kAnyNode;
};

// Errors  invalid_argument  a keyword that is not supported, or is not well formed; names it and its path
//         limit             too deep, or too many nodes
[[nodiscard]] Result<Tree> read(const Json& schema);

// The first `violations_max` ways in which the value does not fit the node. `where` is the value's own name, as in
// "a.b[2]"; empty = the whole value.
[[nodiscard]] std::vector<std::string> violations(const Tree& tree, NodeIndex node, const Json& value,
                                                  std::size_t violations_max);

}  // namespace puna::schema

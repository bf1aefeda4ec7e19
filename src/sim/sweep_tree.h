// YAML as a value that can be changed and written again: the scenario of a point of a sweep.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/yaml.h"

namespace puna::sim {

using YamlTree = std::shared_ptr<const YamlNode>;

[[nodiscard]] std::vector<std::string> path_parts(std::string_view path);

// The tree with this value at the path. Names that are missing are made; a list has to have its item; "world: NAME" is
// read as "world: {type: NAME}" when a parameter of it is set.
// Errors  what is wrong with the path
[[nodiscard]] std::expected<YamlTree, std::string> with_value(const YamlTree& root,
                                                              const std::vector<std::string>& path,
                                                              const YamlTree& value);
// The tree without what stands at the path, nor a section that has nothing else.
[[nodiscard]] YamlTree without_value(const YamlTree& root, std::string_view section, std::string_view name);

[[nodiscard]] YamlTree text_node(std::string_view text);

// On one line: keys sorted, texts quoted, numbers as they were written. Read again it is the same value.
[[nodiscard]] std::string flow_text(const YamlNode& node);
// The same with each of the outermost keys on a line of its own.
[[nodiscard]] std::string document_text(const YamlNode& node);

}  // namespace puna::sim

// See sweep_tree.h.
#include "sim/sweep_tree.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace puna::sim {
namespace {

YamlTree map_node(std::string_view key, const YamlTree& value) {
  auto made = std::make_shared<YamlNode>();
  made->kind = YamlNode::Kind::map;
  made->place = value->place;
  made->members.push_back({.key = std::string(key), .place = value->place, .value = value});
  return made;
}

std::optional<std::size_t> index_of(std::string_view text) {
  std::size_t index = 0;
  if (text.size() > 1 && text.starts_with('0')) {
    return std::nullopt;  // another name of the same place
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(index) : std::nullopt;
}

std::string begun_path(const std::vector<std::string>& path, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    text += (i == 0 ? "" : ".") + path[i];
  }
  return text;
}

// The node with the value at path[at...]; node may be nullptr: nothing is there.
std::expected<YamlTree, std::string> with_change(const YamlTree& node, const std::vector<std::string>& path,
                                                 std::size_t at, const YamlTree& value) {
  if (at == path.size()) {
    return value;
  }
  if (node == nullptr || node->kind == YamlNode::Kind::null) {
    PUNA_TRY(const YamlTree inner, with_change(nullptr, path, at + 1, value));
    return map_node(path[at], inner);
  }
  if (node->kind == YamlNode::Kind::scalar && at == 1 && path[0] == "world") {
    return with_change(map_node("type", node), path, at, value);
  }
  auto made = std::make_shared<YamlNode>(*node);
  if (node->kind == YamlNode::Kind::list) {
    const auto index = index_of(path[at]);
    if (!index || *index >= made->items.size()) {
      return std::unexpected(format_text("'{}' is a list of {}, counted from 0: it has no '{}'", begun_path(path, at),
                                         made->items.size(), path[at]));
    }
    PUNA_TRY(made->items[*index], with_change(made->items[*index], path, at + 1, value));
    return made;
  }
  if (node->kind == YamlNode::Kind::scalar) {
    return std::unexpected(
        format_text("'{}' is {} in the scenario and has no parts", begun_path(path, at), kind_text(*node)));
  }
  const auto found = std::ranges::find(made->members, path[at], &YamlNode::Member::key);
  if (found == made->members.end()) {
    PUNA_TRY(const YamlTree inner, with_change(nullptr, path, at + 1, value));
    made->members.push_back({.key = path[at], .place = value->place, .value = inner});
    return made;
  }
  PUNA_TRY(found->value, with_change(found->value, path, at + 1, value));
  return made;
}

std::string key_text(const std::string& key) {
  const bool is_word =
      !key.empty() && std::ranges::all_of(key, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
  return is_word && key != "null" && key != "true" && key != "false" ? key : Json(key).dump();
}

std::vector<const YamlNode::Member*> sorted_members(const YamlNode& node) {
  std::vector<const YamlNode::Member*> members;
  for (const YamlNode::Member& member : node.members) {
    members.push_back(&member);
  }
  std::ranges::sort(members, {}, [](const YamlNode::Member* member) -> const std::string& { return member->key; });
  return members;
}

}  // namespace

std::vector<std::string> path_parts(std::string_view path) {
  std::vector<std::string> parts;
  std::size_t from = 0;
  for (std::size_t dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.', from)) {
    parts.emplace_back(path.substr(from, dot - from));
    from = dot + 1;
  }
  parts.emplace_back(path.substr(from));
  return parts;
}

std::expected<YamlTree, std::string> with_value(const YamlTree& root, const std::vector<std::string>& path,
                                                const YamlTree& value) {
  return with_change(root, path, 0, value);
}

YamlTree without_value(const YamlTree& root, std::string_view section, std::string_view name) {
  auto made = std::make_shared<YamlNode>(*root);
  const auto found = std::ranges::find(made->members, section, &YamlNode::Member::key);
  if (found == made->members.end() || found->value->kind != YamlNode::Kind::map) {
    return made;
  }
  auto inner = std::make_shared<YamlNode>(*found->value);
  std::erase_if(inner->members, [&](const YamlNode::Member& member) { return member.key == name; });
  if (inner->members.empty()) {
    made->members.erase(found);
  } else {
    found->value = std::move(inner);
  }
  return made;
}

YamlTree text_node(std::string_view text) {
  auto made = std::make_shared<YamlNode>();
  made->kind = YamlNode::Kind::scalar;
  made->text = text;
  made->is_quoted = true;
  return made;
}

std::string flow_text(const YamlNode& node) {
  std::string text;
  switch (node.kind) {
    case YamlNode::Kind::null:
      return "null";
    case YamlNode::Kind::scalar:
      return json_of(node).is_string() ? Json(node.text).dump() : node.text;
    case YamlNode::Kind::list:
      for (const auto& item : node.items) {
        text += (text.empty() ? "" : ", ") + flow_text(*item);
      }
      return "[" + text + "]";
    case YamlNode::Kind::map:
      break;
  }
  for (const YamlNode::Member* member : sorted_members(node)) {
    text += (text.empty() ? "" : ", ") + key_text(member->key) + ": " + flow_text(*member->value);
  }
  return "{" + text + "}";
}

std::string document_text(const YamlNode& node) {
  std::string text;
  for (const YamlNode::Member* member : sorted_members(node)) {
    text += key_text(member->key) + ": " + flow_text(*member->value) + "\n";
  }
  return text;
}

}  // namespace puna::sim

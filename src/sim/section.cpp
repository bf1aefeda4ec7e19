// See section.h.
#include "sim/section.h"

#include <algorithm>

namespace puna::sim {
namespace {

std::string shown(std::string_view text) { return printable(utf8::truncate(text, 60)); }

std::string joined(std::span<const std::string_view> names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    text += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + std::string(names[i]);
  }
  return text;
}

const YamlNode& nothing() {
  static const YamlNode node{.kind = YamlNode::Kind::map, .place = {}, .text = {}, .items = {}, .members = {}};
  return node;
}

}  // namespace

Section::Section(const YamlNode& node, std::string path, std::vector<Problem>& problems)
    : node_(node), path_(std::move(path)), problems_(problems) {}

Section::Section(std::shared_ptr<Json> schema, std::vector<Problem>& problems)
    : node_(nothing()), problems_(problems), schema_(std::move(schema)) {}

Section::Field& Section::field(std::string_view name) {
  const auto found = std::ranges::find(fields_, name, &Field::name);
  return found != fields_.end()
             ? *found
             : fields_.emplace_back(Field{.name = std::string(name), .schema = std::make_shared<Json>(Json::object())});
}

void Section::describe(std::string_view name, Json schema) {
  if (describes()) {
    *field(name).schema = std::move(schema);
  }
}

void Section::require(std::string_view name) {
  if (describes()) {
    field(name).is_required = true;
  }
}

void Section::write_schema() {
  Json properties = Json::object();
  Json required = Json::array();
  for (const Field& field : fields_) {
    properties.set(field.name, *field.schema);
    if (field.is_required) {
      required.push(field.name);
    }
  }
  *schema_ = Json::object({{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}});
  if (!required.as_array().empty()) {
    schema_->set("required", std::move(required));
  }
}

std::string Section::named(std::string_view name) const {
  return "'" + (path_.empty() ? "" : path_ + ".") + std::string(name) + "'";
}

void Section::problem(Place place, std::string what, std::string remedy) const {
  problems_.push_back({.place = place, .what = std::move(what), .remedy = std::move(remedy)});
}

const YamlNode* Section::find(std::string_view name) const {
  const auto found = std::ranges::find(node_.members, name, &YamlNode::Member::key);
  return found == node_.members.end() || found->value->kind == YamlNode::Kind::null ? nullptr : found->value.get();
}

bool Section::has(std::string_view name) const { return find(name) != nullptr; }

const YamlNode* Section::child(std::string_view name) {
  if (!std::ranges::contains(asked_, name)) {
    asked_.emplace_back(name);
  }
  return find(name);
}

void Section::number(std::string_view name, double& value, const Range& range) {
  describe(name, Json::object({{"type", "number"},
                               {range.with_min ? "minimum" : "exclusiveMinimum", range.min},
                               {range.with_max ? "maximum" : "exclusiveMaximum", range.max}}));
  const YamlNode* node = child(name);
  if (node == nullptr) {
    return;
  }
  const Json read = json_of(*node);
  const std::string bounds = format_text("{} {} and {} {}", range.with_min ? "at least" : "more than", range.min,
                                         range.with_max ? "at most" : "less than", range.max);
  if (!read.is_number()) {
    problem(node->place, format_text("{} must be a number, not {}", named(name), kind_text(*node)), bounds);
    return;
  }
  const double number = read.as_double();
  const bool above = range.with_min ? number >= range.min : number > range.min;
  const bool below = range.with_max ? number <= range.max : number < range.max;
  if (!above || !below) {
    problem(node->place, format_text("{} is {}", named(name), shown(node->text)), "a number " + bounds);
    return;
  }
  value = number;
}

void Section::whole(std::string_view name, std::int64_t& value, std::int64_t min, std::int64_t max) {
  describe(name, Json::object({{"type", "integer"}, {"minimum", min}, {"maximum", max}}));
  const YamlNode* node = child(name);
  if (node == nullptr) {
    return;
  }
  const Json read = json_of(*node);
  if (!read.is_integer() || read.as_integer() < min || read.as_integer() > max) {
    problem(node->place, format_text("{} must be a whole number, not {}", named(name), kind_text(*node)),
            format_text("at least {} and at most {}", min, max));
    return;
  }
  value = read.as_integer();
}

void Section::integer(std::string_view name, int& value, std::int64_t min, std::int64_t max) {
  std::int64_t read = value;
  whole(name, read, min, max);
  value = static_cast<int>(read);
}

void Section::flag(std::string_view name, bool& value) {
  describe(name, Json::object({{"type", "boolean"}}));
  const YamlNode* node = child(name);
  if (node == nullptr) {
    return;
  }
  const Json read = json_of(*node);
  if (!read.is_bool()) {
    problem(node->place, format_text("{} must be true or false, not {}", named(name), kind_text(*node)),
            "in YAML 1.2 yes, no, on and off are texts");
    return;
  }
  value = read.as_bool();
}

void Section::text(std::string_view name, std::string& value, std::size_t bytes_max, bool many_lines) {
  describe(name,
           Json::object({{"type", "string"}, {"minLength", 1}, {"maxLength", static_cast<std::int64_t>(bytes_max)}}));
  const YamlNode* node = child(name);
  if (node == nullptr) {
    return;
  }
  if (node->kind != YamlNode::Kind::scalar || node->text.empty()) {
    problem(node->place,
            format_text("{} must be a text, not {}", named(name),
                        node->text.empty() && node->kind == YamlNode::Kind::scalar ? "an empty one" : kind_text(*node)),
            format_text("{}: a text, in quotes where it looks like something else", name));
    return;
  }
  const bool has_control = std::ranges::any_of(node->text, [&](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 && !(many_lines && (c == '\n' || c == '\t'));
  });
  if (has_control) {
    problem(node->place, format_text("{} has control characters or a second line", named(name)), "plain text");
    return;
  }
  if (node->text.size() > bytes_max) {
    problem(node->place, format_text("{} has {} bytes; at most {}", named(name), node->text.size(), bytes_max),
            "a shorter text");
    return;
  }
  value = node->text;
}

std::optional<std::size_t> Section::choice(std::string_view name, std::span<const std::string_view> names) {
  Json values = Json::array();
  for (const std::string_view each : names) {
    values.push(each);
  }
  describe(name, Json::object({{"enum", std::move(values)}}));
  const YamlNode* node = child(name);
  if (node == nullptr) {
    return std::nullopt;
  }
  const auto found = std::ranges::find(names, std::string_view(node->text));
  if (node->kind == YamlNode::Kind::scalar && found != names.end()) {
    return static_cast<std::size_t>(found - names.begin());
  }
  const std::string_view nearest = nearest_name(node->text, names);
  problem(node->place, format_text("{} cannot be {}", named(name), kind_text(*node)),
          nearest.empty() ? joined(names) : format_text("did you mean {}?", nearest));
  return std::nullopt;
}

std::optional<Section> Section::section(std::string_view name) {
  if (describes()) {
    return Section(field(name).schema, problems_);
  }
  const YamlNode* node = child(name);
  if (node == nullptr) {
    return std::nullopt;
  }
  if (node->kind != YamlNode::Kind::map) {
    problem(node->place, format_text("{} must be names with values, not {}", named(name), kind_text(*node)),
            format_text("{}:\n    NAME: VALUE", name));
    return std::nullopt;
  }
  return Section(*node, path_.empty() ? std::string(name) : path_ + "." + std::string(name), problems_);
}

void Section::finish() {
  if (describes()) {
    write_schema();
    return;
  }
  const std::vector<std::string_view> known(asked_.begin(), asked_.end());
  for (const YamlNode::Member& member : node_.members) {
    if (std::ranges::contains(known, member.key)) {
      continue;
    }
    const std::string_view nearest = nearest_name(member.key, known);
    problem(member.place,
            format_text("'{}' means nothing {}", shown(member.key), path_.empty() ? "here" : "in " + path_),
            nearest.empty() ? joined(known) : format_text("did you mean {}?", nearest));
  }
}

}  // namespace puna::sim

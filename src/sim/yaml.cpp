// See yaml.h. One of the files that see yaml-cpp.
#include "sim/yaml.h"

#include <yaml-cpp/anchor.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

namespace puna::sim {
namespace {

// Thrown inside this file only, through yaml-cpp's parser.
struct Refused {
  Problem problem;
};

Place place_of(const YAML::Mark& mark) { return {.line = mark.line + 1, .column = mark.column + 1}; }

[[noreturn]] void refuse(Place place, std::string what, std::string remedy = {}) {
  throw Refused{{.place = place, .what = std::move(what), .remedy = std::move(remedy)}};
}

class Builder final : public YAML::EventHandler {
 public:
  [[nodiscard]] std::shared_ptr<const YamlNode> root() const { return root_; }

  void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { add(node(YamlNode::Kind::null, mark), anchor); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      refuse(place_of(mark), "an alias stands inside what it names", "write the value out");
    }
    place_ = place_of(mark);
    take(found->second);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    check_tag(mark, tag);
    auto made = node(YamlNode::Kind::scalar, mark);
    made->text = value;
    made->bytes = value.size();
    made->is_quoted = tag != "?";
    const bool is_null = !made->is_quoted && (value == "~" || value == "null" || value == "Null" || value == "NULL");
    made->kind = is_null ? YamlNode::Kind::null : YamlNode::Kind::scalar;
    add(std::move(made), anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    check_tag(mark, tag);
    open(node(YamlNode::Kind::list, mark), anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    check_tag(mark, tag);
    open(node(YamlNode::Kind::map, mark), anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Level {
    std::shared_ptr<YamlNode> node;
    YAML::anchor_t anchor = YAML::NullAnchor;
    bool has_key = false;  // of a map: its value comes next
    std::string key;
    Place key_place;
  };

  std::shared_ptr<YamlNode> node(YamlNode::Kind kind, const YAML::Mark& mark) {
    place_ = place_of(mark);
    auto made = std::make_shared<YamlNode>();
    made->kind = kind;
    made->place = place_;
    return made;
  }
  static void check_tag(const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!" && tag != "tag:yaml.org,2002:str") {
      refuse(place_of(mark), format_text("the tag '{}' means nothing here", printable(utf8::sanitize(tag))),
             "leave it out");
    }
  }
  void open(std::shared_ptr<YamlNode> made, YAML::anchor_t anchor) {
    if (levels_.size() == kYamlDepthMax) {
      refuse(place_, format_text("nested more than {} deep", kYamlDepthMax), "a flatter file");
    }
    if (!levels_.empty() && levels_.back().node->kind == YamlNode::Kind::map && !levels_.back().has_key) {
      refuse(place_, "a key must be a text", "name: value");
    }
    levels_.push_back({.node = std::move(made), .anchor = anchor});
  }
  void close() {
    const Level level = std::move(levels_.back());
    levels_.pop_back();
    add(level.node, level.anchor);
  }
  void add(std::shared_ptr<YamlNode> made, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) {
      anchors_[anchor] = made;
    }
    take(std::move(made));
  }
  void take(std::shared_ptr<const YamlNode> made) {
    if (levels_.empty()) {
      root_ = std::move(made);
      return;
    }
    Level& level = levels_.back();
    if (level.node->kind == YamlNode::Kind::map && !level.has_key) {
      take_key(level, *made);
      return;
    }
    level.node->nodes += made->nodes;
    level.node->bytes += made->bytes + level.key.size();
    if (level.node->nodes > kYamlNodesMax) {
      refuse(place_, format_text("more than {} values when every alias is followed", kYamlNodesMax),
             "fewer aliases of aliases");
    }
    if (level.node->bytes > kYamlBytesMax) {
      refuse(place_, format_text("more than {} bytes when every alias is followed", kYamlBytesMax),
             "fewer aliases of long texts");
    }
    if (level.node->kind == YamlNode::Kind::list) {
      level.node->items.push_back(std::move(made));
      return;
    }
    level.node->members.push_back({.key = std::move(level.key), .place = level.key_place, .value = std::move(made)});
    level.has_key = false;
  }
  void take_key(Level& level, const YamlNode& key) {
    if (key.kind != YamlNode::Kind::scalar) {
      refuse(place_, "a key must be a text", "name: value");
    }
    if (key.text.size() > kYamlKeyBytesMax) {
      refuse(place_, format_text("a key of {} bytes; at most {}", key.text.size(), kYamlKeyBytesMax), "a shorter name");
    }
    const auto before = std::ranges::find(level.node->members, key.text, &YamlNode::Member::key);
    if (before != level.node->members.end()) {
      refuse(place_, format_text("'{}' stands here for the second time", printable(utf8::sanitize(key.text))),
             format_text("the first is in line {}", before->place.line));
    }
    level.key = key.text;
    level.key_place = place_;
    level.has_key = true;
  }

  std::vector<Level> levels_;
  std::map<YAML::anchor_t, std::shared_ptr<const YamlNode>> anchors_;
  std::shared_ptr<const YamlNode> root_;
  Place place_;  // of the event before
};

std::optional<Json> number_of(std::string text) {
  if (text.starts_with('+')) {
    text.erase(0, 1);
  }
  const auto whole = [&](std::string_view digits, int base) -> std::optional<Json> {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    return error == std::errc() && end == digits.data() + digits.size() ? std::optional<Json>(value) : std::nullopt;
  };
  if (text.starts_with("0x") || text.starts_with("0o")) {
    return whole(std::string_view(text).substr(2), text[1] == 'x' ? 16 : 8);
  }
  if (auto value = whole(text, 10)) {
    return value;
  }
  const bool plain = std::ranges::all_of(text, [](unsigned char c) {
    return std::isdigit(c) != 0 || std::string_view("+-.eE").contains(static_cast<char>(c));
  });
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return plain && error == std::errc() && end == text.data() + text.size() ? std::optional<Json>(value) : std::nullopt;
}

}  // namespace

std::expected<std::shared_ptr<const YamlNode>, Problem> read_yaml(std::string_view text) {
  if (text.size() > kYamlBytesMax) {
    return std::unexpected(Problem{.place = {.line = 1, .column = 1},
                                   .what = format_text("{} bytes; at most {}", text.size(), kYamlBytesMax),
                                   .remedy = "a shorter file"});
  }
  if (!utf8::is_valid(text)) {
    const auto bad = std::ranges::mismatch(text, utf8::sanitize(text)).in1;
    const std::string_view good(text.begin(), bad);
    const auto column = static_cast<int>(good.size() - (good.rfind('\n') + 1)) + 1;  // in bytes; npos + 1 is 0
    const int line = static_cast<int>(std::ranges::count(good, '\n')) + 1;
    return std::unexpected(Problem{.place = {.line = line, .column = column},
                                   .what = "not UTF-8",
                                   .remedy = "convert it, for example with iconv -t UTF-8"});
  }
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    Builder builder;
    if (!parser.HandleNextDocument(builder) || builder.root() == nullptr) {
      return std::unexpected(Problem{.place = {.line = 1, .column = 1},
                                     .what = "the file is empty",
                                     .remedy = "puna sim new FILE writes one to begin with"});
    }
    Builder second;
    if (parser.HandleNextDocument(second) && second.root() != nullptr) {
      return std::unexpected(
          Problem{.place = second.root()->place, .what = "a second document", .remedy = "one scenario for each file"});
    }
    return builder.root();
  } catch (const Refused& refused) {
    return std::unexpected(refused.problem);
  } catch (const YAML::Exception& error) {
    return std::unexpected(Problem{.place = place_of(error.mark),
                                   .what = "not YAML: " + printable(utf8::sanitize(error.msg)),
                                   .remedy = "check indentation, quotes and brackets here and in the line before"});
  }
}

std::string kind_text(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::null:
      return "nothing";
    case YamlNode::Kind::list:
      return "a list";
    case YamlNode::Kind::map:
      return "names with values";
    case YamlNode::Kind::scalar:
      break;
  }
  return "'" + printable(utf8::truncate(node.text, 40)) + "'";
}

Json json_of(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::null:
      return nullptr;
    case YamlNode::Kind::list: {
      Json list = Json::array();
      for (const auto& item : node.items) {
        list.push(json_of(*item));
      }
      return list;
    }
    case YamlNode::Kind::map: {
      Json object = Json::object();
      for (const YamlNode::Member& member : node.members) {
        object.set(member.key, json_of(*member.value));
      }
      return object;
    }
    case YamlNode::Kind::scalar:
      break;
  }
  if (node.is_quoted) {
    return node.text;
  }
  for (const auto& [name, value] : {std::pair{"true", true}, std::pair{"True", true}, std::pair{"TRUE", true},
                                    std::pair{"false", false}, std::pair{"False", false}, std::pair{"FALSE", false}}) {
    if (node.text == name) {
      return value;
    }
  }
  return number_of(node.text).value_or(Json(node.text));
}

}  // namespace puna::sim

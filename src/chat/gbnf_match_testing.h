// Tests only: a small reader and matcher of GBNF, written from its public description and independent of the writer,
// that says whether a whole text matches. Slow and simple: the set of places where each rule can end, remembered by
// place.
//
// Requires  no left recursion (a rule that reaches itself without reading a character); the reader fails the test.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "puna/base.h"

namespace puna::testing {

class GbnfMatcher {
 public:
  explicit GbnfMatcher(const Grammar& grammar) : text_(grammar.gbnf), root_(grammar.root) {
    skip();
    while (at_ < text_.size()) {
      const std::string name = read_name();
      skip_spaces();
      expect("::=");
      skip_spaces();
      rules_[name] = read_choice();
      skip();
    }
    for (const std::string& name : named_) {
      EXPECT_TRUE(rules_.contains(name)) << "rule " << name << " is used and not defined";
    }
    EXPECT_TRUE(rules_.contains(root_));
  }

  [[nodiscard]] bool matches(std::string_view input) {
    input_ = input;
    memo_.clear();
    return ends_of_rule(root_, 0).contains(input.size());
  }

 private:
  using Places = std::set<std::size_t>;
  struct Node;
  using NodePtr = std::shared_ptr<Node>;
  struct Node {
    enum class Kind : unsigned char { choice, sequence, literal, character_class, rule, repeat } kind;
    std::vector<NodePtr> children;
    std::string text;  // literal: its bytes; rule: its name
    std::vector<std::pair<std::uint32_t, std::uint32_t>> ranges;
    bool is_negated = false;
    std::size_t min = 0;
    std::size_t max = 0;
  };

  // ---- reading ----
  void skip_spaces() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) {
      ++at_;
    }
  }
  void skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) {
      ++at_;
    }
  }
  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\n'; }
  void expect(std::string_view what) {
    ASSERT_TRUE(std::string_view(text_).substr(at_).starts_with(what)) << "expected " << what << " at " << at_;
    at_ += what.size();
  }
  static bool is_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-'; }
  std::string read_name() {
    const std::size_t start = at_;
    while (at_ < text_.size() && is_name(text_[at_])) {
      ++at_;
    }
    if (at_ == start) {
      ADD_FAILURE() << "a name is missing at " << at_ << ": " << text_.substr(at_, 40);
      at_ = text_.size();
    }
    return text_.substr(start, at_ - start);
  }
  std::uint32_t read_character() {
    if (text_[at_] == '\\') {
      const char kind = text_[at_ + 1];
      at_ += 2;
      if (kind == 'x') {
        at_ += 2;
        return static_cast<std::uint32_t>(std::stoul(text_.substr(at_ - 2, 2), nullptr, 16));
      }
      return static_cast<std::uint32_t>(kind == 'n' ? '\n' : kind == 't' ? '\t' : kind == 'r' ? '\r' : kind);
    }
    const auto [value, bytes] = decode(text_, at_);
    at_ += bytes;
    return value;
  }
  static std::pair<std::uint32_t, std::size_t> decode(std::string_view text, std::size_t at) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t bytes = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    std::uint32_t value = bytes == 1 ? lead : lead & (0xFFU >> (bytes + 1));
    for (std::size_t i = 1; i < bytes && at + i < text.size(); ++i) {
      value = (value << 6U) | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
    }
    return {value, bytes};
  }
  static void encode(std::uint32_t value, std::string& out) {
    if (value < 0x80) {
      out += static_cast<char>(value);
    } else if (value < 0x800) {
      out += static_cast<char>(0xC0U | (value >> 6U));
      out += static_cast<char>(0x80U | (value & 0x3FU));
    } else if (value < 0x10000) {
      out += static_cast<char>(0xE0U | (value >> 12U));
      out += static_cast<char>(0x80U | ((value >> 6U) & 0x3FU));
      out += static_cast<char>(0x80U | (value & 0x3FU));
    } else {
      out += static_cast<char>(0xF0U | (value >> 18U));
      out += static_cast<char>(0x80U | ((value >> 12U) & 0x3FU));
      out += static_cast<char>(0x80U | ((value >> 6U) & 0x3FU));
      out += static_cast<char>(0x80U | (value & 0x3FU));
    }
  }

  NodePtr read_choice() {
    auto choice = std::make_shared<Node>(Node{.kind = Node::Kind::choice});
    choice->children.push_back(read_sequence());
    while (peek() == '|') {
      ++at_;
      skip_spaces();
      choice->children.push_back(read_sequence());
    }
    return choice;
  }
  NodePtr read_sequence() {
    auto sequence = std::make_shared<Node>(Node{.kind = Node::Kind::sequence});
    while (peek() != '\n' && peek() != '|' && peek() != ')') {
      const std::size_t before = at_;
      NodePtr item = read_item();
      if (item == nullptr || at_ == before) {
        ADD_FAILURE() << "cannot read at " << at_ << ": " << text_.substr(at_, 40);
        at_ = text_.size();
        break;
      }
      sequence->children.push_back(read_repeat(std::move(item)));
      skip_spaces();
    }
    EXPECT_FALSE(sequence->children.empty()) << "an alternative has nothing in it";
    return sequence;
  }
  NodePtr read_item() {
    if (peek() == '"') {
      auto node = std::make_shared<Node>(Node{.kind = Node::Kind::literal});
      for (++at_; at_ < text_.size() && text_[at_] != '"';) {
        encode(read_character(), node->text);
      }
      ++at_;
      return node;
    }
    if (peek() == '[') {
      return read_class();
    }
    if (peek() == '(') {
      ++at_;
      skip_spaces();
      NodePtr inside = read_choice();
      expect(")");
      return inside;
    }
    if (!is_name(peek())) {
      return nullptr;
    }
    auto node = std::make_shared<Node>(Node{.kind = Node::Kind::rule, .text = read_name()});
    named_.insert(node->text);
    return node;
  }
  NodePtr read_class() {
    auto node = std::make_shared<Node>(Node{.kind = Node::Kind::character_class});
    ++at_;
    if (peek() == '^') {
      node->is_negated = true;
      ++at_;
    }
    while (at_ < text_.size() && text_[at_] != ']') {
      const std::uint32_t first = read_character();
      std::uint32_t last = first;
      if (peek() == '-' && text_[at_ + 1] != ']') {
        ++at_;
        last = read_character();
      }
      node->ranges.emplace_back(first, last);
    }
    ++at_;
    return node;
  }
  NodePtr read_repeat(NodePtr item) {
    constexpr std::size_t kMany = 1'000'000;
    std::size_t min = 1;
    std::size_t max = 1;
    if (peek() == '*' || peek() == '+' || peek() == '?') {
      min = peek() == '+' ? 1 : 0;
      max = peek() == '?' ? 1 : kMany;
      ++at_;
    } else if (peek() == '{') {
      const std::size_t end = text_.find('}', at_);
      const std::string inside = text_.substr(at_ + 1, end - at_ - 1);
      const std::size_t comma = inside.find(',');
      min = std::stoul(inside.substr(0, comma));
      max = comma == std::string::npos ? min : std::stoul(inside.substr(comma + 1));
      at_ = end + 1;
    } else {
      return item;
    }
    return std::make_shared<Node>(
        Node{.kind = Node::Kind::repeat, .children = {std::move(item)}, .min = min, .max = max});
  }

  // ---- matching ----
  const Places& ends_of_rule(const std::string& name, std::size_t from) {
    const auto [known, added] = memo_.try_emplace({name, from});
    if (added) {
      Places places = ends(*rules_.at(name), from);
      return memo_[{name, from}] = std::move(places);
    }
    return known->second;
  }
  Places ends(const Node& node, std::size_t from) {
    switch (node.kind) {
      case Node::Kind::literal:
        return input_.substr(from).starts_with(node.text) ? Places{from + node.text.size()} : Places{};
      case Node::Kind::character_class:
        return end_of_class(node, from);
      case Node::Kind::rule:
        return ends_of_rule(node.text, from);
      case Node::Kind::choice: {
        Places all;
        for (const NodePtr& child : node.children) {
          all.merge(ends(*child, from));
        }
        return all;
      }
      case Node::Kind::sequence: {
        Places here = {from};
        for (const NodePtr& child : node.children) {
          here = step(*child, here);
        }
        return here;
      }
      case Node::Kind::repeat:
        break;
    }
    Places here = {from};
    Places all = node.min == 0 ? here : Places{};
    for (std::size_t count = 1; count <= node.max && !here.empty(); ++count) {
      here = step(*node.children.front(), here);
      const std::size_t before = all.size();
      if (count >= node.min) {
        all.insert(here.begin(), here.end());
        if (all.size() == before) {
          break;
        }
      }
    }
    return all;
  }
  Places step(const Node& node, const Places& from) {
    Places next;
    for (const std::size_t place : from) {
      next.merge(ends(node, place));
    }
    return next;
  }
  Places end_of_class(const Node& node, std::size_t from) {
    if (from >= input_.size()) {
      return {};
    }
    const auto [value, bytes] = decode(input_, from);
    bool is_inside = false;
    for (const auto& [first, last] : node.ranges) {
      is_inside = is_inside || (value >= first && value <= last);
    }
    return is_inside != node.is_negated ? Places{from + bytes} : Places{};
  }

  std::string text_;
  std::string root_;
  std::size_t at_ = 0;
  std::map<std::string, NodePtr> rules_;
  std::set<std::string> named_;
  std::string_view input_;
  std::map<std::pair<std::string, std::size_t>, Places> memo_;
};

}  // namespace puna::testing

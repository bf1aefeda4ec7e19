// Reads a page as XML, for tests: every element with its attributes and its text; a failure where it is not
// well-formed.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace puna::sim {

struct PageElement {
  std::string name;
  std::map<std::string, std::string> attributes;
  std::string text;       // its own, with entities replaced
  std::size_t above = 0;  // place of the element around it; its own place for the first
};

class PageReader {
 public:
  static std::vector<PageElement> read(std::string_view page) {
    PageReader reader(page);
    reader.read_all();
    return std::move(reader.elements_);
  }

 private:
  explicit PageReader(std::string_view page) : left_(page) {}

  void read_all() {
    constexpr std::string_view kType = "<!DOCTYPE html>\n";
    ASSERT_TRUE(left_.starts_with(kType));
    left_.remove_prefix(kType.size());
    while (!left_.empty()) {
      if (left_.front() != '<') {
        const std::size_t end = std::min(left_.find('<'), left_.size());
        if (!open_.empty()) {
          elements_[open_.back()].text += plain(left_.substr(0, end));
        }
        left_.remove_prefix(end);
        continue;
      }
      const std::size_t end = left_.find('>');
      ASSERT_NE(end, std::string_view::npos) << left_.substr(0, 80);
      tag(left_.substr(1, end - 1));
      left_.remove_prefix(end + 1);
      if (::testing::Test::HasFatalFailure()) {
        return;
      }
    }
    ASSERT_TRUE(open_.empty()) << elements_[open_.back()].name << " is not closed";
  }
  void tag(std::string_view tag) {
    if (tag.starts_with('/')) {
      ASSERT_FALSE(open_.empty()) << tag;
      ASSERT_EQ(elements_[open_.back()].name, tag.substr(1));
      open_.pop_back();
      return;
    }
    const bool is_empty = tag.ends_with('/');
    tag.remove_suffix(is_empty ? 1 : 0);
    const std::size_t place = elements_.size();
    PageElement element{.name = std::string(tag.substr(0, tag.find(' '))),
                        .above = open_.empty() ? place : open_.back()};
    ASSERT_TRUE(std::ranges::all_of(element.name, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    })) << tag;
    tag.remove_prefix(element.name.size());
    while (!tag.empty()) {
      const std::size_t equals = tag.find("=\"");
      ASSERT_TRUE(tag.starts_with(' ') && equals != std::string_view::npos) << tag;
      const std::size_t end = tag.find('"', equals + 2);
      ASSERT_NE(end, std::string_view::npos) << tag;
      const auto [at, is_new] =
          element.attributes.emplace(tag.substr(1, equals - 1), plain(tag.substr(equals + 2, end - equals - 2)));
      ASSERT_TRUE(is_new) << at->first << " twice";
      tag.remove_prefix(end + 1);
    }
    elements_.push_back(std::move(element));
    if (!is_empty) {
      open_.push_back(place);
    }
  }
  static std::string plain(std::string_view text) {
    std::string found;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '&') {
        found += text[i];
        continue;
      }
      static const std::map<std::string_view, char> kEntities{
          {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&#39;", '\''}};
      const std::string_view entity = text.substr(i, text.find(';', i) - i + 1);
      const auto known = kEntities.find(entity);
      if (known == kEntities.end()) {
        ADD_FAILURE() << "no entity: " << text.substr(i, 20);
        return found;
      }
      found += known->second;
      i += entity.size() - 1;
    }
    return found;
  }

  std::string_view left_;
  std::vector<PageElement> elements_;
  std::vector<std::size_t> open_;
};

}  // namespace puna::sim

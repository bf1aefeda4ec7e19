// HTML as a tree, read as browsers read it. lexbor stays behind this file.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "puna/base.h"

namespace puna::tools {

// A place in a document, which owns what the views below look at. Null past the last sibling or child.
class HtmlNode {
 public:
  explicit HtmlNode(void* node = nullptr) : node_(node) {}
  [[nodiscard]] explicit operator bool() const { return node_ != nullptr; }

  [[nodiscard]] bool is_element() const;
  // The text of a text node; "" for every other kind.
  [[nodiscard]] std::string_view text() const;
  // The element's name in lower case; "" for every other kind.
  [[nodiscard]] std::string_view tag() const;
  [[nodiscard]] std::optional<std::string_view> attribute(std::string_view name) const;
  [[nodiscard]] bool has_class(std::string_view name) const;
  // All text in it, as it stands there.
  [[nodiscard]] std::string whole_text() const;

  [[nodiscard]] HtmlNode first_child() const;
  [[nodiscard]] HtmlNode next() const;
  // The next one in the order of the text, within `top`; null after the last.
  [[nodiscard]] HtmlNode next_within(HtmlNode top) const;

  bool operator==(const HtmlNode&) const = default;

 private:
  void* node_;
};

class HtmlDocument {
 public:
  // Any valid UTF-8 is a document. What would cost too much is not read to its end (is_cut()): nesting deeper than
  // about 500 elements, a tree of more than 64 MiB, a tag of more than about 1,000 attributes.
  // Errors  cancelled;  internal  no memory
  [[nodiscard]] static Result<HtmlDocument> parse(std::string_view html, const std::stop_token& stop);

  [[nodiscard]] HtmlNode root() const;
  [[nodiscard]] bool is_cut() const { return is_cut_; }

 private:
  struct Destroy {
    void operator()(void* document) const;
  };
  HtmlDocument() = default;
  std::unique_ptr<void, Destroy> document_;
  bool is_cut_ = false;
};

}  // namespace puna::tools

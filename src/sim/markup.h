// HTML and SVG, written piece by piece; what comes out is well-formed XML as well. Names of elements and attributes are
// ours, values and texts may be anybody's: there is no way to put text in unescaped but raw(), which is for style
// sheets.
#pragma once

#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace puna::sim {

// A length or place in a drawing: at most two digits after the point, no "-0".
[[nodiscard]] std::string place_text(double value);

// Text that is safe in HTML and SVG, between tags and in quoted attributes: markup is escaped, bytes that are no
// UTF-8 become U+FFFD; control characters, what turns the direction of text, and what XML does not know are shown by
// their numbers ("\x1b", "\u202e").
[[nodiscard]] std::string escaped(std::string_view text);

struct Attribute {
  Attribute(std::string_view of, std::string_view text) : name(of), value(text) {}
  Attribute(std::string_view of, const std::string& text) : name(of), value(text) {}
  Attribute(std::string_view of, const char* text) : name(of), value(text) {}
  template <std::integral T>
  Attribute(std::string_view of, T number) : name(of), value(std::to_string(number)) {}
  Attribute(std::string_view of, double number) : name(of), value(place_text(number)) {}

  std::string_view name;
  std::string value;
};

// Invariant: every element that was opened is closed in order; take() checks it.
class Markup {
 public:
  using Attributes = std::initializer_list<Attribute>;

  Markup& open(std::string_view name, Attributes attributes = {});
  Markup& close();  // the one opened last
  Markup& text(std::string_view text);
  // Opened, filled and closed.
  Markup& element(std::string_view name, Attributes attributes, std::string_view text);
  // Without content: <rect/>
  Markup& empty(std::string_view name, Attributes attributes);
  Markup& line();  // an end of line, where it is no content
  Markup& raw(std::string_view trusted);

  [[nodiscard]] std::string take() &&;

 private:
  void begin(std::string_view name, Attributes attributes);

  std::string text_;
  std::vector<std::string> open_;
};

}  // namespace puna::sim

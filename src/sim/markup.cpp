// See markup.h.
#include "sim/markup.h"

#include <array>
#include <cstdint>
#include <utility>

#include "puna/base.h"

namespace puna::sim {
namespace {

// Characters that reorder the text behind them, also outside of their element, and those that XML does not know.
bool is_hidden(std::uint32_t character) {
  return (character >= 0x202A && character <= 0x202E) || (character >= 0x2066 && character <= 0x2069) ||
         character == 0x2028 || character == 0x2029 || (character & 0xFFFEU) == 0xFFFE;
}

// The character of three bytes that begins here; 0 if there is none. Those of four bytes are not looked at: none of
// them reorders text.
std::uint32_t wide_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
  return text.size() < 3 || (byte(0) & 0xF0U) != 0xE0U
             ? 0
             : ((byte(0) & 0x0FU) << 12U) | ((byte(1) & 0x3FU) << 6U) | (byte(2) & 0x3FU);
}

std::string_view entity_of(char byte) {
  switch (byte) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {};
  }
}

}  // namespace

std::string place_text(double value) {
  std::string text = format_text("{:.2f}", value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) {
    text.pop_back();
  }
  return text == "-0" ? "0" : text;
}

std::string escaped(std::string_view text) {
  const std::string clean = printable(text);
  std::string safe;
  safe.reserve(clean.size() + clean.size() / 8);
  for (std::size_t i = 0; i < clean.size(); ++i) {
    const std::uint32_t character = wide_character(std::string_view(clean).substr(i));
    const std::string_view entity = entity_of(clean[i]);
    if (is_hidden(character)) {
      safe += format_text("\\u{:04x}", character);
      i += 2;
    } else if (entity.empty()) {
      safe += clean[i];
    } else {
      safe += entity;
    }
  }
  return safe;
}

void Markup::begin(std::string_view name, Attributes attributes) {
  text_ += "<";
  text_ += name;
  for (const Attribute& attribute : attributes) {
    text_ += " ";
    text_ += attribute.name;
    text_ += "=\"" + escaped(attribute.value) + "\"";
  }
}

Markup& Markup::open(std::string_view name, Attributes attributes) {
  begin(name, attributes);
  text_ += ">";
  open_.emplace_back(name);
  return *this;
}

Markup& Markup::close() {
  PUNA_CHECK(!open_.empty(), "an element is closed that was not opened");
  text_ += "</" + open_.back() + ">";
  open_.pop_back();
  return *this;
}

Markup& Markup::text(std::string_view text) {
  text_ += escaped(text);
  return *this;
}

Markup& Markup::element(std::string_view name, Attributes attributes, std::string_view text) {
  return open(name, attributes).text(text).close();
}

Markup& Markup::empty(std::string_view name, Attributes attributes) {
  begin(name, attributes);
  text_ += "/>";
  return *this;
}

Markup& Markup::line() {
  text_ += "\n";
  return *this;
}

Markup& Markup::raw(std::string_view trusted) {
  text_ += trusted;
  return *this;
}

std::string Markup::take() && {
  PUNA_CHECK(open_.empty(), "an element was not closed");
  return std::move(text_);
}

}  // namespace puna::sim

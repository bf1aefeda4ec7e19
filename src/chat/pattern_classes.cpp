#include "chat/pattern_classes.h"

#include <utf8proc.h>

#include <array>
#include <utility>

namespace puna::pattern {
namespace {

// Source: Unicode Standard Annex 44, table 12; RE2 and ECMA-262 know the short and the long names.
constexpr std::array<std::pair<std::string_view, std::string_view>, 38> kCategories = {
    std::pair<std::string_view, std::string_view>{"Letter", "L"},
    {"Uppercase_Letter", "Lu"},
    {"Lowercase_Letter", "Ll"},
    {"Titlecase_Letter", "Lt"},
    {"Cased_Letter", "LC"},
    {"Modifier_Letter", "Lm"},
    {"Other_Letter", "Lo"},
    {"Mark", "M"},
    {"Nonspacing_Mark", "Mn"},
    {"Spacing_Mark", "Mc"},
    {"Enclosing_Mark", "Me"},
    {"Number", "N"},
    {"Decimal_Number", "Nd"},
    {"digit", "Nd"},
    {"Letter_Number", "Nl"},
    {"Other_Number", "No"},
    {"Punctuation", "P"},
    {"punct", "P"},
    {"Connector_Punctuation", "Pc"},
    {"Dash_Punctuation", "Pd"},
    {"Open_Punctuation", "Ps"},
    {"Close_Punctuation", "Pe"},
    {"Initial_Punctuation", "Pi"},
    {"Final_Punctuation", "Pf"},
    {"Other_Punctuation", "Po"},
    {"Symbol", "S"},
    {"Math_Symbol", "Sm"},
    {"Currency_Symbol", "Sc"},
    {"Modifier_Symbol", "Sk"},
    {"Other_Symbol", "So"},
    {"Separator", "Z"},
    {"Space_Separator", "Zs"},
    {"Line_Separator", "Zl"},
    {"Paragraph_Separator", "Zp"},
    {"Other", "C"},
    {"Control", "Cc"},
    {"Format", "Cf"},
    {"Unassigned", "Cn"}};

bool is_in(std::string_view category, std::string_view name) {
  if (name == "LC") {
    return category == "Lu" || category == "Ll" || category == "Lt";
  }
  return category.starts_with(name);
}

}  // namespace

std::optional<CodePoints> perl_class(char letter) {
  CodePoints points;
  switch (letter | 0x20) {
    case 'd':
      points.add(U'0', U'9');
      break;
    case 'w':
      points.add(U'0', U'9');
      points.add(U'A', U'Z');
      points.add(U'a', U'z');
      points.add(U'_');
      break;
    case 's':
      points.add(U'\t', U'\r');
      points.add(U' ');
      break;
    default:
      return std::nullopt;
  }
  return letter >= 'a' ? points : points.complement();
}

std::optional<CodePoints> posix_class(std::string_view name) {
  struct Named {
    std::string_view name;
    std::initializer_list<CodePoints::Range> ranges;
  };
  static const std::array<Named, 14> kClasses = {Named{"alnum", {{U'0', U'9'}, {U'A', U'Z'}, {U'a', U'z'}}},
                                                 {"alpha", {{U'A', U'Z'}, {U'a', U'z'}}},
                                                 {"ascii", {{0, 0x7F}}},
                                                 {"blank", {{U'\t', U'\t'}, {U' ', U' '}}},
                                                 {"cntrl", {{0, 0x1F}, {0x7F, 0x7F}}},
                                                 {"digit", {{U'0', U'9'}}},
                                                 {"graph", {{U'!', U'~'}}},
                                                 {"lower", {{U'a', U'z'}}},
                                                 {"print", {{U' ', U'~'}}},
                                                 {"punct", {{U'!', U'/'}, {U':', U'@'}, {U'[', U'`'}, {U'{', U'~'}}},
                                                 {"space", {{U'\t', U'\r'}, {U' ', U' '}}},
                                                 {"upper", {{U'A', U'Z'}}},
                                                 {"word", {{U'0', U'9'}, {U'A', U'Z'}, {U'a', U'z'}, {U'_', U'_'}}},
                                                 {"xdigit", {{U'0', U'9'}, {U'A', U'F'}, {U'a', U'f'}}}};
  for (const Named& known : kClasses) {
    if (known.name == name) {
      CodePoints points;
      for (const auto& [first, last] : known.ranges) {
        points.add(first, last);
      }
      return points;
    }
  }
  return std::nullopt;
}

std::optional<CodePoints> unicode_class(std::string_view name) {
  bool is_known = false;
  for (const auto& [full, brief] : kCategories) {
    if (name == full || name == brief) {
      name = brief;
      is_known = true;
    }
  }
  if (!is_known) {
    return std::nullopt;
  }
  CodePoints points;
  char32_t first = 0;
  bool inside = false;
  for (char32_t point = 0; point <= 0x110000; ++point) {
    const bool in = point < 0x110000 && is_in(utf8proc_category_string(static_cast<utf8proc_int32_t>(point)), name);
    if (in && !inside) {
      first = point;
    } else if (!in && inside) {
      points.add(first, point - 1);
    }
    inside = in;
  }
  return points;
}

}  // namespace puna::pattern

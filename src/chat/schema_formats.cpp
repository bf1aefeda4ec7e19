#include "chat/schema_formats.h"

#include <algorithm>
#include <array>

namespace puna::schema {
namespace {

// clang-format off
// Source: RFC 3339 section 5.6, with the days of each month and of leap years.
#define PUNA_DATE                                                                                        \
  "(?:\\d{4}-(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|\\d{4}-(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)"     \
  "|\\d{4}-02-(?:0[1-9]|1\\d|2[0-8])"                                                                    \
  "|(?:\\d\\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)"
#define PUNA_OFFSET "(?:[Zz]|[+-](?:[01]\\d|2[0-3]):[0-5]\\d)"
#define PUNA_TIME                                                                                        \
  "(?:(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,9})?" PUNA_OFFSET                                  \
  "|23:59:60(?:\\.\\d{1,9})?(?:[Zz]|[+-]00:00))"
// Source: RFC 2673 section 3.2, RFC 4291 section 2.2, RFC 1123 section 2.1.
#define PUNA_BYTE "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)"
#define PUNA_IPV4 "(?:" PUNA_BYTE "\\.){3}" PUNA_BYTE
#define PUNA_H16 "[0-9A-Fa-f]{1,4}"
#define PUNA_LS32 "(?:" PUNA_H16 ":" PUNA_H16 "|" PUNA_IPV4 ")"
#define PUNA_IPV6                                                                                        \
  "(?:(?:" PUNA_H16 ":){6}" PUNA_LS32 "|::(?:" PUNA_H16 ":){5}" PUNA_LS32                                \
  "|(?:" PUNA_H16 ")?::(?:" PUNA_H16 ":){4}" PUNA_LS32                                                   \
  "|(?:(?:" PUNA_H16 ":){0,1}" PUNA_H16 ")?::(?:" PUNA_H16 ":){3}" PUNA_LS32                             \
  "|(?:(?:" PUNA_H16 ":){0,2}" PUNA_H16 ")?::(?:" PUNA_H16 ":){2}" PUNA_LS32                             \
  "|(?:(?:" PUNA_H16 ":){0,3}" PUNA_H16 ")?::" PUNA_H16 ":" PUNA_LS32                                    \
  "|(?:(?:" PUNA_H16 ":){0,4}" PUNA_H16 ")?::" PUNA_LS32                                                 \
  "|(?:(?:" PUNA_H16 ":){0,5}" PUNA_H16 ")?::" PUNA_H16                                                  \
  "|(?:(?:" PUNA_H16 ":){0,6}" PUNA_H16 ")?::)"
#define PUNA_LABEL "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
#define PUNA_HOST PUNA_LABEL "(?:\\." PUNA_LABEL ")*"
// Source: RFC 5321 section 4.1.2.
#define PUNA_ATOM "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
#define PUNA_EMAIL                                                                                       \
  "(?:" PUNA_ATOM "(?:\\." PUNA_ATOM ")*|\"(?:[ !#-\\[\\]-~]|\\\\[ -~])*\")"                             \
  "@(?:" PUNA_HOST "|\\[(?:" PUNA_IPV4 "|IPv6:" PUNA_IPV6 ")\\])"
// Source: RFC 3986 appendix A.
#define PUNA_PCT "%[0-9A-Fa-f]{2}"
#define PUNA_PCHAR "(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|" PUNA_PCT ")"
#define PUNA_AUTHORITY                                                                                   \
  "(?:(?:[A-Za-z0-9._~!$&'()*+,;=:-]|" PUNA_PCT ")*@)?"                                                  \
  "(?:\\[(?:" PUNA_IPV6 "|v[0-9A-Fa-f]+\\.[A-Za-z0-9._~!$&'()*+,;=:-]+)\\]"                              \
  "|(?:[A-Za-z0-9._~!$&'()*+,;=-]|" PUNA_PCT ")*)(?::\\d*)?"
#define PUNA_PATH "(?:/" PUNA_PCHAR "*)*"
#define PUNA_TAIL "(?:\\?(?:" PUNA_PCHAR "|[/?])*)?(?:#(?:" PUNA_PCHAR "|[/?])*)?"
#define PUNA_URI                                                                                         \
  "[A-Za-z][A-Za-z0-9+.-]*:(?://" PUNA_AUTHORITY PUNA_PATH "|/(?:" PUNA_PCHAR "+" PUNA_PATH ")?"         \
  "|" PUNA_PCHAR "+" PUNA_PATH "|)" PUNA_TAIL
#define PUNA_REFERENCE                                                                                   \
  "(?:" PUNA_URI "|(?://" PUNA_AUTHORITY PUNA_PATH "|/(?:" PUNA_PCHAR "+" PUNA_PATH ")?"                 \
  "|(?:[A-Za-z0-9._~!$&'()*+,;=@-]|" PUNA_PCT ")+" PUNA_PATH "|)" PUNA_TAIL ")"
// Source: RFC 3339 appendix A, without mixed weeks.
#define PUNA_DURATION                                                                                    \
  "P(?:\\d+W|(?:\\d+D|\\d+M(?:\\d+D)?|\\d+Y(?:\\d+M(?:\\d+D)?)?)"                                        \
  "(?:T(?:\\d+S|\\d+M(?:\\d+S)?|\\d+H(?:\\d+M(?:\\d+S)?)?))?"                                            \
  "|T(?:\\d+S|\\d+M(?:\\d+S)?|\\d+H(?:\\d+M(?:\\d+S)?)?))"

constexpr std::array kFormats = {
    Format{"date", PUNA_DATE},
    Format{"time", PUNA_TIME},
    Format{"date-time", PUNA_DATE "[Tt]" PUNA_TIME},
    Format{"duration", PUNA_DURATION},
    Format{"email", PUNA_EMAIL},
    Format{"uuid", "[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}"},
    Format{"uri", PUNA_URI},
    Format{"uri-reference", PUNA_REFERENCE},
    Format{"ipv4", PUNA_IPV4},
    Format{"ipv6", PUNA_IPV6},
    Format{"hostname", PUNA_HOST, 253},
    Format{"json-pointer", "(?:/(?:[^~/]|~[01])*)*"},
};
// clang-format on

}  // namespace

std::optional<Format> format_named(std::string_view name) {
  const auto found = std::ranges::find(kFormats, name, &Format::name);
  return found == kFormats.end() ? std::nullopt : std::optional(*found);
}

}  // namespace puna::schema

// Addresses of the web, read strictly and in one way: what was checked is what is connected to.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "puna/base.h"

namespace puna {

inline constexpr std::size_t kUrlBytesMax = 8'192;

// An absolute http or https URL.
//
// Invariant: host is in its one canonical form: lower case, IDN as punycode, IPv4 in four decimal numbers (also when it
// was written decimal, octal, hexadecimal or short), IPv6 without brackets and zone, no dot at the end.
struct Url {
  std::string text;    // the whole, canonical, without fragment; ASCII
  std::string scheme;  // "http" or "https"
  std::string host;
  std::uint16_t port = 0;
  std::string path;  // begins with "/", no "." or ".." parts; ASCII

  // Errors  invalid_argument  not absolute, another scheme, user-info, control characters or spaces at any place, a
  // host
  //                           that is no name and no address, a port outside of 1 to 65535, over kUrlBytesMax bytes
  [[nodiscard]] static Result<Url> parse(std::string_view text);
  // A link of a page or a redirect, read from here.  Errors  as parse()
  [[nodiscard]] Result<Url> resolve(std::string_view reference) const;

  [[nodiscard]] bool same_origin(const Url& other) const;
  // For messages and logs: without the query, where tokens stand.
  [[nodiscard]] std::string shown() const;

  bool operator==(const Url&) const = default;
};

// The text as one value of a query: all but letters, digits and -._~ as %XX.
[[nodiscard]] std::string percent_encoded(std::string_view text);
// %XX and + back to bytes; what is not %XX stays.
[[nodiscard]] std::string percent_decoded(std::string_view text);

}  // namespace puna

// See guard.h.
#include "server/guard.h"

#include <algorithm>
#include <array>

namespace puna::server {
namespace {

// "[::1]:80" and "name:80" to host and port; the port is empty when there is none.
std::pair<std::string, std::string> split(std::string_view authority) {
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.rfind(':');
  if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket)) {
    return {lowered(authority), ""};
  }
  return {lowered(authority.substr(0, colon)), std::string(authority.substr(colon + 1))};
}

bool is_loopback_name(std::string_view host) {
  return host == "localhost" || host == "[::1]" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos);
}

}  // namespace

bool is_same_secret(std::string_view given, std::string_view kept) {
  unsigned int difference = given.size() == kept.size() ? 0U : 1U;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const char other = kept.empty() ? '\0' : kept[i % kept.size()];
    difference |= static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(other);
  }
  return difference == 0;
}

Result<Guard> Guard::create(GuardOptions options) {
  for (const std::string& origin : options.origins) {
    const std::size_t host = origin.find("://");
    const bool is_one = host != std::string::npos && host > 0 && host + 3 < origin.size() &&
                        origin.find_first_of("/*?# \t\r\n", host + 3) == std::string::npos;
    if (!is_one) {
      return fail(ErrorCode::invalid_argument, format_text("'{}' is not an origin", printable(origin)),
                  "an origin is a scheme, a host and a port, as https://example.org; there is no wildcard");
    }
  }
  return Guard(std::move(options));
}

bool Guard::is_own_host(std::string_view authority) const {
  const auto [host, port] = split(authority);
  const auto is_named = [&](std::string_view name) { return host == lowered(name) || authority == name; };
  if (std::ranges::any_of(options_.hosts, is_named)) {
    return true;
  }
  const bool is_port = port == std::to_string(options_.port) || (port.empty() && options_.port == 80);
  const std::string address = options_.address.contains(':') ? "[" + options_.address + "]" : options_.address;
  return is_port && (is_loopback_name(host) || host == address);
}

Answer<void> Guard::check_place(const HttpRequestIn& request) const {
  const std::string host = request.header("host");
  if (!is_own_host(host)) {
    return refuse(host.empty() ? 400 : 421,
                  host.empty() ? "the request has no Host header"
                               : format_text("this server is not called '{}' (--allowed-host names it)",
                                             printable(utf8::truncate(utf8::sanitize(host), 200))));
  }
  if (!request.has("origin")) {
    return {};
  }
  const std::string origin = request.header("origin");
  const std::size_t scheme = origin.find("://");
  const bool is_own = scheme != std::string::npos && lowered(origin.substr(scheme + 3)) == lowered(host);
  if (!is_own && !std::ranges::contains(options_.origins, origin)) {
    return refuse(403, format_text("web pages of '{}' may not ask this server (--cors-origin allows one)",
                                   printable(utf8::truncate(utf8::sanitize(origin), 200))));
  }
  return {};
}

Answer<void> Guard::check_key(const HttpRequestIn& request) const {
  if (options_.api_key.empty()) {
    return {};
  }
  std::string given = request.header("x-api-key");
  if (given.empty()) {
    constexpr std::string_view kScheme = "bearer ";
    const std::string value = request.header("authorization");
    given = lowered(value.substr(0, kScheme.size())) == kScheme ? value.substr(kScheme.size()) : "";
  }
  if (!is_same_secret(given, options_.api_key.reveal())) {
    return refuse(401, given.empty() ? "a key is needed: Authorization: Bearer KEY" : "the key is wrong", {},
                  "invalid_api_key");
  }
  return {};
}

Answer<void> Guard::check_type(const HttpRequestIn& request) {
  const std::string type = lowered(request.header("content-type"));
  const std::string_view name = std::string_view(type).substr(0, type.find(';'));
  const std::size_t end = name.find_last_not_of(" \t");
  if (name.substr(0, end == std::string_view::npos ? 0 : end + 1) != "application/json") {
    return refuse(415, "the body must be JSON, with Content-Type: application/json");
  }
  return {};
}

Guard::Headers Guard::cross_origin_headers(const HttpRequestIn& request) const {
  const std::string origin = request.header("origin");
  if (origin.empty() || !std::ranges::contains(options_.origins, origin)) {
    return {};
  }
  return {{"Access-Control-Allow-Origin", origin}, {"Vary", "Origin"}};
}

bool Guard::is_preflight(const HttpRequestIn& request) {
  return request.method == "OPTIONS" && request.has("origin") && request.has("access-control-request-method");
}

}  // namespace puna::server

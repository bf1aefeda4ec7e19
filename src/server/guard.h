// Whether a request may be looked at: its Host, Origin, key and content type.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "puna/base.h"
#include "server/http_reader.h"
#include "server/refusal.h"

namespace puna::server {

struct GuardOptions {
  std::string address;  // that is listened on, in numbers
  int port = 0;
  Secret api_key;
  std::vector<std::string> hosts;
  std::vector<std::string> origins;  // whole: "https://example.org:8443"
};

// Equal, in a time that depends on the lengths only.
[[nodiscard]] bool is_same_secret(std::string_view given, std::string_view kept);

// A value.   Thread  any.
class Guard {
 public:
  // Errors  invalid_argument  an origin that is not scheme://host[:port]
  [[nodiscard]] static Result<Guard> create(GuardOptions options);

  // Host: one that this server is called by, so that a name that was pointed at this machine opens nothing. Origin:
  // none, this server's own, or one that is allowed.
  [[nodiscard]] Answer<void> check_place(const HttpRequestIn& request) const;
  // "Authorization: Bearer KEY" or "x-api-key: KEY".
  [[nodiscard]] Answer<void> check_key(const HttpRequestIn& request) const;
  // A body must be JSON and say so: a web page can send other types without asking first.
  [[nodiscard]] static Answer<void> check_type(const HttpRequestIn& request);

  using Headers = std::vector<std::pair<std::string, std::string>>;
  // For the browser of an allowed page; empty for everybody else.
  [[nodiscard]] Headers cross_origin_headers(const HttpRequestIn& request) const;
  // A browser that asks whether it may ask: OPTIONS with an allowed origin.
  [[nodiscard]] static bool is_preflight(const HttpRequestIn& request);

 private:
  explicit Guard(GuardOptions options) : options_(std::move(options)) {}
  [[nodiscard]] bool is_own_host(std::string_view host) const;

  GuardOptions options_;
};

}  // namespace puna::server

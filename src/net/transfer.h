// One request on one connection to addresses that were checked; redirects are the caller's business.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "puna/net/http.h"

namespace puna::net {

struct Hop {
  Url url;
  std::string method;
  std::vector<std::string> header_lines;  // "Name: value"
  std::string_view body;                  // borrowed for the time of the transfer
  std::vector<IpAddress> addresses;       // at least one
  bool may_be_compressed = true;
};

// What all hops of a request share.
struct Journey {
  HttpLimits limits;
  std::chrono::steady_clock::time_point started;
  std::size_t head_bytes = 0;  // received so far

  // Until the total limit; at most `most`. Zero or less: it has passed.
  [[nodiscard]] std::chrono::milliseconds time_left(std::chrono::milliseconds most) const;
  [[nodiscard]] std::chrono::milliseconds extra() const;
};

struct Arrival {
  HttpHead head;
  std::optional<std::string> redirect;  // the Location header of a redirect, whose body was not read
};

// Errors  as HttpClient
[[nodiscard]] Result<Arrival> transfer(const Hop& hop, Journey& journey, HttpReceiver& receiver,
                                       const std::stop_token& stop);

// Case of letters does not count.
[[nodiscard]] bool same_name(std::string_view a, std::string_view b);

}  // namespace puna::net

// HTTP to the server of ours on loopback. server_http.cpp is the only file that includes the HTTP library.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "puna/base.h"

namespace puna::bench {

// A port of this machine that was free a moment ago.  Errors  io
[[nodiscard]] Result<int> free_port();

// The status of GET path; 0 while nobody listens.
[[nodiscard]] int http_status(int port, const std::string& path);

// POST of a JSON body; the reply's bytes are handed out as they arrive.
// Errors  cancelled  `stop` was asked for;  unavailable  no connection, or it broke;  whatever on_bytes fails with
[[nodiscard]] Result<void> http_stream(int port, const std::string& path, const std::string& body,
                                       const std::function<Result<void>(std::string_view)>& on_bytes,
                                       const std::stop_token& stop);

}  // namespace puna::bench

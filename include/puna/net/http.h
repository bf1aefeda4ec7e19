// The HTTP client. It connects only to addresses that it has checked itself, and takes nothing from its surroundings:
// no proxy, cookie, .netrc or credential that the caller did not hand in.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "puna/base.h"
#include "puna/net/address.h"
#include "puna/net/url.h"

namespace puna {

struct HttpLimits {
  std::chrono::milliseconds connect{10'000};  // resolving, then connecting with TLS: each, for every hop
  std::chrono::milliseconds total{30'000};    // everything, redirects included; 0 = no limit
  std::chrono::milliseconds idle{15'000};     // without a byte in either direction
  std::chrono::milliseconds first_byte{0};    // ... before the body's first byte; 0 = as idle
  // Milliseconds that total and idle are longer, where something else than the server is waited for; may change while
  // the request runs. Borrowed; nullptr = 0.
  const std::atomic<std::int64_t>* extra_ms = nullptr;
  std::size_t body_bytes = 8'388'608;  // after decompression
  std::size_t head_bytes = 65'536;     // status line and headers of all answers to one request, trailers
  int redirects = 10;                  // 0 = a redirect is an error; at most 20
};

struct HttpHeader {
  std::string name;
  std::string value;  // as received: bytes without CR, LF and NUL
};

// A header to send. A Secret, and Authorization or Cookie, goes to the first origin only, never to one redirected to.
struct HttpField {
  std::string name;
  std::variant<std::string, Secret> value;
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::vector<HttpField> headers;  // Accept-Encoding, Host and what frames the message are the client's own
  std::string body;
  HttpLimits limits;
  bool may_be_compressed = true;  // on its way; false: the answer's bytes are the file's, as a Range counts them
};

struct HttpHead {
  int status = 0;
  std::vector<HttpHeader> headers;  // in order
  Url url;                          // of the answer: the last of the redirects

  // The first value of a header, or "". Letters' case does not count.
  [[nodiscard]] std::string_view header(std::string_view name) const;
};
struct HttpResponse {
  HttpHead head;
  std::string body;  // decompressed
};

enum class Flow : bool { stop, go_on };
// Receives an answer as it arrives, on the thread of the request. A throw ends the request as an internal error.
class HttpReceiver {
 public:
  virtual ~HttpReceiver() = default;
  // Once, before the body. Redirects that are followed are not seen.
  [[nodiscard]] virtual Flow on_head(const HttpHead& /*head*/) { return Flow::go_on; }
  // Before a redirect is followed. Flow::stop: it is the answer, without its body.
  [[nodiscard]] virtual Flow on_redirect(const HttpHead& /*head*/) { return Flow::go_on; }
  // Decompressed bytes, at most 64 KiB at a time; pieces end anywhere.
  [[nodiscard]] virtual Flow on_body(std::string_view bytes) = 0;
};

// Names to addresses. Handed in, so that tests can lie.
class Resolver {
 public:
  virtual ~Resolver() = default;
  // At least one address, in the order to try.
  // Errors  not_found  there is no such name;  unavailable  no answer in time;  cancelled
  // Thread  any, several at a time.
  [[nodiscard]] virtual Result<std::vector<IpAddress>> resolve(const std::string& host, std::chrono::milliseconds time,
                                                               std::stop_token stop) const = 0;
  // The system's (getaddrinfo), asked on a thread of its own that is left behind when it does not answer in time; at
  // most 16 such threads wait at once.
  [[nodiscard]] static std::shared_ptr<const Resolver> system();
};

// Every request makes its own connection and follows redirects itself: for each hop the URL is read (url.h), its name
// checked, resolved once, EVERY address checked, and the connection opened to one of the checked addresses.
// A redirected 301, 302 or 303 becomes a GET (HEAD stays); a 307 or 308 keeps its body, on the same origin only.
//
// Thread  any, several requests at a time; each runs on its caller's.
// Errors  invalid_argument  the request cannot be sent as it is, or its address is not allowed
//         not_found         no such host name
//         unavailable       no connection, TLS failed, a time-out, or the connection broke before the answer's end
//         limit             body, head or redirects over their limit
//         cancelled         stop was asked for: returns within 250 ms
//         corrupt           the answer is not HTTP, or not in the encoding that it claims
class HttpClient {
 public:
  explicit HttpClient(AddressPolicy policy, std::shared_ptr<const Resolver> resolver = Resolver::system());

  // The whole answer, whatever its status.
  [[nodiscard]] Result<HttpResponse> fetch(const HttpRequest& request, std::stop_token stop = {}) const;
  // The answer piece by piece. Flow::stop from the receiver is no error.
  [[nodiscard]] Result<HttpHead> stream(const HttpRequest& request, HttpReceiver& receiver,
                                        std::stop_token stop = {}) const;

 private:
  AddressPolicy policy_;
  std::shared_ptr<const Resolver> resolver_;
};

}  // namespace puna

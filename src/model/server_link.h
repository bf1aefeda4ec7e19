// HTTP to one server, and what its refusals mean.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "puna/model/remote_model.h"
#include "puna/net.h"

namespace puna::model {

inline constexpr int kOk = 200;  // the status of a success

// Why there is no answer, and what may help.
struct ServerFailure {
  enum class Then : std::uint8_t {
    give_up,
    try_again,  // here or elsewhere
    load,       // the server loads its model: later, here
  };
  Error error;
  Then then = Then::give_up;
  std::optional<std::chrono::milliseconds> after;  // that the server asks to wait
};
template <class T>
using Answered = std::expected<T, ServerFailure>;

// The address that users give, in one form: "localhost:8080", "http://host/v1/" and "http://host/v1/chat/completions"
// all become the part before "/v1", without a slash at the end.
// Errors  invalid_argument  no http or https URL, or one with a query
[[nodiscard]] Result<std::string> server_root(std::string_view text);

// The time that a Retry-After header asks for in seconds; nothing: a date, or rubbish.
[[nodiscard]] std::optional<std::chrono::milliseconds> retry_after_of(std::string_view value);

// What an answer that is no success means. The server's own words are shown, never the key.
// status  of HTTP, or of an error object inside of a stream.
[[nodiscard]] ServerFailure failure_of(std::string_view url, int status, std::string_view body,
                                       std::string_view retry_after, const Secret& key);

// Thread  any, several requests at a time.
class ServerLink {
 public:
  ServerLink(std::string root, Secret key, const ServerTimes& times);

  [[nodiscard]] const std::string& root() const { return root_; }
  [[nodiscard]] const Secret& key() const { return key_; }

  struct Page {
    int status = 0;
    Json body;  // null when it is no JSON
    std::string text;
    std::string retry_after;
  };
  // Whatever the status.  body  null = GET.
  [[nodiscard]] Answered<Page> page(std::string_view path, const Json& body, const std::stop_token& stop) const;
  // A success's JSON.
  [[nodiscard]] Answered<Json> json(std::string_view path, const Json& body, const std::stop_token& stop) const;
  // The answer to a POST as it arrives.
  [[nodiscard]] Result<HttpHead> stream(std::string_view path, const Json& body, HttpReceiver& receiver,
                                        const std::stop_token& stop) const;
  // An error of the connection itself, before anything of the answer came.
  [[nodiscard]] ServerFailure failure_of_connection(Error error) const;

 private:
  [[nodiscard]] HttpRequest request(std::string_view path, const Json& body) const;

  std::string root_;
  Secret key_;
  ServerTimes times_;
  HttpClient client_;
};

}  // namespace puna::model

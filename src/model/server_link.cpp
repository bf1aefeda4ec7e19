#include "model/server_link.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <span>
#include <utility>

#include "model/json_member.h"

namespace puna::model {
namespace {

constexpr std::size_t kPageBytesMax = std::size_t{64} << 20U;
constexpr std::size_t kStreamBytesMax = std::size_t{4} << 30U;  // chunks are some hundred times the text in them
constexpr std::size_t kShownBytesMax = 300;
constexpr std::string_view kStart =
    "is it running? one is started with: llama-server -m MODEL.gguf --port 8080, and checked with: puna doctor --url "
    "URL";

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos && !what.empty(); at = text.find(what, at)) {
    text.replace(at, what.size(), with);
    at += with.size();
  }
}

// One line that can be shown to people: servers are known to repeat the key that they refuse.
std::string shown(std::string_view text, const Secret& key) {
  std::string line = utf8::sanitize(text.substr(0, 16 * kShownBytesMax));
  replace_all(line, key.reveal(), "(the key)");
  std::ranges::replace(line, '\n', ' ');
  return printable(utf8::truncate(line, kShownBytesMax));
}

struct Said {
  std::string text;
  std::string type;
  std::optional<std::int64_t> prompt_tokens;
  std::optional<std::int64_t> window_tokens;
};

// {"error": {"message", "type", "code"}}, {"error": "text"}, {"message": "text"}, {"detail": "text"}, or plain text.
Said said_in(std::string_view body) {
  const auto json = Json::parse(utf8::sanitize(body));
  if (!json || !json->is_object()) {
    return {.text = std::string(body), .type = {}, .prompt_tokens = {}, .window_tokens = {}};
  }
  const Json* error = json->find("error");
  if (error != nullptr && error->is_string()) {
    return {.text = error->as_string(), .type = {}, .prompt_tokens = {}, .window_tokens = {}};
  }
  const Json& holder = error != nullptr && error->is_object() ? *error : *json;
  Said said{.text = std::string(holder.text_or("message", holder.text_or("detail"))),
            .type = std::string(holder.text_or("type")),
            .prompt_tokens = integer(holder, "n_prompt_tokens"),
            .window_tokens = integer(holder, "n_ctx")};
  if (const std::string_view code = holder.text_or("code"); !code.empty()) {
    said.type += std::string(said.type.empty() ? "" : " ") + std::string(code);
  }
  if (said.text.empty()) {
    said.text = body;
  }
  return said;
}

bool is_overflow(int status, const Said& said) {
  if (said.type.contains("exceed_context_size") || said.type.contains("context_length_exceeded")) {
    return true;
  }
  constexpr std::array<std::string_view, 4> kSizes = {"exceed", "maximum", "too long", "length"};
  return (status == 400 || status == 413) && said.text.contains("context") &&
         std::ranges::any_of(kSizes, [&](std::string_view word) { return said.text.contains(word); });
}

Error overflow(std::string_view url, const Said& said, const Secret& key) {
  constexpr std::string_view kHint = "shorten the conversation, or start the server with a larger window (-c)";
  if (said.prompt_tokens && said.window_tokens) {
    return {.code = ErrorCode::limit,
            .message = format_text("{}: the prompt has {} tokens and the window holds {}, at least one of them for the "
                                   "reply",
                                   url, *said.prompt_tokens, *said.window_tokens),
            .hint = std::string(kHint)};
  }
  return {.code = ErrorCode::limit,
          .message = format_text("{}: the prompt does not fit the window: {}", url, shown(said.text, key)),
          .hint = std::string(kHint)};
}

struct Meaning {
  ErrorCode code;
  std::string_view words;
  std::string_view hint;
  ServerFailure::Then then;
};

Meaning meaning_of(int status) {
  using Then = ServerFailure::Then;
  switch (status) {
    case 401:
    case 403:
      return {ErrorCode::invalid_argument, "the server refuses the key",
              "name the variable that holds it with --api-key-env", Then::give_up};
    case 404:
    case 405:
      return {ErrorCode::not_found, "the server has no such path or model", "check the address and the model's name",
              Then::give_up};
    case 408:
    case 502:
    case 504:
      return {ErrorCode::unavailable, "the server is not ready", "try again later", Then::try_again};
    case 429:
      return {ErrorCode::unavailable, "the server wants fewer requests", "try again later", Then::try_again};
    case 503:
      return {ErrorCode::unavailable, "the server is busy", "try again later, or start it with more slots (-np)",
              Then::try_again};
    default:
      break;
  }
  if (status >= 300 && status < 400) {
    return {ErrorCode::invalid_argument, "the server redirects", "give the address that it redirects to",
            Then::give_up};
  }
  return status >= 500 ? Meaning{ErrorCode::unavailable, "the server failed", "its log says more", Then::give_up}
                       : Meaning{ErrorCode::invalid_argument, "the server refuses the request", "", Then::give_up};
}

class Collector final : public HttpReceiver {
 public:
  [[nodiscard]] Flow on_body(std::string_view bytes) override {
    body.append(bytes);
    return Flow::go_on;
  }
  std::string body;
};

}  // namespace

std::optional<std::chrono::milliseconds> retry_after_of(std::string_view value) {
  double seconds = 0;
  const std::span<const char> all(value);
  const auto [rest, error] = std::from_chars(std::to_address(all.begin()), std::to_address(all.end()), seconds);
  constexpr double kMost = 1e6;
  if (error != std::errc() || rest != std::to_address(all.end()) || !(seconds >= 0 && seconds <= kMost)) {
    return std::nullopt;
  }
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1'000));
}

Result<std::string> server_root(std::string_view text) {
  const std::string whole = text.contains("://") ? std::string(text) : "http://" + std::string(text);
  auto url = Url::parse(whole);
  if (!url) {
    return fail(
        ErrorCode::invalid_argument,
        format_text("\"{}\" is no server's address: {}", printable(utf8::truncate(text, 80)), url.error().message),
        "as http://127.0.0.1:8080");
  }
  if (url->text.contains('?')) {
    return fail(ErrorCode::invalid_argument, format_text("{}: a server's address has no query", url->shown()),
                "keys go into the environment: --api-key-env");
  }
  std::string_view root = url->text;
  const auto drop_slashes = [&root] { root = root.substr(0, root.find_last_not_of('/') + 1); };
  drop_slashes();
  for (const std::string_view end : {"/chat/completions", "/v1"}) {
    if (root.ends_with(end)) {
      root.remove_suffix(end.size());
      drop_slashes();
    }
  }
  return std::string(root);
}

ServerFailure failure_of(std::string_view url, int status, std::string_view body, std::string_view retry_after,
                         const Secret& key) {
  const Said said = said_in(body);
  if (is_overflow(status, said)) {
    return {.error = overflow(url, said, key), .then = ServerFailure::Then::give_up, .after = {}};
  }
  const Meaning meaning = meaning_of(status);
  const std::string words = shown(said.text, key);
  ServerFailure failure{.error = {.code = meaning.code,
                                  .message = format_text("{}: {} (status {}){}{}", url, meaning.words, status,
                                                         words.empty() ? "" : ": ", words),
                                  .hint = std::string(meaning.hint)},
                        .then = meaning.then,
                        .after = retry_after_of(retry_after)};
  if (status == 503 && said.text.contains("oading")) {  // "Loading model"
    failure.then = ServerFailure::Then::load;
    failure.error.message = format_text("{}: the server still loads its model", url);
  }
  return failure;
}

ServerLink::ServerLink(std::string root, Secret key, const ServerTimes& times)
    : root_(std::move(root)), key_(std::move(key)), times_(times), client_(AddressPolicy::any()) {}

HttpRequest ServerLink::request(std::string_view path, const Json& body) const {
  HttpRequest request{.method = body.is_null() ? "GET" : "POST", .url = root_ + std::string(path)};
  if (!body.is_null()) {
    request.body = body.dump();
    request.headers.push_back({"Content-Type", "application/json"});
  }
  if (!key_.empty()) {
    request.headers.push_back({"Authorization", Secret("Bearer " + key_.reveal())});
  }
  request.limits = {.connect = times_.connect,
                    .total = std::chrono::milliseconds(0),
                    .idle = times_.idle,
                    .first_byte = times_.first_byte,
                    .body_bytes = kPageBytesMax,
                    .redirects = 0};
  return request;
}

ServerFailure ServerLink::failure_of_connection(Error error) const {
  const bool may_help = error.code == ErrorCode::unavailable;
  if (error.code == ErrorCode::limit && error.message.contains("redirects")) {
    return failure_of(root_, 300, "", "", key_);
  }
  if (error.hint.empty() && (may_help || error.code == ErrorCode::not_found)) {
    error.hint = kStart;
  }
  if (error.code == ErrorCode::not_found) {
    error.code = ErrorCode::unavailable;  // a host without address: no model is there, but one may be
  }
  return {.error = std::move(error),
          .then = may_help ? ServerFailure::Then::try_again : ServerFailure::Then::give_up,
          .after = {}};
}

Answered<ServerLink::Page> ServerLink::page(std::string_view path, const Json& body,
                                            const std::stop_token& stop) const {
  Collector collector;
  auto head = client_.stream(request(path, body), collector, stop);
  if (!head) {
    return std::unexpected(failure_of_connection(std::move(head).error()));
  }
  auto json = Json::parse(utf8::sanitize(collector.body));
  return Page{.status = head->status,
              .body = json ? *std::move(json) : Json(),
              .text = std::move(collector.body),
              .retry_after = std::string(head->header("retry-after"))};
}

Answered<Json> ServerLink::json(std::string_view path, const Json& body, const std::stop_token& stop) const {
  auto got = page(path, body, stop);
  if (!got) {
    return std::unexpected(std::move(got).error());
  }
  if (got->status != 200) {
    return std::unexpected(failure_of(root_, got->status, got->text, got->retry_after, key_));
  }
  if (got->body.is_null()) {
    return std::unexpected(ServerFailure{.error = {.code = ErrorCode::corrupt,
                                                   .message = format_text("{}{} did not answer with JSON", root_, path),
                                                   .hint = "is this the address of a model's server?"},
                                         .then = ServerFailure::Then::give_up,
                                         .after = {}});
  }
  return std::move(got->body);
}

Result<HttpHead> ServerLink::stream(std::string_view path, const Json& body, HttpReceiver& receiver,
                                    const std::stop_token& stop) const {
  HttpRequest sent = request(path, body);
  sent.headers.push_back({"Accept", "text/event-stream, application/json"});
  sent.limits.body_bytes = kStreamBytesMax;
  return client_.stream(sent, receiver, stop);
}

}  // namespace puna::model

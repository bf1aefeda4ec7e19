// A server that is an address: every message is a POST, answered by JSON or by a stream of events.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "tools/charset.h"
#include "tools/mcp_header.h"
#include "tools/mcp_listener.h"
#include "tools/mcp_transport.h"
#include "tools/observation.h"
#include "tools/plain_text.h"

namespace puna::tools {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kRetry{1'000};  // where the server says nothing
constexpr milliseconds kRetryMin{50};
constexpr milliseconds kListenTime{2'000};  // until the server has opened its own stream, or has none
constexpr std::chrono::hours kAsked{24};    // somebody is asked: the server is not what is waited for

// Reads one answer, in either form, up to the response that is waited for; a stream may come in several pieces.
class Answer final : public HttpReceiver {
 public:
  using OnMessage = std::function<void(RpcMessage&&)>;
  Answer(std::int64_t id, std::size_t bytes_max, OnMessage on_other)
      : id_(id), bytes_max_(bytes_max), events_(bytes_max), on_other_(std::move(on_other)) {}

  [[nodiscard]] Flow on_head(const HttpHead& head) override {
    is_stream_ = media_type(head.header("content-type")) == "text/event-stream";
    return Flow::go_on;
  }
  [[nodiscard]] Flow on_body(std::string_view bytes) override {
    if (!is_stream_) {
      body_ += bytes;
      return body_.size() > bytes_max_ ? Flow::stop : Flow::go_on;
    }
    std::vector<ServerEvent> events;
    if (auto fed = events_.feed(bytes, events); !fed) {
      error_ = std::move(fed).error();
      return Flow::stop;
    }
    for (const ServerEvent& event : events) {
      if (event.type == "message" && !event.data.empty()) {
        take(event.data);
      }
    }
    return response_ || error_ ? Flow::stop : Flow::go_on;
  }
  // Whether the response may still come on another stream, from the event behind this one; nothing: it may not.
  [[nodiscard]] std::optional<std::string> resume_behind() {
    if (!is_stream_ || response_ || error_ || events_.last_id().empty()) {
      return std::nullopt;
    }
    events_.begin_again();
    return events_.last_id();
  }
  [[nodiscard]] milliseconds retry() const { return std::max(events_.retry().value_or(kRetry), kRetryMin); }
  // After the end.  Errors  corrupt  no response came
  [[nodiscard]] Result<RpcMessage> response() {
    if (!is_stream_ && !body_.empty()) {
      take(body_);
    }
    if (error_) {
      return std::unexpected(*std::move(error_));
    }
    return response_ ? Result<RpcMessage>(*std::move(response_)) : fail(ErrorCode::corrupt, "no response came");
  }

 private:
  void take(std::string_view text) {
    auto message = read_rpc(text);
    if (!message) {
      error_ = std::move(message).error();
    } else if (message->kind != RpcMessage::Kind::response) {
      on_other_(*std::move(message));
    } else if (message->id == Json(id_) || (message->error && message->id.is_null())) {
      response_ = *std::move(message);
    }
  }

  std::int64_t id_;
  std::size_t bytes_max_;
  EventReader events_;
  OnMessage on_other_;
  bool is_stream_ = false;
  std::string body_;
  std::optional<RpcMessage> response_;
  std::optional<Error> error_;
};

// One call: its messages come on two streams, and are handled one after the other.
struct Exchange {
  const RpcCall& call;
  const McpHandlers& handlers;
  std::stop_token stop;
  std::mutex handling;
  std::size_t answers = 0;                 // guarded by handling
  std::atomic<std::int64_t> extra_ms = 0;  // in which somebody was asked
};

class HttpTransport final : public McpTransport {
 public:
  HttpTransport(std::string name, McpAddress address, AddressPolicy policy, const McpOptions& options)
      : name_(std::move(name)), address_(std::move(address)), options_(options), client_(std::move(policy)) {}

  [[nodiscard]] Result<void> start() override {
    session_.clear();
    revision_.clear();
    is_alive_ = true;
    has_stream_ = true;
    return {};
  }
  [[nodiscard]] bool is_alive() const override { return is_alive_; }
  [[nodiscard]] bool may_stay_silent() const override { return false; }
  [[nodiscard]] Result<RpcMessage> request(const RpcCall& call, const McpHandlers& handlers,
                                           const std::stop_token& stop) override;
  [[nodiscard]] Result<void> notify(std::string_view method, const Json& params) override {
    return post(rpc_notification(method, params));
  }
  void set_revision(std::string revision) override { revision_ = std::move(revision); }
  // A session of the older revisions is ended; what the server thinks of that does not matter.
  void close() override {
    if (!session_.empty()) {
      HttpRequest goodbye = message({}, options_.grace);
      goodbye.method = "DELETE";
      (void)client_.fetch(goodbye);
      session_.clear();
    }
    is_alive_ = false;
  }

 private:
  [[nodiscard]] HttpRequest message(std::string body, milliseconds time) const;
  [[nodiscard]] Result<HttpHead> send(const Exchange& exchange, Answer& answer) const;
  [[nodiscard]] Result<HttpHead> resume(Result<HttpHead> head, steady_clock::time_point end, const Exchange& exchange,
                                        Answer& answer) const;
  [[nodiscard]] HttpRequest listening(milliseconds time) const;
  void handle(Exchange& exchange, RpcMessage&& message, const std::stop_token& stop) const;
  [[nodiscard]] std::unique_ptr<McpListener> listen(Exchange& exchange);
  [[nodiscard]] Result<void> post(std::string body) const;
  [[nodiscard]] bool is_modern() const { return revision_ == kModernRevision; }
  [[nodiscard]] Error named(Error error) const {
    error.message = format_text("MCP server '{}': {}", name_, error.message);
    return error;
  }
  [[nodiscard]] Error refusal(const HttpHead& head);

  std::string name_;
  McpAddress address_;
  const McpOptions& options_;
  HttpClient client_;
  std::string revision_;
  std::string session_;
  bool is_alive_ = false;
  bool has_stream_ = true;  // as far as is known
};

HttpRequest HttpTransport::message(std::string body, milliseconds time) const {
  HttpRequest request{.method = "POST", .url = address_.url, .headers = address_.headers, .body = std::move(body)};
  request.headers.push_back({"Accept", "application/json, text/event-stream"});
  request.headers.push_back({"Content-Type", "application/json"});
  if (!revision_.empty()) {
    request.headers.push_back({"MCP-Protocol-Version", revision_});
  }
  if (!session_.empty()) {
    request.headers.push_back({"Mcp-Session-Id", Secret(session_)});
  }
  request.limits.total = time;
  request.limits.idle = time;
  request.limits.body_bytes = options_.message_bytes_max;
  return request;
}

Result<void> HttpTransport::post(std::string body) const {
  auto sent = client_.fetch(message(std::move(body), options_.call_time));
  if (!sent) {
    return std::unexpected(named(std::move(sent).error()));
  }
  return {};
}

Error HttpTransport::refusal(const HttpHead& head) {
  const int status = head.status;
  Error error{.code = ErrorCode::corrupt,
              .message = format_text("{} answered with status {}", head.url.shown(), status),
              .hint = {}};
  if (status == 401 || status == 403) {
    error.code = ErrorCode::invalid_argument;
    error.hint =
        "write the credentials that it wants under \"headers\", such as \"Authorization\": \"Bearer ${TOKEN}\"";
  } else if (status == 404 && !session_.empty()) {
    error.code = ErrorCode::unavailable;  // the session has ended
    is_alive_ = false;
  } else if (status == 404 || status == 405) {
    error.hint = "check the address; the old transport with two addresses (HTTP+SSE) is not supported";
  } else if (status == 429 || status >= 500) {
    error.code = ErrorCode::unavailable;
  }
  return named(std::move(error));
}

// A request for a stream, not for an answer.
HttpRequest HttpTransport::listening(milliseconds time) const {
  HttpRequest request = message({}, time);
  request.method = "GET";
  std::erase_if(request.headers, [](const HttpField& field) { return field.name == "Content-Type"; });
  return request;
}

Result<HttpHead> HttpTransport::send(const Exchange& exchange, Answer& answer) const {
  const RpcCall& call = exchange.call;
  HttpRequest sent = message(rpc_request(call.id, call.method, call.params), call.time);
  sent.limits.extra_ms = &exchange.extra_ms;
  if (is_modern()) {
    sent.headers.push_back({"Mcp-Method", std::string(call.method)});
    if (const Json* name = call.params.find("name"); name != nullptr && name->is_string()) {
      sent.headers.push_back({"Mcp-Name", mcp_header_value(name->as_string())});
    }
    sent.headers.append_range(call.headers);
  }
  const auto end = steady_clock::now() + call.time;
  auto head = client_.stream(sent, answer, exchange.stop);
  return is_modern() ? head : resume(std::move(head), end, exchange, answer);
}

// Servers of the older revisions may close a stream, or lose it, and go on in another one (SEP-1699).
Result<HttpHead> HttpTransport::resume(Result<HttpHead> head, steady_clock::time_point end, const Exchange& exchange,
                                       Answer& answer) const {
  while (head || head.error().code == ErrorCode::unavailable) {
    const std::optional<std::string> id = answer.resume_behind();
    if (!id) {
      break;
    }
    std::mutex nobody;
    std::unique_lock lock(nobody);
    std::condition_variable_any never;
    (void)never.wait_for(lock, exchange.stop, answer.retry(), [] { return false; });
    const auto left =
        std::chrono::duration_cast<milliseconds>(end - steady_clock::now()) + milliseconds(exchange.extra_ms.load());
    if (left.count() <= 0) {
      return fail(ErrorCode::unavailable, "the stream ended, and the response did not come in time");
    }
    HttpRequest next = listening(left);
    next.headers.push_back({"Last-Event-ID", *id});
    head = client_.stream(next, answer, exchange.stop);
    if (head && head->status != 200) {
      return fail(ErrorCode::unavailable,
                  format_text("the stream ended before the response, and cannot be resumed (status {})", head->status));
    }
  }
  return head;
}

void HttpTransport::handle(Exchange& exchange, RpcMessage&& message, const std::stop_token& stop) const {
  const std::scoped_lock lock(exchange.handling);
  if (message.kind == RpcMessage::Kind::notification) {
    exchange.handlers.on_notification(message);
  } else if (message.kind == RpcMessage::Kind::request && !is_modern() && ++exchange.answers <= kAnswersMax) {
    const auto begin = steady_clock::now();
    exchange.extra_ms += std::chrono::milliseconds(kAsked).count();
    std::string answer = exchange.handlers.answer(message, stop);
    const auto used = std::chrono::ceil<milliseconds>(steady_clock::now() - begin);
    exchange.extra_ms += (used - kAsked).count();
    (void)post(std::move(answer));
  }
}

// A server of the older revisions may ask on a stream of its own what belongs to a call: it is open while a tool runs.
std::unique_ptr<McpListener> HttpTransport::listen(Exchange& exchange) {
  if (is_modern() || !has_stream_ || exchange.call.method != "tools/call") {
    return nullptr;
  }
  auto listener = std::make_unique<McpListener>(client_, listening(milliseconds(0)),
                                                [this, &exchange](RpcMessage&& message, const std::stop_token& stop) {
                                                  handle(exchange, std::move(message), stop);
                                                });
  const bool is_open = listener->wait(kListenTime, exchange.stop) == McpListener::State::open;
  has_stream_ = is_open || exchange.stop.stop_requested();
  return is_open ? std::move(listener) : nullptr;
}

Result<RpcMessage> HttpTransport::request(const RpcCall& call, const McpHandlers& handlers,
                                          const std::stop_token& stop) {
  Exchange exchange{.call = call, .handlers = handlers, .stop = stop};
  Answer answer(call.id, options_.message_bytes_max,
                [&](RpcMessage&& message) { handle(exchange, std::move(message), stop); });
  std::unique_ptr<McpListener> listener = listen(exchange);
  const auto head = send(exchange, answer);
  listener.reset();
  if (!head) {
    if (head.error().code == ErrorCode::cancelled && !is_modern() && call.method != "initialize") {
      (void)notify("notifications/cancelled", cancelled_params(call.id));
    }
    return std::unexpected(named(head.error()));
  }
  auto response = answer.response();
  const bool is_good = head->status >= 200 && head->status < 300;
  const bool is_of_http = head->status == 401 || head->status == 403 || (head->status == 404 && !session_.empty());
  if (!is_good && (is_of_http || !response || !response->error)) {
    return std::unexpected(refusal(*head));
  }
  if (!response) {
    return std::unexpected(named(std::move(response).error()));
  }
  if (call.method == "initialize") {
    session_ = head->header("mcp-session-id");
  }
  return response;
}

}  // namespace

// The user wrote the address, so it may be any; redirects may lead to public hosts only.
Result<std::unique_ptr<McpTransport>> make_http_transport(std::string name, McpAddress address,
                                                          const McpOptions& options) {
  auto url = Url::parse(address.url);
  if (!url) {
    return fail(ErrorCode::invalid_argument, format_text("MCP server '{}': {}", name, url.error().message));
  }
  AddressPolicy policy = AddressPolicy::public_only();
  const bool is_v6 = url->host.find(':') != std::string::npos;
  PUNA_TRY_VOID(policy.grant(format_text("{}{}{}:{}", is_v6 ? "[" : "", url->host, is_v6 ? "]" : "", url->port)));
  return std::make_unique<HttpTransport>(std::move(name), std::move(address), std::move(policy), options);
}

}  // namespace puna::tools

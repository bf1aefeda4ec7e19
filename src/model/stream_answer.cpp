#include "model/stream_answer.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace puna::model {
namespace {

constexpr std::size_t kRefusalBytesMax = 65'536;
constexpr std::size_t kJsonBytesMax = std::size_t{64} << 20U;

// An error that stands where an answer should: {"error": {...}}, with the status as its code.
std::optional<int> error_status(const Json& json) {
  const Json* error = json.find("error");
  if (error == nullptr || error->is_null()) {
    return std::nullopt;
  }
  constexpr int kFailed = 500;
  const Json* code = error->find("code");
  const bool is_status = code != nullptr && code->is_integer() && code->as_integer() >= 400 && code->as_integer() < 600;
  return is_status ? static_cast<int>(code->as_integer()) : kFailed;
}

}  // namespace

Flow StreamAnswer::on_head(const HttpHead& head) {
  status_ = head.status;
  retry_after_ = head.header("retry-after");
  const std::string_view type = head.header("content-type");
  form_ = type.starts_with("text/event-stream")  ? Form::events
          : type.starts_with("application/json") ? Form::json
                                                 : Form::unknown;
  return Flow::go_on;
}

Flow StreamAnswer::on_body(std::string_view bytes) {
  if (status_ != kOk) {
    body_ += bytes.substr(0, kRefusalBytesMax - std::min(kRefusalBytesMax, body_.size()));
    return body_.size() < kRefusalBytesMax ? Flow::go_on : Flow::stop;
  }
  if (form_ == Form::unknown) {  // the first byte that is no space says more than a header that is missing or wrong
    const std::size_t first = bytes.find_first_not_of(" \t\r\n");
    form_ = first == std::string_view::npos ? Form::unknown : bytes[first] == '{' ? Form::json : Form::events;
  }
  if (form_ == Form::json) {
    body_ += bytes;
    if (body_.size() > kJsonBytesMax) {
      failure_ = corrupt(format_text("the answer is longer than {} bytes", kJsonBytesMax));
    }
    return failure_ ? Flow::stop : Flow::go_on;
  }
  std::vector<ServerEvent> events;
  if (const auto fed = reader_.feed(bytes, events); !fed) {
    failure_ = corrupt(fed.error().message);
  }
  for (const ServerEvent& event : events) {
    if (take(event) == Flow::stop) {
      return Flow::stop;
    }
  }
  return failure_ ? Flow::stop : Flow::go_on;
}

Flow StreamAnswer::take(const ServerEvent& event) {
  if (event.data == "[DONE]") {
    done_ = true;
    return Flow::stop;
  }
  take_json(event.data);
  return failure_ || stop_.stop_requested() ? Flow::stop : Flow::go_on;
}

void StreamAnswer::take_json(std::string_view text) {
  const auto json = Json::parse(utf8::sanitize(text));
  if (!json) {
    failure_ = corrupt(format_text("what the server sent is no JSON ({}): {}", json.error().message,
                                   printable(utf8::sanitize(text.substr(0, 100)))));
    return;
  }
  if (const auto status = error_status(*json)) {
    failure_ = failure_of(link_.root(), *status, text, retry_after_, link_.key());
  } else if (auto taken = reply_.take(*json); !taken) {
    failure_ = ServerFailure{.error = std::move(taken).error(), .then = ServerFailure::Then::give_up, .after = {}};
  }
}

ServerFailure StreamAnswer::corrupt(std::string message) const {
  return {.error = {.code = ErrorCode::corrupt, .message = link_.root() + ": " + std::move(message), .hint = {}},
          .then = ServerFailure::Then::give_up,
          .after = {}};
}

// Nothing is asked again that has begun to answer: the caller has seen it.
Answered<Reply> StreamAnswer::broken(ServerFailure failure) {
  if (!reply_.has_begun()) {
    return std::unexpected(std::move(failure));
  }
  return reply_.finish(
      Error{.code = ErrorCode::unavailable,
            .message = format_text("the reply broke off after {} bytes: {}", reply_.bytes(), failure.error.message),
            .hint = std::move(failure.error.hint)});
}

Answered<Reply> StreamAnswer::judged(const Result<HttpHead>& head) {
  if (stop_.stop_requested()) {
    return std::unexpected(ServerFailure{
        .error = {.code = ErrorCode::cancelled, .message = link_.root() + ": stopped", .hint = {}}, .after = {}});
  }
  if (failure_) {
    return broken(*std::move(failure_));
  }
  if (done_ || reply_.is_finished()) {  // a connection that breaks behind the end broke nothing
    return reply_.finish(std::nullopt);
  }
  if (!head) {
    return broken(link_.failure_of_connection(head.error()));
  }
  return broken({.error = {.code = ErrorCode::unavailable,
                           .message = link_.root() + ": the answer ended before its end",
                           .hint = "the server's log says more"},
                 .then = ServerFailure::Then::try_again,
                 .after = {}});
}

Answered<Reply> StreamAnswer::of(std::string_view path, const Json& body) {
  const Result<HttpHead> head = link_.stream(path, body, *this, stop_);
  if (status_ != 0 && status_ != kOk && !stop_.stop_requested()) {
    return std::unexpected(failure_of(link_.root(), status_, body_, retry_after_, link_.key()));
  }
  if (head && form_ == Form::json && !failure_) {
    take_json(body_);
    done_ = reply_.has_begun();
  } else if (head && form_ == Form::events && !failure_ && !done_ && !stop_.stop_requested()) {
    std::vector<ServerEvent> events;
    reader_.finish(events);
    for (const ServerEvent& event : events) {
      static_cast<void>(take(event));
    }
  }
  return judged(head);
}

}  // namespace puna::model

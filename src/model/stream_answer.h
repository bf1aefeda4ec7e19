// One answer of one server as its bytes arrive: a stream of events, or JSON in one piece where a server does not
// stream.
//
// Thread  one owner; used once.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "model/chat_reply.h"
#include "model/server_link.h"

namespace puna::model {

class StreamAnswer final : public HttpReceiver {
 public:
  // All are borrowed.
  StreamAnswer(const ServerLink& link, const Request& request, EventSink& events, const std::stop_token& stop)
      : link_(link), stop_(stop), reply_(request, events), reader_(kEventBytesMax) {}

  // Asks, and reads until the end. What broke before anything was seen is a failure, later it is Reply::lost.
  [[nodiscard]] Answered<Reply> of(std::string_view path, const Json& body);
  [[nodiscard]] const ChatReply& reply() const { return reply_; }

  [[nodiscard]] Flow on_head(const HttpHead& head) override;
  [[nodiscard]] Flow on_body(std::string_view bytes) override;

 private:
  static constexpr std::size_t kEventBytesMax = std::size_t{16} << 20U;

  enum class Form : std::uint8_t { unknown, events, json };
  [[nodiscard]] Flow take(const ServerEvent& event);
  void take_json(std::string_view text);
  [[nodiscard]] Answered<Reply> judged(const Result<HttpHead>& head);
  [[nodiscard]] Answered<Reply> broken(ServerFailure failure);
  [[nodiscard]] ServerFailure corrupt(std::string message) const;

  const ServerLink& link_;
  const std::stop_token& stop_;
  ChatReply reply_;
  EventReader reader_;
  Form form_ = Form::unknown;
  int status_ = 0;
  std::string retry_after_;
  std::string body_;  // of an answer that is no stream
  bool done_ = false;
  std::optional<ServerFailure> failure_;
};

}  // namespace puna::model

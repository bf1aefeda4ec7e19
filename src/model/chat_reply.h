// The answer of a server of the OpenAI chat protocol, chunk by chunk or whole, as a Reply.
//
// Thread  one owner.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "puna/model.h"

namespace puna::model {

inline constexpr std::size_t kReplyBytesMax = std::size_t{64} << 20U;  // of text, thoughts and arguments together

class ChatReply {
 public:
  // Both are borrowed. The request decides which calls are known, and what the answer must look like.
  ChatReply(const Request& request, EventSink& events) : request_(request), events_(events) {}

  // One chunk of a stream, or the whole answer to a request that was not streamed; emits what became certain.
  // Errors  corrupt  neither of both;  limit  more than kReplyBytesMax
  [[nodiscard]] Result<void> take(const Json& chunk);
  // The server said why the reply ends.
  [[nodiscard]] bool is_finished() const { return !finish_.empty(); }
  // Something of the answer itself has come.
  [[nodiscard]] bool has_begun() const { return begun_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  // llama-server's parameters that were in force; null = it did not say.
  [[nodiscard]] const Json& settings() const { return settings_; }
  [[nodiscard]] bool has_usage() const { return has_usage_; }

  // The reply, without Reply::sampling and the event that ends it. Calls are numbered on from those of the request.
  // lost    the connection broke before the end: calls that were not whole are malformed.
  // Requires  called once, last.
  [[nodiscard]] Reply finish(std::optional<Error> lost);

 private:
  struct Call {
    std::optional<std::int64_t> index;
    std::string id;
    std::string name;
    std::string arguments;
  };

  Result<void> take_choice(const Json& choice);
  Result<void> take_text(const Json& delta);
  Result<void> take_call(const Json& piece);
  void take_probabilities(const Json& choice);
  void take_usage(const Json& chunk);
  void take_verbose(const Json& verbose);
  void begin();
  Call& call_of(const Json& piece);
  [[nodiscard]] Result<void> grow(std::size_t bytes);
  [[nodiscard]] FinishReason finish_reason() const;
  void finish_call(Call& call, bool is_cut, Reply& reply);
  void add_text(Reply& reply, std::string text);

  const Request& request_;
  EventSink& events_;
  std::string content_;
  std::string reasoning_;
  std::vector<Call> calls_;
  std::vector<Reply::TokenProbabilities> probabilities_;
  std::string finish_;
  std::string stop_type_;
  Usage usage_;
  Json settings_;
  std::size_t bytes_ = 0;
  bool begun_ = false;
  bool has_prefill_ = false;
  bool has_usage_ = false;
};

// In what a whole answer does not fit its format; empty = it fits, or was not held to one.
[[nodiscard]] std::vector<std::string> format_violations(const std::optional<OutputFormat>& format,
                                                         const std::string& content);

}  // namespace puna::model

// A question of a client, asked of the model.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "puna/model.h"
#include "server/served.h"

namespace puna::server {

// What a client asked for, whatever its protocol.
struct Question {
  Request request;  // watched: the client wants a stream
  // With tools that may be called and a format: the reply is calls, or an answer in the format. The model is asked with
  // the tools first, and again, without them, when it calls none.
  std::optional<OutputFormat> format_without_calls;
  int replies = 1;
};

// Gets the pieces of a reply, on the asking thread.
class Pieces {
 public:
  Pieces() = default;
  Pieces(const Pieces&) = delete;
  Pieces& operator=(const Pieces&) = delete;
  virtual ~Pieces() = default;
  virtual void on_prefill(const event::Prefill& /*prefill*/) {}
  virtual void on_reasoning(std::string_view /*text*/) {}
  virtual void on_text(std::string_view /*text*/) {}
};

// Asks, and counts what it cost. Stops when the client goes.
// Errors  those of Model::ask, as refusals
[[nodiscard]] Answer<Reply> ask(Served& served, Exchange& exchange, const Question& question, Pieces& pieces);

// The calls and results of a conversation belong together: every result answers a call before it, and the model can be
// asked for what comes next.
// Errors  400  with the message's number
[[nodiscard]] Answer<void> check_history(const std::vector<Message>& messages);

[[nodiscard]] bool is_cut(FinishReason reason);

}  // namespace puna::server

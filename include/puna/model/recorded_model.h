// Calls of a model as they were, and a model that answers with them: the same requests get the same replies again,
// without weights. Any other request is a miss, and a miss is loud.
//
//   RecordedCall call = ask_recorded(*model, request, events);
//   auto again = RecordedModel::create({.name = "demo", .window_tokens = 4096, .calls = {call}});
//   again->ask(request, events);   // the same events and the same reply
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "puna/model.h"

namespace puna {

// {"agent_id", "turn", "messages", "tools", ...}: all of a request. Inverse of each other.
[[nodiscard]] Json to_json(const Request& request);
// Errors  invalid_argument, corrupt  the message says which member is wrong
[[nodiscard]] Result<Request> request_from_json(const Json& json);
// The same without "messages" and "tools", which grow.
[[nodiscard]] Json parameters_of(const Request& request);
// 64 hexadecimal digits: SHA-256 of to_json(). Equal requests have equal ones, on every machine.
[[nodiscard]] std::string request_hash(const Request& request);

struct RecordedCall {
  Request request;
  std::string hash;           // of the request
  std::vector<Token> prompt;  // as it went to the model; empty where that is not told
  // That the model emitted: PrefixLost, ReasoningDelta, TextDelta, ReplyReady, Notice. Text that streamed is one event
  // where nothing else came between; times are 0.
  std::vector<Event> events;
  Result<Reply> reply;      // written without times
  bool is_stopped = false;  // stop was asked for before it was there
};
// One line of a file. Messages, tools and prompt are written as far as they are not those of `before`, the call before
// it in that file (may be absent), which the reader needs, too.
[[nodiscard]] Json to_json(const RecordedCall& call, const RecordedCall* before);
// Errors  corrupt  the message says which member is wrong
[[nodiscard]] Result<RecordedCall> recorded_call_from_json(const Json& json, const RecordedCall* before);

// The same usage with no times.
[[nodiscard]] Usage without_times(Usage usage);

// Asks, and keeps what came. The events get through to the sink as they come.   Errors  none: they are the reply
[[nodiscard]] RecordedCall ask_recorded(Model& model, const Request& request, EventSink& events,
                                        const std::stop_token& stop = {});

// A recorded call asked again, of a model that may answer otherwise.
struct AskedAgain {
  std::size_t tokens = 0;  // of the reply, that are the same; of a text, bytes
  std::optional<std::string>
      difference;  // the first one, with both sides; nothing: prompt, reply and its end are equal
};
// piece  the text of a token, where the model's vocabulary is the recorded one: then tokens are compared. Empty: texts.
// Errors  cancelled
[[nodiscard]] Result<AskedAgain> ask_again(Model& model, const RecordedCall& call,
                                           const std::function<std::string(Token)>& piece,
                                           const std::stop_token& stop = {});

struct ModelRecord {
  std::string name;
  int window_tokens = 0;
  bool counts_exactly = true;
  std::vector<RecordedCall> calls;                          // in the order of asking
  std::map<std::string, std::int64_t, std::less<>> counts;  // what count_tokens() said, by request_hash()
};

class RecordedModel : public Model {
 public:
  // The n-th ask() is answered by the n-th call, if its request is equal, with the events that there were. on_answer
  // (may be empty) is called before its reply is given back.
  //
  // ask()           Errors  unavailable  a miss: the message names the first place in which the request differs, with
  //                         both sides, or that there are no more calls; the recorded error;  cancelled  stop was asked
  //                         for
  // count_tokens()  Errors  unavailable  a miss
  [[nodiscard]] static std::unique_ptr<RecordedModel> create(
      ModelRecord record, std::function<void(const RecordedCall& call)> on_answer = {});
  // The first miss so far.   Thread  any
  [[nodiscard]] virtual std::optional<Error> miss() const = 0;
  // Calls that nobody has asked for yet.   Thread  any
  [[nodiscard]] virtual std::size_t calls_left() const = 0;
};

}  // namespace puna

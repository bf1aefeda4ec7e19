// Any llama-server, or another server that speaks the OpenAI chat protocol, as a Model.
//
//   auto model = puna::RemoteModel::open({.urls = {"http://127.0.0.1:8080"}});
//
// The server owns the chat template, the grammars and the cache; what this side asks for stands at the top level of
// each request under the server's own names, and is compared with what the server says it did.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "puna/base.h"
#include "puna/model.h"

namespace puna {

// What a request may have beside messages and tools, by the names that llama-server has for it.
struct ServerParameters {
  Sampling sampling;
  int tokens_max = 0;
  std::vector<std::string> stop;
  std::optional<OutputFormat> format;  // of grammar, json_schema or response_format
  std::optional<bool> parallel_calls;
  Json other = Json::object();  // sent as it is: cache_prompt, id_slot, ignore_eos, chat_template_kwargs, ...
};
// From {"top_k": 40, "cache_prompt": true, ...}. Names of sampling parameters are those of sampling_parameters(); the
// older spellings mirostat_ent, mirostat_lr, penalty_last_n, slot_id, n_predict and max_completion_tokens are taken
// too.
//
// Errors  invalid_argument  no such parameter (the hint names the nearest), one that servers no longer have (tfs_z,
//                           top_a), one that is the request's own (messages, tools, stream), a value that it cannot
//                           have, one parameter under two names, or two that contradict each other
[[nodiscard]] Result<ServerParameters> server_parameters(const Json& object);

// How long to wait. idle and loading: 0 = without limit; first_byte: 0 = as idle.
struct ServerTimes {
  std::chrono::milliseconds connect{10'000};
  std::chrono::milliseconds first_byte{900'000};  // of an answer: the prompt is computed meanwhile
  std::chrono::milliseconds idle{180'000};        // between two bytes of an answer
  std::chrono::milliseconds loading{600'000};     // while the server loads its model; waited for in all
};

// When a request is sent again: the server could not be reached, was busy (429, 502, 503, 504) or hung up, and nothing
// of the answer had been seen. The waiting times double, with jitter, and are at least what the server asks for.
struct ServerRetries {
  int attempts_max = 4;                          // in all; 1 = never again
  std::chrono::milliseconds first_wait{500};     // before the second attempt
  std::chrono::milliseconds waits_max{120'000};  // all waiting of one question together
  std::uint64_t seed = 0;                        // of the jitter
};

struct RemoteModelOptions {
  // http or https, with or without "/v1"; the scheme may be left out. Several: a conversation stays with the server
  // that has its prefix, a new one goes to the server with the fewest running. They are taken to serve the same model.
  std::vector<std::string> urls;
  Secret api_key;         // sent as "Authorization: Bearer"; never followed to another place
  std::string model;      // its name at the server; empty = the first that the server lists
  int window_tokens = 0;  // 0 = the server says
  Json parameters;        // null, or for every request: see server_parameters(). A request's own go first.
  ServerTimes times;
  ServerRetries retries;
  // Called with a sentence for people where open() has to wait.
  std::function<void(std::string_view)> progress;
  // Waits; false = stop was asked for. Empty: as it says. For tests.
  std::function<bool(std::chrono::milliseconds, const std::stop_token&)> wait;
};

// What one server said of itself when it was opened.
struct ServerFacts {
  std::string url;        // without "/v1"
  bool is_llama = false;  // llama-server: it has /props
  std::string build;
  std::string model;
  std::string file;            // of the model, there
  int window_tokens = 0;       // of one conversation; 0 = it does not say
  int slots = 0;               // conversations at once; 0 = it does not say
  bool counts_tokens = false;  // it has /apply-template and /tokenize
  std::string chat_template;   // Jinja source; empty = it does not say
  Json settings;               // its own sampling parameters; null = it does not say
};

// As Model says, and
//
// Events  event::PromptReady has the request's body; Prefill is all 0 where the server does not report progress; a
//         Notice, once for each thing, says what the server did not obey or does not report.
// Errors  not_found     the server has no such path or model
//         unavailable   it cannot be reached, is busy, asks to wait longer than allowed, or hung up before it answered
//         corrupt       what it sent is no answer
//         cancelled     the connection is closed then, which makes a llama-server stop, too
// A connection that is lost in the middle of an answer is no error of ask(): Reply::lost says so.
class RemoteModel : public Model {
 public:
  // Asks every server for its health, model and window, and waits while it loads. With several, those that do not
  // answer are left out (progress says so), unless none does. Errors  as ask(), and  invalid_argument  no URL, a bad
  // one, bad parameters, or a window that nobody says
  [[nodiscard]] static Result<std::unique_ptr<RemoteModel>> open(const RemoteModelOptions& options,
                                                                 std::stop_token stop = {});
  [[nodiscard]] virtual const std::vector<ServerFacts>& servers() const = 0;
};

}  // namespace puna

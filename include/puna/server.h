// One model behind HTTP, as today's clients speak to it: the OpenAI protocol (chat, completions, responses),
// Anthropic's messages, Ollama's API, llama-server's own routes, and runs of agents. docs/server.md has every route and
// field.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "puna/agent.h"
#include "puna/base.h"
#include "puna/model.h"
#include "puna/tools.h"
#include "puna/tools/permission.h"

namespace puna {

// A limit that is met is an answer (400, 408, 413, 429, 431), never a stop.
struct ServerLimits {
  std::size_t head_bytes = 65'536;                  // of a request: its line and headers
  std::size_t headers = 100;                        // of a request
  std::size_t body_bytes = std::size_t{16} << 20U;  // of a request
  std::size_t connections = 512;                    // then the one that has sent its request for longest is closed
  std::size_t requests = 72;                        // that generate, or wait to; one more is answered with 429
  std::chrono::milliseconds head{10'000};           // for a request's head
  std::chrono::milliseconds body_idle{30'000};      // between two pieces of its body
  std::chrono::milliseconds body{300'000};          // for its body
  std::chrono::milliseconds keep_alive{75'000};     // between two requests of a connection
  std::chrono::milliseconds write_stall{30'000};    // a client that takes nothing
  std::chrono::milliseconds ping{10'000};           // a stream that says nothing says that it lives
  std::size_t responses_kept = 256;                 // that a later one may continue (previous_response_id)
  std::size_t runs_kept = 64;                       // of agents, finished ones included; the oldest finished goes
  std::size_t run_events = 20'000;                  // of one run; then it is stopped
};

// What the agents of /v1/runs have in their hands; made anew for each run.
struct RunEquipment {
  Toolbox tools;
  PermissionOptions permissions;  // its approver is the server's own: whoever watches the run
  std::string system_prompt;
};

struct ServerOptions {
  std::string host = "127.0.0.1";            // an address that other machines reach needs api_key
  int port = 8080;                           // 0 = any that is free
  Secret api_key;                            // that a request must show; empty = none is needed
  std::vector<std::string> hosts_allowed;    // names that clients may call this server by, beside its address
  std::vector<std::string> origins_allowed;  // web pages that may ask, as "https://example.org"
  std::string model_name;                    // in answers; empty = the model's own
  std::string version = "0";                 // of this program, for /api/version
  ServerLimits limits;
  // Absent: there are no runs. Gets the names of the tools that the run asks for, empty = all.
  // Errors  invalid_argument  a tool that is not offered.   Thread  any.
  std::function<Result<RunEquipment>(const std::vector<std::string>& tools)> equip_run;
  AgentOptions run;                       // of agents: budget, sampling; without record and gate
  const Clock* clock = &Clock::system();  // borrowed
  // Lines for the operator, without what users wrote. Thread  any.
  std::function<void(std::string_view)> log;
};

// Serves from open() until it is destroyed, on threads of its own. Stateless but for responses and runs, which it keeps
// in memory.
// Thread  any.
class Server {
 public:
  Server() = default;
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  // Stops what runs (within one step of the model), then closes every connection.
  virtual ~Server() = default;

  // The model is borrowed. A LocalModel also serves raw prompts, tokens and templates.
  // Errors  invalid_argument  an address that other machines reach, without a key; an origin that is none
  //         unavailable       the port is taken, or no thread;  not_found  no such host;  io
  [[nodiscard]] static Result<std::unique_ptr<Server>> open(Model& model, ServerOptions options);

  [[nodiscard]] virtual int port() const = 0;
  [[nodiscard]] virtual std::string url() const = 0;  // "http://127.0.0.1:8080"
  // Requests under way, runs included.
  [[nodiscard]] virtual std::size_t busy() const = 0;
  // From now on new requests are answered with 503; waits until those under way have ended.
  // Errors  limit  they did not within this time;  cancelled  stop was asked for
  [[nodiscard]] virtual Result<void> drain(std::chrono::milliseconds time_max, std::stop_token stop = {}) = 0;
};

// The replies of a ScriptedModel, one JSON line each: a message of the assistant (as transcripts have it, or the OpenAI
// protocol), or {"error": {"code", "message"}}; "finish" may be one of the names of FinishReason.
// Errors  corrupt  the message says which line
[[nodiscard]] Result<std::vector<ScriptedReply>> script_from_jsonl(std::string_view text);

}  // namespace puna

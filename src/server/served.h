// What every route works on.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "puna/model.h"
#include "puna/server.h"
#include "server/front.h"
#include "server/refusal.h"

namespace puna::server {

class KeptResponses;
class Runs;

// Sums since the server began, for /metrics.
struct Counters {
  std::atomic<std::uint64_t> requests = 0;
  std::atomic<std::uint64_t> refused = 0;  // answered with a status of 400 or more
  std::atomic<std::uint64_t> turned_away = 0;
  std::atomic<std::uint64_t> cancelled = 0;
  std::atomic<std::uint64_t> prompt_tokens = 0;
  std::atomic<std::uint64_t> cached_tokens = 0;
  std::atomic<std::uint64_t> output_tokens = 0;
  std::atomic<std::uint64_t> prefill_us = 0;
  std::atomic<std::uint64_t> decode_us = 0;

  void add(const Usage& usage);
};

struct Served {
  Served(Model& asked, ServerOptions given);
  ~Served();

  Model& model;
  LocalModel* const local;  // nullptr: the model has no tokens or raw prompts to offer
  const ServerOptions options;
  const std::string name;
  const Sampling defaults;                       // of the model's file
  const std::vector<std::string> control_texts;  // of the local model
  std::atomic<bool> is_draining = false;
  std::atomic<std::size_t> generating = 0;  // admitted requests
  Counters counters;
  std::unique_ptr<KeptResponses> responses;
  std::unique_ptr<Runs> runs;

  // "chatcmpl-5f0d0c0ffee0123400000001": no two alike.
  [[nodiscard]] std::string new_id(std::string_view prefix);
  [[nodiscard]] std::int64_t now_seconds() const;
  void log(std::string_view line) const;
  // Says once of each name that requests had a member which nobody reads.
  void note_unknown(std::string_view path, const std::string& name);

 private:
  std::atomic<std::uint64_t> ids_ = 0;
  std::mutex mutex_;
  std::set<std::string> unknown_;  // guarded by mutex_; bounded
};

// One request on its way through a route.
struct Call {
  Exchange& exchange;
  Json body;                       // null for a request without one
  std::vector<std::string> parts;  // what the path has in place of each "{}"
};

// An answer's JSON; nothing: the route has answered the exchange itself.
using Handled = Answer<std::optional<Json>>;

enum class Pace : std::uint8_t {
  instant,     // on the sockets' thread: waits for nothing
  quick,       // on one of a few threads, without generating
  generating,  // admitted, on a thread of its own
};

struct Route {
  std::string_view method;
  std::string_view path;
  Pace pace;
  Handled (*handle)(Served&, Call&);
  bool is_open = false;  // needs no key
};

// Answers that are no JSON.
[[nodiscard]] inline Handled answered() { return std::optional<Json>(); }

}  // namespace puna::server

// The session in which a run or a chat is kept.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "cli/console.h"
#include "cli/options.h"
#include "cli/session_cache.h"
#include "puna/agent/store.h"

namespace puna::cli {

// The file of the store: the one that the options name, else sessions.db in the data folder.
// Errors  io  there is no place for a store
[[nodiscard]] Result<std::filesystem::path> store_file(const SessionOptions& options);

// Errors  those of store_file and SessionStore::open
[[nodiscard]] Result<std::unique_ptr<SessionStore>> open_store(const SessionOptions& options,
                                                               SessionStore::Access access);

class KeptSession {
 public:
  // Begins the session, or goes on with it, and says so. nullptr: the options name none.
  // unfinished  keep: there is no new task, so the session must be there
  // Errors  not_found  there is no session to go on with;  invalid_argument  a system prompt for one that has its own
  //         those of open_store, SessionStore::begin and resume
  [[nodiscard]] static Result<std::unique_ptr<KeptSession>> open(Console& console, const Options& options,
                                                                 Unfinished unfinished);

  [[nodiscard]] StoredSession& session() { return *session_; }
  // What the model computed of it, from and for other processes.
  [[nodiscard]] const SessionCache& cache() const { return cache_; }
  [[nodiscard]] SessionStore& store() { return *store_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  // A view that gets what is stored.
  [[nodiscard]] EventSink& watch(EventSink& view) {
    view_ = session_->watch(view);
    return *view_;
  }
  // Stops with `stop`, and when something cannot be stored.
  [[nodiscard]] std::stop_token token(std::stop_token stop) {
    on_stop_.reset();
    on_failure_.reset();
    both_ = std::stop_source();
    const auto end = [this] { both_.request_stop(); };
    on_stop_.emplace(std::move(stop), end);
    on_failure_.emplace(session_->failed(), end);
    return both_.get_token();
  }

 private:
  KeptSession(std::unique_ptr<SessionStore> store, std::unique_ptr<StoredSession> session, std::string name,
              SessionCache cache)
      : store_(std::move(store)), session_(std::move(session)), name_(std::move(name)), cache_(std::move(cache)) {}

  std::unique_ptr<SessionStore> store_;
  std::unique_ptr<StoredSession> session_;
  std::string name_;
  SessionCache cache_;
  std::unique_ptr<EventSink> view_;
  std::stop_source both_;
  std::optional<std::stop_callback<std::function<void()>>> on_stop_;
  std::optional<std::stop_callback<std::function<void()>>> on_failure_;
};

}  // namespace puna::cli

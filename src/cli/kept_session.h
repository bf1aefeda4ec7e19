// The session in which a run or a chat is kept.
#pragma once

#include <filesystem>
#include <memory>
#include <utility>

#include "cli/console.h"
#include "cli/options.h"
#include "puna/agent/store.h"

namespace puna::cli {

// The file that the options name, else the user's own: sessions.db in the data folder.
// Errors  io  there is no place for a store;  those of SessionStore::open
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

  [[nodiscard]] Session& session() { return *session_; }
  // A view that gets what is stored.
  [[nodiscard]] EventSink& watch(EventSink& view) {
    view_ = session_->watch(view);
    return *view_;
  }

 private:
  KeptSession(std::unique_ptr<SessionStore> store, std::unique_ptr<Session> session)
      : store_(std::move(store)), session_(std::move(session)) {}

  std::unique_ptr<SessionStore> store_;
  std::unique_ptr<Session> session_;
  std::unique_ptr<EventSink> view_;
};

}  // namespace puna::cli

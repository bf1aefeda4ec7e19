// The tables of a store, and their rows. Whoever calls holds the mutex.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/store_database.h"
#include "puna/agent/store.h"

namespace puna::agent {

using Micros = std::chrono::sys_time<std::chrono::microseconds>;

// What makes version n of the tables out of version n - 1.
[[nodiscard]] std::span<const char* const> store_steps() noexcept;

struct SessionRow {
  std::int64_t id = 0;
  SessionInfo info;
};

class StoreFile {
 public:
  // Errors  those of SessionStore::open
  [[nodiscard]] static Result<std::unique_ptr<StoreFile>> open(const std::filesystem::path& file,
                                                               SessionStore::Access access, const Clock& clock);

  [[nodiscard]] std::mutex& mutex() { return mutex_; }
  [[nodiscard]] Database& database() { return *database_; }
  [[nodiscard]] Micros now() const { return std::chrono::floor<std::chrono::microseconds>(clock_.wall()); }

  [[nodiscard]] Result<std::vector<SessionRow>> sessions();
  [[nodiscard]] Result<std::optional<SessionRow>> session(std::string_view name);
  [[nodiscard]] Result<std::vector<StoredEvent>> events(std::int64_t session);
  [[nodiscard]] Result<std::vector<SessionHit>> search(std::string_view match, std::size_t hits_max);

  // Within Database::write().
  // Errors  invalid_argument  the name is no name, or taken
  [[nodiscard]] Result<std::int64_t> add_session(std::string_view name, Micros created);
  [[nodiscard]] Result<void> rename_session(std::int64_t session, std::string_view name);
  [[nodiscard]] Result<void> remove_session(std::int64_t session);
  // A message goes to the index of words, too.
  [[nodiscard]] Result<void> add_event(std::int64_t session, const StoredEvent& event);
  // The events first to last become one: `json`, in the place of the first.
  [[nodiscard]] Result<void> join_events(std::int64_t session, std::int64_t first, std::int64_t last, const Json& json);

 private:
  StoreFile(std::unique_ptr<Database> database, const Clock& clock) : database_(std::move(database)), clock_(clock) {}
  [[nodiscard]] Result<void> prepare_writes();
  [[nodiscard]] Result<void> add_message(std::int64_t session, const StoredEvent& event, const Message& message);

  std::mutex mutex_;
  const std::unique_ptr<Database> database_;
  const Clock& clock_;
  // What is written for every event; absent in a store that is read.
  std::optional<Statement> insert_event_;
  std::optional<Statement> insert_words_;
  std::optional<Statement> count_message_;
};

// Errors  invalid_argument
[[nodiscard]] Result<void> check_session_name(std::string_view name);

// The lines of export_lines() and import_lines().
// Requires  an object as JSON, not empty. Returns  the line.
[[nodiscard]] std::string with_check_sum(std::string object);
[[nodiscard]] std::string export_text(const SessionInfo& info, const std::vector<StoredEvent>& events);
struct Imported {
  SessionInfo info;
  std::vector<StoredEvent> events;
};
// Errors  corrupt
[[nodiscard]] Result<Imported> import_text(std::string_view text, bool is_repair);

// Takes the session's lock.
// Errors  unavailable  somebody else writes it
[[nodiscard]] Result<FileLock> lock_session(StoreFile& file, const SessionRow& row);

// The writer of a session whose lock is held. The file outlives it.
[[nodiscard]] Result<std::unique_ptr<StoredSession>> open_session(StoreFile& file, const SessionRow& row, FileLock lock,
                                                                  std::optional<Unfinished> unfinished);

}  // namespace puna::agent

// See store_file.h.
#include "agent/store_file.h"

#include <array>
#include <utility>

#include "agent/json_depth.h"
#include "agent/store_replay.h"

namespace puna::agent {
namespace {

// An event's place in the index of words: the session above, the number below.
constexpr int kNumberBits = 40;
constexpr std::size_t kTitleBytesMax = 80;
constexpr std::string_view kSessionColumns = "id, name, created_us, changed_us, messages, title FROM sessions";

constexpr std::array<const char*, 1> kSteps{
    "CREATE TABLE sessions(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, "
    "created_us INTEGER NOT NULL, changed_us INTEGER NOT NULL, messages INTEGER NOT NULL DEFAULT 0, "
    "title TEXT NOT NULL DEFAULT '') STRICT;"
    "CREATE TABLE events(session INTEGER NOT NULL REFERENCES sessions(id), number INTEGER NOT NULL, "
    "at_us INTEGER NOT NULL, json TEXT NOT NULL, PRIMARY KEY(session, number)) STRICT, WITHOUT ROWID;"
    "CREATE VIRTUAL TABLE words USING fts5(text, role UNINDEXED, tokenize = 'unicode61 remove_diacritics 2');"};

std::int64_t place_of(std::int64_t session, std::int64_t number) { return (session << kNumberBits) | number; }

std::int64_t micros(std::chrono::system_clock::time_point time) {
  return std::chrono::floor<std::chrono::microseconds>(time).time_since_epoch().count();
}
std::chrono::system_clock::time_point time_of(std::int64_t micros) {
  return std::chrono::system_clock::time_point(std::chrono::microseconds(micros));
}

SessionRow row_of(const Statement& row) {
  return {.id = row.integer(0),
          .info = {.name = row.text(1),
                   .created = time_of(row.integer(2)),
                   .changed = time_of(row.integer(3)),
                   .messages = row.integer(4),
                   .title = row.text(5)}};
}

std::string title_of(const Message& message) {
  if (message.role != Role::user) {
    return {};
  }
  const std::string_view line = std::string_view(message.content).substr(0, message.content.find('\n'));
  const std::string_view cut = utf8::truncate(line, kTitleBytesMax);
  return printable(cut) + (cut.size() < line.size() ? "..." : "");
}

}  // namespace

std::span<const char* const> store_steps() noexcept { return kSteps; }

Result<std::unique_ptr<StoreFile>> StoreFile::open(const std::filesystem::path& file, SessionStore::Access access,
                                                   const Clock& clock) {
  const bool writes = access == SessionStore::Access::write;
  PUNA_TRY(auto database, Database::open(file, writes ? Database::Access::write : Database::Access::read));
  if (!writes) {
    PUNA_TRY(const std::int64_t version, database->integer("PRAGMA user_version"));
    if (std::cmp_less(version, kSteps.size())) {  // an older one is brought to this one first
      PUNA_TRY(const auto renewed, open(file, SessionStore::Access::write, clock));
    }
  }
  PUNA_TRY_VOID(migrate(*database, kSteps));
  std::unique_ptr<StoreFile> opened(new StoreFile(std::move(database), clock));
  if (writes) {
    PUNA_TRY_VOID(opened->prepare_writes());
  }
  return opened;
}

Result<void> StoreFile::prepare_writes() {
  PUNA_TRY(insert_event_, database_->prepare("INSERT INTO events(session, number, at_us, json) VALUES(?, ?, ?, ?)"));
  PUNA_TRY(insert_words_, database_->prepare("INSERT INTO words(rowid, text, role) VALUES(?, ?, ?)"));
  PUNA_TRY(count_message_, database_->prepare("UPDATE sessions SET changed_us = ?, messages = messages + 1, "
                                              "title = CASE WHEN title = '' THEN ? ELSE title END WHERE id = ?"));
  return {};
}

Result<std::vector<SessionRow>> StoreFile::sessions() {
  PUNA_TRY(Statement rows,
           database_->prepare(format_text("SELECT {} ORDER BY changed_us DESC, id DESC", kSessionColumns)));
  std::vector<SessionRow> found;
  for (;;) {  // as many rounds as there are rows
    PUNA_TRY(const bool has_row, rows.step());
    if (!has_row) {
      return found;
    }
    found.push_back(row_of(rows));
  }
}

Result<std::optional<SessionRow>> StoreFile::session(std::string_view name) {
  PUNA_TRY(Statement rows, database_->prepare(format_text("SELECT {} WHERE name = ?", kSessionColumns)));
  PUNA_TRY(const bool has_row, rows.bind(1, name).step());
  return has_row ? std::optional(row_of(rows)) : std::nullopt;
}

Result<std::vector<StoredEvent>> StoreFile::events(std::int64_t session) {
  PUNA_TRY(Statement rows,
           database_->prepare("SELECT number, at_us, json FROM events WHERE session = ? ORDER BY number"));
  rows.bind(1, session);
  std::vector<StoredEvent> found;
  for (;;) {  // as many rounds as there are rows
    PUNA_TRY(const bool has_row, rows.step());
    if (!has_row) {
      return found;
    }
    auto json = Json::parse(rows.text(2));
    if (!json) {
      return fail(ErrorCode::corrupt, format_text("the store {}: event {} is no JSON: {}", database_->name(),
                                                  rows.integer(0), json.error().message));
    }
    found.push_back({.number = rows.integer(0), .at = time_of(rows.integer(1)), .json = *std::move(json)});
  }
}

Result<std::vector<SessionHit>> StoreFile::search(std::string_view match, std::size_t hits_max) {
  PUNA_TRY(Statement rows,
           database_->prepare(format_text(
               "SELECT sessions.name, words.rowid & {}, words.role, snippet(words, 0, '', '', '...', 24) FROM words "
               "JOIN sessions ON sessions.id = words.rowid >> {} WHERE words MATCH ? ORDER BY words.rank, words.rowid "
               "LIMIT ?",
               (std::int64_t{1} << kNumberBits) - 1, kNumberBits)));
  rows.bind(1, match).bind(2, static_cast<std::int64_t>(hits_max));
  std::vector<SessionHit> found;
  for (;;) {  // as many rounds as there are rows
    PUNA_TRY(const bool has_row, rows.step());
    if (!has_row) {
      return found;
    }
    const std::string role = rows.text(2);
    found.push_back({.session = rows.text(0),
                     .number = rows.integer(1),
                     .role = role == name_of(Role::user)   ? Role::user
                             : role == name_of(Role::tool) ? Role::tool
                                                           : Role::assistant,
                     .excerpt = rows.text(3)});
  }
}

Result<std::int64_t> StoreFile::add_session(std::string_view name, Micros created) {
  PUNA_TRY_VOID(check_session_name(name));
  PUNA_TRY(const auto taken, session(name));
  if (taken) {
    return fail(ErrorCode::invalid_argument, format_text("there is a session '{}' already", name), "take another name");
  }
  PUNA_TRY(Statement insert, database_->prepare("INSERT INTO sessions(name, created_us, changed_us) VALUES(?, ?, ?)"));
  const std::int64_t time = created.time_since_epoch().count();
  PUNA_TRY_VOID(insert.bind(1, name).bind(2, time).bind(3, time).run());
  return database_->integer("SELECT last_insert_rowid()");
}

Result<void> StoreFile::rename_session(std::int64_t session, std::string_view name) {
  PUNA_TRY_VOID(check_session_name(name));
  PUNA_TRY(const auto taken, this->session(name));
  if (taken) {
    return fail(ErrorCode::invalid_argument, format_text("there is a session '{}' already", name), "take another name");
  }
  PUNA_TRY(Statement update, database_->prepare("UPDATE sessions SET name = ? WHERE id = ?"));
  return update.bind(1, name).bind(2, session).run();
}

Result<void> StoreFile::remove_session(std::int64_t session) {
  PUNA_TRY(Statement words, database_->prepare("DELETE FROM words WHERE rowid BETWEEN ? AND ?"));
  PUNA_TRY_VOID(words.bind(1, place_of(session, 0)).bind(2, place_of(session + 1, 0) - 1).run());
  PUNA_TRY(Statement events, database_->prepare("DELETE FROM events WHERE session = ?"));
  PUNA_TRY_VOID(events.bind(1, session).run());
  PUNA_TRY(Statement row, database_->prepare("DELETE FROM sessions WHERE id = ?"));
  PUNA_TRY_VOID(row.bind(1, session).run());
  return database_->run("INSERT INTO words(words) VALUES('optimize')");  // else its words stay among the others
}

Result<void> StoreFile::add_event(std::int64_t session, const StoredEvent& event) {
  // One level is the line of an export.
  const std::string json = within_levels(event.json, kJsonDepthMax - 1).dump();
  PUNA_TRY_VOID(insert_event_->bind(1, session).bind(2, event.number).bind(3, micros(event.at)).bind(4, json).run());
  PUNA_TRY(const std::optional<Message> message, message_of(event));
  return message ? add_message(session, event, *message) : Result<void>();
}

Result<void> StoreFile::add_message(std::int64_t session, const StoredEvent& event, const Message& message) {
  if (message.role != Role::system && !message.content.empty()) {
    const std::string text = utf8::sanitize(message.content);
    PUNA_TRY_VOID(
        insert_words_->bind(1, place_of(session, event.number)).bind(2, text).bind(3, name_of(message.role)).run());
  }
  const std::string title = title_of(message);
  return count_message_->bind(1, micros(event.at)).bind(2, title).bind(3, session).run();
}

Result<void> StoreFile::join_events(std::int64_t session, std::int64_t first, std::int64_t last, const Json& json) {
  PUNA_TRY(Statement rest, database_->prepare("DELETE FROM events WHERE session = ? AND number > ? AND number <= ?"));
  PUNA_TRY_VOID(rest.bind(1, session).bind(2, first).bind(3, last).run());
  PUNA_TRY(Statement one, database_->prepare("UPDATE events SET json = ? WHERE session = ? AND number = ?"));
  const std::string text = json.dump();
  return one.bind(1, text).bind(2, session).bind(3, first).run();
}

Result<void> check_session_name(std::string_view name) {
  if (name.empty() || name.size() > kSessionNameBytesMax || !utf8::is_valid(name) || printable(name) != name ||
      name.find_first_of("\n\t") != std::string_view::npos) {
    return fail(ErrorCode::invalid_argument,
                format_text("'{}' is no name of a session", printable(utf8::sanitize(utf8::truncate(name, 80)))),
                format_text("1 to {} bytes of UTF-8, without control characters", kSessionNameBytesMax));
  }
  return {};
}

Result<FileLock> lock_session(StoreFile& file, const SessionRow& row) {
  PUNA_TRY(std::optional<FileLock> lock, FileLock::take(file.database().lock_file(), row.id));
  return lock
             ? Result<FileLock>(*std::move(lock))
             : fail(ErrorCode::unavailable, format_text("the session '{}' is in use by another process", row.info.name),
                    "end that one, or go on with a copy: puna session fork");
}

}  // namespace puna::agent

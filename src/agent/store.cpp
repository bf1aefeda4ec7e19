// The store of sessions: its door's calls, each one transaction.
#include "puna/agent/store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <system_error>
#include <utility>

#include "agent/store_file.h"
#include "agent/store_replay.h"

namespace puna {
namespace {

using agent::Database;
using agent::FileLock;
using agent::SessionRow;
using agent::StoreFile;

constexpr std::size_t kQueryWordsMax = 32;

// A new folder's name survives the machine only when the folder above is synced; the names in it SQLite syncs itself.
bool make_synced(const std::filesystem::path& folder) {
  if (::mkdir(folder.c_str(), S_IRWXU) != 0) {
    return errno == EEXIST;
  }
  const std::filesystem::path above = folder.has_parent_path() ? folder.parent_path() : ".";
  const int number = ::open(above.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool is_synced = number >= 0 && ::fsync(number) == 0;
  if (number >= 0) {
    ::close(number);
  }
  return is_synced;
}

// The folder of a store, for its owner alone; one that is there stays as it is.
Result<void> make_folder(const std::filesystem::path& folder) {
  if (folder.empty() || make_synced(folder)) {
    return {};
  }
  std::error_code failed;
  std::filesystem::create_directories(folder.parent_path(), failed);
  if (!failed && make_synced(folder)) {
    return {};
  }
  return fail(ErrorCode::io, format_text("cannot make the folder {}: {}", printable(utf8::sanitize(folder.string())),
                                         failed ? failed.message() : std::generic_category().message(errno)));
}

// Every word quoted, so that nothing in a query is the index's own language.
std::string match_of(std::string_view query) {
  std::string match;
  std::string word;
  std::size_t words = 0;
  const auto end_word = [&] {
    if (!word.empty() && words++ < kQueryWordsMax) {
      match += (match.empty() ? "\"" : " \"") + word + '"';
    }
    word.clear();
  };
  for (const char c : utf8::sanitize(query)) {
    if (static_cast<unsigned char>(c) <= ' ') {
      end_word();
    } else {
      word += c == '"' ? std::string("\"\"") : std::string(1, c);
    }
  }
  end_word();
  return match;
}

class FileStore final : public SessionStore {
 public:
  explicit FileStore(std::unique_ptr<StoreFile> file) : file_(std::move(file)) {}

  [[nodiscard]] Result<std::vector<SessionInfo>> list() override {
    const std::scoped_lock lock(file_->mutex());
    PUNA_TRY(const std::vector<SessionRow> rows, file_->sessions());
    std::vector<SessionInfo> found;
    std::ranges::transform(rows, std::back_inserter(found), &SessionRow::info);
    return found;
  }
  [[nodiscard]] Result<SessionInfo> find(std::string_view name) override {
    const std::scoped_lock lock(file_->mutex());
    PUNA_TRY(const SessionRow row, row_of(name));
    return row.info;
  }
  [[nodiscard]] Result<std::vector<StoredEvent>> events(std::string_view name) override {
    const std::scoped_lock lock(file_->mutex());
    PUNA_TRY(const SessionRow row, row_of(name));
    return file_->events(row.id);
  }
  [[nodiscard]] Result<Transcript> transcript(std::string_view name) override {
    PUNA_TRY(const std::vector<StoredEvent> found, events(name));
    PUNA_TRY(agent::Replay read, agent::replay(found));
    return std::move(read.transcript);
  }

  [[nodiscard]] Result<std::unique_ptr<StoredSession>> begin(std::string_view name) override {
    PUNA_TRY(const SessionRow row, added(name, file_->now(), {}));
    PUNA_TRY(FileLock mine, agent::lock_session(*file_, row));
    return agent::open_session(*file_, row, std::move(mine), std::nullopt);
  }
  [[nodiscard]] Result<std::unique_ptr<StoredSession>> resume(std::string_view name, Unfinished unfinished) override {
    PUNA_TRY(auto held, hold(name));
    return agent::open_session(*file_, held.row, std::move(held.lock), unfinished);
  }

  [[nodiscard]] Result<void> fork(std::string_view name, std::string_view copy,
                                  std::optional<std::size_t> turns) override {
    PUNA_TRY(std::vector<StoredEvent> copied, events(name));
    const std::optional<std::size_t> whole = agent::events_of_turns(copied, turns);
    if (!whole) {
      return fail(ErrorCode::invalid_argument, format_text("the session '{}' has fewer than {} turns", name, *turns),
                  "puna session show counts them");
    }
    copied.erase(copied.begin() + static_cast<std::ptrdiff_t>(*whole), copied.end());
    return added(copy, file_->now(), copied).transform([](const SessionRow&) {});
  }
  [[nodiscard]] Result<void> rename(std::string_view name, std::string_view to) override {
    PUNA_TRY(const auto held, hold(name));
    const std::scoped_lock lock(file_->mutex());
    return file_->database().write(Database::Durable::yes, [&] { return file_->rename_session(held.row.id, to); });
  }
  [[nodiscard]] Result<void> remove(std::string_view name) override {
    PUNA_TRY(const auto held, hold(name));
    const std::scoped_lock lock(file_->mutex());
    PUNA_TRY_VOID(file_->database().write(Database::Durable::yes, [&] { return file_->remove_session(held.row.id); }));
    return file_->database().empty_log();
  }

  [[nodiscard]] Result<std::vector<SessionHit>> search(std::string_view query, std::size_t hits_max) override {
    const std::string match = match_of(query);
    if (match.empty()) {
      return std::vector<SessionHit>{};
    }
    const std::scoped_lock lock(file_->mutex());
    return file_->search(match, hits_max);
  }

  [[nodiscard]] Result<std::string> export_lines(std::string_view name) override {
    const std::scoped_lock lock(file_->mutex());
    PUNA_TRY(const SessionRow row, row_of(name));
    PUNA_TRY(const std::vector<StoredEvent> found, file_->events(row.id));
    return agent::export_text(row.info, found);
  }
  [[nodiscard]] Result<SessionInfo> import_lines(std::string_view text, std::string_view name,
                                                 bool is_repair) override {
    PUNA_TRY(const agent::Imported read, agent::import_text(text, is_repair));
    PUNA_TRY(const SessionRow row,
             added(name.empty() ? std::string_view(read.info.name) : name,
                   std::chrono::floor<std::chrono::microseconds>(read.info.created), read.events));
    return find(row.info.name);
  }

  [[nodiscard]] Result<void> check() override {
    const std::scoped_lock lock(file_->mutex());
    return file_->database().check();
  }

 private:
  struct Held {
    SessionRow row;
    FileLock lock;
  };

  // With the mutex held.
  [[nodiscard]] Result<SessionRow> row_of(std::string_view name) {
    PUNA_TRY(std::optional<SessionRow> row, file_->session(name));
    if (row) {
      return *std::move(row);
    }
    PUNA_TRY(const std::vector<SessionRow> rows, file_->sessions());
    std::vector<std::string_view> names;
    for (const SessionRow& one : rows) {
      names.push_back(one.info.name);
    }
    const std::string_view nearest = nearest_name(name, names);
    return fail(ErrorCode::not_found, format_text("there is no session '{}'", printable(utf8::sanitize(name))),
                nearest.empty() ? "puna session list" : format_text("did you mean '{}'?", nearest));
  }
  [[nodiscard]] Result<Held> hold(std::string_view name) {
    const std::scoped_lock lock(file_->mutex());
    PUNA_TRY(const SessionRow row, row_of(name));
    PUNA_TRY(FileLock mine, agent::lock_session(*file_, row));
    PUNA_TRY(const SessionRow now, row_of(name));  // whoever had it may have renamed it
    return now.id == row.id ? Result<Held>(Held{.row = row, .lock = std::move(mine)})
                            : fail(ErrorCode::unavailable, format_text("the session '{}' is being renamed", name));
  }
  // A new session with these events.
  [[nodiscard]] Result<SessionRow> added(std::string_view name, agent::Micros created,
                                         const std::vector<StoredEvent>& events) {
    const std::scoped_lock lock(file_->mutex());
    SessionRow row{.info = {.name = std::string(name)}};
    const auto add = [&]() -> Result<void> {
      PUNA_TRY(row.id, file_->add_session(name, created));
      for (const StoredEvent& event : events) {
        PUNA_TRY_VOID(file_->add_event(row.id, event));
      }
      return {};
    };
    PUNA_TRY_VOID(file_->database().write(Database::Durable::yes, add));
    return row;
  }

  const std::unique_ptr<StoreFile> file_;
};

}  // namespace

Result<void> StoredSession::add(Transcript& transcript, Message message) {
  PUNA_TRY_VOID(append(message));
  transcript.push_back(std::move(message));
  return {};
}

Result<std::unique_ptr<SessionStore>> SessionStore::open(const std::filesystem::path& file, Access access,
                                                         const Clock& clock) {
  if (access == Access::write) {
    PUNA_TRY_VOID(make_folder(file.parent_path()));
  }
  PUNA_TRY(auto opened, StoreFile::open(file, access, clock));
  return std::make_unique<FileStore>(std::move(opened));
}

}  // namespace puna

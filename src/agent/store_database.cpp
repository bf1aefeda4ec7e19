// See store_database.h.
#include "agent/store_database.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>
#include <utility>

namespace puna::agent {
namespace {

constexpr mode_t kFileMode = S_IRUSR | S_IWUSR;
constexpr std::chrono::seconds kTurnMax{10};
constexpr std::chrono::milliseconds kTurnPause{1};
constexpr int kReaderWaitMs = 10'000;
constexpr std::int64_t kTurnByte = 0;          // of the lock file; a session's is its number
constexpr std::int64_t kOurFile = 0x50754e41;  // in the header, where SQLite keeps who made a file

// By statfs(2). Elsewhere processes cannot share the log's memory, or nobody knows whether they can.
constexpr std::array kLocalFileSystems{0xEF53L /* ext4 */,
                                       0x58465342L /* xfs */,
                                       0x9123683EL /* btrfs */,
                                       0x01021994L /* tmpfs */,
                                       0x794c7630L /* overlay */,
                                       0x2fc12fc1L /* zfs */,
                                       0xF2F52010L /* f2fs */};

std::string reason_text(int reason) { return std::generic_category().message(reason); }

bool is_local(const std::filesystem::path& folder) {
  struct statfs facts{};
  return ::statfs(folder.empty() ? "." : folder.c_str(), &facts) == 0 &&
         std::ranges::contains(kLocalFileSystems, static_cast<long>(facts.f_type));
}

std::filesystem::path beside(const std::filesystem::path& file, std::string_view ending) {
  std::filesystem::path other = file;
  other += ending;
  return other;
}

// Never opens a file that is there: closing it again would end SQLite's own locks on it.
// Errors  not_found, io
Result<void> check_file(const std::filesystem::path& file, const std::string& name) {
  struct stat facts{};
  if (::stat(file.c_str(), &facts) != 0) {
    return fail(errno == ENOENT ? ErrorCode::not_found : ErrorCode::io,
                errno == ENOENT ? format_text("there is no store {}", name)
                                : format_text("cannot look at the store {}: {}", name, reason_text(errno)));
  }
  return S_ISREG(facts.st_mode) ? Result<void>()
                                : fail(ErrorCode::io, format_text("the store {} is no regular file", name),
                                       "name another file with --store");
}

// Makes the file, or takes one that is there from everybody but its owner: conversations are nobody else's business.
Result<void> make_private(const std::filesystem::path& file, const std::string& name) {
  const int made = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kFileMode);
  if (made >= 0) {
    ::close(made);
    return {};
  }
  if (errno != EEXIST) {
    return fail(errno == ENOENT ? ErrorCode::not_found : ErrorCode::io,
                format_text("cannot create the store {}: {}", name, reason_text(errno)));
  }
  PUNA_TRY_VOID(check_file(file, name));
  return ::chmod(file.c_str(), kFileMode) == 0 || errno != EPERM
             ? Result<void>()
             : fail(ErrorCode::io, format_text("the store {} belongs to somebody else", name));
}

// As a URI. Readers of a log share memory in a file beside it; where none can be made, nobody writes either.
std::string reader_name(const std::filesystem::path& file) {
  std::string name = "file:";
  for (const char c : std::filesystem::absolute(file).string()) {
    name += c == '%' || c == '?' || c == '#' ? format_text("%{:02x}", static_cast<int>(c)) : std::string(1, c);
  }
  const std::filesystem::path folder = std::filesystem::absolute(file).parent_path();
  const bool is_fixed = ::access(folder.c_str(), W_OK) != 0 && errno == EROFS;
  return name + (is_fixed ? "?immutable=1" : "");
}

}  // namespace

// ---- FileLock -----------------------------------------------------------------------------------------------------

FileLock::FileLock(FileLock&& other) noexcept : number_(std::exchange(other.number_, -1)) {}

FileLock::~FileLock() {
  if (number_ >= 0) {
    ::close(number_);
  }
}

Result<std::optional<FileLock>> FileLock::take(const std::filesystem::path& file, std::int64_t byte) {
  FileLock lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kFileMode));
  struct flock range{};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  range.l_start = byte;
  range.l_len = 1;
  if (lock.number_ >= 0 && ::fcntl(lock.number_, F_OFD_SETLK, &range) == 0) {
    return std::optional(std::move(lock));
  }
  const int reason = errno;
  if (lock.number_ >= 0 && (reason == EAGAIN || reason == EACCES)) {
    return std::nullopt;
  }
  return fail(ErrorCode::io,
              format_text("cannot lock {}: {}", printable(utf8::sanitize(file.string())), reason_text(reason)));
}

// ---- Statement ----------------------------------------------------------------------------------------------------

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Statement& Statement::bind(int place, std::int64_t value) {
  const int status = sqlite3_bind_int64(statement_.get(), place, value);
  bound_ = bound_ == SQLITE_OK ? status : bound_;
  return *this;
}

Statement& Statement::bind(int place, std::string_view text) {
  const int status = sqlite3_bind_text64(statement_.get(), place, text.data() == nullptr ? "" : text.data(),
                                         text.size(), SQLITE_STATIC, SQLITE_UTF8);
  bound_ = bound_ == SQLITE_OK ? status : bound_;
  return *this;
}

Result<bool> Statement::step() {
  const int status = bound_ != SQLITE_OK ? bound_ : sqlite3_step(statement_.get());
  if (status == SQLITE_ROW || status == SQLITE_DONE) {
    return status == SQLITE_ROW;
  }
  auto failed = database_->failure(status);
  reset();
  return failed;
}

Result<void> Statement::run() {
  PUNA_TRY(const bool has_row, step());
  PUNA_CHECK(!has_row, "a statement that writes gives no row");
  reset();
  return {};
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

std::string Statement::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return text == nullptr ? std::string() : utf8::sanitize({text, size});
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
  bound_ = SQLITE_OK;
}

// ---- Database -----------------------------------------------------------------------------------------------------

Database::Database(std::filesystem::path file, Access access, sqlite3* connection)
    : file_(std::move(file)),
      name_(printable(utf8::sanitize(file_.string()))),
      access_(access),
      connection_(connection) {}

Database::~Database() {
  std::optional<FileLock> mine;  // the last one out moves the log into the file
  if (auto taken = broken_ || access_ == Access::read ? fail(ErrorCode::cancelled, {}) : turn()) {
    mine.emplace(*std::move(taken));
  } else {
    sqlite3_db_config(connection_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  }
  sqlite3_close(connection_);
}

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& file, Access access) {
  const std::string name = printable(utf8::sanitize(file.string()));
  PUNA_TRY_VOID(access == Access::write ? make_private(file, name) : check_file(file, name));
  sqlite3* connection = nullptr;
  const int mode = access == Access::write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
  const std::string opened = access == Access::write ? file.string() : reader_name(file);
  const int status = sqlite3_open_v2(opened.c_str(), &connection, mode | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<Database> database(new Database(file, access, connection));
  if (status != SQLITE_OK) {
    return database->failure(status);
  }
  PUNA_TRY_VOID(database->prepare_connection());
  return database;
}

Result<void> Database::prepare_connection() {
  sqlite3_extended_result_codes(connection_, 1);
  sqlite3_busy_timeout(connection_, kReaderWaitMs);
  sqlite3_db_config(connection_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(connection_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  has_log_ = is_local(file_.parent_path());
  std::optional<FileLock> mine;  // a log that a crash left is read back now
  if (access_ == Access::write) {
    PUNA_TRY(FileLock taken, turn());
    mine.emplace(std::move(taken));
  }
  PUNA_TRY_VOID(
      run("PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON; "
          "PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON"));
  PUNA_TRY(const std::string wrong, text("PRAGMA quick_check(1)"));
  if (wrong != "ok") {
    return fail(ErrorCode::corrupt, format_text("the store {} is damaged: {}", name_, wrong),
                "it is left as it is; put a copy in its place, or begin another one with --store");
  }
  return {};
}

Result<void> Database::use_log() {
  if (access_ == Access::read) {
    return {};
  }
  PUNA_TRY(const FileLock mine, turn());
  const std::string_view wanted = has_log_ ? "wal" : "delete";
  PUNA_TRY(const std::string mode, text(format_text("PRAGMA journal_mode = {}", wanted)));
  return mode == wanted ? Result<void>()
                        : fail(ErrorCode::unavailable,
                               format_text("the store {} has the journal '{}', not '{}'", name_, mode, wanted),
                               "close the other programs that use it");
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int status = sqlite3_prepare_v2(connection_, sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  return status == SQLITE_OK ? Result<Statement>(Statement(*this, statement)) : failure(status);
}

Result<void> Database::run(const char* sql) {
  const int status = sqlite3_exec(connection_, sql, nullptr, nullptr, nullptr);
  return status == SQLITE_OK ? Result<void>() : failure(status);
}

Result<std::int64_t> Database::integer(std::string_view sql) {
  PUNA_TRY(Statement statement, prepare(sql));
  PUNA_TRY(const bool has_row, statement.step());
  return has_row ? statement.integer(0) : 0;
}

Result<std::string> Database::text(std::string_view sql) {
  PUNA_TRY(Statement statement, prepare(sql));
  PUNA_TRY(const bool has_row, statement.step());
  return has_row ? statement.text(0) : std::string();
}

std::filesystem::path Database::lock_file() const { return beside(file_, ".lock"); }

Result<FileLock> Database::turn() const {
  const auto begun = std::chrono::steady_clock::now();
  for (;;) {  // ends by the clock
    PUNA_TRY(std::optional<FileLock> lock, FileLock::take(lock_file(), kTurnByte));
    if (lock) {
      return *std::move(lock);
    }
    if (std::chrono::steady_clock::now() - begun > kTurnMax) {
      return fail(ErrorCode::unavailable,
                  format_text("another process has been writing to the store {} for {} s", name_, kTurnMax.count()),
                  "end it, or use another store: --store FILE");
    }
    std::this_thread::sleep_for(kTurnPause);
  }
}

Result<void> Database::write(Durable durable, const std::function<Result<void>()>& work) {
  if (broken_) {
    return std::unexpected(*broken_);
  }
  PUNA_TRY(const FileLock mine, turn());
  return commit(durable, work);
}

Result<void> Database::commit(Durable durable, const std::function<Result<void>()>& work) {
  if (durable_ != durable) {
    const bool syncs = durable == Durable::yes || !has_log_;
    PUNA_TRY_VOID(run(syncs ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL"));
    durable_ = durable;
  }
  PUNA_TRY_VOID(run("BEGIN IMMEDIATE"));
  Result<void> done = work();
  if (done) {
    done = run("COMMIT");
  }
  if (!done && sqlite3_get_autocommit(connection_) == 0) {
    sqlite3_exec(connection_, "ROLLBACK", nullptr, nullptr, nullptr);
  }
  return done;
}

Result<void> Database::empty_log() {
  PUNA_TRY(const FileLock mine, turn());
  return has_log_ ? run("PRAGMA wal_checkpoint(TRUNCATE)") : Result<void>();
}

Result<void> Database::check() {
  PUNA_TRY(const std::string wrong, text("PRAGMA integrity_check(10)"));
  return wrong == "ok" ? Result<void>()
                       : fail(ErrorCode::corrupt, format_text("the store {} is damaged: {}", name_, wrong));
}

std::unexpected<Error> Database::failure(int status) {
  const std::string said =
      connection_ == nullptr ? std::string("no memory") : utf8::sanitize(sqlite3_errmsg(connection_));
  const int kind = status & 0xff;
  Error error{.code = ErrorCode::internal, .message = format_text("the store {}: {}", name_, said), .hint = {}};
  switch (kind) {
    case SQLITE_FULL:
      error.code = ErrorCode::io;
      error.hint = "free space on the disk; what was stored before is whole";
      break;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
      error.code = ErrorCode::io;
      error.hint = "its folder and file must be yours to write; --store FILE takes another place";
      break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      error.code = ErrorCode::unavailable;
      error.hint = "another program uses it; try again";
      break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      error.code = ErrorCode::corrupt;
      error.hint = "it is left as it is; put a copy in its place, or begin another one with --store";
      break;
    case SQLITE_IOERR:
      error.code = ErrorCode::io;
      error.hint = "nothing more is written to it by this process; what was stored before is whole";
      break;
    default:
      break;
  }
  if (kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB || kind == SQLITE_IOERR) {
    broken_ = error;
  }
  return std::unexpected(std::move(error));
}

Result<void> migrate(Database& database, std::span<const char* const> steps) {
  PUNA_TRY(const std::int64_t maker, database.integer("PRAGMA application_id"));
  PUNA_TRY(const std::int64_t tables, database.integer("SELECT count(*) FROM sqlite_schema"));
  if (maker != kOurFile && (maker != 0 || tables > 0)) {
    return fail(ErrorCode::corrupt, format_text("{} is no store of sessions: another program made it", database.name()),
                "name another file with --store");
  }
  const auto newest = static_cast<std::int64_t>(steps.size());
  PUNA_TRY(std::int64_t version, database.integer("PRAGMA user_version"));
  if (version > newest) {
    return fail(
        ErrorCode::unavailable,
        format_text("the store {} is of version {}; this program knows up to {}", database.name(), version, newest),
        "use the program that wrote it, or a newer one; --store FILE begins another store");
  }
  PUNA_TRY_VOID(database.use_log());
  for (; version < newest; ++version) {
    const auto step = [&]() -> Result<void> {
      PUNA_TRY(const std::int64_t now, database.integer("PRAGMA user_version"));
      if (now > version) {  // another process was faster
        return {};
      }
      PUNA_TRY_VOID(database.run(steps[static_cast<std::size_t>(version)]));
      PUNA_TRY_VOID(database.run(format_text("PRAGMA application_id = {}", kOurFile).c_str()));
      return database.run(format_text("PRAGMA user_version = {}", version + 1).c_str());
    };
    PUNA_TRY_VOID(database.write(Database::Durable::yes, step));
  }
  return {};
}

}  // namespace puna::agent

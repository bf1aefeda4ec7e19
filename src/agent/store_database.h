// One connection to a store's file. SQLite stays behind this header.
//
// Invariants: writers of all processes take turns, by a lock on FILE.lock that ends with its process, so that no two
// connections ever write or checkpoint at the same time (SQLite before 3.51.3 can damage a file then). After a failure
// that may mean damage (the file is malformed, the system could not read, write or sync) nothing more is written and
// nothing is moved out of the log: what lies there is what the failure left.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "puna/base.h"

struct sqlite3;
struct sqlite3_stmt;

namespace puna::agent {

// A lock on a byte of a file, for as long as this lives; the system frees it when the process ends.
class FileLock {
 public:
  // Nothing: somebody else has it.
  // Errors  io  the file cannot be opened or locked
  [[nodiscard]] static Result<std::optional<FileLock>> take(const std::filesystem::path& file, std::int64_t byte);
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int number) : number_(number) {}
  int number_;
};

class Database;

// A prepared statement; borrows its database.
class Statement {
 public:
  // Places count from 1. A text is borrowed until the statement is reset.
  Statement& bind(int place, std::int64_t value);
  Statement& bind(int place, std::string_view text);
  // Whether there is a row.  Errors  those of Database
  [[nodiscard]] Result<bool> step();
  // To its end, without rows.
  [[nodiscard]] Result<void> run();
  // Of the row, columns from 0.
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string text(int column) const;
  void reset();

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  Statement(Database& database, sqlite3_stmt* statement) : database_(&database), statement_(statement) {}

  Database* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bound_ = 0;  // the first failure of bind()
};

// Thread  one at a time.
class Database {
 public:
  enum class Access : std::uint8_t { read, write };
  // Creates the file, when it may be written: mode 0600.
  // Errors  not_found    no such file, to read; no such folder
  //         corrupt      not SQLite's, or damaged (the whole file is looked at); it is left as it is
  //         io           the file or its folder may not be read or written
  [[nodiscard]] static Result<std::unique_ptr<Database>> open(const std::filesystem::path& file, Access access);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  // Errors, here and in statements
  //         io           the disk is full, or may not be written; the system refused
  //         unavailable  somebody else writes, and did so for ten seconds
  //         corrupt      the file is damaged
  [[nodiscard]] Result<Statement> prepare(std::string_view sql);
  [[nodiscard]] Result<void> run(const char* sql);
  // The first column of the first row.
  [[nodiscard]] Result<std::int64_t> integer(std::string_view sql);
  [[nodiscard]] Result<std::string> text(std::string_view sql);

  // What `work` does, whole or not at all.
  // durable  it outlives the machine's power, and all that was written before it does so too; else it outlives the
  //          process only, and costs a hundredth
  enum class Durable : bool { no, yes };
  [[nodiscard]] Result<void> write(Durable durable, const std::function<Result<void>()>& work);

  // Lets changes go to a log first, which is what makes one cheap, where the file system can; nothing for a reader.
  // Errors  unavailable  others use the file in another way
  [[nodiscard]] Result<void> use_log();
  // Moves all of the log into the file, so that nothing older is left in it; later, when somebody reads it now.
  [[nodiscard]] Result<void> empty_log();

  // Reads the whole file.  Errors  corrupt  the message has the first things that are wrong
  [[nodiscard]] Result<void> check();

  [[nodiscard]] const std::string& name() const { return name_; }  // for messages
  [[nodiscard]] std::filesystem::path lock_file() const;
  // Whether other processes may map the log: false on a network's file system, where there is none.
  [[nodiscard]] bool has_log() const { return has_log_; }

  // The error of a status that a call of SQLite gave.
  [[nodiscard]] std::unexpected<Error> failure(int status);

 private:
  friend class Statement;
  Database(std::filesystem::path file, Access access, sqlite3* connection);
  [[nodiscard]] Result<void> prepare_connection();
  [[nodiscard]] Result<FileLock> turn() const;
  [[nodiscard]] Result<void> commit(Durable durable, const std::function<Result<void>()>& work);

  const std::filesystem::path file_;
  const std::string name_;
  const Access access_;
  sqlite3* connection_;
  bool has_log_ = true;
  std::optional<Durable> durable_;  // what commits are now
  std::optional<Error> broken_;     // why nothing more is written
};

// Brings a file to the newest version: the statements of each step that it lacks, each step whole or not at all. A
// file's version is how many steps it has had.
// Errors  unavailable  it is of a later version, which this program does not know
//         corrupt      it is another program's;  those of Database
[[nodiscard]] Result<void> migrate(Database& database, std::span<const char* const> steps);

}  // namespace puna::agent

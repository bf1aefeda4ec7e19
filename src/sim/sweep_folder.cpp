// See sweep_folder.h.
#include "sim/sweep_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace puna::sim {
namespace {

std::unexpected<Error> folder_error(std::string_view what, const std::filesystem::path& path, std::string_view why) {
  return fail(ErrorCode::io, format_text("cannot {} {}: {}", what, printable(path.string()), why),
              "free space on the disk, or another folder with --out");
}

// A file or folder, onto the disk.
Result<void> sync_path(const std::filesystem::path& path) {
  const int number = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool is_synced = number >= 0 && ::fsync(number) == 0;
  const int reason = errno;
  if (number >= 0) {
    ::close(number);
  }
  if (!is_synced) {
    return folder_error("write", path, std::generic_category().message(reason));
  }
  return {};
}

Result<void> sync_below(const std::filesystem::path& folder) {
  std::error_code code;
  for (std::filesystem::recursive_directory_iterator at(folder, code), end; !code && at != end; at.increment(code)) {
    PUNA_TRY_VOID(sync_path(at->path()));
  }
  if (code) {
    return folder_error("read", folder, code.message());
  }
  return sync_path(folder);
}

}  // namespace

Result<void> SweepFolder::make() const {
  for (const std::string_view name : {"runs", "part", "locks", "failed"}) {
    std::error_code code;
    std::filesystem::create_directories(root / name, code);
    if (code) {
      return folder_error("make the folder", root / name, code.message());
    }
  }
  return {};
}

Result<bool> SweepFolder::has(std::string_view id, const Scenario& scenario) const {
  std::error_code code;
  const std::filesystem::path folder = complete(id);
  if (!std::filesystem::exists(folder, code)) {
    return false;
  }
  for (const std::filesystem::path& file :
       {events_file(scenario), epochs_file(scenario), agents_file(scenario), export_file(scenario)}) {
    if (!std::filesystem::is_regular_file(folder / file, code)) {
      return fail(ErrorCode::corrupt, format_text("{} is missing", printable((folder / file).string())),
                  "remove the folder of this run; the next puna sweep run does it again");
    }
  }
  return true;
}

Result<void> SweepFolder::finish(std::string_view id) const {
  PUNA_TRY_VOID(sync_below(part(id)));
  std::error_code code;
  std::filesystem::rename(part(id), complete(id), code);
  if (code) {
    return folder_error("move the results to", complete(id), code.message());
  }
  PUNA_TRY_VOID(sync_path(root / "runs"));
  std::filesystem::remove(failure(id), code);
  return {};
}

std::filesystem::path epochs_file(const Scenario& scenario) {
  return scenario.outputs.metrics_csv.empty() ? scenario.id + "_epochs.csv" : scenario.outputs.metrics_csv;
}
std::filesystem::path agents_file(const Scenario& scenario) { return scenario.id + "_agents.csv"; }
std::filesystem::path export_file(const Scenario& scenario) { return scenario.id + ".json"; }
std::filesystem::path events_file(const Scenario& scenario) {
  return scenario.outputs.event_log.empty() ? scenario.id + "_events.jsonl" : scenario.outputs.event_log;
}

Result<std::optional<RunLock>> RunLock::take(const std::filesystem::path& file) {
  RunLock lock(file, ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (lock.number_ < 0) {
    return folder_error("write", file, std::generic_category().message(errno));
  }
  while (::flock(lock.number_, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) {
      return std::nullopt;
    }
    if (errno != EINTR) {
      return fail(ErrorCode::io,
                  format_text("cannot lock {}: {}", printable(file.string()), std::generic_category().message(errno)),
                  "a folder on a file system that has flock()");
    }
  }
  return lock;
}

RunLock::RunLock(RunLock&& other) noexcept : file_(std::move(other.file_)), number_(std::exchange(other.number_, -1)) {}

RunLock::~RunLock() {
  if (number_ >= 0) {
    ::close(number_);
  }
}

void RunLock::remove() const {
  std::error_code none;
  std::filesystem::remove(file_, none);
}

}  // namespace puna::sim

// The folder that the shards of a sweep share: what lies where, who is at which run.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "puna/base.h"
#include "puna/sim/scenario.h"

namespace puna::sim {

struct SweepFolder {
  std::filesystem::path root;

  [[nodiscard]] std::filesystem::path complete(std::string_view id) const { return root / "runs" / id; }
  [[nodiscard]] std::filesystem::path part(std::string_view id) const { return root / "part" / id; }
  [[nodiscard]] std::filesystem::path lock(std::string_view id) const { return root / "locks" / id; }
  [[nodiscard]] std::filesystem::path failure(std::string_view id) const {
    return root / "failed" / (std::string(id) + ".json");
  }

  // Errors  io
  [[nodiscard]] Result<void> make() const;
  // Whether the run's results are there.  Errors  corrupt  a file of them is missing
  [[nodiscard]] Result<bool> has(std::string_view id, const Scenario& scenario) const;
  // Puts a run that has ended into its place, safe from a loss of power, and forgets what failed before.  Errors  io
  [[nodiscard]] Result<void> finish(std::string_view id) const;
};

// The tables of a run, below its folder.
[[nodiscard]] std::filesystem::path epochs_file(const Scenario& scenario);
[[nodiscard]] std::filesystem::path agents_file(const Scenario& scenario);
[[nodiscard]] std::filesystem::path export_file(const Scenario& scenario);
[[nodiscard]] std::filesystem::path events_file(const Scenario& scenario);

// A run that nobody else is at, as long as this lives; the kernel lets go of it when the process dies.
class RunLock {
 public:
  // Nothing: another process has it.  Errors  io
  [[nodiscard]] static Result<std::optional<RunLock>> take(const std::filesystem::path& file);
  RunLock(RunLock&& other) noexcept;
  RunLock& operator=(RunLock&&) = delete;
  ~RunLock();

  // Requires  the run is complete: whoever still waits for this file looks again and sees that.
  void remove() const;

 private:
  RunLock(std::filesystem::path file, int number) : file_(std::move(file)), number_(number) {}

  std::filesystem::path file_;
  int number_;
};

}  // namespace puna::sim

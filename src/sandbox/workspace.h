// The folder of a run: opened, its guarded names found or made, and taken back afterwards.
#pragma once

#include <string>
#include <vector>

#include "sandbox/plan_file.h"

namespace puna::sandbox {

// Holds the workspace while a program runs. Names that it had to make are removed with the last run that needs them.
class HeldWorkspace {
 public:
  HeldWorkspace() = default;
  HeldWorkspace(HeldWorkspace&&) noexcept = default;
  HeldWorkspace& operator=(HeldWorkspace&&) noexcept = delete;
  ~HeldWorkspace();

  // Errors  not_found, invalid_argument (a guarded name is a link, or "..", or absolute), io
  [[nodiscard]] static Result<HeldWorkspace> open(const SandboxWorkspace& workspace, bool makes_names);
  [[nodiscard]] const OpenWorkspace& get() const { return open_; }

 private:
  Result<void> guard(const std::string& name, bool makes_names);
  Result<void> guard_part(const std::string& name, bool is_folder, bool is_last, bool& done, bool makes_names);

  OpenWorkspace open_;
  Descriptor lock_;                                 // shared while programs run
  std::vector<std::pair<std::string, bool>> made_;  // name, is a folder; outermost first
};

// An empty temporary folder, owned by `user`, removed with everything in it at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() = default;
  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryFolder& operator=(TemporaryFolder&& other) noexcept;
  ~TemporaryFolder();

  // Errors  io
  [[nodiscard]] static Result<TemporaryFolder> make(std::uint32_t user, bool change_owner);
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace puna::sandbox

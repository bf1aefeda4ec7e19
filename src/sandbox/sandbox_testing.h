// Sandboxes for tests, in each tier that the machine has. Tests only.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include "puna/sandbox.h"
#include "sandbox/setup.h"

namespace puna::sandbox {

// Skips the test, with the reason, where the tier is not to be had.
#define PUNA_SANDBOX_OR_SKIP(BOX, OPTIONS)                                  \
  auto BOX##_result = Sandbox::open(OPTIONS);                               \
  if (!BOX##_result) {                                                      \
    GTEST_SKIP() << BOX##_result.error().message;                           \
  }                                                                         \
  if (BOX##_result->probe().tier != (OPTIONS).tier_max) {                   \
    GTEST_SKIP() << "no such tier here: " << BOX##_result->probe().problem; \
  }                                                                         \
  Sandbox& BOX = *BOX##_result

inline SandboxOptions options_of(SandboxTier tier) { return {.tier_max = tier}; }

inline std::filesystem::path faulty_helper() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / (std::string(kHelperName) + "-faults");
}

inline SandboxCommand shell(const std::string& line) { return {.arguments = {"/bin/sh", "-c", line}}; }

// A folder that every user may write to, gone with the test.
class OpenFolder {
 public:
  explicit OpenFolder(const std::string& where = "/tmp") {
    std::string pattern = where + "/puna-sandbox-test-XXXXXX";
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    path_ = pattern;
    std::filesystem::permissions(path_, std::filesystem::perms::all);
  }
  OpenFolder(const OpenFolder&) = delete;
  OpenFolder& operator=(const OpenFolder&) = delete;
  ~OpenFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] bool has(const std::string& name) const { return std::filesystem::exists(path_ / name); }
  [[nodiscard]] std::string read(const std::string& name) const {
    std::ifstream file(path_ / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void write(const std::string& name, const std::string& text) const {
    const std::filesystem::path file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
    for (auto at = file; at != path_; at = at.parent_path()) {
      std::filesystem::permissions(at, std::filesystem::perms::all);
    }
  }

 private:
  std::filesystem::path path_;
};

// Whether the file keeps growing: somebody is alive and writes to it.
inline bool is_growing(const std::filesystem::path& file) {
  const auto size = [&] {
    std::error_code error;
    const auto bytes = std::filesystem::file_size(file, error);
    return error ? 0 : bytes;
  };
  const auto before = size();
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  return size() != before;
}

}  // namespace puna::sandbox

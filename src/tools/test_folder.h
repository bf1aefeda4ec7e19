// A folder for one test, gone with it. Tests only.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

namespace puna::tools {

// What stands in a file that nobody may reach.
inline constexpr std::string_view kCanary = "canary: this file is outside\n";

class TestFolder {
 public:
  TestFolder() : TestFolder(std::filesystem::temp_directory_path()) {}
  explicit TestFolder(const std::filesystem::path& inside) {
    std::string pattern = (inside / "puna-test-XXXXXX").string();
    const char* made = ::mkdtemp(pattern.data());
    EXPECT_NE(made, nullptr) << "no temporary folder";
    path_ = pattern;
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  void write(const std::filesystem::path& name, std::string_view content) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream file(path_ / name, std::ios::binary);
    file << content;
    EXPECT_TRUE(file.good()) << name;
  }
  void link(const std::filesystem::path& name, const std::filesystem::path& target) const {
    std::filesystem::create_symlink(target, path_ / name);
  }

 private:
  std::filesystem::path path_;
};

// Beneath root/, "place" is a folder in one moment and a link to the outside in the next, for as long as this lives. In
// memory where the machine has such a file system: there a round takes microseconds and meets many swaps.
class SwappingFolder {
 public:
  SwappingFolder()
      : folder_(std::filesystem::is_directory("/dev/shm") ? "/dev/shm" : std::filesystem::temp_directory_path()) {
    folder_.write("root/place/secret.txt", "inside\n");
    folder_.write("outside/secret.txt", kCanary);
    folder_.link("root/trap", "../outside");
  }

  [[nodiscard]] const TestFolder& folder() const { return folder_; }
  [[nodiscard]] std::string outside() const {
    std::ifstream file(folder_.path() / "outside/secret.txt", std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  // Calls round() so many times, each after a swap more than the one before. Returns into how many of the calls a swap
  // fell: nearly all where two cores are free, few where none is.
  template <class Round>
  int race(int rounds, Round round) {
    std::atomic<int> swaps = 0;
    const auto swap = [&swaps, place = (folder_.path() / "root/place").string(),
                       trap = (folder_.path() / "root/trap").string()] {
      if (::renameat2(AT_FDCWD, place.c_str(), AT_FDCWD, trap.c_str(), RENAME_EXCHANGE) == 0) {
        ++swaps;
      }
    };
    const std::jthread swapper([&swap](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        swap();
      }
    });
    int met = 0;
    int last = 0;
    for (int i = 0; i < rounds; ++i) {
      if (swaps == last) {  // the other thread does not run now
        swap();
      }
      last = swaps;
      round();
      met += swaps != last ? 1 : 0;
    }
    return met;
  }

 private:
  TestFolder folder_;
};

}  // namespace puna::tools

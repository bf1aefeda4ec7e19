// Any text as a path: nothing outside of the workspace is read, located or written, and nothing protected is written.
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "input.h"
#include "puna/tools/workspace.h"

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kCanary = "canary: outside";

std::string text(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void put(const fs::path& file, std::string_view content) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << content;
}

// root/ with files, folders, links inside and out, and protected files; gone with the process' end.
class Place {
 public:
  Place() {
    std::string pattern = (fs::is_directory("/dev/shm") ? "/dev/shm" : "/tmp") + std::string("/puna-fuzz-XXXXXX");
    PUNA_CHECK(::mkdtemp(pattern.data()) != nullptr, "a temporary folder");
    top = pattern;
    make();
    for (const auto& entry : fs::recursive_directory_iterator(top / "root")) {
      original.insert(entry.path());
    }
    workspace = puna::Workspace::open(top / "root", {top / "root/secured"}).value();
  }
  ~Place() {
    std::error_code ignored;
    fs::remove_all(top, ignored);
  }
  void make() const {
    put(top / "outside/secret", kCanary);
    for (const char* file : {"root/a/b/c", "root/a/x", "root/.git/config", "root/.git/hooks/h", "root/secured/s",
                             "root/bare/HEAD", "root/bare/objects/o", "root/bare/refs/r"}) {
      put(top / file, "inside");
    }
    fs::create_symlink("../outside", top / "root/out");
    fs::create_symlink(top / "outside", top / "root/a/far");
    fs::create_symlink("a/b", top / "root/in");
    fs::create_symlink(".git", top / "root/g");
    fs::create_symlink("/proc/self/root", top / "root/proc");
    fs::create_symlink("loop", top / "root/loop");
  }

  // What was made goes, so that inputs do not depend on each other.
  void tidy() const {
    std::vector<fs::path> made;
    for (const auto& entry : fs::recursive_directory_iterator(top / "root")) {
      if (!original.contains(entry.path())) {
        made.push_back(entry.path());
      }
    }
    for (const fs::path& path : made) {
      std::error_code ignored;
      fs::remove_all(path, ignored);
    }
  }

  fs::path top;
  std::set<fs::path> original;
  std::shared_ptr<const puna::Workspace> workspace;
};

void check_secured(const Place& place) {
  PUNA_CHECK(text(place.top / "outside/secret") == kCanary, "the file outside is as it was");
  PUNA_CHECK(std::distance(fs::directory_iterator(place.top / "outside"), {}) == 1, "nothing was made outside");
  PUNA_CHECK(std::distance(fs::directory_iterator(place.top), {}) == 2, "nothing was made beside it");
  for (const char* file :
       {"root/.git/config", "root/.git/hooks/h", "root/secured/s", "root/bare/HEAD", "root/bare/refs/r"}) {
    PUNA_CHECK(text(place.top / file) == "inside", "protected files are as they were");
  }
  for (const auto& [folder, count] :
       {std::pair("root/.git", 2), std::pair("root/.git/hooks", 1), std::pair("root/secured", 1),
        std::pair("root/bare", 3), std::pair("root/bare/refs", 1)}) {
    PUNA_CHECK(std::distance(fs::directory_iterator(place.top / folder), {}) == count, "nothing was made in them");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Place place;
  const std::string_view path = puna::fuzz::text_of(data, size);
  const auto content = place.workspace->read_bytes(path, 1'000);
  PUNA_CHECK(!content || *content == "inside", "what is read lies inside");
  const auto located = place.workspace->locate(path);
  if (located) {
    const std::string whole = "/" + *located + "/";
    PUNA_CHECK(!whole.contains("/../") && !whole.contains("/./") && !located->starts_with('/'),
               "a place has no way up");
    PUNA_CHECK(place.workspace->locate(*located) == *located, "a place lies where it lies");
  }
  PUNA_CHECK(!content || located, "what can be read can be located");
  const auto written = place.workspace->write(path, {.content = "inside", .make_folders = true, .expected = {}});
  PUNA_CHECK(!written || place.workspace->read_bytes(path, 1'000) == "inside", "what was written can be read");
  check_secured(place);
  place.tidy();
  return 0;
}

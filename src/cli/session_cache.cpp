// See session_cache.h.
#include "cli/session_cache.h"

#include <algorithm>
#include <system_error>
#include <vector>

#include "puna/base/sha256.h"

namespace puna::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kCacheEnding = ".kv";
constexpr std::size_t kCacheNameDigits = 16;

fs::path cache_folder(const fs::path& store) {
  fs::path folder = store;
  folder += ".cache";
  return folder;
}

}  // namespace

SessionCache::SessionCache(const fs::path& store, std::string_view session, std::uint64_t bytes_max)
    : folder_(cache_folder(store)),
      file_(folder_ / sha256_hex(session).substr(0, kCacheNameDigits).append(kCacheEnding)),
      bytes_max_(bytes_max) {}

void SessionCache::restore(Model& model, AgentId agent, Console& console) const {
  std::error_code ignored;
  if (bytes_max_ == 0 || !fs::exists(file_, ignored)) {
    return;
  }
  const Result<std::int64_t> restored = model.restore(agent, file_);
  if (restored && *restored > 0) {
    console.err(format_text("{} tokens are computed already\n", *restored), Style::dim);
  } else if (!restored && restored.error().code != ErrorCode::invalid_argument) {  // that is another model
    console.err(format_text("note: everything is computed again: {}\n", restored.error().message), Style::yellow);
  }
}

void SessionCache::save(Model& model, AgentId agent, Console& console) const {
  if (bytes_max_ == 0) {
    return;
  }
  std::error_code code;
  if (fs::create_directory(folder_, code)) {
    fs::permissions(folder_, fs::perms::owner_all, code);
  }
  const Result<std::int64_t> saved = model.save(agent, file_);
  if (!saved && saved.error().code != ErrorCode::not_found && saved.error().code != ErrorCode::invalid_argument) {
    console.err(format_text("note: the session will be computed again: {}\n", saved.error().message), Style::yellow);
  }
  make_room();
}

void SessionCache::remove() const {
  std::error_code ignored;
  fs::remove(file_, ignored);
}

void SessionCache::make_room() const {
  struct File {
    fs::file_time_type used;
    std::uint64_t bytes = 0;
    fs::path path;
  };
  std::vector<File> files;
  std::uint64_t bytes = 0;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_, ignored)) {
    if (entry.path().extension() == kCacheEnding) {
      files.push_back(
          {.used = entry.last_write_time(ignored), .bytes = entry.file_size(ignored), .path = entry.path()});
      bytes += files.back().bytes;
    }
  }
  std::ranges::sort(files, {}, &File::used);
  for (const File& file : files) {
    if (bytes <= bytes_max_) {
      return;
    }
    fs::remove(file.path, ignored);
    bytes -= file.bytes;
  }
}

}  // namespace puna::cli

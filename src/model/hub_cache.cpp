// See hub_cache.h.
#include "model/hub_cache.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <functional>
#include <iterator>
#include <utility>

#include "model/hub_client.h"
#include "model/hub_name.h"

namespace puna::model {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kModels = "models--";
constexpr std::string_view kIncomplete = ".incomplete";
constexpr std::size_t kSnapshotFilesMax = 100'000;

// The entries of a folder, sorted; none when it cannot be read.
std::vector<fs::directory_entry> entries_of(const fs::path& folder) {
  std::vector<fs::directory_entry> entries;
  std::error_code code;
  for (fs::directory_iterator it(folder, code), end; !code && it != end; it.increment(code)) {
    entries.push_back(*it);
  }
  std::ranges::sort(entries, {}, [](const fs::directory_entry& entry) { return entry.path().native(); });
  return entries;
}

SnapshotFile snapshot_file_at(const fs::path& file, const fs::path& folder) {
  std::error_code code;
  const bool is_link = fs::is_symlink(file, code);
  const fs::path target = is_link ? fs::read_symlink(file, code) : fs::path();
  const bool is_there = fs::is_regular_file(file, code);
  return {.path = file.lexically_relative(folder).generic_string(),
          .file = file,
          .blob = is_link ? (file.parent_path() / target).lexically_normal() : file,
          .bytes = is_there ? file_bytes(file) : 0,
          .is_there = is_there};
}

Snapshot read_snapshot(const fs::path& folder) {
  Snapshot snapshot{.commit = folder.filename().string(), .folder = folder, .files = {}};
  std::error_code code;
  for (fs::recursive_directory_iterator it(folder, code), end; !code && it != end; it.increment(code)) {
    std::error_code ignored;
    if (it->is_symlink(ignored) || it->is_regular_file(ignored)) {
      snapshot.files.push_back(snapshot_file_at(it->path(), folder));
    }
    if (snapshot.files.size() >= kSnapshotFilesMax) {
      break;
    }
  }
  std::ranges::sort(snapshot.files, {}, &SnapshotFile::path);
  return snapshot;
}

std::string commit_in(const fs::path& ref) {
  std::ifstream in(ref, std::ios::binary);
  std::array<char, 41> text{};
  in.read(text.data(), text.size());
  std::string_view word(text.data(), static_cast<std::size_t>(in.gcount()));
  word = word.substr(0, word.find_first_of(" \r\n"));
  return is_commit(word) ? std::string(word) : std::string();
}

fs::path temporary_beside(const fs::path& file) {
  return file.parent_path() / format_text(".puna-{:016x}", Random::entropy());
}

// make(temporary) makes what then takes the name.
Result<void> publish(const fs::path& file, const std::function<void(const fs::path&, std::error_code&)>& make) {
  std::error_code code;
  fs::create_directories(file.parent_path(), code);
  const fs::path temporary = temporary_beside(file);
  if (!code) {
    make(temporary, code);
  }
  if (!code) {
    fs::rename(temporary, file, code);
  }
  if (code) {
    std::error_code ignored;
    fs::remove(temporary, ignored);
    return fail(ErrorCode::io, format_text("cannot write {}: {}", file.string(), code.message()),
                "the cache must be a folder that you may write to; HF_HUB_CACHE names another");
  }
  return {};
}

// Folders of it that hold nothing go, too.
void remove_if_empty(const fs::path& folder) {
  for (const fs::directory_entry& entry : entries_of(folder)) {
    std::error_code ignored;
    if (entry.is_directory(ignored) && !entry.is_symlink(ignored)) {
      remove_if_empty(entry.path());
    }
  }
  std::error_code ignored;
  fs::remove(folder, ignored);  // refuses a folder that has something in it
}

}  // namespace

std::uint64_t file_bytes(const fs::path& file) {
  std::error_code code;
  if (!fs::is_regular_file(file, code)) {
    return 0;
  }
  const std::uintmax_t bytes = fs::file_size(file, code);
  return code ? 0 : bytes;
}

fs::path HubCache::folder(std::string_view repo) const {
  const std::size_t slash = repo.find('/');
  PUNA_CHECK(slash != std::string_view::npos, "a repository has a user and a name");
  return root_ / format_text("{}{}--{}", kModels, repo.substr(0, slash), repo.substr(slash + 1));
}

fs::path HubCache::blob(std::string_view repo, std::string_view hash) const { return folder(repo) / "blobs" / hash; }

fs::path HubCache::lock(std::string_view repo, std::string_view hash) const {
  return root_ / ".locks" / folder(repo).filename() / format_text("{}.lock", hash);
}

fs::path HubCache::snapshot_file(std::string_view repo, std::string_view commit, std::string_view path) const {
  return folder(repo) / "snapshots" / commit / path;
}

Result<std::vector<std::string>> HubCache::repos() const {
  std::error_code code;
  if (const fs::directory_iterator readable(root_, code); code && code != std::errc::no_such_file_or_directory) {
    return fail(ErrorCode::io, format_text("cannot read the cache {}: {}", root_.string(), code.message()));
  }
  std::vector<std::string> repos;
  for (const fs::directory_entry& entry : entries_of(root_)) {
    std::error_code ignored;
    std::string name = entry.path().filename().string();
    if (!name.starts_with(kModels) || !entry.is_directory(ignored)) {
      continue;
    }
    name.erase(0, kModels.size());
    const std::size_t mark = name.find("--");
    if (mark != std::string::npos && HubName::parse(name.replace(mark, 2, "/"))) {
      repos.push_back(std::move(name));
    }
  }
  return repos;
}

std::vector<Snapshot> HubCache::snapshots(std::string_view repo) const {
  std::vector<std::pair<fs::file_time_type, fs::path>> folders;
  for (const fs::directory_entry& entry : entries_of(folder(repo) / "snapshots")) {
    std::error_code ignored;
    if (is_commit(entry.path().filename().string()) && entry.is_directory(ignored)) {
      folders.emplace_back(entry.last_write_time(ignored), entry.path());
    }
  }
  std::ranges::sort(folders, std::greater());
  const std::string main = commit_in(folder(repo) / "refs" / "main");
  std::ranges::stable_partition(folders, [&main](const auto& item) { return item.second.filename() == main; });
  std::vector<Snapshot> snapshots;
  for (const auto& [time, path] : folders) {
    snapshots.push_back(read_snapshot(path));
  }
  return snapshots;
}

std::vector<Partial> HubCache::partials(std::string_view repo) const {
  std::vector<Partial> partials;
  for (const fs::directory_entry& entry : entries_of(folder(repo) / "blobs")) {
    const std::string name = entry.path().filename().string();
    const std::string_view hash = std::string_view(name).substr(0, name.find('.'));
    if (name.ends_with(kIncomplete) && is_blob_name(hash)) {
      partials.push_back({.file = entry.path(), .lock = lock(repo, hash), .bytes = file_bytes(entry.path())});
    }
  }
  return partials;
}

Result<void> HubCache::link(std::string_view repo, std::string_view commit, std::string_view path,
                            std::string_view hash) const {
  const fs::path file = snapshot_file(repo, commit, path);
  const fs::path target = blob(repo, hash).lexically_relative(file.parent_path());
  return publish(file, [&target](const fs::path& temporary, std::error_code& code) {
    fs::create_symlink(target, temporary, code);
  });
}

Result<void> HubCache::set_main(std::string_view repo, std::string_view commit) const {
  return publish(folder(repo) / "refs" / "main", [&commit](const fs::path& temporary, std::error_code& code) {
    std::ofstream out(temporary, std::ios::binary);
    out << commit;
    out.close();
    if (!out) {
      code = std::make_error_code(std::errc::io_error);
    }
  });
}

void HubCache::sweep(std::string_view repo) const {
  std::error_code ignored;
  for (const fs::directory_entry& entry : entries_of(folder(repo) / "snapshots")) {
    remove_if_empty(entry.path());
  }
  for (const fs::directory_entry& entry : entries_of(folder(repo) / "refs")) {
    const std::string commit = commit_in(entry.path());
    if (!commit.empty() && !fs::exists(folder(repo) / "snapshots" / commit, ignored)) {
      fs::remove(entry.path(), ignored);
    }
  }
  remove_if_empty(folder(repo));
  if (!fs::exists(folder(repo) / "snapshots", ignored)) {  // nobody asks any more what is known not to exist
    fs::remove_all(folder(repo) / ".no_exist", ignored);
    fs::remove(folder(repo), ignored);
  }
}

}  // namespace puna::model

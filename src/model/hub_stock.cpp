// Hub::list and Hub::remove: what the cache has, and what leaves it.
#include <sys/stat.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "model/hub_cache.h"
#include "model/hub_lock.h"
#include "model/hub_name.h"
#include "puna/model/hub.h"

namespace puna {
namespace model {
namespace {

std::chrono::system_clock::time_point last_read(const std::filesystem::path& file) {
  struct stat status{};
  const bool is_known = ::stat(file.c_str(), &status) == 0;
  return is_known ? std::chrono::system_clock::from_time_t(std::max(status.st_atime, status.st_mtime))
                  : std::chrono::system_clock::time_point();
}

// The models of a snapshot that a name means, links that lead nowhere among them.
std::vector<std::pair<ModelGroup, CachedModel>> models_in(const Snapshot& snapshot, const HubName& name) {
  std::vector<std::string> paths;
  for (const SnapshotFile& file : snapshot.files) {
    paths.push_back(file.path);
  }
  std::vector<ModelGroup> groups = models_among(paths);
  if (!name.quant.empty()) {
    groups = models_named(groups, name.quant);
  }
  std::vector<std::pair<ModelGroup, CachedModel>> models;
  for (ModelGroup& group : groups) {
    CachedModel model{.repo = name.repo, .quant = group.quant, .file = {}, .is_complete = group.is_whole};
    for (const std::size_t part : group.parts) {
      const SnapshotFile& file = snapshot.files[part];
      model.bytes += file.bytes;
      model.is_complete = model.is_complete && file.is_there;
      model.used = std::max(model.used, last_read(file.file));
    }
    model.file = snapshot.files[group.parts.front()].file;
    models.emplace_back(std::move(group), std::move(model));
  }
  return models;
}

// Of each model the best that a snapshot has, then what was broken off.
std::vector<CachedModel> models_of(const HubCache& cache, const HubName& name) {
  std::map<std::string, CachedModel> by_name;
  for (const Snapshot& snapshot : cache.snapshots(name.repo)) {
    for (auto& [group, model] : models_in(snapshot, name)) {
      const auto [old, is_new] = by_name.try_emplace(group.name, model);
      if (!is_new && !old->second.is_complete && model.is_complete) {
        old->second = std::move(model);
      }
    }
  }
  std::vector<CachedModel> models;
  for (auto& [key, model] : by_name) {
    models.push_back(std::move(model));
  }
  if (name.quant.empty()) {
    for (const Partial& partial : cache.partials(name.repo)) {
      models.push_back({.repo = name.repo,
                        .quant = {},
                        .file = partial.file,
                        .bytes = partial.bytes,
                        .used = last_read(partial.file),
                        .is_complete = false});
    }
  }
  return models;
}

Result<void> remove_file(const std::filesystem::path& file) {
  std::error_code code;
  std::filesystem::remove(file, code);
  return code ? Result<void>(fail(ErrorCode::io, format_text("cannot remove {}: {}", file.string(), code.message())))
              : Result<void>();
}

// Deletes what was broken off, unless somebody goes on with it now. Returns bytes.
Result<std::uint64_t> remove_partials(const HubCache& cache, const std::string& repo) {
  std::uint64_t bytes = 0;
  for (const Partial& partial : cache.partials(repo)) {
    const auto lock = FileLock::try_take(partial.lock);
    if (!lock && lock.error().code == ErrorCode::unavailable) {
      return fail(ErrorCode::unavailable, format_text("a file of {} is being fetched now", repo),
                  "stop that first, or name a quant");
    }
    if (!lock) {
      return std::unexpected(lock.error());
    }
    PUNA_TRY_VOID(remove_file(partial.file));
    bytes += partial.bytes;
  }
  return bytes;
}

}  // namespace
}  // namespace model

Result<std::vector<CachedModel>> Hub::list() const {
  const model::HubCache cache(options_.cache);
  PUNA_TRY(const std::vector<std::string> repos, cache.repos());
  std::vector<CachedModel> models;
  for (const std::string& repo : repos) {
    std::ranges::move(model::models_of(cache, {.repo = repo, .quant = {}}), std::back_inserter(models));
  }
  return models;
}

Result<std::vector<CachedModel>> Hub::list(const HubName& name) const {
  PUNA_TRY_VOID(HubName::parse(name.text()));
  std::vector<CachedModel> models = model::models_of(model::HubCache(options_.cache), name);
  if (models.empty()) {
    return fail(ErrorCode::not_found, format_text("the cache has no {}", name.text()), "puna ls lists what it has");
  }
  return models;
}

Result<std::uint64_t> Hub::remove(const HubName& name) const {
  PUNA_TRY_VOID(list(name));
  const model::HubCache cache(options_.cache);
  std::uint64_t bytes = 0;
  if (name.quant.empty()) {
    PUNA_TRY(bytes, model::remove_partials(cache, name.repo));
  }
  std::set<std::filesystem::path> leaving;  // links, and files without one
  std::set<std::filesystem::path> targets;
  const std::vector<model::Snapshot> snapshots = cache.snapshots(name.repo);
  for (const model::Snapshot& snapshot : snapshots) {
    for (const auto& [group, model] : model::models_in(snapshot, name)) {
      for (const std::size_t part : group.parts) {
        leaving.insert(snapshot.files[part].file);
        targets.insert(snapshot.files[part].blob);
      }
    }
  }
  for (const model::Snapshot& snapshot : snapshots) {
    for (const model::SnapshotFile& file : snapshot.files) {
      if (!leaving.contains(file.file)) {
        targets.erase(file.blob);
      }
    }
  }
  for (const std::filesystem::path& link : leaving) {
    bytes += targets.contains(link) ? model::file_bytes(link) : 0;  // a file itself
    PUNA_TRY_VOID(model::remove_file(link));
  }
  const std::filesystem::path blobs = cache.folder(name.repo) / "blobs";
  for (const std::filesystem::path& target : targets) {
    if (target.parent_path() == blobs.lexically_normal()) {  // a link may lead anywhere; what is elsewhere is not ours
      bytes += model::file_bytes(target);
      PUNA_TRY_VOID(model::remove_file(target));
    }
  }
  cache.sweep(name.repo);
  return bytes;
}

}  // namespace puna

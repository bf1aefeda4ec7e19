// Hub::pull and Hub::create: what the hub has now, what of it the cache has, and the rest fetched.
#include "puna/model/hub.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "model/hub_cache.h"
#include "model/hub_client.h"
#include "model/hub_download.h"
#include "model/hub_lock.h"
#include "model/hub_name.h"

namespace puna {
namespace model {
namespace {

void say(const HubOptions& options, std::string_view text) {
  if (options.notice) {
    options.notice(text);
  }
}

std::vector<std::string> paths_of(const Snapshot& snapshot) {
  std::vector<std::string> paths;
  for (const SnapshotFile& file : snapshot.files) {
    paths.push_back(file.is_there ? file.path : std::string());
  }
  return paths;
}

HubModel model_of(const Snapshot& snapshot, const ModelGroup& group, const HubName& name) {
  HubModel model{.file = {}, .parts = {}, .repo = name.repo, .quant = group.quant, .commit = snapshot.commit};
  for (const std::size_t part : group.parts) {
    model.parts.push_back(snapshot.files[part].file);
    model.bytes += snapshot.files[part].bytes;
  }
  model.file = model.parts.front();
  return model;
}

// Without the hub: the newest snapshot that has it.
Result<HubModel> cached_model(const HubCache& cache, const HubName& name) {
  std::optional<Error> why;
  for (const Snapshot& snapshot : cache.snapshots(name.repo)) {
    const auto models = models_among(paths_of(snapshot));
    const auto group = chosen_model(models, name);
    if (group) {
      return model_of(snapshot, *group, name);
    }
    if (!why && !models.empty()) {
      why = group.error();
    }
  }
  if (why) {
    why->message = "in the cache, " + why->message;
    return std::unexpected(*std::move(why));
  }
  return fail(ErrorCode::not_found, format_text("the cache has no model of {}", name.repo),
              "fetch it once where there is a network: puna pull " + name.text());
}

// One pull. Borrows all that it is made of.
class Pull {
 public:
  Pull(const HubOptions& options, const HubClient& client, const HubName& name, const std::stop_token& stop)
      : options_(options), client_(client), cache_(options.cache), name_(name), stop_(stop) {}

  Result<HubModel> run();

 private:
  Result<HubListing> listing(bool has_cached);
  Result<void> complete(HubFile& file);
  // Puts it into the snapshot when its bytes are in the cache already.
  Result<bool> find(const HubFile& file) const;
  Result<void> check_room(const std::vector<const HubFile*>& missing) const;
  Result<void> fetch(const HubFile& file, int part, int parts);

  const HubOptions& options_;
  const HubClient& client_;
  HubCache cache_;
  const HubName& name_;
  const std::stop_token& stop_;
  std::string commit_;
  std::uint64_t fetched_ = 0;
};

Result<HubListing> Pull::listing(bool has_cached) {
  const HubRetries once{.attempts_max = 1};
  HubPatience patience(has_cached ? once : options_.retries);
  while (true) {
    auto listing = client_.list(name_.repo, stop_);
    if (listing) {
      return *std::move(listing);
    }
    PUNA_TRY_VOID(patience.wait(std::move(listing).error(), stop_));
  }
}

// Mirrors may list names alone.
Result<void> Pull::complete(HubFile& file) {
  HubPatience patience(options_.retries);
  while (file.blob.empty() || !file.bytes) {
    auto whole = client_.examine(name_.repo, commit_, file, stop_);
    if (whole) {
      file = *std::move(whole);
      break;
    }
    PUNA_TRY_VOID(patience.wait(std::move(whole).error(), stop_));
  }
  return {};
}

Result<bool> Pull::find(const HubFile& file) const {
  const auto there = [&file](const std::filesystem::path& place) {
    std::error_code ignored;
    return std::filesystem::is_regular_file(place, ignored) && file_bytes(place) == *file.bytes;
  };
  if (there(cache_.snapshot_file(name_.repo, commit_, file.path))) {
    return true;
  }
  if (!there(cache_.blob(name_.repo, file.blob))) {
    return false;
  }
  PUNA_TRY_VOID(cache_.link(name_.repo, commit_, file.path, file.blob));
  return true;
}

Result<void> Pull::check_room(const std::vector<const HubFile*>& missing) const {
  std::uint64_t needed = 0;
  for (const HubFile* file : missing) {
    const std::uint64_t has = file_bytes(cache_.blob(name_.repo, file->blob + ".incomplete"));
    needed += *file->bytes - std::min(has, *file->bytes);
  }
  std::filesystem::path place = cache_.folder(name_.repo);
  std::error_code code;
  while (!std::filesystem::exists(place, code) && place.has_relative_path()) {
    place = place.parent_path();
  }
  std::uint64_t free = 0;
  if (options_.free_bytes) {
    free = options_.free_bytes(place);
  } else {
    free = std::filesystem::space(place, code).available;
    if (code) {
      return {};  // not every file system says; writing will
    }
  }
  if (needed > free) {
    return fail(ErrorCode::limit,
                format_text("{} needs {} more bytes in {}, which has {} free", name_.text(), needed,
                            options_.cache.string(), free),
                "make room (puna ls, puna rm), take a smaller quant, or set HF_HUB_CACHE to another place");
  }
  return {};
}

Result<void> Pull::fetch(const HubFile& file, int part, int parts) {
  const auto blob = cache_.blob(name_.repo, file.blob);
  PUNA_TRY(const FileLock lock,
           FileLock::take(
               cache_.lock(name_.repo, file.blob),
               [&] { say(options_, file.path + " is being fetched by another program; waiting"); }, stop_));
  PUNA_TRY(const bool is_there, find(file));  // whoever had the lock may have fetched it
  if (is_there) {
    return {};
  }
  const auto progress = [&](std::uint64_t bytes) {
    if (options_.progress) {
      options_.progress(
          {.file = file.path, .part = part, .parts = parts, .bytes_done = bytes, .bytes_total = *file.bytes});
    }
  };
  const Download what{
      .repo = name_.repo, .commit = commit_, .file = file, .blob = blob, .partial = blob.string() + ".incomplete"};
  PUNA_TRY(const std::uint64_t fetched, download(client_, what, options_, progress, stop_));
  fetched_ += fetched;
  return cache_.link(name_.repo, commit_, file.path, file.blob);
}

Result<HubModel> Pull::run() {
  auto cached = cached_model(cache_, name_);
  if (options_.is_offline) {
    return cached;
  }
  auto listed = listing(cached.has_value());
  if (!listed) {
    const Error& error = listed.error();
    const bool no_answer = error.code == ErrorCode::unavailable || error.code == ErrorCode::corrupt;
    if (!cached || !no_answer) {
      return std::unexpected(std::move(listed).error());
    }
    say(options_, error.message + "; the cache's copy is used");
    return cached;
  }
  commit_ = listed->commit;
  std::vector<std::string> paths;
  for (const HubFile& file : listed->files) {
    paths.push_back(file.path);
  }
  PUNA_TRY(const ModelGroup group, chosen_model(models_among(paths), name_));
  std::vector<const HubFile*> missing;
  for (const std::size_t part : group.parts) {
    PUNA_TRY_VOID(complete(listed->files[part]));
    PUNA_TRY(const bool is_there, find(listed->files[part]));
    if (!is_there) {
      missing.push_back(&listed->files[part]);
    }
  }
  PUNA_TRY_VOID(check_room(missing));
  int part = 0;
  for (const HubFile* file : missing) {
    PUNA_TRY_VOID(fetch(*file, ++part, static_cast<int>(missing.size())));
  }
  PUNA_TRY_VOID(cache_.set_main(name_.repo, commit_));
  HubModel model{.file = {}, .parts = {}, .repo = name_.repo, .quant = group.quant, .commit = commit_};
  for (const std::size_t index : group.parts) {
    model.parts.push_back(cache_.snapshot_file(name_.repo, commit_, paths[index]));
    model.bytes += *listed->files[index].bytes;
  }
  model.file = model.parts.front();
  model.bytes_fetched = fetched_;
  return model;
}

}  // namespace
}  // namespace model

Result<Hub> Hub::create(HubOptions options) {
  if (options.cache.empty()) {
    return fail(ErrorCode::invalid_argument, "there is no folder for the cache of models",
                "set HF_HOME, HF_HUB_CACHE or HOME");
  }
  PUNA_TRY_VOID(model::HubClient::create(options));
  return Hub(std::move(options));
}

Result<HubModel> Hub::pull(const HubName& name, std::stop_token stop) const {
  PUNA_TRY_VOID(HubName::parse(name.text()));
  PUNA_TRY(const model::HubClient client, model::HubClient::create(options_));
  return model::Pull(options_, client, name, stop).run();
}

}  // namespace puna

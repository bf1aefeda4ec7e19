// Models by name: GGUF files of a Hugging Face hub, kept in the cache that other programs of the machine share.
//
//   auto hub = puna::Hub::create({.cache = home / ".cache/huggingface/hub"});
//   auto name = puna::HubName::parse("Qwen/Qwen3-4B-GGUF:Q4_K_M");
//   auto model = hub->pull(*name);  // model->file is for LocalModel::open
//
// Source: the hub's documents "Local cache" (models--USER--REPO with blobs, refs, snapshots and locks) and "Hub API"
// (/api/models/USER/REPO/revision/main?blobs=true, /USER/REPO/resolve/COMMIT/FILE).
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "puna/base.h"

namespace puna {

inline constexpr std::string_view kHubEndpoint = "https://huggingface.co";

// USER/REPO, or USER/REPO:QUANT.
struct HubName {
  std::string repo;   // "USER/REPO"
  std::string quant;  // as "Q4_K_M", letters' case does not count; or more of a file's name; empty: not said

  // Errors  invalid_argument  not of this form: a path, an address, "..", letters that no repository's name has
  [[nodiscard]] static Result<HubName> parse(std::string_view text);
  [[nodiscard]] std::string text() const { return quant.empty() ? repo : repo + ":" + quant; }

  bool operator==(const HubName&) const = default;
};

struct HubProgress {
  std::string file;  // its name at the hub
  int part = 1;      // of `parts` files that are fetched
  int parts = 1;
  std::uint64_t bytes_done = 0;  // of this file
  std::uint64_t bytes_total = 0;
};

// When a transfer breaks it goes on from where it was. An attempt that brings a hundredth of the file, or 8 MiB, begins
// the row anew. The waiting times double, with jitter, and are at least what the hub asks for, up to wait_max.
struct HubRetries {
  int attempts_max = 5;  // in a row; 1 = never again
  std::chrono::milliseconds first_wait{500};
  std::chrono::milliseconds wait_max{60'000};
  std::uint64_t seed = 0;  // of the jitter
};

struct HubOptions {
  std::filesystem::path cache;  // the folder of models--USER--REPO; made when something is fetched
  // Another one is taken to be the user's own word: its host may be one that is not public.
  std::string endpoint{kHubEndpoint};
  Secret token;             // goes to the endpoint's origin only, never to where it redirects to
  bool is_offline = false;  // nothing but the cache
  HubRetries retries;
  std::chrono::milliseconds idle{30'000};  // without a byte: the connection is taken for broken
  // Both are called on the thread of pull(). progress: at most ten times a second, and at a file's end.
  std::function<void(const HubProgress&)> progress;
  std::function<void(std::string_view)> notice;  // a sentence for people, on what was done otherwise
  // Free bytes of a folder's file system; empty: as the system says. For tests.
  std::function<std::uint64_t(const std::filesystem::path&)> free_bytes;
};

struct HubModel {
  std::filesystem::path file;  // the first part, in a snapshot
  std::vector<std::filesystem::path> parts;
  std::string repo;
  std::string quant;  // "" where the name of the file says none
  std::string commit;
  std::uint64_t bytes = 0;          // of all parts
  std::uint64_t bytes_fetched = 0;  // that came over the network for it just now
};

// What the cache has of a model.
struct CachedModel {
  std::string repo;
  std::string quant;           // "" where the name of the file says none
  std::filesystem::path file;  // the first part; of one that was broken off, what is there of it
  std::uint64_t bytes = 0;
  std::chrono::system_clock::time_point used;  // read last, as far as the file system notes it
  bool is_complete = false;
};

// Thread  any; several hubs, processes and programs may use one cache: each file has a lock of its own.
class Hub {
 public:
  // Errors  invalid_argument  no cache folder, or the endpoint is no http or https address
  [[nodiscard]] static Result<Hub> create(HubOptions options);

  // The model's files, from the cache where they are there as the hub now has them, else fetched first. Without a
  // quant it is Q4_K_M, else Q4_0, else Q8_0, else the first model. A split model has all its parts. A hub that does
  // not answer, or is not asked (is_offline), leaves what the cache has; with `notice` in the first case.
  // A fetched file takes its name when all of it is there and, for a file in LFS, has the hub's SHA-256.
  //
  // Errors  not_found         no such repository, model or quant (the hint lists those that there are)
  //         invalid_argument  private or gated, and the token does not open it; no address that may be reached
  //         unavailable       the hub or the way to it fails, and the cache does not have the model
  //         limit             the disk has not enough room; nothing was fetched
  //         cancelled         stop was asked for
  //         corrupt           an answer that is none of a hub's, or a file that has not its hash: it is deleted
  //         io                the cache cannot be written
  //         After unavailable, cancelled and io the next pull() goes on where this one ended.
  [[nodiscard]] Result<HubModel> pull(const HubName& name, std::stop_token stop = {}) const;

  // All GGUF models that the cache has, by name; what was broken off is not complete.
  // Errors  io  the cache cannot be read (one that is not there is empty)
  [[nodiscard]] Result<std::vector<CachedModel>> list() const;
  // Those of them that remove() would remove.  Errors  as list();  not_found  none
  [[nodiscard]] Result<std::vector<CachedModel>> list(const HubName& name) const;

  // Takes the models out of every snapshot, then deletes the files that nothing in the cache refers to any more;
  // without a quant also what was broken off. Other files of the repository stay. Returns  bytes freed. Errors
  // not_found  none in the cache;  unavailable  one is being fetched now;  io
  [[nodiscard]] Result<std::uint64_t> remove(const HubName& name) const;

 private:
  explicit Hub(HubOptions options) : options_(std::move(options)) {}
  HubOptions options_;
};

}  // namespace puna

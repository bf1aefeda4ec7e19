// The cache on the disk, as its programs agreed on it:
//
//   CACHE/.locks/models--USER--REPO/HASH.lock
//   CACHE/models--USER--REPO/blobs/HASH                   a file's bytes; HASH.incomplete while they come
//                            refs/main                    a commit
//                            snapshots/COMMIT/PATH        a link to ../../blobs/HASH
//
// Source: the hub's document "Local cache". Owns nothing; every call looks anew.
// Thread  any; several programs write at the same time, so nothing is changed in place.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "puna/model/hub.h"

namespace puna::model {

struct SnapshotFile {
  std::string path;            // in the repository
  std::filesystem::path file;  // the link, or the file itself
  std::filesystem::path blob;  // where it leads to; the file itself when it is no link
  std::uint64_t bytes = 0;
  bool is_there = false;  // false: a link that leads nowhere

  bool operator==(const SnapshotFile&) const = default;
};
struct Snapshot {
  std::string commit;
  std::filesystem::path folder;
  std::vector<SnapshotFile> files;  // by path
};
struct Partial {
  std::filesystem::path file;  // HASH.incomplete
  std::filesystem::path lock;
  std::uint64_t bytes = 0;
};

class HubCache {
 public:
  explicit HubCache(std::filesystem::path root) : root_(std::move(root)) {}

  [[nodiscard]] std::filesystem::path folder(std::string_view repo) const;
  [[nodiscard]] std::filesystem::path blob(std::string_view repo, std::string_view hash) const;
  [[nodiscard]] std::filesystem::path lock(std::string_view repo, std::string_view hash) const;
  [[nodiscard]] std::filesystem::path snapshot_file(std::string_view repo, std::string_view commit,
                                                    std::string_view path) const;

  // Every repository of models that is there.  Errors  io
  [[nodiscard]] Result<std::vector<std::string>> repos() const;
  // That of refs/main first, then the others, the newest first.
  [[nodiscard]] std::vector<Snapshot> snapshots(std::string_view repo) const;
  [[nodiscard]] std::vector<Partial> partials(std::string_view repo) const;

  // Puts a file of the commit into its snapshot, in place of what has its name there.  Errors  io
  [[nodiscard]] Result<void> link(std::string_view repo, std::string_view commit, std::string_view path,
                                  std::string_view hash) const;
  // Errors  io
  [[nodiscard]] Result<void> set_main(std::string_view repo, std::string_view commit) const;
  // Deletes snapshots without files and references to them, and the repository's folder when nothing is left in it.
  void sweep(std::string_view repo) const;

 private:
  std::filesystem::path root_;
};

// The size of a regular file, links followed; 0 when there is none.
[[nodiscard]] std::uint64_t file_bytes(const std::filesystem::path& file);

}  // namespace puna::model

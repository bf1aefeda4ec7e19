// What a hub is asked: what a repository has, what one file is, and a file's bytes from some place on.
//
// Source: the Hub API of huggingface.co; its headers X-Repo-Commit, X-Linked-ETag and X-Linked-Size, X-Error-Code.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "model/server_link.h"
#include "puna/model/hub.h"
#include "puna/net.h"

namespace puna::model {

struct HubFile {
  std::string path;  // in the repository; is_plain_path()
  std::string blob;  // its name in the cache: SHA-256 of a file in LFS, else git's SHA-1; may be empty
  std::optional<std::uint64_t> bytes;  // nothing: the hub did not say

  [[nodiscard]] bool has_sha256() const;  // the blob's name is one
  bool operator==(const HubFile&) const = default;
};

struct HubListing {
  std::string commit;  // 40 hexadecimal digits
  std::vector<HubFile> files;
};

// 40 or 64 hexadecimal digits, in lower case: what may name a file in the cache.
[[nodiscard]] bool is_blob_name(std::string_view text);
[[nodiscard]] bool is_commit(std::string_view text);
// The answer to /api/models/USER/REPO/revision/main?blobs=true. Files whose path or hash are odd are left out.
// Errors  corrupt  no such object, no commit, too many files
[[nodiscard]] Result<HubListing> read_listing(std::string_view body);

// Thread  any.
class HubClient {
 public:
  // Borrows the options.  Errors  invalid_argument  the endpoint
  [[nodiscard]] static Result<HubClient> create(const HubOptions& options);

  [[nodiscard]] Answered<HubListing> list(const std::string& repo, const std::stop_token& stop) const;
  // The same file with blob and bytes, as the hub's headers say; redirects are not followed.
  [[nodiscard]] Answered<HubFile> examine(const std::string& repo, const std::string& commit, HubFile file,
                                          const std::stop_token& stop) const;
  // The file from a byte on. What arrives goes to the receiver, whatever the status.
  [[nodiscard]] Result<HttpHead> fetch(const std::string& repo, const std::string& commit, const std::string& path,
                                       std::uint64_t from, HttpReceiver& receiver, const std::stop_token& stop) const;

  // What a refusal of the hub, or of a place that it redirected to, means.
  [[nodiscard]] ServerFailure refusal(const HttpHead& head, const std::string& repo) const;
  // The same for a connection: all but a bad address and a stop may pass.
  [[nodiscard]] static ServerFailure broken(Error error);

 private:
  HubClient(const HubOptions& options, Url endpoint, AddressPolicy policy)
      : options_(options), endpoint_(std::move(endpoint)), client_(std::move(policy)) {}
  [[nodiscard]] HttpRequest request(const std::string& path) const;

  const HubOptions& options_;
  Url endpoint_;
  HttpClient client_;
};

}  // namespace puna::model

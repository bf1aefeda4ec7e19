// One file of a hub into the cache: whole and as its hash says, or not under its name at all.
//
// What comes goes to HASH.incomplete and is hashed on its way. A transfer that breaks, ends early, brings the file from
// its beginning although its end was asked for, or lies about the length, is gone on with from the bytes that are
// there.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>

#include "model/hub_client.h"
#include "puna/model/hub.h"

namespace puna::model {

struct Download {
  std::string repo;
  std::string commit;
  HubFile file;                   // with blob and bytes
  std::filesystem::path blob;     // the name that it takes
  std::filesystem::path partial;  // HASH.incomplete
};

// Requires  the file's lock; options, client and progress live as long as the call.
// Returns   bytes that came over the network.
// Errors    unavailable, not_found, invalid_argument  as HubClient, after the retries
//           cancelled, io                             the partial file is kept
//           corrupt                                   another hash: the partial file is deleted
[[nodiscard]] Result<std::uint64_t> download(const HubClient& client, const Download& what, const HubOptions& options,
                                             const std::function<void(std::uint64_t)>& progress,
                                             const std::stop_token& stop);

// Waits between attempts, for the listing too.
// Thread  one owner.
class HubPatience {
 public:
  explicit HubPatience(const HubRetries& retries)
      : retries_(retries), random_(retries.seed), wait_(retries.first_wait) {}

  // The failure's own error when it is for good or patience is at its end; else waits.
  // Errors  cancelled
  [[nodiscard]] Result<void> wait(ServerFailure failure, const std::stop_token& stop);
  // It went on: failures before do not count any more.
  void forget();

 private:
  const HubRetries& retries_;
  Random random_;
  std::chrono::milliseconds wait_;
  int failed_ = 0;
};

}  // namespace puna::model

// How often a question is asked again, and after what wait.
//
// Thread  one owner: one question.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "model/server_link.h"

namespace puna::model {

// Returns  false: stop was asked for, before or meanwhile.
[[nodiscard]] bool stoppable_sleep(std::chrono::milliseconds time, const std::stop_token& stop);

class Patience {
 public:
  // options is borrowed.  seed  of the jitter.
  Patience(const RemoteModelOptions& options, std::uint64_t seed, std::size_t servers)
      : options_(options), random_(seed), servers_(servers), next_wait_(options.retries.first_wait) {}

  // Servers that failed this question since all of them had.
  [[nodiscard]] const std::vector<std::size_t>& tried() const { return tried_; }
  void failed_at(std::size_t server);

  // Waits as long as this failure asks for; another server that was not tried yet is gone to at once.
  // Returns  what is being waited for, for people; empty = nothing worth saying.
  // Errors   the failure's own, when it is for good or patience is at its end;  cancelled
  [[nodiscard]] Result<std::string> wait(ServerFailure failure, const std::stop_token& stop);

 private:
  [[nodiscard]] Result<std::string> wait_for_loading(ServerFailure failure, const std::stop_token& stop);
  [[nodiscard]] bool sleep(std::chrono::milliseconds time, const std::stop_token& stop) const;

  const RemoteModelOptions& options_;
  Random random_;
  std::size_t servers_;
  std::vector<std::size_t> tried_;
  std::chrono::milliseconds next_wait_;
  std::chrono::milliseconds waited_{0};
  std::chrono::milliseconds loading_{0};
  int attempts_ = 0;
};

}  // namespace puna::model

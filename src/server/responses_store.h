// Answers of /v1/responses that a later request may go on from.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "puna/chat.h"

namespace puna::server {

struct KeptResponse {
  std::vector<Message> messages;  // the whole conversation, the reply last; without instructions
  Json response;
};

// The newest ones; in memory.   Thread  any.
class KeptResponses {
 public:
  explicit KeptResponses(std::size_t count_max) : count_max_(count_max) {}

  [[nodiscard]] bool keeps_any() const { return count_max_ > 0; }
  void add(const std::string& id, KeptResponse response);
  [[nodiscard]] std::optional<KeptResponse> find(const std::string& id) const;
  // Whether it was there.
  bool remove(const std::string& id);

 private:
  const std::size_t count_max_;
  mutable std::mutex mutex_;
  std::map<std::string, KeptResponse> all_;  // guarded by mutex_
  std::deque<std::string> order_;            // guarded by mutex_
};

}  // namespace puna::server

// See responses_store.h.
#include "server/responses_store.h"

#include <algorithm>
#include <utility>

namespace puna::server {

void KeptResponses::add(const std::string& id, KeptResponse response) {
  const std::scoped_lock lock(mutex_);
  all_[id] = std::move(response);
  order_.push_back(id);
  while (order_.size() > count_max_) {
    all_.erase(order_.front());
    order_.pop_front();
  }
}

std::optional<KeptResponse> KeptResponses::find(const std::string& id) const {
  const std::scoped_lock lock(mutex_);
  const auto entry = all_.find(id);
  return entry == all_.end() ? std::nullopt : std::optional(entry->second);
}

bool KeptResponses::remove(const std::string& id) {
  const std::scoped_lock lock(mutex_);
  std::erase(order_, id);
  return all_.erase(id) > 0;
}

}  // namespace puna::server

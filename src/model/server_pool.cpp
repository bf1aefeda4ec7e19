#include "model/server_pool.h"

#include <algorithm>
#include <ranges>
#include <tuple>

namespace puna::model {

std::size_t ServerPool::choose(std::uint64_t conversation, const std::vector<std::size_t>& tried) const {
  const auto is_out = [&](std::size_t server) {
    return servers_[server].passed > 0 || std::ranges::contains(tried, server);
  };
  const auto home = homes_.find(conversation);
  if (home != homes_.end() && !is_out(home->second)) {
    return home->second;
  }
  return std::ranges::min(std::views::iota(std::size_t{0}, servers_.size()), {}, [&](std::size_t server) {
    return std::tuple(std::ranges::contains(tried, server), servers_[server].passed > 0, servers_[server].running,
                      servers_[server].homes, server);
  });
}

void ServerPool::settle(std::uint64_t conversation, std::size_t server) {
  const auto [home, is_new] = homes_.try_emplace(conversation, server);
  if (is_new) {
    settled_.push_back(conversation);
  } else {
    --servers_[home->second].homes;
    home->second = server;
  }
  ++servers_[server].homes;
  if (settled_.size() > kHomesMax) {
    const auto oldest = homes_.find(settled_.front());
    --servers_[oldest->second].homes;
    homes_.erase(oldest);
    settled_.pop_front();
  }
}

ServerPool::Turn ServerPool::take(std::uint64_t conversation, const std::vector<std::size_t>& tried) {
  const std::scoped_lock lock(mutex_);
  const std::size_t server = choose(conversation, tried);
  for (Server& each : servers_) {
    each.passed = std::max(0, each.passed - 1);
  }
  settle(conversation, server);
  ++servers_[server].running;
  return {*this, server};
}

void ServerPool::leave(std::size_t server) {
  const std::scoped_lock lock(mutex_);
  --servers_[server].running;
}

void ServerPool::worked(std::size_t server) {
  const std::scoped_lock lock(mutex_);
  servers_[server].passed = 0;
}

void ServerPool::failed(std::size_t server) {
  const std::scoped_lock lock(mutex_);
  servers_[server].passed = kPassed;
}

}  // namespace puna::model

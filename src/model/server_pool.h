// Which of several servers gets a question. A conversation goes back to the server that has its prefix, while that one
// answers; a new one goes to the server with the fewest questions running, then with the fewest conversations.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace puna::model {

// Thread  any.
class ServerPool {
 public:
  static constexpr std::size_t kHomesMax = 65'536;  // conversations remembered; the oldest are forgotten
  static constexpr int kPassed = 8;                 // choices that pass over a server which did not answer

  // Requires  servers > 0.
  explicit ServerPool(std::size_t servers) : servers_(servers) {}

  // One question at one server, counted while this lives. Must not outlive the pool.
  class Turn {
   public:
    Turn(ServerPool& pool, std::size_t server) : pool_(&pool), server_(server) {}
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() { pool_->leave(server_); }
    [[nodiscard]] std::size_t server() const { return server_; }

   private:
    ServerPool* pool_;
    std::size_t server_;
  };
  // tried  servers that did not answer this question: taken again only when all are.
  [[nodiscard]] Turn take(std::uint64_t conversation, const std::vector<std::size_t>& tried);
  void worked(std::size_t server);
  void failed(std::size_t server);

 private:
  struct Server {
    std::size_t running = 0;
    std::size_t homes = 0;
    int passed = 0;  // choices that still pass over it
  };
  [[nodiscard]] std::size_t choose(std::uint64_t conversation, const std::vector<std::size_t>& tried) const;
  void settle(std::uint64_t conversation, std::size_t server);
  void leave(std::size_t server);

  std::mutex mutex_;
  std::vector<Server> servers_;                           // guarded by mutex_
  std::unordered_map<std::uint64_t, std::size_t> homes_;  // guarded by mutex_
  std::deque<std::uint64_t> settled_;                     // guarded by mutex_; in the order of homes_
};

}  // namespace puna::model

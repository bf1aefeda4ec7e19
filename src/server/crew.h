// Threads that are started as they are needed, up to a number.
#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "puna/base.h"

namespace puna::server {

// Thread  any. The destructor waits for all work.
class Crew {
 public:
  using Work = std::move_only_function<void()>;

  explicit Crew(std::size_t threads_max) : threads_max_(threads_max), queue_(4 * threads_max) {}
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;
  ~Crew();

  // Work must not throw. False: too much waits already, or no thread can be started; the work was not taken.
  [[nodiscard]] bool run(Work& work);

 private:
  void serve();

  const std::size_t threads_max_;
  BoundedQueue<Work> queue_;
  std::mutex mutex_;
  std::size_t idle_ = 0;               // guarded by mutex_: threads that no work is meant for yet
  std::vector<std::jthread> threads_;  // guarded by mutex_
};

}  // namespace puna::server

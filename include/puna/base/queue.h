// A bounded queue between threads: many producers, many consumers, first in first out.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

namespace puna {

enum class Push : unsigned char { accepted, full, closed };

// Thread  any.  Invariant: size() <= capacity.
template <class T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

  [[nodiscard]] Push try_push(T item) {
    {
      const std::scoped_lock lock(mutex_);
      if (closed_) {
        return Push::closed;
      }
      if (items_.size() >= capacity_) {
        return Push::full;
      }
      items_.push_back(std::move(item));
      count_.store(items_.size(), std::memory_order_release);
    }
    filled_.notify_one();
    return Push::accepted;
  }

  // Takes no lock: for a consumer that looks often and seldom finds something.
  [[nodiscard]] bool has_items() const noexcept { return count_.load(std::memory_order_acquire) > 0; }

  [[nodiscard]] std::optional<T> try_pop() {
    const std::scoped_lock lock(mutex_);
    return take();
  }

  // Waits for an item. Empty when the queue is closed and drained, or when a stop was asked for.
  [[nodiscard]] std::optional<T> pop(std::stop_token stop = {}) {
    std::unique_lock lock(mutex_);
    filled_.wait(lock, std::move(stop), [this] { return !items_.empty() || closed_; });
    return take();
  }

  // Nothing more is accepted; what is inside can still be taken.
  void close() {
    {
      const std::scoped_lock lock(mutex_);
      closed_ = true;
    }
    filled_.notify_all();
  }

  [[nodiscard]] std::size_t size() const {
    const std::scoped_lock lock(mutex_);
    return items_.size();
  }

 private:
  std::optional<T> take() {
    if (items_.empty()) {
      return std::nullopt;
    }
    std::optional<T> item(std::move(items_.front()));
    items_.pop_front();
    count_.store(items_.size(), std::memory_order_release);
    return item;
  }

  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable_any filled_;
  std::deque<T> items_;  // guarded by mutex_
  bool closed_ = false;  // guarded by mutex_
  std::atomic<std::size_t> count_ = 0;
};

}  // namespace puna

// See crew.h.
#include "server/crew.h"

#include <system_error>
#include <utility>

namespace puna::server {

Crew::~Crew() {
  queue_.close();
  threads_.clear();
}

bool Crew::run(Work& work) {
  const std::scoped_lock lock(mutex_);
  if (idle_ == 0 && threads_.size() < threads_max_) {
    try {
      threads_.emplace_back([this] { serve(); });
      ++idle_;
    } catch (const std::system_error&) {
      if (threads_.empty()) {
        return false;
      }
    }
  }
  if (queue_.size() >= 4 * threads_max_) {
    return false;
  }
  idle_ -= idle_ > 0 ? 1U : 0U;
  return queue_.try_push(std::move(work)) == Push::accepted;
}

void Crew::serve() {
  while (auto work = queue_.pop()) {
    (*work)();
    *work = nullptr;
    const std::scoped_lock lock(mutex_);
    idle_ += queue_.size() == 0 ? 1U : 0U;
  }
}

}  // namespace puna::server

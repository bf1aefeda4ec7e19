#include "model/patience.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace puna::model {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLoadingStep{500};

std::unexpected<Error> stopped() { return fail(ErrorCode::cancelled, "the question was stopped while it waited"); }

}  // namespace

bool stoppable_sleep(milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

void Patience::failed_at(std::size_t server) {
  if (!std::ranges::contains(tried_, server)) {
    tried_.push_back(server);
  }
}

bool Patience::sleep(milliseconds time, const std::stop_token& stop) const {
  if (options_.wait) {
    return options_.wait(time, stop) && !stop.stop_requested();
  }
  return stoppable_sleep(time, stop);
}

Result<std::string> Patience::wait_for_loading(ServerFailure failure, const std::stop_token& stop) {
  const milliseconds most = options_.times.loading;
  if (most.count() > 0 && loading_ >= most) {
    failure.error.message += format_text(", after {} ms of waiting", loading_.count());
    return std::unexpected(std::move(failure.error));
  }
  loading_ += kLoadingStep;
  if (!sleep(kLoadingStep, stop)) {
    return stopped();
  }
  return failure.error.message + "; waiting for it";
}

Result<std::string> Patience::wait(ServerFailure failure, const std::stop_token& stop) {
  if (failure.then == ServerFailure::Then::give_up) {
    return std::unexpected(std::move(failure.error));
  }
  const bool has_other = tried_.size() < servers_;
  if (failure.then == ServerFailure::Then::load && !has_other) {
    tried_.clear();
    return wait_for_loading(std::move(failure), stop);
  }
  if (++attempts_ >= options_.retries.attempts_max) {
    if (attempts_ > 1) {
      failure.error.message += format_text(" ({} attempts)", attempts_);
    }
    return std::unexpected(std::move(failure.error));
  }
  if (has_other) {
    return failure.error.message + "; trying another server";
  }
  tried_.clear();
  const double jitter = 0.5 + (0.5 * random_.uniform());
  const auto own = milliseconds(static_cast<std::int64_t>(static_cast<double>(next_wait_.count()) * jitter));
  next_wait_ *= 2;
  const milliseconds time = std::max(own, failure.after.value_or(milliseconds(0)));
  if (waited_ + time > options_.retries.waits_max) {
    failure.error.message += format_text("; it would have to be waited for {} ms more", time.count());
    return std::unexpected(std::move(failure.error));
  }
  waited_ += time;
  if (!sleep(time, stop)) {
    return stopped();
  }
  return failure.error.message + "; trying again";
}

}  // namespace puna::model

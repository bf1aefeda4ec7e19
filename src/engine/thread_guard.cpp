#include "engine/thread_guard.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace puna::engine {
namespace {

constexpr auto kLookEach = std::chrono::milliseconds(500);
constexpr auto kTrialEach = std::chrono::seconds(10);
constexpr double kLearnLoad = 0.5;  // weight of a new look at the load
constexpr int kBlockSteps = 5;      // steps with one number of threads; the first of them does not count
constexpr int kTrialSteps = 8 * kBlockSteps;
constexpr double kGain = 0.95;  // fewer threads must take at most this share of the time that all of them take

}  // namespace

ThreadGuard::ThreadGuard(int threads_max, std::unique_ptr<CpuLoad> load)
    : threads_max_(threads_max), load_(std::move(load)), chosen_(threads_max), candidate_(threads_max) {}

int ThreadGuard::threads(Time now) {
  if (threads_max_ > 1 && load_ != nullptr && now >= next_look_) {
    next_look_ = now + kLookEach;
    look_at_load(now);
  }
  if (!trying_) {
    return chosen_;
  }
  return trial_step_ / kBlockSteps % 2 == all ? threads_max_ : candidate_;
}

void ThreadGuard::look_at_load(Time now) {
  const auto foreign = load_->foreign_cores();
  if (!foreign) {
    return;
  }
  foreign_ += kLearnLoad * (*foreign - foreign_);
  const double left = static_cast<double>(load_->cores()) - foreign_;
  const int fitting = std::clamp(static_cast<int>(std::lround(left)), 1, threads_max_);
  if (fitting == threads_max_) {
    chosen_ = candidate_ = threads_max_;
    trying_ = false;
  } else if (fitting != candidate_ || now >= next_trial_) {
    begin_trial(fitting, now);
  }
}

void ThreadGuard::begin_trial(int fewer_threads, Time now) {
  candidate_ = fewer_threads;
  next_trial_ = now + kTrialEach;
  trying_ = true;
  trial_step_ = 0;
  spent_ = {};
}

void ThreadGuard::note(int rows, Duration took) {
  if (!trying_) {
    return;
  }
  if (trial_step_ % kBlockSteps != 0) {
    Spent& spent = spent_.at(static_cast<std::size_t>(trial_step_ / kBlockSteps % 2));
    spent.seconds += took.count();
    spent.rows += rows;
  }
  if (++trial_step_ == kTrialSteps) {
    end_trial();
  }
}

void ThreadGuard::end_trial() {
  const auto seconds_per_row = [this](Side side) {
    return spent_.at(side).seconds / std::max(1, spent_.at(side).rows);
  };
  chosen_ = seconds_per_row(fewer) < kGain * seconds_per_row(all) ? candidate_ : threads_max_;
  trying_ = false;
}

}  // namespace puna::engine

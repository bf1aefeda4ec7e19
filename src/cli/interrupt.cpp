#include "cli/interrupt.h"

#include <csignal>
#include <ctime>

#include <unistd.h>

namespace puna::cli {
namespace {

constexpr int kInterrupted = 130;

sigset_t quit_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

Interrupt::Interrupt() {
  const sigset_t set = quit_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  waiter_ = std::jthread([this](std::stop_token stop) {
    const sigset_t signals = quit_signals();
    const timespec tick{.tv_sec = 0, .tv_nsec = 100'000'000};  // how soon the thread ends after its stop request
    while (!stop.stop_requested()) {
      if (sigtimedwait(&signals, nullptr, &tick) > 0) {
        on_signal();
      }
    }
  });
}

Interrupt::~Interrupt() = default;

void Interrupt::on_signal() {
  const std::scoped_lock lock(mutex_);
  if (!work_ || work_->stop_requested()) {
    // Output is flushed after each piece; nothing else is worth waiting for when a user asks twice.
    _exit(kInterrupted);
  }
  work_->request_stop();
}

void Interrupt::stop_work() {
  const std::scoped_lock lock(mutex_);
  if (work_) {
    work_->request_stop();
  }
}

Interrupt::Scope::Scope(Interrupt& interrupt) : interrupt_(interrupt) {
  const std::scoped_lock lock(interrupt_.mutex_);
  interrupt_.work_ = source_;
}

Interrupt::Scope::~Scope() {
  const std::scoped_lock lock(interrupt_.mutex_);
  interrupt_.work_.reset();
}

}  // namespace puna::cli

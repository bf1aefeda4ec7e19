// Ctrl-C: the first one stops the generation, the second one quits with status 130.
//
// SIGINT and SIGTERM are blocked in every thread and taken by one waiting thread, so that no code runs in a signal
// handler. Make one Interrupt in main before any other thread exists.
#pragma once

#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

namespace puna::cli {

class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // Stops the work, if there is some, as the first Ctrl-C does.
  void stop_work();

  // Work that Ctrl-C stops, from now until the scope's end. Without such work, Ctrl-C quits at once.
  class Scope {
   public:
    explicit Scope(Interrupt& interrupt);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    [[nodiscard]] std::stop_token token() const { return source_.get_token(); }

   private:
    Interrupt& interrupt_;
    std::stop_source source_;
  };

 private:
  void on_signal();

  std::mutex mutex_;
  std::optional<std::stop_source> work_;  // guarded by mutex_
  std::jthread waiter_;
};

}  // namespace puna::cli

// How many compute threads a step should use while other programs want the cores too. Threads that wait for one whose
// core was taken are worth nothing, but one thread less is also one share of the cores less: which is better depends on
// the machine, so both are tried in turns and the faster one stays.
//
// Pure: the caller measures.
#pragma once

#include <array>
#include <chrono>
#include <memory>

#include "engine/cpu_load.h"

namespace puna::engine {

class ThreadGuard {
 public:
  using Duration = std::chrono::duration<double>;
  using Time = std::chrono::steady_clock::time_point;

  // Requires  threads_max >= 1.
  ThreadGuard(int threads_max, std::unique_ptr<CpuLoad> load);

  // For the step that begins now.
  [[nodiscard]] int threads(Time now);
  // What that step took.
  void note(int rows, Duration took);

 private:
  enum Side : std::size_t { all, fewer };
  struct Spent {
    double seconds = 0;
    int rows = 0;
  };

  void look_at_load(Time now);
  void begin_trial(int fewer_threads, Time now);
  void end_trial();

  int threads_max_;
  std::unique_ptr<CpuLoad> load_;
  double foreign_ = 0;  // cores, smoothed
  Time next_look_;
  Time next_trial_;

  int chosen_;
  int candidate_;  // that is compared with all threads
  bool trying_ = false;
  int trial_step_ = 0;
  std::array<Spent, 2> spent_{};
};

}  // namespace puna::engine

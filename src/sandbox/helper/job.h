// The plan as the helper reads it, and the state that its parts share.
#pragma once

#include "sandbox/helper/kernel.h"
#include "sandbox/plan.h"

namespace puna::sandbox {

inline constexpr int kStatusFd = 8;  // a pipe to the supervisor: Report out
inline constexpr int kTreeFd = 9;    // the workspace as a detached mount (Plan::workspace_tree)

// Strings of the plan: `count` of them, one behind the other.
class Strings {
 public:
  Strings(const char* first, unsigned count) : first_(first), count_(count) {}
  [[nodiscard]] unsigned count() const { return count_; }
  // Calls use(const char*) for each until it returns false; false then.
  template <class Use>
  [[nodiscard]] bool each(Use use) const {
    const char* at = first_;
    for (unsigned i = 0; i < count_; ++i) {
      if (!use(at)) {
        return false;
      }
      at = next(at);
    }
    return true;
  }
  [[nodiscard]] static const char* next(const char* text) {
    while (*text != '\0') {
      ++text;
    }
    return text + 1;
  }

 private:
  const char* first_;
  unsigned count_;
};

enum class Part : unsigned char { bwrap, argument, environment, readable, device, writable, guarded };

// One run. Every function that does a step returns false when it failed, with errno as the system left it.
class Job {
 public:
  // Maps the plan of kPlanFd and checks every count and string of it.
  [[nodiscard]] bool load();
  [[nodiscard]] const Plan& plan() const { return *plan_; }
  [[nodiscard]] Strings strings(Part part) const;
  // The strings as a list for exec, ended by nullptr; memory stays until the process ends.
  [[nodiscard]] char** list(Part part) const;

  // Enters a step. False, with errno EIO, when a test asked for it to fail.
  [[nodiscard]] bool step(Step step);
  [[nodiscard]] Step current() const { return step_; }
  // Whether a test left this layer out; never in the product's helper.
  [[nodiscard]] bool without(Layer layer) const;

  // Sends a report on the pipe or socket `fd`.
  bool report(int fd, Report report) const;
  // Reports the current step as failed with errno.
  bool report_failure(int fd) const;

 private:
  const Plan* plan_ = nullptr;
  const char* text_ = nullptr;
  Step step_ = Step::none;
};

// supervise.cpp. Starts the program, kills everything when it ends or when the library says so, reports.
[[nodiscard]] int supervise(Job& job);
// inner.cpp. Applies every layer and becomes the program (or its parent, with namespaces). Returns only on failure.
[[nodiscard]] int confine_and_run(Job& job);
// mounts.cpp
[[nodiscard]] bool make_workspace_tree(Job& job);
[[nodiscard]] bool make_mounts(Job& job);
// layers.cpp
[[nodiscard]] bool apply_limits(Job& job);
[[nodiscard]] bool change_user(Job& job);
[[nodiscard]] bool drop_capabilities(Job& job);
[[nodiscard]] bool apply_landlock(Job& job);
[[nodiscard]] bool apply_filter(Job& job);

}  // namespace puna::sandbox

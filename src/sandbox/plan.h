// What the library tells the helper program to do, and what the helper reports. Both are built together; the magic
// number makes a helper of another build refuse. Plain data, no libraries: the helper includes it too.
//
// The plan is a file of one Plan followed by `text_bytes` bytes of strings, each ended by NUL, in the order of the
// counts: bwrap arguments, program arguments, environment, readable paths, device paths, writable paths, protected
// paths.
#pragma once

#include <cstdint>

namespace puna::sandbox {

inline constexpr std::uint32_t kPlanMagic = 0x50554E02;

// Descriptors as the helper finds them; 0, 1 and 2 are the program's own.
inline constexpr int kControlFd = 3;    // a socket to the library: Report out; a byte, or its end, in = kill everything
inline constexpr int kPlanFd = 4;       // the plan
inline constexpr int kFilterFd = 5;     // the system-call filter, an array of sock_filter
inline constexpr int kWorkspaceFd = 6;  // the workspace folder; closed when there is none
inline constexpr int kCgroupFd = 7;     // the cgroup.procs file to enter; closed when there is none
inline constexpr int kFirstFreeFd = 8;

// The steps of set-up, in their order. A failure at any of them ends the helper before the program starts.
enum class Step : std::uint32_t {
  none,
  plan,            // read and check the plan
  supervise,       // become the reaper of whatever is started
  session,         // a session of its own, death with the supervisor
  cgroup,          // enter the cgroup
  workspace_tree,  // root only: a detached mount of the workspace, its owner mapped to the run's user
  namespaces,      // bubblewrap
  scratch,         // the sized tmpfs
  workspace,       // the workspace is where the program expects it, and is the same folder
  protect,         // read-only names in the workspace
  limits,          // resource limits
  user,            // root only: no groups, another user
  capabilities,    // none left, none to gain
  no_new_privs,
  start,  // fork in front of the program
  landlock,
  filter,   // system calls
  execute,  // the program itself; not a failure of set-up
  count,
};

// Layers that a test may leave out, to prove that a refusal comes from them. The product's helper refuses such a plan.
enum Layer : std::uint32_t {
  kLayerNamespaces = 1U << 0U,  // and what needs them: tmpfs, protected names
  kLayerLandlock = 1U << 1U,
  kLayerFilter = 1U << 2U,
  kLayerLimits = 1U << 3U,
  kLayerUser = 1U << 4U,  // and capabilities
  kLayerProtect = 1U << 5U,
  kLayerEnvironment = 1U << 6U,  // the helper's own environment is kept
  kLayerDescriptors = 1U << 7U,  // a descriptor of the library stays open
  kLayerSession = 1U << 8U,
  kLayerSize = 1U << 9U,  // tmpfs without size
  kLayerNoNewPrivs = 1U << 10U,
  kLayerDumpable = 1U << 11U,
};

struct Plan {
  std::uint32_t magic = kPlanMagic;
  std::uint32_t size = sizeof(Plan);
  std::uint32_t namespaces = 0;      // 1 = tier A
  std::uint32_t change_user = 0;     // 1 = the caller is root: run as user/group below
  std::uint32_t workspace_tree = 0;  // 1 = tier A as root: mount the workspace by descriptor
  std::uint32_t user = 0;
  std::uint32_t group = 0;
  std::uint32_t bwrap_count = 0;
  std::uint32_t argument_count = 0;
  std::uint32_t environment_count = 0;
  std::uint32_t readable_count = 0;
  std::uint32_t device_count = 0;
  std::uint32_t writable_count = 0;
  std::uint32_t protected_count = 0;
  std::uint32_t text_bytes = 0;
  std::uint32_t scratch_files = 0;
  std::uint64_t scratch_bytes = 0;
  std::uint64_t memory_bytes = 0;
  std::uint64_t file_bytes = 0;
  std::uint64_t processes = 0;
  std::uint64_t descriptors = 0;
  std::uint64_t niceness = 0;  // added to the caller's
  std::uint64_t cpu_seconds = 0;
  std::uint64_t workspace_device = 0;  // identity of the workspace folder
  std::uint64_t workspace_inode = 0;
  // Tests only.
  std::uint32_t fail_step = 0;
  std::uint32_t left_out = 0;
};

enum class ReportKind : std::uint32_t {
  failed = 1,  // a step failed: nothing was run. step, error
  started,     // every layer is in force and the program is being executed. flags
  ended,       // everything is dead. status (as of waitpid), cpu times, step and error if it could not be executed
};

inline constexpr std::uint32_t kWorkspaceWritable = 1;  // a flag of `started`

struct Report {
  std::uint32_t kind = 0;
  std::uint32_t step = 0;
  std::int32_t error = 0;   // errno
  std::int32_t status = 0;  // of waitpid
  std::uint32_t flags = 0;
  std::uint32_t swept = 0;  // processes that outlived the program and were killed, as far as they were seen
  std::uint64_t cpu_microseconds = 0;
};

}  // namespace puna::sandbox

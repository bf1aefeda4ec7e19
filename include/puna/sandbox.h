// Runs programs that nobody vouches for: with limits on time, memory, files and network that the kernel enforces.
//
// A run sees an empty environment, no descriptor but 0, 1 and 2, no network, a read-only system, and may write to its
// workspace and to temporary folders of bounded size. If any layer cannot be put in force, nothing runs.
// docs/decisions/0029-sandbox.md has the layers and what they cannot do.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "puna/base.h"

namespace puna {

namespace sandbox {
struct Setup;   // what was found out about the machine
struct Inside;  // the room's own way in
}  // namespace sandbox

// Which walls this machine has. A: namespaces (bubblewrap), Landlock, a system-call filter, limits, another user when
// the caller is root. B: the same without namespaces. None: nothing can be run.
enum class SandboxTier : std::uint8_t { none, b, a };
[[nodiscard]] std::string_view name_of(SandboxTier tier) noexcept;  // "A", "B", "none"

struct SandboxLayer {
  std::string name;    // "namespaces", "landlock", "system calls", ...
  std::string detail;  // what it does here, or why it is missing
  bool active = false;

  bool operator==(const SandboxLayer&) const = default;
};

// What was found by running a program, not by looking at versions.
struct SandboxProbe {
  SandboxTier tier = SandboxTier::none;
  std::vector<SandboxLayer> layers;  // in a fixed order
  std::vector<std::string> gaps;     // what this tier cannot stop, in words for the user
  std::string problem;               // why the tier is not A; empty when it is

  [[nodiscard]] Json to_json() const;
};

struct SandboxOptions {
  // The helper program; empty = puna-sandbox-helper beside the running program, else in ../libexec/puna. Nowhere else.
  std::filesystem::path helper;
  // The best tier to try. B where A would do is for tests.
  SandboxTier tier_max = SandboxTier::a;
  // More folders that programs may read and execute, at their own paths (toolchains). Absolute, there, and not in /tmp
  // or another place that programs have for themselves.
  std::vector<std::filesystem::path> readable;
};

// Tries the tiers from the best on. Takes some 20 ms. Never fails: the worst answer is tier `none` with the reason.
[[nodiscard]] SandboxProbe probe_sandbox(const SandboxOptions& options = {});

inline constexpr int kToolNiceness = 10;  // of programs that serve a model: tools, MCP servers

struct SandboxLimits {
  std::chrono::milliseconds wall = std::chrono::seconds(30);
  std::chrono::seconds cpu = std::chrono::seconds(20);  // of each process
  std::uint64_t memory_bytes = 512ULL << 20;   // address space of each process; of all, where there is a cgroup
  std::uint32_t processes = 64;                // with threads
  std::uint64_t file_bytes = 64ULL << 20;      // of each file
  std::uint64_t scratch_bytes = 256ULL << 20;  // of all temporary files together (tier A)
  std::uint32_t scratch_files = 65'536;        // their number (tier A)
  std::uint32_t descriptors = 128;             // of each process
  int niceness = kToolNiceness;                // more than the caller's, so that models keep the cores; at most 19
  std::size_t output_head_bytes = 64U << 10;   // kept from the beginning of stdout, and of stderr
  std::size_t output_tail_bytes = 64U << 10;   // ... and from the end
};

// The folder that a program may write to. Named by the operator, never by a model.
struct SandboxWorkspace {
  std::filesystem::path folder;  // empty: an empty temporary folder that is gone after the run
  bool writable = true;
  // Read-only names beneath it, also when they do not exist (they then exist, empty, while a program runs). A name that
  // ends in '/' is a folder. A symbolic link on the way is an error: it could not be protected.
  std::vector<std::string> guarded = {".git/hooks/", ".git/config", ".puna/", ".agents/", ".mcp.json"};
};

struct SandboxCommand {
  std::vector<std::string> arguments;                            // [0] is a path with a '/'; it is not searched for
  std::string input;                                             // stdin
  std::vector<std::pair<std::string, std::string>> environment;  // beside PATH, HOME, TMPDIR and LANG
  SandboxWorkspace workspace;
  SandboxLimits limits;
};

// Bytes that a program wrote, cut in the middle.
struct SandboxOutput {
  std::string head;
  std::string tail;
  std::uint64_t dropped_bytes = 0;  // between them

  // As text for people and models: valid UTF-8, control characters (terminal escapes) shown as \x1b, and a line that
  // says how many bytes were dropped.
  [[nodiscard]] std::string text() const;
  bool operator==(const SandboxOutput&) const = default;
};

enum class SandboxEnd : std::uint8_t {
  exited,     // by itself; exit_status says how
  signalled,  // killed by `signal`
  wall_time,  // limits.wall
  cpu_time,   // limits.cpu
  memory,     // limits.memory_bytes of all processes together (cgroup)
  cancelled,  // the stop token
};
[[nodiscard]] std::string_view name_of(SandboxEnd end) noexcept;

struct SandboxOutcome {
  SandboxEnd end = SandboxEnd::exited;
  int exit_status = -1;
  int signal = 0;
  SandboxOutput out;
  SandboxOutput err;
  std::chrono::microseconds wall_time{};
  std::chrono::microseconds cpu_time{};  // of all processes
  SandboxTier tier = SandboxTier::none;
  bool workspace_writable = false;  // a foreign owner's folder may not be, in tier B or on file systems without id maps
};

class Sandbox {
 public:
  // Errors  unavailable  tier `none`: the message says why, the hint what would help
  //         not_found    the helper, or a readable folder;  invalid_argument  one in /tmp, /dev, /proc
  [[nodiscard]] static Result<Sandbox> open(const SandboxOptions& options = {});
  Sandbox(Sandbox&&) noexcept;
  Sandbox& operator=(Sandbox&&) noexcept;
  ~Sandbox();

  [[nodiscard]] const SandboxProbe& probe() const;
  // Where programs see the workspace: "/workspace" in tier A, its own path in tier B.
  [[nodiscard]] std::string workspace_path(const SandboxWorkspace& workspace) const;

  // Runs a program until it has ended and every process that it started is dead.
  //
  // Returns  the outcome, also when a limit or `stop` ended it (within 250 ms).
  // Errors   invalid_argument  a NUL, an empty command, a bad environment name, a guarded name that is a link
  //          not_found         the workspace folder, or the program inside
  //          unavailable       a layer could not be put in force (the message names the step): nothing was run
  //          io                the system refuses pipes or processes
  // Thread   any; runs are independent.
  [[nodiscard]] Result<SandboxOutcome> run(const SandboxCommand& command, std::stop_token stop = {}) const;

 private:
  friend struct sandbox::Inside;
  explicit Sandbox(std::unique_ptr<sandbox::Setup> setup);
  std::unique_ptr<sandbox::Setup> setup_;
};

}  // namespace puna

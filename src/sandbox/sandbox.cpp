// Finding out what this machine can do: a program is run in each tier, from the best on.
#include "puna/sandbox.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "sandbox/cgroup.h"
#include "sandbox/filter.h"
#include "sandbox/helper/kernel.h"
#include "sandbox/setup.h"

namespace puna {
namespace sandbox {
namespace {

namespace fs = std::filesystem;

Result<fs::path> find_helper(const SandboxOptions& options) {
  std::error_code error;
  std::vector<fs::path> places{options.helper};
  if (options.helper.empty()) {
    const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
    places = {folder / kHelperName, (folder / "../libexec/puna" / kHelperName).lexically_normal()};
  }
  for (fs::path& helper : places) {
    if (helper.is_absolute() && fs::is_regular_file(helper, error)) {
      return std::move(helper);
    }
  }
  return fail(ErrorCode::not_found, format_text("the sandbox's helper is not at '{}'", places.back().string()),
              "it is built beside the program puna, and installed in libexec/puna; SandboxOptions::helper names it");
}

Result<void> check_readable(const fs::path& path) {
  std::error_code error;
  if (!path.is_absolute() || !fs::exists(path, error)) {
    return fail(ErrorCode::not_found, format_text("the readable folder '{}' is not there", path.string()),
                "readable folders are absolute paths");
  }
  const std::string normal = (path.lexically_normal() / "").string();
  for (const std::string_view own : {"/tmp/", "/dev/", "/proc/", "/home/agent/", "/workspace/"}) {
    if (normal.starts_with(own) || own.starts_with(normal)) {
      return fail(ErrorCode::invalid_argument,
                  format_text("the folder '{}' cannot be made readable: programs have an own {}", path.string(), own),
                  "name a folder that lies elsewhere");
    }
  }
  return {};
}

// A program that others may replace is no wall.
std::string bubblewrap_problem() {
  struct stat status{};
  if (::stat(kBubblewrap, &status) != 0) {
    return format_text("{} is not installed", kBubblewrap);
  }
  if (status.st_uid != 0 && status.st_uid != 65534) {  // in a user namespace root may have no number
    return format_text("{} does not belong to root", kBubblewrap);
  }
  return (status.st_mode & (S_IWGRP | S_IWOTH)) != 0 ? format_text("{} can be changed by others", kBubblewrap) : "";
}

// Runs `true` in the tier that the setup says. The reason, where it cannot be run.
std::string try_tier(Sandbox& sandbox, SandboxTier tier) {
  Inside::of(sandbox).probe.tier = tier;
  SandboxCommand command{.arguments = {"/usr/bin/true"}};
  command.limits.wall = std::chrono::seconds(10);
  const auto outcome = sandbox.run(command);
  if (!outcome) {
    return outcome.error().message;
  }
  return outcome->end == SandboxEnd::exited && outcome->exit_status == 0
             ? ""
             : format_text("/usr/bin/true ended with {} in it", name_of(outcome->end));
}

std::string try_namespaces(Sandbox& sandbox) {
  std::string problem = bubblewrap_problem();
  if (!problem.empty()) {
    return problem;
  }
  problem = try_tier(sandbox, SandboxTier::a);
  if (problem.empty()) {
    return problem;
  }
  Setup& setup = Inside::of(sandbox);  // a container that hides parts of its /proc forbids a fresh one
  setup.has_proc = false;
  if (try_tier(sandbox, SandboxTier::a).empty()) {
    return "";
  }
  setup.has_proc = true;
  return problem;
}

std::string landlock_problem(const Setup& setup) {
  if (setup.landlock_abi < 4) {
    return format_text("Landlock has version {} here, 4 is needed", setup.landlock_abi);
  }
  // Before version 6 it does not keep a program from signalling other processes of the same user.
  return setup.landlock_abi < 6 && !setup.is_root
             ? format_text("Landlock has version {} here; without namespaces and root, 6 is needed", setup.landlock_abi)
             : "";
}

void describe(Setup& setup, const std::string& problem) {
  SandboxProbe& probe = setup.probe;
  const bool any = probe.tier != SandboxTier::none;
  const bool namespaces = probe.tier == SandboxTier::a;
  probe.problem = problem;
  const bool landlock = any && setup.landlock_abi >= 4;
  probe.layers = {
      {.name = "namespaces",
       .detail = namespaces ? format_text("bubblewrap: files, processes, network, IPC{}{}",
                                          setup.is_root ? "" : ", users", setup.has_proc ? "" : "; without /proc")
                            : problem,
       .active = namespaces},
      {.name = "landlock",
       .detail = format_text("version {} of the kernel's interface", setup.landlock_abi),
       .active = landlock},
      {.name = "system calls", .detail = "a list of those that are allowed", .active = any},
      {.name = "limits", .detail = "memory, CPU time, files, processes of each run", .active = any},
      {.name = "user",
       .detail = setup.is_root ? "a user of its own for each run" : "the caller's; no capabilities",
       .active = any},
      {.name = "cgroup",
       .detail = setup.cgroup_roots.empty() ? "none can be made here; limits hold for each process"
                                            : "memory and processes together",
       .active = any && !setup.cgroup_roots.empty()}};
  if (!any) {
    return;
  }
  probe.gaps.emplace_back("the kernel is shared; timing side channels are open");
  probe.gaps.emplace_back(
      "the total size and number of files in a workspace folder are not limited, each file's size is");
  if (setup.cgroup_roots.empty()) {
    probe.gaps.emplace_back("memory and CPU time are limited for each process, not for all together");
  }
  if (!landlock) {
    probe.gaps.emplace_back("Landlock is missing: files are kept apart by mounts and permissions alone");
  }
  if (!namespaces) {
    probe.gaps.emplace_back("names, sizes and times of files and the existence of processes outside can be seen");
    probe.gaps.emplace_back("temporary files have no total size");
    probe.gaps.emplace_back("with guarded names, nothing new can be made directly in the workspace folder");
    if (!setup.is_root) {
      probe.gaps.emplace_back("processes are counted together with the user's other ones");
    }
  }
}

// Leaves the best tier that works in the setup's probe.
void find_tier(Sandbox& sandbox) {
  Setup& setup = Inside::of(sandbox);
  std::string problem = "tier A was not asked for";
  if (setup.options.tier_max == SandboxTier::a) {
    problem = try_namespaces(sandbox);
    if (problem.empty()) {
      describe(setup, "");
      return;
    }
  }
  std::string second = setup.options.tier_max == SandboxTier::none ? "no tier was asked for" : landlock_problem(setup);
  if (second.empty()) {
    second = try_tier(sandbox, SandboxTier::b);
  }
  if (!second.empty()) {
    setup.probe.tier = SandboxTier::none;
    problem += "; " + second;
  }
  describe(setup, problem);
}

std::unique_ptr<Setup> prepare(const SandboxOptions& options, fs::path helper, Descriptor filter) {
  auto setup = std::make_unique<Setup>();
  setup->options = options;
  setup->helper = std::move(helper);
  setup->filter = std::move(filter);
  setup->is_root = ::getuid() == 0 || ::geteuid() == 0;
  setup->landlock_abi = kernel::landlock_abi();
  setup->cgroup_roots = cgroup_roots();
  return setup;
}

}  // namespace
}  // namespace sandbox

std::string_view name_of(SandboxTier tier) noexcept {
  return tier == SandboxTier::a ? "A" : tier == SandboxTier::b ? "B" : "none";
}

std::string_view name_of(SandboxEnd end) noexcept {
  switch (end) {
    case SandboxEnd::exited:
      return "exited";
    case SandboxEnd::signalled:
      return "signalled";
    case SandboxEnd::wall_time:
      return "wall time";
    case SandboxEnd::cpu_time:
      return "CPU time";
    case SandboxEnd::memory:
      return "memory";
    case SandboxEnd::cancelled:
      return "cancelled";
  }
  return "unknown";
}

Json SandboxProbe::to_json() const {
  Json list = Json::array();
  for (const SandboxLayer& layer : layers) {
    list.push(Json::object({{"name", layer.name}, {"active", layer.active}, {"detail", layer.detail}}));
  }
  Json words = Json::array();
  for (const std::string& gap : gaps) {
    words.push(gap);
  }
  return Json::object({{"tier", name_of(tier)}, {"layers", list}, {"gaps", words}, {"problem", problem}});
}

Sandbox::Sandbox(std::unique_ptr<sandbox::Setup> setup) : setup_(std::move(setup)) {}
Sandbox::Sandbox(Sandbox&&) noexcept = default;
Sandbox& Sandbox::operator=(Sandbox&&) noexcept = default;
Sandbox::~Sandbox() = default;

const SandboxProbe& Sandbox::probe() const { return setup_->probe; }

std::string Sandbox::workspace_path(const SandboxWorkspace& workspace) const {
  return setup_->probe.tier == SandboxTier::a ? "/workspace" : workspace.folder.string();
}

Result<Sandbox> Sandbox::open(const SandboxOptions& options) {
  PUNA_TRY(auto helper, sandbox::find_helper(options));
  for (const std::filesystem::path& path : options.readable) {
    PUNA_TRY_VOID(sandbox::check_readable(path));
  }
  PUNA_TRY(auto filter, sandbox::make_filter());
  Sandbox sandbox(sandbox::prepare(options, std::move(helper), std::move(filter)));
  sandbox::find_tier(sandbox);
  if (sandbox.probe().tier == SandboxTier::none) {
    return fail(ErrorCode::unavailable, "programs cannot be run safely here: " + sandbox.probe().problem,
                "install bubblewrap, or allow user namespaces, or use a kernel with Landlock 4 (Linux 6.7)");
  }
  return sandbox;
}

SandboxProbe probe_sandbox(const SandboxOptions& options) {
  SandboxProbe probe;
  auto sandbox = Sandbox::open(options);
  if (sandbox) {
    return sandbox->probe();
  }
  probe.problem = sandbox.error().message;
  return probe;
}

}  // namespace puna

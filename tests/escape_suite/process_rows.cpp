// Rows about how programs are started, how they end and what they write.
#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <thread>

#include "puna/tools/permission.h"
#include "puna/tools/programs.h"
#include "suite.h"
#include "tools/beneath.h"

namespace escape {
namespace {

namespace fs = std::filesystem;
using puna::format_text;
using puna::SandboxEnd;
using std::chrono::milliseconds;

std::string text_of(const fs::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void write(const fs::path& file, std::string_view text, int mode = 0666) {
  std::ofstream(file) << text;
  ::chmod(file.c_str(), static_cast<mode_t>(mode));
}

bool is_growing(const fs::path& file) {
  const auto size = [&] {
    std::error_code error;
    const auto bytes = fs::file_size(file, error);
    return error ? 0 : bytes;
  };
  const auto before = size();
  std::this_thread::sleep_for(milliseconds(150));
  return size() != before;
}

pid_t start(const std::vector<std::string>& words, const fs::path& folder) {
  const pid_t child = ::fork();
  if (child == 0) {
    std::vector<char*> list;
    for (const std::string& word : words) {
      list.push_back(const_cast<char*>(word.c_str()));
    }
    list.push_back(nullptr);
    const int nothing = ::open("/dev/null", O_RDWR);
    ::dup2(nothing, 0);
    ::dup2(nothing, 1);
    ::dup2(nothing, 2);
    if (::chdir(folder.c_str()) == 0) {
      ::execvp(list[0], list.data());
    }
    ::_exit(127);
  }
  return child;
}

// Swaps a folder and a link to the host's folder, for ever.
class Swapper {
 public:
  Swapper(fs::path one, fs::path other)
      : thread_([one = std::move(one), other = std::move(other)](const std::stop_token& stop) {
          while (!stop.stop_requested()) {
            ::renameat2(AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE);
          }
        }) {}

 private:
  std::jthread thread_;
};

RowResult rename_race(const Surroundings& around, Boxes&) {
  const Workspace workspace(around);
  const fs::path host = around.folder / "host";
  fs::create_directory(workspace.path() / "real");
  fs::create_directory_symlink(host, workspace.path() / "link");
  write(workspace.path() / "real" / "target", "");
  write(host / "target", "untouched");
  const puna::tools::Descriptor folder(::open(workspace.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const int rounds = around.is_quick ? 1000 : 10'000;
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  int written = 0;
  int refused = 0;
  std::string other;
  bool is_fooled = false;
  {
    const Swapper swapper(workspace.path() / "real", workspace.path() / "link");
    for (int i = 0; i < rounds || ((refused == 0 || written == 0) && std::chrono::steady_clock::now() < until); ++i) {
      const auto file = puna::tools::open_beneath(folder, "real/target", O_WRONLY);
      if (file) {
        written += ::write(file->number(), "x", 1) == 1 ? 1 : 0;
      } else if (file.error() == EXDEV || file.error() == ELOOP) {
        ++refused;
      } else {
        other = strerrorname_np(file.error());
      }
    }
    const bool is_untouched = text_of(host / "target") == "untouched";
    if (!is_untouched || !other.empty() || written == 0 || refused == 0) {
      return failed(format_text("{} written, {} refused, host file {}, {}", written, refused,
                                is_untouched ? "untouched" : "CHANGED", other));
    }
    while (!is_fooled && std::chrono::steady_clock::now() < until) {
      const int file = ::open((workspace.path() / "real" / "target").c_str(), O_WRONLY | O_CLOEXEC);
      is_fooled = file >= 0 && ::write(file, "x", 1) == 1 && text_of(host / "target") != "untouched";
      ::close(file);
    }
  }
  return {
      .verdict = is_fooled ? Verdict::refused : Verdict::control_failed,
      .found = format_text("{} written inside, {} refused with EXDEV or ELOOP, host file untouched", written, refused),
      .control = is_fooled ? "a plain open is fooled" : "a plain open was not fooled"};
}

RowResult endless_output(const Surroundings& around, Boxes& boxes) {
  const Workspace workspace(around);
  puna::SandboxCommand command = probe_command(around, workspace, 49);
  command.limits.wall = std::chrono::seconds(1);
  const auto outcome = boxes.product.run(command);
  if (!outcome) {
    return failed(outcome.error().message);
  }
  const std::string text = outcome->out.text();
  const bool is_clean =
      puna::utf8::is_valid(text) && text.find_first_of(std::string("\x1b\x07\0", 3)) == std::string::npos;
  const std::size_t kept = outcome->out.head.size() + outcome->out.tail.size();
  if (outcome->end != SandboxEnd::wall_time || !is_clean || kept > 128U << 10U || outcome->out.dropped_bytes == 0) {
    return failed(format_text("{} kept, {} dropped, {}, {}", kept, outcome->out.dropped_bytes, name_of(outcome->end),
                              is_clean ? "clean" : "NOT CLEAN"));
  }
  const auto small = boxes.product.run({.arguments = {"/bin/echo", "all of it"}});
  const bool is_whole = small && small->out.text() == "all of it\n" && small->out.dropped_bytes == 0;
  return {.verdict = is_whole ? Verdict::refused : Verdict::control_failed,
          .found = format_text("{} bytes kept, {} dropped and counted, no escapes, valid UTF-8", kept,
                               outcome->out.dropped_bytes),
          .control = is_whole ? "a short text comes whole" : "a short text was lost"};
}

RowResult outliving(const Surroundings& around, Boxes& boxes) {
  std::string found;
  for (const int kind : {50, 150}) {
    const Workspace workspace(around);
    puna::SandboxCommand command = probe_command(around, workspace, kind);
    command.workspace.guarded = {};
    command.limits.wall = milliseconds(500);
    const auto outcome = boxes.product.run(command);
    if (!outcome) {
      return failed(outcome.error().message);
    }
    const auto late = outcome->wall_time - command.limits.wall;
    const bool has_beaten = fs::exists(workspace.path() / "beat");
    const bool lives = is_growing(workspace.path() / "beat");
    write(workspace.path() / "stop", "");
    found += format_text("{}dead {} ms after the deadline", found.empty() ? "" : ", ",
                         std::chrono::duration_cast<milliseconds>(late).count());
    if (outcome->end != SandboxEnd::wall_time || !has_beaten || lives || late > std::chrono::seconds(2)) {
      return failed(found + (lives ? ", SURVIVOR" : has_beaten ? ", too late" : ", the probe never ran"));
    }
  }
  const Workspace workspace(around);
  const pid_t child = start({around.probe().string(), "50"}, workspace.path());
  for (int i = 0; i < 100 && !is_growing(workspace.path() / "beat"); ++i) {
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  const bool survives = is_growing(workspace.path() / "beat");
  write(workspace.path() / "stop", "");
  for (int i = 0; i < 100 && is_growing(workspace.path() / "beat"); ++i) {
  }
  return {.verdict = survives ? Verdict::refused : Verdict::control_failed,
          .found = found,
          .control = survives ? "outside it survives" : "outside it died too"};
}

RowResult standing_still(const Surroundings& around, Boxes& boxes) {
  const Workspace workspace(around);
  puna::SandboxCommand stopped = probe_command(around, workspace, 51);
  stopped.limits.wall = milliseconds(500);
  const auto first = boxes.product.run(stopped);
  puna::SandboxCommand busy = probe_command(around, workspace, 151);
  busy.limits.cpu = std::chrono::seconds(1);
  const auto second = boxes.product.run(busy);
  if (!first || !second || first->end != SandboxEnd::wall_time || second->end != SandboxEnd::cpu_time) {
    return failed(format_text("stopped: {}, busy: {}", first ? name_of(first->end) : first.error().message,
                              second ? name_of(second->end) : second.error().message));
  }
  busy.limits.wall = milliseconds(2500);
  const auto control = run_without(boxes, puna::sandbox::kLayerLimits, busy);
  const bool runs_on = control && control->end == SandboxEnd::wall_time;
  return {.verdict = runs_on ? Verdict::refused : Verdict::control_failed,
          .found = "stopped: wall time, busy: CPU time",
          .control = runs_on ? "without limits it runs on" : "without limits it ended too"};
}

RowResult planted_programs(const Surroundings& around, Boxes& boxes) {
  const Workspace workspace(around);
  const fs::path marker = workspace.path() / "fooled";
  const std::string script = format_text("#!/bin/sh\necho x > {}\n", marker.string());
  for (const char* name : {"python3", "bwrap", "git", "sh", "puna-sandbox-helper"}) {
    write(workspace.path() / name, script, 0755);
  }
  const std::string path = std::getenv("PATH") == nullptr ? "" : std::getenv("PATH");
  const fs::path here = fs::current_path();
  ::setenv("PATH", workspace.path().c_str(), 1);
  fs::current_path(workspace.path());
  auto box = puna::Sandbox::open(puna::sandbox::Inside::of(boxes.product).options);
  puna::SandboxCommand command{.arguments = {"/usr/bin/python3", "-I", "-c", "print('real')"},
                               .workspace = {.folder = workspace.path()}};
  const auto outcome = box ? box->run(command) : puna::Result<puna::SandboxOutcome>(std::unexpected(box.error()));
  const bool is_fooled = fs::exists(marker);
  const pid_t child = start({"python3"}, workspace.path());
  ::waitpid(child, nullptr, 0);
  const bool can_be_fooled = fs::exists(marker);
  fs::current_path(here);
  ::setenv("PATH", path.c_str(), 1);
  if (!outcome || is_fooled || outcome->out.text() != "real\n") {
    return failed(outcome ? "the planted program ran, or the real one did not" : outcome.error().message);
  }
  return {.verdict = can_be_fooled ? Verdict::refused : Verdict::control_failed,
          .found = "helper, bubblewrap and Python are the real ones",
          .control = can_be_fooled ? "a search in PATH is fooled" : "a search in PATH was not fooled"};
}

// The shell lines that a policy of "git status" alone lets through, of those that hide something behind it.
std::string smuggled_past_policy(const Boxes& boxes, bool& lets_plain_through) {
  auto box = puna::Sandbox::open(puna::sandbox::Inside::of(boxes.product).options);
  puna::Policy policy;
  if (!box || !policy.add_flag(puna::Verdict::allow, "bash:git status")) {
    return "no policy";
  }
  const auto bash = puna::make_bash(std::make_shared<puna::Sandbox>(*std::move(box)));
  const auto gate = puna::make_permissions({.policy = policy});
  const auto is_allowed = [&](std::string_view line) {
    const puna::ToolCall call{.id = "1", .name = "bash", .arguments = puna::Json::object({{"command", line}})};
    return gate->before(call, *bash, {}).is_allowed;
  };
  lets_plain_through = is_allowed("git status");
  for (const char* line :
       {"git status; touch x", "git status && touch x", "git status | touch x", "git status & touch x",
        "git status\ntouch x", "git status $(touch x)", "git status `touch x`", "git status > x",
        "git status <(touch x)", "git status <<E\n$(touch x)\nE", "GIT_PAGER=touch git status",
        "git -c core.pager=touch status", "git status --exec=touch", "./git status", "env git status",
        "(git status; touch x)", "git  status\\\n; touch x"}) {
    if (is_allowed(line)) {
      return line;
    }
  }
  return "";
}

RowResult smuggled_lines(const Surroundings& around, Boxes& boxes) {
  const Workspace workspace(around);
  puna::SandboxCommand command{.arguments = {"/bin/echo", "ok; touch smuggled", "$(touch smuggled)", "`touch smuggled`",
                                             "\ntouch smuggled", "| touch smuggled", "> smuggled"},
                               .workspace = {.folder = workspace.path(), .writable = true, .guarded = {}}};
  const auto outcome = boxes.product.run(command);
  const bool is_smuggled = fs::exists(workspace.path() / "smuggled");
  bool lets_plain_through = false;
  const std::string past = smuggled_past_policy(boxes, lets_plain_through);
  if (!outcome || is_smuggled || !outcome->out.text().contains("$(touch smuggled)") || !past.empty()) {
    return failed(!past.empty() ? "allowed: " + past : outcome ? outcome->out.text() : outcome.error().message);
  }
  command.arguments = {"/bin/sh", "-c", "echo ok; touch smuggled"};
  (void)boxes.product.run(command);
  const bool can_be = fs::exists(workspace.path() / "smuggled") && lets_plain_through;
  return {.verdict = can_be ? Verdict::refused : Verdict::control_failed,
          .found = "commands are words that no shell reads; of 17 shell lines around an allowed one none is",
          .control = can_be ? "a shell does it; the allowed line alone is allowed" : "a shell did not do it"};
}

RowResult side_channels(const Surroundings&, Boxes&) {
  return {.verdict = Verdict::documented,
          .found = "out of scope, and said: the kernel and the caches are shared",
          .control = {}};
}

// Each step of the set-up fails once; the program must never run.
RowResult failing_steps(const Surroundings& around, Boxes& boxes) {
  using puna::sandbox::Step;
  const Workspace workspace(around);
  puna::SandboxCommand command{.arguments = {"/usr/bin/touch", "ran"},
                               .workspace = {.folder = workspace.path(), .writable = true, .guarded = {}}};
  auto& faults = puna::sandbox::Inside::of(boxes.faulty).faults;
  int refused = 0;
  for (std::uint32_t step = 1; step < static_cast<std::uint32_t>(Step::count); ++step) {
    faults.fail_step = Step{step};
    const auto outcome = boxes.faulty.run(command);
    if (!outcome && fs::exists(workspace.path() / "ran")) {
      faults = {};
      return failed(format_text("it ran although step {} failed", step));
    }
    refused += outcome ? 0 : 1;
    fs::remove(workspace.path() / "ran");  // a step that this tier does not have
  }
  faults = {};
  const bool runs = boxes.faulty.run(command) && fs::exists(workspace.path() / "ran");
  const int least = boxes.is_tier_a() ? 13 : 11;
  if (refused < least) {
    return failed(format_text("only {} steps are refused", refused));
  }
  return {.verdict = runs ? Verdict::refused : Verdict::control_failed,
          .found = format_text("{} steps, each refused, nothing run", refused),
          .control = runs ? "without a fault it runs" : "without a fault it did not run"};
}

}  // namespace

const std::vector<SpecialRow>& process_rows() {
  static const std::vector<SpecialRow> list{
      {14, "swap a folder for a link while a file is written", rename_race},
      {49, "write without end: escapes, half characters, no lines", endless_output},
      {50, "outlive the run", outliving},
      {51, "stop; loop", standing_still},
      {55, "plant programs", planted_programs},
      {56, "smuggle a shell line", smuggled_lines},
      {58, "read by timing", side_channels},
      {60, "fail between fork and exec", failing_steps}};
  return list;
}

}  // namespace escape

// Trying one row: in the sandbox as it is, then without the layers that are said to be responsible.
#include "suite.h"

#include <algorithm>
#include <set>

namespace escape {

namespace fs = std::filesystem;
using puna::SandboxCommand;

Workspace::Workspace(const Surroundings& around) {
  std::string pattern = (around.folder / "work-XXXXXX").string();
  PUNA_CHECK(::mkdtemp(pattern.data()) != nullptr, "a folder for an attempt");
  path_ = pattern;
  fs::permissions(path_, fs::perms::all);
  fs::create_directories(path_ / ".git" / "hooks");
  fs::permissions(path_ / ".git", fs::perms::all);
  fs::permissions(path_ / ".git" / "hooks", fs::perms::all);
  std::FILE* config = std::fopen((path_ / ".git" / "config").c_str(), "w");
  PUNA_CHECK(config != nullptr, "a file for an attempt");
  std::fclose(config);
  fs::permissions(path_ / ".git" / "config",
                  fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_all | fs::perms::others_all);
}

Workspace::~Workspace() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::map<std::string, std::string> results_of(std::string_view output) {
  std::map<std::string, std::string> found;
  while (!output.empty()) {
    const std::string_view line = output.substr(0, output.find('\n'));
    output.remove_prefix(std::min(output.size(), line.size() + 1));
    if (const std::size_t equals = line.find('='); equals != std::string_view::npos) {
      found[std::string(line.substr(0, equals))] = line.substr(equals + 1);
    }
  }
  return found;
}

SandboxCommand probe_command(const Surroundings& around, const Workspace& workspace, int row) {
  SandboxCommand command{.arguments = {around.probe().string(), std::to_string(row)},
                         .environment = around.environment,
                         .workspace = {.folder = workspace.path()}};
  if (row != 15) {
    command.workspace.guarded = {};
  }
  command.limits.wall = std::chrono::seconds(20);
  return command;
}

puna::Result<puna::SandboxOutcome> run_without(Boxes& boxes, Layers off, const SandboxCommand& command) {
  auto& faults = puna::sandbox::Inside::of(boxes.faulty).faults;
  faults.left_out = off;
  auto outcome = boxes.faulty.run(command);
  faults.left_out = 0;
  return outcome;
}

RowResult failed(std::string found, std::string control) {
  return {.verdict = Verdict::escaped, .found = std::move(found), .control = std::move(control)};
}

namespace {

bool is_one_of(std::string_view alternatives, std::string_view value) {
  while (!alternatives.empty()) {
    const std::string_view one = alternatives.substr(0, alternatives.find('|'));
    if (one == value) {
      return true;
    }
    alternatives.remove_prefix(std::min(alternatives.size(), one.size() + 1));
  }
  return false;
}

void add(std::string& text, std::string_view more) {
  if (!text.empty()) {
    text += ", ";
  }
  text += more;
}

// Programs for rows 27 and 28 lie apart: a fresh folder each time would lose what makes them special.
SandboxCommand command_of(const Row& row, const Surroundings& around, const Workspace& workspace) {
  SandboxCommand command = probe_command(around, workspace, row.number);
  if (row.number == 27 || row.number == 28) {
    command.workspace.folder = around.folder / "gain";
    command.workspace.writable = false;
  }
  if (row.adjust) {
    row.adjust(command);
  }
  return command;
}

std::map<std::string, std::string> attempt(const Row& row, const Surroundings& around, Boxes& boxes, Layers off,
                                           std::string& problem) {
  const Workspace workspace(around);
  const SandboxCommand command = command_of(row, around, workspace);
  const auto outcome = off == 0 ? boxes.product.run(command) : run_without(boxes, off, command);
  if (!outcome) {
    problem = outcome.error().message;
    return {};
  }
  if (outcome->end != puna::SandboxEnd::exited || outcome->exit_status != 0) {
    problem = puna::format_text("{} {} {}", name_of(outcome->end), outcome->exit_status, outcome->err.text());
  }
  return results_of(outcome->out.text());
}

std::string_view cannot(const Check& check, const Row& row, const Surroundings& around) {
  if (around.is_user && *check.user_cannot != '\0') {
    return check.user_cannot;
  }
  if ((row.number == 27 || std::string_view(check.name) == "capability") &&
      (around.no_new_privs || !fs::exists(around.folder / "gain" / "made-by-root"))) {
    return around.no_new_privs ? "nobody gains privileges in the environment of ./dev" : "takes root to prepare";
  }
  return "";
}

}  // namespace

RowResult try_row(const Row& row, const Surroundings& around, Boxes& boxes) {
  RowResult result;
  std::string problem;
  const bool is_a = boxes.is_tier_a();
  auto found = attempt(row, around, boxes, 0, problem);
  for (const Check& check : row.checks) {
    const std::string& got = found[check.name];
    const char* expected = is_a ? check.in_a : check.in_b;
    const bool is_right = is_one_of(expected, got);
    if (!is_right) {
      result.verdict = Verdict::escaped;
    }
    add(result.found, puna::format_text("{} {}{}", check.name, got.empty() ? "nothing" : got,
                                        is_right ? "" : puna::format_text(" (not {})", expected)));
  }
  if (result.verdict != Verdict::refused) {
    add(result.found, problem);
    return result;
  }
  if (around.is_quick) {
    return result;
  }
  std::map<Layers, std::map<std::string, std::string>> without;
  for (const Check& check : row.checks) {
    const Layers off = is_a ? check.off_a : check.off_b;
    if (off == 0) {
      continue;
    }
    if (const std::string_view why = cannot(check, row, around); !why.empty()) {
      add(result.control, puna::format_text("{}: {}", check.name, why));
      continue;
    }
    if (!without.contains(off)) {
      without[off] = attempt(row, around, boxes, off, problem);
    }
    const std::string& got = without[off][check.name];
    if (around.is_nested && *check.user_cannot != '\0' && got == "EPERM") {
      add(result.control, puna::format_text("{}: {}", check.name, check.user_cannot));
      continue;
    }
    if (!is_one_of(check.control, got)) {
      result.verdict = Verdict::control_failed;
      add(result.control, problem);
    }
    add(result.control, puna::format_text("{} {}", check.name, got.empty() ? "nothing" : got));
  }
  return result;
}

}  // namespace escape

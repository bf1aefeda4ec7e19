// What the parts of the escape suite share: a row of the list, what it gave, and the sandboxes that it is tried in.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "puna/sandbox.h"
#include "sandbox/setup.h"

namespace escape {

using Layers = std::uint32_t;  // of puna::sandbox::Layer

// One attempt of a row: what it must give in each tier, and without which layers it succeeds.
struct Check {
  const char* name;
  const char* in_a;  // an errno or a signal; several with | between where the kernel's configuration decides
  const char* in_b;
  Layers off_a = 0;  // 0: no control of its own, a sister in the row has it
  Layers off_b = 0;
  const char* control = "ok";  // what it gives without them; an errno where harmless arguments are used
  // Why it cannot succeed for an ordinary user, or at all, whatever layer is off; empty = it can.
  const char* user_cannot = "";
};

struct Row {
  int number;
  const char* attempt;
  std::vector<Check> checks;
  std::function<void(puna::SandboxCommand&)> adjust = {};
};

enum class Verdict : unsigned char { refused, escaped, control_failed, skipped, documented };

struct RowResult {
  Verdict verdict = Verdict::refused;
  std::string found;    // what the attempts gave
  std::string control;  // what they gave without the layers
};

// The machine around the sandbox, made once: files to be found, sockets that listen, programs to be fooled by.
struct Surroundings {
  std::filesystem::path folder;                                  // everything lies in it; every user may enter it
  bool is_user = false;                                          // the caller of the sandbox is no root
  bool is_nested = false;                                        // it is, but only of a user namespace
  bool no_new_privs = false;                                     // of the caller itself
  bool is_quick = false;                                         // attempts only, no controls
  std::vector<std::pair<std::string, std::string>> environment;  // for the probe

  [[nodiscard]] std::filesystem::path probe() const { return folder / "bin" / "escape_probe"; }
};

// The sandboxes of one tier: the product's, and one from which layers can be taken.
struct Boxes {
  puna::Sandbox product;
  puna::Sandbox faulty;
  [[nodiscard]] bool is_tier_a() const { return product.probe().tier == puna::SandboxTier::a; }
};

// A fresh folder that every user may write to, with the probe in it.
class Workspace {
 public:
  explicit Workspace(const Surroundings& around);
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;
  ~Workspace();
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

[[nodiscard]] const std::vector<Row>& rows();
[[nodiscard]] RowResult try_row(const Row& row, const Surroundings& around, Boxes& boxes);

// Rows that are more than calls of the probe; each returns what it found. The order is the list's.
struct SpecialRow {
  int number;
  const char* attempt;
  RowResult (*attempt_it)(const Surroundings& around, Boxes& boxes);
};
[[nodiscard]] const std::vector<SpecialRow>& process_rows();
[[nodiscard]] const std::vector<SpecialRow>& python_rows();

// "name=RESULT" lines of the probe.
[[nodiscard]] std::map<std::string, std::string> results_of(std::string_view output);
[[nodiscard]] puna::SandboxCommand probe_command(const Surroundings& around, const Workspace& workspace, int row);
// Runs with layers taken out, which are back afterwards.
[[nodiscard]] puna::Result<puna::SandboxOutcome> run_without(Boxes& boxes, Layers off,
                                                             const puna::SandboxCommand& command);
[[nodiscard]] RowResult failed(std::string found, std::string control = {});

}  // namespace escape

// Permissions: a policy, answers of the user, and what the run has seen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>

#include "puna/tools/gate.h"
#include "puna/tools/policy.h"
#include "puna/tools/workspace.h"

namespace puna {

// What is asked of the user.
struct PermissionQuestion {
  ToolCall call;
  std::string agent;  // who calls: see Permit::agent
  std::string call_hash;
  std::string rule;      // what asks
  std::string argument;  // what "always" would be kept for: "write notes.txt"; empty: only this once
  bool may_keep_tool = false;
  bool has_odd_letters = false;  // a path or command with characters beyond ASCII: they may look like others
};

struct Approval {
  enum class Answer : std::uint8_t { no, once, always_this, always_tool };
  Answer answer = Answer::no;
  std::string call_hash;  // of the question that was answered; another one's answer counts as no
};

// Whoever may allow calls.
class Approver {
 public:
  Approver() = default;
  Approver(const Approver&) = delete;
  Approver& operator=(const Approver&) = delete;
  virtual ~Approver() = default;
  // Waits for the answer.  Errors  cancelled, unavailable: the call is not allowed
  [[nodiscard]] virtual Result<Approval> decide(const PermissionQuestion& question, const std::stop_token& stop) = 0;
};

// Answers that were given for always, of one project.
//
// Thread  any. Several processes may share a folder.
class Approvals {
 public:
  Approvals() = default;
  Approvals(const Approvals&) = delete;
  Approvals& operator=(const Approvals&) = delete;
  virtual ~Approvals() = default;

  // A file of the project's own in `folder`, made with the first answer (folder 0700, file 0600). The folder must not
  // lie where tools may write: Workspace::open protects it.
  //
  // Errors  corrupt           the file is damaged; nothing of it counts
  //         invalid_argument  somebody else owns it or may write it
  //         not_found         no such project;  io
  [[nodiscard]] static Result<std::unique_ptr<Approvals>> open(const std::filesystem::path& folder,
                                                               const std::filesystem::path& project);
  // Kept nowhere: for as long as this lives.
  [[nodiscard]] static std::unique_ptr<Approvals> in_memory();

  [[nodiscard]] virtual bool holds(const Json& subject) const = 0;
  // Errors  io, limit (kApprovalsMax), and those of open: the file is read again
  [[nodiscard]] virtual Result<void> add(const Json& subject) = 0;
};
inline constexpr std::size_t kApprovalsMax = 10'000;

struct PermissionOptions {
  Policy policy;
  std::shared_ptr<const Workspace> workspace;  // what path arguments are beneath; absent: no rule allows a path
  std::filesystem::path project;               // part of call_hash
  Approver* approver = nullptr;                // borrowed; nobody: what would ask is denied
  Approvals* approvals = nullptr;              // borrowed; absent: "always" holds in this gate only
  int questions_max = 100;                     // of one run; then it is denied. Who is asked too often says yes
};
// The gate that judges by these. What asks is asked once for each call: a call that was refused is refused again
// without a question. After private data and untrusted content, a call that acts (ToolTraits::acts) needs a fresh
// answer: no earlier one counts, nor an allow without when_tainted. An agent that is called by another one has answers
// for always of its own.
[[nodiscard]] std::unique_ptr<Gate> make_permissions(PermissionOptions options);

}  // namespace puna

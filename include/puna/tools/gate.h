// Who decides whether a call may run.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "puna/chat.h"
#include "puna/tools.h"

namespace puna {

// What a gate said about one call.
struct Permit {
  enum class By : std::uint8_t {
    policy,
    approval,
    user,
    nobody
  };  // approval: an earlier answer; nobody: none was there
  bool is_allowed = false;
  By by = By::nobody;
  std::string rule;          // what decided, for people: "policy.toml:12", "default: writes"
  std::string call_hash;     // of project, tool and arguments: the one call that this is about
  bool has_private = false;  // what the run had seen before it
  bool has_untrusted = false;
  std::string observation;  // what the model reads when it is not allowed
  std::string agent;        // who called, where it is an agent that another one called: "reader", "reader/counter"

  // "allowed by policy: default: reads": what a transcript keeps, as Message::permission.
  [[nodiscard]] std::string text() const;
};
[[nodiscard]] std::string_view name_of(Permit::By by) noexcept;

// One for each transcript.   Thread  one caller at a time.
class Gate {
 public:
  Gate() = default;
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  virtual ~Gate() = default;

  // Before the first call of a run: what the model has before its eyes already.
  virtual void begin(std::span<const Message> transcript, const Toolbox& tools) = 0;
  // Before a call whose arguments fit the tool's schema; the call runs next, as it is, or not at all.
  [[nodiscard]] virtual Permit before(const ToolCall& call, const Tool& tool, const std::stop_token& stop) = 0;
  // The tool has run, with whatever end.
  virtual void after(const Tool& tool) = 0;

  // The gate for an agent of this name that is called by the one of this gate. It judges by the same rules, and what
  // either of both has seen counts for both. Borrows this gate.
  // This one asks this gate for every call; begin() of a run below is nothing to it.
  [[nodiscard]] virtual std::unique_ptr<Gate> for_agent(std::string_view name);
};

}  // namespace puna

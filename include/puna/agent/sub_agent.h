// Agents as tools of other agents.
//
//   auto agents = puna::AgentDirectory::create({{.name = "reader", .description = "Reads files and sums them up.",
//                                                .system_prompt = "You read files.", .tools = {{"read", "list"}}}});
//   agents.value()->offer(tools);
//   auto end = puna::resume(model, tools, transcript, options, events);
//
// A call is a run of its own, with a transcript that ends with it: nobody waits for an agent that is busy, and an agent
// that would wait for itself, through however many others, is refused with an observation that names the circle. Calls
// of agents that stand in a row in one reply run at the same time, on threads of their own; events and questions of
// permission still come one at a time, on the thread that runs the first agent.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "puna/agent.h"

namespace puna {

struct AgentSpec {
  // fresh: from its system prompt and the task. fork: a copy of the agent that calls, who goes on with the call from
  // behind the reply that made it; what the model holds of that is not computed again. It is shown its caller's tools.
  enum class Start : std::uint8_t { fresh, fork };

  std::string name;         // as a tool's
  std::string description;  // for the agents that may call it
  Start start = Start::fresh;
  std::string system_prompt;  // of a fork: said in front of its task
  // Of its caller's tools, by name; it has no other. Unset: all of them that are no agents.
  std::optional<std::vector<std::string>> tools;
  std::vector<std::string> agents;   // of the directory, that it may call
  Json parameters;                   // JSON Schema of a call; null: {"task": string}
  Json answer;                       // JSON Schema that the answer is held to, by one more turn; null: text
  Budget budget;                     // within what its caller has left; several at the same time share that evenly
  std::optional<Sampling> sampling;  // unset: its caller's, as for the next
  std::optional<int> reasoning_tokens_max;
};

struct AgentLimits {
  int depth_max = 2;   // of calls: 1 = agents call nobody
  int calls_max = 16;  // of agents, by one run; further ones are answered by an error observation
};

// Agents that know each other by name.   Thread  any; nothing changes after create().
class AgentDirectory {
 public:
  // Errors  invalid_argument  a name twice, or that is no tool's; a schema that cannot be turned into a grammar; an
  //                           agent that is not in the directory among `agents`
  [[nodiscard]] static Result<std::unique_ptr<AgentDirectory>> create(std::vector<AgentSpec> specs,
                                                                      AgentLimits limits = {});
  AgentDirectory(const AgentDirectory&) = delete;
  AgentDirectory& operator=(const AgentDirectory&) = delete;
  ~AgentDirectory() = default;

  // Adds all agents to a box as tools, which run when an agent calls them: resume(), Agent or CodeAgent. Borrows.
  //
  // A call's answer is the agent's, as text or as the JSON of its schema: to its caller it is what a stranger said. A
  // run that ends without one is an error observation that says why and what it had. Its model, random numbers and gate
  // (Gate::for_agent) are its caller's; its turns, tokens and time count as its caller's, too, in limits and RunEnd.
  // Events of it reach the caller's sink by on_nested().
  // Errors  those of Toolbox::add
  [[nodiscard]] Result<void> offer(Toolbox& box) const;

  // nullptr: there is none of this name.
  [[nodiscard]] const AgentSpec* find(std::string_view name) const;
  [[nodiscard]] const AgentLimits& limits() const { return limits_; }

 private:
  AgentDirectory(std::vector<AgentSpec> specs, AgentLimits limits) : specs_(std::move(specs)), limits_(limits) {}

  const std::vector<AgentSpec> specs_;
  const AgentLimits limits_;
};

}  // namespace puna

// What an agent that is called as a tool learns of the run that calls it, and what it leaves there.
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "puna/agent.h"

namespace puna::agent {

// What was spent by agents below a run.
struct Spent {
  int turns = 0;
  Usage usage;

  Spent& operator+=(const Spent& other) {
    turns += other.turns;
    usage += other.usage;
    return *this;
  }
};

class CallingRun final : public Caller {
 public:
  // Borrowed, but for what is a value.
  struct At {
    Model& model;
    Toolbox& tools;
    const AgentOptions& options;
    Gate* gate;  // may be absent
    EventSink& events;
    const Transcript& transcript;     // its last message of an assistant made the call
    std::span<const ToolSpec> shown;  // to the model, in requests
    const ToolCall& call;
    Budget left;  // for this call
    AgentId id;   // for who is called
    int number;   // of the calls of agents by this run, from 1
  };
  explicit CallingRun(const At& site) : at(site) {}

  const At at;
  Spent spent;  // written by who was called
};

}  // namespace puna::agent

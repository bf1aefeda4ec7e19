// What the loop knows about calls beyond one turn: which ids are taken, and whether the model repeats itself.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "puna/agent.h"

namespace puna::agent {

// Gives every call an id that the transcript does not have yet.
class CallIds {
 public:
  explicit CallIds(const Transcript& transcript);
  // Keeps ids that are new; others get "-2", "-3", ... behind them.
  void make_unique(std::vector<ToolCall>& calls);

 private:
  std::set<std::string, std::less<>> taken_;
};

// Of the last reply, those that no message answers: the run was ended between them.
[[nodiscard]] std::vector<ToolCall> unanswered_calls(const Transcript& transcript);

// Counts identical calls (same tool, equal arguments) that follow each other within a run.
class RepeatedCalls {
 public:
  // How many times in a row this call has been made now: 1 for a new one.
  int count(const ToolCall& call);

 private:
  std::string tool_;
  Json arguments_;
  int times_ = 0;
};

}  // namespace puna::agent

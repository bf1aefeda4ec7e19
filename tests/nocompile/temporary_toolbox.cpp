// An agent borrows its tools for as long as it lives: a temporary box would be gone before the first task.
// expect: cannot bind non-const lvalue reference|no matching (function|constructor)
#include "puna/agent/agent.h"

puna::Agent agent_of(puna::Model& model, puna::Toolbox& tools) {
#ifdef MISUSE
  static_cast<void>(tools);
  return puna::Agent(model, puna::Toolbox());
#else
  return puna::Agent(model, tools);
#endif
}

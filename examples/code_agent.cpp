// An agent that acts by writing Python, which runs in the sandbox with the tools as functions. A scripted model writes
// it here, because the demo model cannot; any other Model takes its place.
#include <iostream>

#include "puna/agent/code_agent.h"

int main() {
  const auto model = puna::ScriptedModel::create(
      {{.message = {.content = "Thought: the tool computes, and I add up.\n"
                               "<code>\nproducts = [int(calculator(f'{n} * {n}')) for n in range(1, 11)]\n"
                               "print(products)\n</code>"}},
       {.message = {.content = "Thought: that is all.\n<code>\nfinal_answer(sum(products))\n</code>"}}});
  const auto sandbox = puna::Sandbox::open();
  if (!sandbox) {
    std::cerr << sandbox.error().message << "\n";
    return 77;  // this machine has no sandbox
  }
  puna::Toolbox tools;
  if (!tools.add(puna::make_calculator())) return 1;
  auto agent = puna::CodeAgent::create(*model, tools, *sandbox);
  if (!agent) {
    std::cerr << agent.error().message << "\n";
    return agent.error().code == puna::ErrorCode::not_found ? 77 : 1;  // no Python here
  }
  const auto end = agent->run("What is the sum of the squares of 1 to 10?");
  std::cout << (end ? end->answer.dump() : end.error().message) << "\n";
  return end ? 0 : 1;
}

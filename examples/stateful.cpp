// A conversation that is kept: how full its window is, what may be forgotten, and starting over.
#include <iostream>

#include "puna/agent/agent.h"

namespace {

bool say(puna::Agent& agent, const char* text) {
  const auto end = agent.run(text);
  const auto use = agent.window_use();
  if (!end || !use) {
    std::cerr << (end ? use.error() : end.error()).message << "\n";
    return false;
  }
  std::cout << "> " << text << "\n" << end->answer << "\n";
  std::cout << "  " << use->used_tokens << " of " << use->window_tokens << " tokens\n";
  return true;
}

}  // namespace

int main() {
  auto model =
      puna::LocalModel::open({.load = {.file = "models/demo/puna-demo-Q8_0.gguf"}, .engine = {.window_tokens = 1024}});
  if (!model) {
    std::cerr << model.error().message << "\n";
    return 1;
  }
  puna::Agent agent(**model, {.sampling = {.temperature = 0}});
  // What was said before is not computed again: each turn costs its own tokens.
  for (const char* text : {"Hello", "What is your name?", "Thanks"}) {
    if (!say(agent, text)) return 1;
  }
  // By hand, when it fills up: the last task stays, with everything that belongs to it.
  if (agent.window_use()->percent() > 5) {
    std::cout << agent.keep_recent(1) << " messages forgotten\n";
  }
  if (!say(agent, "Hello again")) return 1;
  agent.clear();
  std::cout << agent.window_use()->used_tokens << " tokens left\n";
}

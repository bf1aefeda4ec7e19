// An agent with one tool, in a dozen lines: it calls the calculator and answers.
#include <iostream>

#include "puna/agent.h"

// README begin
int main() {
  auto model = puna::LocalModel::open({.load = {.file = "models/demo/puna-demo-Q8_0.gguf"}});
  if (!model) {
    std::cerr << model.error().message << "\n";
    return 1;
  }
  puna::Toolbox tools;
  if (!tools.add(puna::make_calculator())) return 1;
  puna::Transcript transcript{{.role = puna::Role::system, .content = std::string(puna::default_system_prompt())},
                              {.role = puna::Role::user, .content = "What is 4817 * 36?"}};
  puna::AgentOptions options{.sampling = {.temperature = 0}};
  auto end = puna::resume(**model, tools, transcript, options, puna::EventSink::none());
  std::cout << (end ? end->answer : end.error().message) << "\n";
  return end && end->reason == puna::StopReason::answered ? 0 : 1;
}
// README end

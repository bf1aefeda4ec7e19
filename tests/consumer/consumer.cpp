// A program of somebody else: an agent with a tool on the installed demo model, the sandbox with the installed helper.
#include <iostream>

#include "puna/agent/agent.h"
#include "puna/sandbox.h"
#include "puna/server.h"

int main() {
  auto model = puna::LocalModel::open({.load = {.file = DEMO_MODEL}, .engine = {.window_tokens = 1024}});
  if (!model) {
    std::cerr << model.error().message << "\n";
    return 1;
  }
  puna::Toolbox tools;
  if (!tools.add(puna::make_calculator())) return 1;
  puna::Agent agent(**model, tools, {.sampling = {.temperature = 0}});
  const auto end = agent.run("What is 4817 * 36?");
  std::cout << (end ? end->answer : end.error().message) << "\n";
  const auto server = puna::Server::open(**model, {.port = 0});
  std::cout << (server ? "serves" : server.error().message) << "\n";
  const auto sandbox = puna::Sandbox::open({.helper = SANDBOX_HELPER});
  std::cout << (sandbox || sandbox.error().code != puna::ErrorCode::not_found ? "helper found"
                                                                              : sandbox.error().message)
            << "\n";
}

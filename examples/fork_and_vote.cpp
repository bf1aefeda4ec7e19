// One agent is prepared, forks of it answer the same question at the same time, each with random numbers of its own,
// and the answer that most of them gave wins. What the forks have in common is computed once.
#include <future>
#include <iostream>
#include <map>

#include "puna/agent/agent.h"

int main() {
  auto model = puna::LocalModel::open({.load = {.file = "models/demo/puna-demo-Q8_0.gguf"}});
  if (!model) {
    std::cerr << model.error().message << "\n";
    return 1;
  }
  puna::Toolbox tools;
  if (!tools.add(puna::make_calculator())) return 1;
  puna::Agent agent(**model, tools, {.sampling = {.temperature = 0.7F, .seed = 1}});
  if (!agent.run("Hello")) return 1;

  std::vector<std::future<std::string>> forks;
  for (std::uint64_t i = 2; i <= 6; ++i) {
    forks.push_back(std::async(std::launch::async, [&agent, i] {
      puna::Agent fork = agent.fork(puna::AgentId{i});
      const auto end = fork.run("What is 4817 * 36?");
      return end ? end->answer : "error: " + end.error().message;
    }));
  }
  std::map<std::string, int> votes;
  for (auto& fork : forks) {
    ++votes[fork.get()];
  }
  std::string best;
  for (const auto& [answer, count] : votes) {
    std::cout << count << "  " << answer << "\n";
    best = best.empty() || count > votes[best] ? answer : best;
  }
  std::cout << "chosen: " << best << "\n";
}

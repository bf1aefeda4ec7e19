// Independent questions in one call, on one engine: computed together, and none sees another.
#include <iostream>

#include "puna/model/quick.h"

int main() {
  auto model = puna::LocalModel::open({.load = {.file = "models/demo/puna-demo-Q8_0.gguf"}});
  if (!model) {
    std::cerr << model.error().message << "\n";
    return 1;
  }
  const std::vector<std::string> prompts{"Hello", "What is your name?", "Thanks", "Good morning", "Who made you?"};
  const auto answers = puna::ask_all(**model, prompts, {.temperature = 0});
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    std::cout << prompts[i] << " -> " << (answers[i] ? *answers[i] : "error: " + answers[i].error().message) << "\n";
  }
  std::cout << prompts.size() << " answers in " << (*model)->engine().stats().steps << " steps of the engine\n";
}

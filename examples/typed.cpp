// A struct in, the struct filled out: the model's answer is held to the struct's schema and read into it.
#include <iostream>

#include "puna/agent/agent.h"

// README begin
struct Person {
  std::string name;
  int age;
  std::string occupation;
};

int main() {
  auto model = puna::LocalModel::open({.load = {.file = "models/demo/puna-demo-Q8_0.gguf"}});
  if (!model) {
    std::cerr << model.error().message << "\n";
    return 1;
  }
  puna::Agent agent(**model, {.sampling = {.temperature = 0}});
  auto person = agent.ask<Person>("John Smith is a 30-year-old software engineer working at a tech startup.");
  if (!person) {
    std::cerr << person.error().message << "\n";
    return 1;
  }
  std::cout << person->name << ", " << person->age << ", " << person->occupation << "\n";
}
// README end

// One answer, with the least there is to write. Whoever asks twice opens the model once: see stateful.cpp.
#include <iostream>

#include "puna/model/quick.h"

int main() {
  const auto answer = puna::generate_once("models/demo/puna-demo-Q8_0.gguf", "Hello", 64);
  std::cout << (answer ? *answer : answer.error().message) << "\n";
  return answer ? 0 : 1;
}

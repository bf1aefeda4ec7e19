// The model of this program behind HTTP, for OpenAI's and other clients, while the program goes on using it. Here it
// asks itself, as a client would.
#include <iostream>

#include "puna/model/quick.h"
#include "puna/model/remote_model.h"
#include "puna/server.h"

int main() {
  auto model = puna::LocalModel::open({.load = {.file = "models/demo/puna-demo-Q8_0.gguf"}});
  if (!model) {
    std::cerr << model.error().message << "\n";
    return 1;
  }
  const auto server = puna::Server::open(**model, {.port = 0, .model_name = "demo"});
  if (!server) {
    std::cerr << server.error().message << "\n";
    return 1;
  }
  std::cout << "listens on " << (*server)->url() << "\n";
  const auto client = puna::RemoteModel::open({.urls = {(*server)->url()}});
  if (!client) {
    std::cerr << client.error().message << "\n";
    return 1;
  }
  const auto far = puna::ask_text(**client, "Hello", {.temperature = 0});
  const auto near = puna::ask_text(**model, "Hello", {.temperature = 0});
  std::cout << "over HTTP: " << (far ? *far : far.error().message) << "\n";
  std::cout << "directly:  " << (near ? *near : near.error().message) << "\n";
  const bool are_same = far && near && *far == *near;
  std::cout << (are_same ? "the same\n" : "not the same\n");
  return are_same ? 0 : 1;
}

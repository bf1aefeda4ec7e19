// Two models in one process: one to talk with, one that writes programs. Each has its engine; `two_models CHAT CODE`
// names the files. Weights that both use would be loaded once: Weights::load() and Engine::create() take them apart.
#include <iostream>

#include "puna/model/quick.h"

namespace {

puna::Result<std::unique_ptr<puna::LocalModel>> open(const char* file) {
  return puna::LocalModel::open({.load = {.file = file}, .engine = {.window_tokens = 1024, .sequences_max = 1}});
}

}  // namespace

int main(int argc, char** argv) {
  constexpr const char* kDemo = "models/demo/puna-demo-Q8_0.gguf";
  const auto chat = open(argc == 3 ? argv[1] : kDemo);
  const auto code = open(argc == 3 ? argv[2] : kDemo);
  if (!chat || !code) {
    std::cerr << (chat ? code.error() : chat.error()).message << "\n";
    return 1;
  }
  const auto said = puna::ask_text(**chat, "Hello", {.temperature = 0});
  // The reply is a shell line of three words: held to a pattern, so that even a model that knows no shell gives one.
  puna::Request request{.messages = {{.content = "List the files here, as a shell command."}},
                        .format = puna::format::Pattern{"(ls|find|tree) (-[a-z]{1,2}|\\.)"},
                        .sampling = {.temperature = 0}};
  const auto written = (*code)->ask(request, puna::EventSink::none());
  if (!said || !written) return 1;
  std::cout << "chat: " << *said << "\ncode: " << written->message.content << "\n";
}

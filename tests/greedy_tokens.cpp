// greedy_tokens MODEL PROFILE AT_ONCE TOKENS_MAX < PROMPTS: for each line of stdin, the prompt's tokens (a user turn in
// the model's own template) and the greedy tokens that the engine gives, as one JSON line each, in order.
// AT_ONCE generations run beside each other. For server_parity.py.
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "puna/chat.h"
#include "puna/engine.h"

namespace puna {
namespace {

struct Running {
  std::vector<Token> prompt;
  Generation generation;
};

Json ids(const std::vector<Token>& tokens) {
  Json array = Json::array();
  for (const Token token : tokens) {
    array.push(token);
  }
  return array;
}

Result<Running> start(Engine& engine, const ChatTemplate& chat_template, const std::string& text, int tokens_max) {
  const std::vector<Message> messages{{.role = Role::user, .content = text}};
  PUNA_TRY(const Prompt prompt, chat_template.render({.messages = messages}));
  PUNA_TRY(std::vector<Token> tokens, engine.weights().tokenize(prompt.parts));
  GenerationRequest request{.prompt = tokens, .tokens_max = tokens_max};
  request.sampling.temperature = 0;
  PUNA_TRY(Generation generation, engine.submit(std::move(request)));
  return Running{.prompt = std::move(tokens), .generation = std::move(generation)};
}

Result<void> finish(Running running) {
  std::vector<Token> tokens;
  for (bool finished = false; !finished;) {
    PUNA_TRY(const Piece piece, running.generation.next());
    if (const auto* text = std::get_if<piece::Text>(&piece); text != nullptr) {
      tokens.insert(tokens.end(), text->tokens.begin(), text->tokens.end());
    }
    finished = std::holds_alternative<piece::Finished>(piece);
  }
  std::puts(Json::object({{"prompt", ids(running.prompt)}, {"tokens", ids(tokens)}}).dump().c_str());
  return {};
}

Result<void> program(const std::vector<std::string>& arguments) {
  const std::size_t at_once = std::stoul(arguments[2]);
  const int tokens_max = std::stoi(arguments[3]);
  PUNA_TRY(const auto weights, Weights::load({.file = arguments[0]}));
  PUNA_TRY(const auto engine,
           Engine::create(weights, {.window_tokens = 1024,
                                    .sequences_max = static_cast<int>(at_once),
                                    .profile = arguments[1] == "fast" ? Profile::fast : Profile::deterministic}));
  const ModelFacts& facts = weights->facts();
  PUNA_TRY(
      const auto chat_template,
      ChatTemplate::create({.jinja = facts.chat_template, .bos_text = facts.bos_text, .eos_text = facts.eos_text}));
  std::deque<Running> running;
  for (std::string line; std::getline(std::cin, line);) {
    if (running.size() == at_once) {
      PUNA_TRY_VOID(finish(std::move(running.front())));
      running.pop_front();
    }
    PUNA_TRY(Running next, start(*engine, *chat_template, line, tokens_max));
    running.push_back(std::move(next));
  }
  while (!running.empty()) {
    PUNA_TRY_VOID(finish(std::move(running.front())));
    running.pop_front();
  }
  return {};
}

}  // namespace
}  // namespace puna

int main(int argc, char** argv) {
  puna::restart_with_passive_wait(argv);
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() != 4) {
    std::fputs("usage: greedy_tokens MODEL fast|deterministic AT_ONCE TOKENS_MAX < PROMPTS\n", stderr);
    return 2;
  }
  const auto done = puna::program(arguments);
  if (!done) {
    std::fprintf(stderr, "greedy_tokens: %s\n", done.error().message.c_str());
  }
  return done ? 0 : 1;
}

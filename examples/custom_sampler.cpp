// A sampler of one's own: the engine says how likely the best tokens are, this program chooses, and asks for the next.
// The prompt grows by one token each time, and only that one is computed. This one takes the second best where it is
// nearly as likely as the best, but not twice in a row.
#include <cmath>
#include <iostream>

#include "puna/model.h"

namespace {

using Probabilities = puna::piece::Text::Probabilities;

puna::Token choose(const Probabilities& row, bool& strayed) {
  const bool is_close = row.best.size() > 1 && row.best[0].log_probability - row.best[1].log_probability < 1.5F;
  strayed = is_close && !strayed;
  return row.best[strayed ? 1 : 0].token;
}

// The likeliest tokens behind these. Nothing: the model ends its turn here.
puna::Result<std::optional<Probabilities>> look(puna::Engine& engine, const std::vector<puna::Token>& tokens) {
  PUNA_TRY(auto generation,
           engine.submit({.prompt = tokens, .sampling = {.temperature = 0, .n_probs = 5}, .tokens_max = 1}));
  std::optional<Probabilities> row;
  for (;;) {
    PUNA_TRY(const puna::Piece piece, generation.next());
    if (const auto* text = std::get_if<puna::piece::Text>(&piece); text != nullptr && !text->probabilities.empty()) {
      row = text->probabilities.front();
    } else if (std::holds_alternative<puna::piece::Finished>(piece)) {
      return row;
    }
  }
}

}  // namespace

int main() {
  const auto weights = puna::Weights::load({.file = "models/demo/puna-demo-Q8_0.gguf"});
  const auto engine =
      weights ? puna::Engine::create(*weights, {.window_tokens = 512}) : std::unexpected(weights.error());
  if (!engine) {
    std::cerr << engine.error().message << "\n";
    return 1;
  }
  const puna::PromptPart prompt{"<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n", puna::Trust::trusted};
  auto tokens = (*weights)->tokenize({&prompt, 1}).value();
  bool strayed = false;
  for (int i = 0; i < 40; ++i) {
    const auto row = look(**engine, tokens);
    if (!row || !*row) break;
    tokens.push_back(choose(**row, strayed));
    if ((*weights)->ends_generation(tokens.back())) break;
    std::cout << (*weights)->piece(tokens.back()) << std::flush;
  }
  std::cout << "\n" << (*engine)->stats().tokens_prefilled << " tokens computed before a choice\n";
}

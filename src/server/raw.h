// Prompts without a chat template: the engine asked directly. Local models only.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "puna/model.h"
#include "server/served.h"

namespace puna::server {

struct RawQuestion {
  std::vector<Token> prompt;
  Sampling sampling;
  std::shared_ptr<const Grammar> grammar;
  std::vector<std::string> stop;
  int tokens_max = 0;
  bool watched = false;  // the client wants a stream
};

struct RawReply {
  std::string text;
  std::vector<Token> tokens;
  FinishReason finish = FinishReason::end_of_turn;
  Usage usage;
  Sampling sampling;  // that was in force
  std::vector<Reply::TokenProbabilities> probabilities;
};

// Called with each piece, on the asking thread; the text may be empty while the prompt is read.
using OnRaw = std::function<void(std::string_view text, const std::vector<Token>& tokens)>;

// The weights, or 501 for a model that has none here.
[[nodiscard]] Answer<const Weights*> weights_of(const Served& served);
[[nodiscard]] Answer<RawReply> complete(Served& served, Exchange& exchange, const RawQuestion& question,
                                        const OnRaw& on_raw);

// A text, a list of token numbers, or a list of both. Texts may spell special tokens.
enum class Beginning : bool { as_written, with_bos };
[[nodiscard]] Answer<std::vector<Token>> tokens_of(const Weights& weights, const Json& prompt, std::string_view name,
                                                   Beginning beginning);
[[nodiscard]] Answer<std::vector<Token>> tokens_of_text(const Weights& weights, std::string text, Trust trust,
                                                        Beginning beginning);
// With "ignore_eos": true no token that ends a generation is chosen. A model without tokens here is as it was.
[[nodiscard]] Answer<void> read_ignore_eos(const Served& served, const Json& body, Sampling& sampling);
// One prompt: the list of one text is that text.
[[nodiscard]] Answer<RawQuestion> read_raw(const Served& served, const Json& body,
                                           std::initializer_list<std::string_view> tokens_max_names);

}  // namespace puna::server

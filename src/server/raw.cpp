// See raw.h.
#include "server/raw.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <variant>

#include "puna/base/grammar.h"
#include "server/fields.h"
#include "server/openai_request.h"

namespace puna::server {
namespace {

// LocalModel shows its engine for reading only; raw prompts are submitted beside the chat's.
Engine& engine_of(const LocalModel& model) {
  return const_cast<Engine&>(model.engine());  // NOLINT(cppcoreguidelines-pro-type-const-cast): owned, never const
}

Answer<Token> token_of(const Weights& weights, const Json& item, std::string_view name) {
  const int count = weights.vocabulary_tokens();
  if (!item.is_integer() || item.as_integer() < 0 || item.as_integer() >= count) {
    return bad_field(std::string(name), format_text("has a token that is not a number from 0 to {}", count - 1));
  }
  return static_cast<Token>(item.as_integer());
}

Answer<std::shared_ptr<const Grammar>> read_grammar(const Json& body) {
  const Json* schema = field(body, "json_schema");
  PUNA_TRY(const std::string gbnf, text(body, "grammar"));
  if (schema != nullptr && !gbnf.empty()) {
    return bad_field("grammar", "and 'json_schema' cannot both be given");
  }
  if (schema != nullptr) {
    PUNA_TRY(SchemaGrammar grammar, grammar_from_schema(*schema));
    return std::move(grammar.grammar);
  }
  if (gbnf.empty()) {
    return std::shared_ptr<const Grammar>();
  }
  PUNA_TRY(auto grammar, grammar_from_gbnf(gbnf));
  return grammar;
}

}  // namespace

Answer<const Weights*> weights_of(const Served& served) {
  if (served.local == nullptr) {
    return refuse(501, "this model takes conversations only: it has no tokens here", {}, "not_supported");
  }
  return &served.local->engine().weights();
}

Answer<RawReply> complete(Served& served, Exchange& exchange, const RawQuestion& question, const OnRaw& on_raw) {
  PUNA_TRY(const Weights* weights, weights_of(served));
  PUNA_TRY(Generation generation, engine_of(*served.local)
                                      .submit({.prompt = question.prompt,
                                               .sampling = question.sampling,
                                               .grammar = question.grammar,
                                               .stop = question.stop,
                                               .tokens_max = question.tokens_max,
                                               .watched = question.watched},
                                              exchange.stop()));
  RawReply reply;
  reply.sampling = generation.sampling();
  const auto named = [&](const TokenProbability& entry) {
    return Reply::Probability{
        .token = entry.token, .text = weights->piece(entry.token), .log_probability = entry.log_probability};
  };
  while (true) {
    PUNA_TRY(const Piece piece, generation.next(exchange.stop()).transform_error([&](Error error) {
      served.counters.cancelled += error.code == ErrorCode::cancelled ? 1U : 0U;
      return error;
    }));
    if (const auto* finished = std::get_if<piece::Finished>(&piece)) {
      reply.finish = finished->reason;
      reply.usage = finished->usage;
      served.counters.add(reply.usage);
      return reply;
    }
    const auto* some = std::get_if<piece::Text>(&piece);
    if (some == nullptr) {
      on_raw({}, {});
      continue;
    }
    reply.text += some->text;
    reply.tokens.insert(reply.tokens.end(), some->tokens.begin(), some->tokens.end());
    for (const auto& [chosen, best] : some->probabilities) {
      reply.probabilities.push_back({.chosen = named(chosen), .best = {}});
      for (const TokenProbability& other : best) {
        if (other.token >= 0) {
          reply.probabilities.back().best.push_back(named(other));
        }
      }
    }
    on_raw(some->text, some->tokens);
  }
}

Answer<std::vector<Token>> tokens_of_text(const Weights& weights, std::string text, Trust trust, Beginning beginning) {
  const std::string& bos = weights.facts().bos_text;
  const bool says_bos = trust == Trust::trusted && !bos.empty() && text.starts_with(bos);
  const std::vector<PromptPart> parts{{.text = std::move(text), .trust = trust}};
  PUNA_TRY(std::vector<Token> tokens, weights.tokenize(parts));
  if (beginning == Beginning::as_written && !says_bos && !bos.empty()) {
    const std::vector<PromptPart> alone{{.text = bos, .trust = Trust::trusted}};
    PUNA_TRY(const std::vector<Token> first, weights.tokenize(alone));
    if (first.size() == 1 && !tokens.empty() && tokens.front() == first.front()) {
      tokens.erase(tokens.begin());
    }
  }
  return tokens;
}

Answer<std::vector<Token>> tokens_of(const Weights& weights, const Json& prompt, std::string_view name,
                                     Beginning beginning) {
  if (prompt.is_string()) {
    return tokens_of_text(weights, prompt.as_string(), Trust::trusted, beginning);
  }
  if (!prompt.is_array()) {
    return bad_field(std::string(name), "must be a text or a list of tokens");
  }
  std::vector<Token> tokens;
  for (const Json& item : prompt.as_array()) {
    if (item.is_string()) {
      const Beginning here = tokens.empty() ? beginning : Beginning::as_written;
      PUNA_TRY(const std::vector<Token> more, tokens_of_text(weights, item.as_string(), Trust::trusted, here));
      tokens.insert(tokens.end(), more.begin(), more.end());
    } else {
      PUNA_TRY(const Token token, token_of(weights, item, name));
      tokens.push_back(token);
    }
  }
  return tokens;
}

Answer<void> read_ignore_eos(const Served& served, const Json& body, Sampling& sampling) {
  PUNA_TRY(const bool ignores, flag(body, "ignore_eos"));
  if (!ignores || served.local == nullptr) {
    return {};
  }
  const Weights& weights = served.local->engine().weights();
  for (Token token = 0; token < weights.vocabulary_tokens(); ++token) {
    if (weights.ends_generation(token)) {
      sampling.logit_bias.push_back({.token = token, .bias = -std::numeric_limits<float>::infinity()});
    }
  }
  return {};
}

Answer<RawQuestion> read_raw(const Served& served, const Json& given,
                             std::initializer_list<std::string_view> tokens_max_names) {
  PUNA_TRY(const Weights* weights, weights_of(served));
  if (!given.is_object()) {
    return refuse(400, "the body must be a JSON object");
  }
  const Json body = with_extra_body(given);
  const Json* prompt = field(body, "prompt");
  if (prompt == nullptr) {
    return bad_field("prompt", "is missing");
  }
  if (prompt->is_array() && prompt->as_array().size() > 1 &&
      std::ranges::all_of(prompt->as_array(), [](const Json& item) { return item.is_string() || item.is_array(); })) {
    return bad_field("prompt", "has several prompts; send one request for each");
  }
  RawQuestion question;
  PUNA_TRY(question.prompt, tokens_of(*weights, *prompt, "prompt", Beginning::with_bos));
  if (question.prompt.empty()) {
    return bad_field("prompt", "is empty");
  }
  PUNA_TRY(question.sampling, read_sampling(body, served.defaults));
  PUNA_TRY_VOID(read_ignore_eos(served, body, question.sampling));
  PUNA_TRY(question.grammar, read_grammar(body));
  PUNA_TRY(question.stop, stop_texts(body));
  PUNA_TRY(question.tokens_max, tokens_max(body, tokens_max_names));
  return question;
}

}  // namespace puna::server

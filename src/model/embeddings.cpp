// See embeddings.h.
#include "model/embeddings.h"

#include <utility>

namespace puna {
namespace model {
namespace {

std::unexpected<Error> bad_answer(const std::string& what) {
  return fail(ErrorCode::corrupt, "the server's embeddings: " + what, "is it a server of the OpenAI protocol?");
}

Result<std::vector<float>> vector_of(const Json& entry) {
  const Json* numbers = entry.find("embedding");
  if (numbers == nullptr || !numbers->is_array()) {
    return bad_answer("an entry has no list of numbers");
  }
  std::vector<float> vector;
  vector.reserve(numbers->as_array().size());
  for (const Json& number : numbers->as_array()) {
    if (!number.is_number()) {
      return bad_answer("a vector holds something that is no number");
    }
    vector.push_back(static_cast<float>(number.as_double()));
  }
  return vector;
}

}  // namespace

Result<Embeddings> embed(Embedder& embedder, const EmbeddingRequest& request, const std::stop_token& stop) {
  Embeddings all;
  for (std::size_t i = 0; i < request.inputs.size(); ++i) {
    const auto numbered = [i, &request](Error error) {
      if (request.inputs.size() > 1) {
        error.message = format_text("input {}: {}", i, error.message);
      }
      return error;
    };
    const EmbeddingInput& input = request.inputs[i];
    std::vector<Token> tokens;
    if (const auto* text = std::get_if<std::string>(&input)) {
      PUNA_TRY(tokens, embedder.tokenize(*text, request.cuts ? Embedder::Length::cut : Embedder::Length::whole)
                           .transform_error(numbered));
    } else {
      tokens = std::get<std::vector<Token>>(input);
    }
    PUNA_TRY(std::vector<float> vector, embedder.embed(tokens, stop).transform_error(numbered));
    all.vectors.push_back(std::move(vector));
    all.prompt_tokens += static_cast<std::int64_t>(tokens.size());
  }
  return all;
}

Json embeddings_body(const EmbeddingRequest& request, std::string_view model_name) {
  Json inputs = Json::array();
  for (const EmbeddingInput& input : request.inputs) {
    if (const auto* text = std::get_if<std::string>(&input)) {
      inputs.push(*text);
      continue;
    }
    Json tokens = Json::array();
    for (const Token token : std::get<std::vector<Token>>(input)) {
      tokens.push(std::int64_t{token});
    }
    inputs.push(std::move(tokens));
  }
  return Json::object({{"model", model_name}, {"input", std::move(inputs)}, {"encoding_format", "float"}});
}

Result<Embeddings> read_embeddings(const Json& answer, std::size_t inputs) {
  const Json* data = answer.find("data");
  if (data == nullptr || !data->is_array() || data->as_array().size() != inputs) {
    return bad_answer(format_text("there are not {} of them", inputs));
  }
  Embeddings all{.vectors = std::vector<std::vector<float>>(inputs)};
  for (std::size_t i = 0; i < inputs; ++i) {
    const Json& entry = data->as_array()[i];
    const Json* index = entry.find("index");
    const auto place = index != nullptr && index->is_integer() ? static_cast<std::size_t>(index->as_integer()) : i;
    if (place >= inputs || !all.vectors[place].empty()) {
      return bad_answer("an entry has a wrong index");
    }
    PUNA_TRY(all.vectors[place], vector_of(entry));
  }
  for (const std::vector<float>& vector : all.vectors) {
    if (vector.empty() || vector.size() != all.vectors.front().size()) {
      return bad_answer("the vectors are empty or of different widths");
    }
  }
  const Json* usage = answer.find("usage");
  const Json* tokens = usage == nullptr ? nullptr : usage->find("prompt_tokens");
  all.prompt_tokens = tokens != nullptr && tokens->is_integer() ? tokens->as_integer() : 0;
  return all;
}

}  // namespace model

Result<Embeddings> Model::embed(const EmbeddingRequest& /*request*/, std::stop_token /*stop*/) {
  return fail(ErrorCode::invalid_argument, name() + " computes no embeddings",
              "open a local model with LocalModelOptions::embeddings, or ask a server that has them");
}

}  // namespace puna

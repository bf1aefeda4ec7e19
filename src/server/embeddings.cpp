// Texts as vectors: POST /v1/embeddings, llama-server's own form, and Ollama's two.
// Source: OpenAI's API reference, "Create embeddings"; llama.cpp's tools/server/README.md; Ollama's docs/api.md.
#include <bit>
#include <chrono>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "server/fields.h"
#include "server/raw.h"
#include "server/routes.h"

namespace puna::server {
namespace {

constexpr std::size_t kInputsMax = 2'048;  // of one request, as OpenAI has it

Answer<void> check_embeds(const Served& served) {
  if (!served.model.embeds()) {
    return refuse(501, "this server computes no embeddings", {}, "not_supported");
  }
  return {};
}

Answer<EmbeddingInput> read_tokens(const Served& served, const Json& list, const std::string& name) {
  PUNA_TRY(const Weights* weights, weights_of(served));
  PUNA_TRY(std::vector<Token> tokens, tokens_of(*weights, list, name, Beginning::as_written));
  return EmbeddingInput(std::move(tokens));
}

Answer<EmbeddingInput> read_input(const Served& served, const Json& input, const std::string& name) {
  if (input.is_string() && !input.as_string().empty()) {
    return EmbeddingInput(input.as_string());
  }
  if (input.is_array() && !input.as_array().empty()) {
    return read_tokens(served, input, name);
  }
  return bad_field(name, "must be a text or a list of tokens, and not empty");
}

// One text, a list of texts, a list of token numbers, or a list of such lists.
Answer<std::vector<EmbeddingInput>> read_inputs(const Served& served, const Json& body, std::string_view name) {
  const Json* input = field(body, name);
  if (input == nullptr) {
    return bad_field(std::string(name), "is missing");
  }
  std::vector<EmbeddingInput> inputs;
  const bool is_list = input->is_array() && !input->as_array().empty() && !input->as_array().front().is_number();
  if (!is_list) {
    PUNA_TRY(EmbeddingInput one, read_input(served, *input, std::string(name)));
    inputs.push_back(std::move(one));
    return inputs;
  }
  if (input->as_array().size() > kInputsMax) {
    return bad_field(std::string(name),
                     format_text("has {} texts, and {} is the most", input->as_array().size(), kInputsMax));
  }
  for (const Json& each : input->as_array()) {
    PUNA_TRY(EmbeddingInput one, read_input(served, each, format_text("{}[{}]", name, inputs.size())));
    inputs.push_back(std::move(one));
  }
  return inputs;
}

Answer<Embeddings> compute(Served& served, Call& call, const EmbeddingRequest& request) {
  PUNA_TRY(Embeddings all, served.model.embed(request, call.exchange.stop()).transform_error([&](Error error) {
    served.counters.cancelled += error.code == ErrorCode::cancelled ? 1U : 0U;
    return error;
  }));
  served.counters.prompt_tokens += static_cast<std::uint64_t>(all.prompt_tokens);
  return all;
}

// The first `width` numbers, of length 1 again: for models that are trained to be cut so.
Answer<void> narrow(Embeddings& all, const Json& body) {
  PUNA_TRY(const std::optional<std::int64_t> width, integer(body, "dimensions", 1, 1'000'000));
  for (std::vector<float>& vector : all.vectors) {
    if (!width || static_cast<std::size_t>(*width) == vector.size()) {
      continue;
    }
    if (static_cast<std::size_t>(*width) > vector.size()) {
      return bad_field("dimensions", format_text("is {}, and this model's vectors have {}", *width, vector.size()));
    }
    vector.resize(static_cast<std::size_t>(*width));
    double square = 0;
    for (const float value : vector) {
      square += static_cast<double>(value) * static_cast<double>(value);
    }
    for (float& value : vector) {
      value = square > 0 ? static_cast<float>(static_cast<double>(value) / std::sqrt(square)) : 0;
    }
  }
  return {};
}

Json numbers_of(const std::vector<float>& vector) {
  Json list = Json::array();
  for (const float value : vector) {
    list.push(static_cast<double>(value));
  }
  return list;
}

// The numbers as 32-bit IEEE 754, the lowest byte first.
std::string base64_of(const std::vector<float>& vector) {
  std::string bytes;
  bytes.reserve(vector.size() * sizeof(float));
  for (const float value : vector) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    for (unsigned shift = 0; shift < 32; shift += 8) {
      bytes += static_cast<char>((bits >> shift) & 0xffU);
    }
  }
  return base64(bytes);
}

enum class Encoding : bool { numbers, base64 };
Answer<Encoding> read_encoding(const Json& body) {
  PUNA_TRY(const std::string name, text(body, "encoding_format", "float"));
  if (name != "float" && name != "base64") {
    return bad_field("encoding_format", "must be float or base64");
  }
  return name == "base64" ? Encoding::base64 : Encoding::numbers;
}

}  // namespace

Handled embeddings(Served& served, Call& call) {
  PUNA_TRY_VOID(check_embeds(served));
  PUNA_TRY(const Encoding encoding, read_encoding(call.body));
  PUNA_TRY(std::vector<EmbeddingInput> inputs, read_inputs(served, call.body, "input"));
  PUNA_TRY(Embeddings all, compute(served, call, {.inputs = std::move(inputs)}));
  PUNA_TRY_VOID(narrow(all, call.body));
  Json data = Json::array();
  for (std::size_t i = 0; i < all.vectors.size(); ++i) {
    const std::vector<float>& vector = all.vectors[i];
    data.push(
        Json::object({{"object", "embedding"},
                      {"index", i},
                      {"embedding", encoding == Encoding::base64 ? Json(base64_of(vector)) : numbers_of(vector)}}));
  }
  return Json::object(
      {{"object", "list"},
       {"data", std::move(data)},
       {"model", served.name},
       {"usage", Json::object({{"prompt_tokens", all.prompt_tokens}, {"total_tokens", all.prompt_tokens}})}});
}

// A list, and in each entry a list of vectors: of one, because they are pooled.
Handled native_embeddings(Served& served, Call& call) {
  PUNA_TRY_VOID(check_embeds(served));
  PUNA_TRY(std::vector<EmbeddingInput> inputs,
           read_inputs(served, call.body, field(call.body, "content") != nullptr ? "content" : "input"));
  PUNA_TRY(const Embeddings all, compute(served, call, {.inputs = std::move(inputs)}));
  Json list = Json::array();
  for (std::size_t i = 0; i < all.vectors.size(); ++i) {
    list.push(Json::object({{"index", i}, {"embedding", Json::array({numbers_of(all.vectors[i])})}}));
  }
  return list;
}

Handled ollama_embed(Served& served, Call& call) {
  const auto begin = std::chrono::steady_clock::now();
  PUNA_TRY_VOID(check_embeds(served));
  PUNA_TRY(const bool cuts, flag(call.body, "truncate", true));
  PUNA_TRY(std::vector<EmbeddingInput> inputs, read_inputs(served, call.body, "input"));
  PUNA_TRY(Embeddings all, compute(served, call, {.inputs = std::move(inputs), .cuts = cuts}));
  PUNA_TRY_VOID(narrow(all, call.body));
  Json list = Json::array();
  for (const std::vector<float>& vector : all.vectors) {
    list.push(numbers_of(vector));
  }
  const std::chrono::nanoseconds taken = std::chrono::steady_clock::now() - begin;
  return Json::object({{"model", served.name},
                       {"embeddings", std::move(list)},
                       {"total_duration", taken.count()},
                       {"load_duration", 0},  // the model is there as long as the server
                       {"prompt_eval_count", all.prompt_tokens}});
}

Handled ollama_embeddings(Served& served, Call& call) {
  PUNA_TRY_VOID(check_embeds(served));
  PUNA_TRY(std::vector<EmbeddingInput> inputs, read_inputs(served, call.body, "prompt"));
  PUNA_TRY(const Embeddings all, compute(served, call, {.inputs = std::move(inputs), .cuts = true}));
  return Json::object({{"embedding", numbers_of(all.vectors.front())}});
}

}  // namespace puna::server

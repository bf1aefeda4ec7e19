// Reads the known keys with their types; a wrong type here would be an exception or an abort inside libllama.
#include "engine/model_facts.h"

#include <algorithm>
#include <limits>

#include "engine/gguf_sampling.h"
#include "engine/gguf_types.h"

namespace puna::engine {
namespace {

constexpr std::uint64_t kLayersMax = 65'536;
// Bytes; no machine has more for one token, or for one state, and sums of them do not overflow.
constexpr std::uint64_t kTokenMax = std::uint64_t{1} << 30;
constexpr std::uint64_t kStateMax = std::uint64_t{1} << 48;
constexpr std::uint64_t kWidthMax = std::uint64_t{1} << 24;
constexpr std::uint64_t kWindowMax = std::uint64_t{1} << 31;
constexpr std::uint64_t kVocabularyMax = std::uint64_t{1} << 24;
constexpr std::uint64_t kCacheValueBytes = 2;  // F16, the default cache type

// The text under a key; empty when absent.
Result<std::string> text(const GgufHeader& header, std::string_view key) {
  const GgufValue* value = header.find(key);
  if (value == nullptr) {
    return std::string();
  }
  const auto* found = std::get_if<std::string>(value);
  if (found == nullptr) {
    return corrupt_gguf(format_text("\"{}\" is not a string", key));
  }
  return *found;
}

// The integer under a key, in [0, max]; `otherwise` when absent.
Result<std::uint64_t> number(const GgufHeader& header, std::string_view key, std::uint64_t max,
                             std::uint64_t otherwise = 0) {
  const GgufValue* value = header.find(key);
  if (value == nullptr) {
    return otherwise;
  }
  std::uint64_t found = 0;
  if (const auto* positive = std::get_if<std::uint64_t>(value)) {
    found = *positive;
  } else if (const auto* whole = std::get_if<std::int64_t>(value); whole != nullptr && *whole >= 0) {
    found = static_cast<std::uint64_t>(*whole);
  } else {
    return corrupt_gguf(format_text("\"{}\" is not a positive integer", key));
  }
  if (found > max) {
    return corrupt_gguf(format_text("\"{}\" is {}, more than the possible {}", key, found, max));
  }
  return found;
}

// Some models give one number for each layer, most give one for all.
Result<std::vector<std::uint64_t>> per_layer(const GgufHeader& header, std::string_view key, std::uint64_t layers,
                                             std::uint64_t otherwise) {
  const GgufValue* value = header.find(key);
  if (value != nullptr && std::holds_alternative<GgufArray>(*value)) {
    const auto& array = std::get<GgufArray>(*value);
    if (array.numbers.size() < layers) {
      return corrupt_gguf(format_text("\"{}\" has {} integers for {} layers", key, array.numbers.size(), layers));
    }
    std::vector<std::uint64_t> numbers;
    for (const std::int64_t item : array.numbers) {
      if (item < 0 || static_cast<std::uint64_t>(item) > kWidthMax) {
        return corrupt_gguf(format_text("\"{}\" holds the impossible value {}", key, item));
      }
      numbers.push_back(static_cast<std::uint64_t>(item));
    }
    return numbers;
  }
  PUNA_TRY(const std::uint64_t one, number(header, key, kWidthMax, otherwise));
  return std::vector<std::uint64_t>(layers, one);
}

// An upper bound for hybrid models, whose recurrent layers cache less. 0 when the header does not say.
Result<std::uint64_t> cache_bytes_per_token(const GgufHeader& header, const std::string& arch, std::uint64_t layers,
                                            std::uint64_t embedding) {
  PUNA_TRY(const auto heads, per_layer(header, arch + ".attention.head_count", layers, 0));
  PUNA_TRY(const auto heads_kv, per_layer(header, arch + ".attention.head_count_kv", layers, kWidthMax + 1));
  PUNA_TRY(const std::uint64_t key, number(header, arch + ".attention.key_length", kWidthMax));
  PUNA_TRY(const std::uint64_t value, number(header, arch + ".attention.value_length", kWidthMax));
  std::uint64_t bytes = 0;
  for (std::uint64_t layer = 0; layer < layers; ++layer) {
    const std::uint64_t kv = heads_kv[layer] > kWidthMax ? heads[layer] : heads_kv[layer];
    const std::uint64_t fallback = heads[layer] == 0 ? 0 : embedding / heads[layer];
    const std::uint64_t more = kv * ((key == 0 ? fallback : key) + (value == 0 ? fallback : value)) * kCacheValueBytes;
    bytes = std::min(bytes + more, kTokenMax);
  }
  return bytes;
}

// What recurrent layers hold of one sequence, as the library sizes it, if every layer were one. 0: no such layers.
Result<std::uint64_t> recurrent_bytes(const GgufHeader& header, const std::string& arch, std::uint64_t layers,
                                      std::uint64_t embedding, std::uint64_t heads) {
  constexpr std::uint64_t kPartsMax = 4096;  // more of them is no model; so products stay below 2^64
  const auto of = [&](std::string_view name, std::uint64_t most) {
    return number(header, arch + "." + std::string(name), most);
  };
  PUNA_TRY(const std::uint64_t taps, of("ssm.conv_kernel", kPartsMax));
  PUNA_TRY(const std::uint64_t inner, of("ssm.inner_size", kWidthMax));
  PUNA_TRY(const std::uint64_t state, of("ssm.state_size", kPartsMax));
  PUNA_TRY(const std::uint64_t groups, of("ssm.group_count", kPartsMax));
  PUNA_TRY(const std::uint64_t delta, of("kda.head_dim", kPartsMax));
  PUNA_TRY(const std::uint64_t head, of("wkv.head_size", kPartsMax));
  PUNA_TRY(const std::uint64_t shifts, of("token_shift_count", kPartsMax));
  PUNA_TRY(const std::uint64_t cached, of("shortconv.l_cache", kPartsMax));
  const std::uint64_t of_delta = std::min(heads, kPartsMax) * delta;  // keys, values and queries are convolved
  const std::uint64_t convolution = taps == 0 ? 0 : (taps - 1) * (inner + 2 * groups * state + 3 * of_delta);
  const std::uint64_t shifted = head == 0 ? 0 : embedding * (head + std::max<std::uint64_t>(shifts, 2));
  const std::uint64_t values =
      convolution + state * inner + of_delta * delta + shifted + embedding * (cached == 0 ? 0 : cached - 1);
  return std::min(layers * values * sizeof(float), kStateMax);
}

Result<const GgufArray*> array_of(const GgufHeader& header, std::string_view key, GgufType type) {
  const GgufValue* value = header.find(key);
  if (value == nullptr) {
    return nullptr;
  }
  const auto* array = std::get_if<GgufArray>(value);
  if (array == nullptr || (array->type != type && array->count > 0)) {
    return corrupt_gguf(format_text("\"{}\" is not an array of the right type", key));
  }
  return array;
}

Result<void> read_vocabulary(const GgufHeader& header, std::span<const std::byte> head, ModelFacts& facts) {
  PUNA_TRY(const std::string kind, text(header, "tokenizer.ggml.model"));
  PUNA_TRY(const GgufArray* tokens, array_of(header, "tokenizer.ggml.tokens", GgufType::string));
  if (kind.empty() || tokens == nullptr || tokens->count == 0) {
    return fail(ErrorCode::corrupt, "the file holds no vocabulary, so it is not a language model",
                "give the language model's file, not a projector, adapter or embedding file");
  }
  if (tokens->count > kVocabularyMax) {
    return corrupt_gguf(format_text("a vocabulary of {} tokens is not possible", tokens->count));
  }
  PUNA_TRY(const GgufArray* scores, array_of(header, "tokenizer.ggml.scores", GgufType::f32));
  PUNA_TRY(const GgufArray* types, array_of(header, "tokenizer.ggml.token_type", GgufType::i32));
  PUNA_TRY(const GgufArray* merges, array_of(header, "tokenizer.ggml.merges", GgufType::string));
  static_cast<void>(merges);
  for (const GgufArray* array : {scores, types}) {
    if (array != nullptr && array->count != tokens->count) {
      return corrupt_gguf(
          format_text("the vocabulary has {} tokens and {} scores or types", tokens->count, array->count));
    }
  }
  facts.vocabulary_tokens = static_cast<int>(tokens->count);
  constexpr std::uint64_t kNone = std::numeric_limits<std::uint32_t>::max();
  PUNA_TRY(const std::uint64_t bos, number(header, "tokenizer.ggml.bos_token_id", kNone, kNone));
  PUNA_TRY(const std::uint64_t eos, number(header, "tokenizer.ggml.eos_token_id", kNone, kNone));
  facts.bos_text = std::string(gguf_array_string(head, *tokens, bos));
  facts.eos_text = std::string(gguf_array_string(head, *tokens, eos));
  PUNA_TRY(facts.chat_template, text(header, "tokenizer.chat_template"));
  return {};
}

std::string printed(const GgufValue& value) {
  if (const auto* array = std::get_if<GgufArray>(&value)) {
    return format_text("[{} items]", array->count);
  }
  if (const auto* string = std::get_if<std::string>(&value)) {
    return *string;
  }
  if (const auto* yes = std::get_if<bool>(&value)) {
    return *yes ? "true" : "false";
  }
  if (const auto* real = std::get_if<double>(&value)) {
    return format_text("{}", *real);
  }
  if (const auto* whole = std::get_if<std::int64_t>(&value)) {
    return format_text("{}", *whole);
  }
  return format_text("{}", std::get<std::uint64_t>(value));
}

Result<void> read_names(const GgufHeader& header, ModelFacts& facts) {
  PUNA_TRY(facts.name, text(header, "general.name"));
  PUNA_TRY(const std::string size_label, text(header, "general.size_label"));
  constexpr std::uint64_t kUnknown = 1024;
  PUNA_TRY(const std::uint64_t file_type, number(header, "general.file_type", 1U << 20, kUnknown));
  facts.quantization = std::string(header.tensors == 0 ? std::string_view{} : file_type_name(file_type));
  if (facts.quantization.empty()) {
    facts.quantization = std::string(header.largest_type);
  }
  facts.description = facts.architecture;
  const std::string millions = format_text("{:.1f}M", static_cast<double>(header.parameters) / 1e6);
  for (const std::string& word :
       {size_label.empty() && header.tensors > 0 ? millions : size_label, facts.quantization}) {
    facts.description += word.empty() ? "" : " " + word;
  }
  return {};
}

}  // namespace

Result<ModelFacts> model_facts(const GgufHeader& header, std::span<const std::byte> head) {
  ModelFacts facts;
  PUNA_TRY(facts.architecture, text(header, "general.architecture"));
  if (facts.architecture.empty()) {
    return corrupt_gguf("\"general.architecture\" is missing");
  }
  facts.weights_bytes = header.weights_bytes;
  facts.parameters = header.parameters;
  PUNA_TRY_VOID(read_names(header, facts));

  const std::string& arch = facts.architecture;
  PUNA_TRY(const std::uint64_t window, number(header, arch + ".context_length", kWindowMax));
  PUNA_TRY(const std::uint64_t layers, number(header, arch + ".block_count", kLayersMax));
  PUNA_TRY(const std::uint64_t embedding, number(header, arch + ".embedding_length", kWidthMax));
  if (header.tensors > 0 && (window == 0 || layers == 0 || embedding == 0)) {
    return corrupt_gguf(format_text("the window ({}), layers ({}) and embedding ({}) of a model must not be 0", window,
                                    layers, embedding));
  }
  facts.window_trained_tokens = static_cast<int>(std::min<std::uint64_t>(window, std::numeric_limits<int>::max()));
  facts.layers = static_cast<int>(layers);
  facts.embedding = static_cast<int>(embedding);
  PUNA_TRY(const auto heads, per_layer(header, arch + ".attention.head_count", layers, 0));
  facts.heads = heads.empty() ? 0 : static_cast<int>(std::ranges::max(heads));
  PUNA_TRY(const std::uint64_t experts, number(header, arch + ".expert_count", kWidthMax));
  facts.experts = static_cast<int>(experts);
  PUNA_TRY(facts.kv_bytes_per_token, cache_bytes_per_token(header, arch, layers, embedding));
  PUNA_TRY(const std::uint64_t sliding, number(header, arch + ".attention.sliding_window", kWidthMax));
  facts.sliding_window_tokens = static_cast<int>(sliding);
  PUNA_TRY(facts.state_bytes,
           recurrent_bytes(header, arch, layers, embedding, static_cast<std::uint64_t>(facts.heads)));
  PUNA_TRY_VOID(read_vocabulary(header, head, facts));
  read_sampling(header, facts);
  for (const auto& [key, value] : header.entries) {
    facts.metadata.emplace_back(key, printed(value));
  }
  return facts;
}

}  // namespace puna::engine

// Weights and vocabulary of libllama.
//
// Owns: the llama_model.
#include <llama.h>

#include <algorithm>
#include <array>
#include <exception>
#include <limits>

#include "engine/backend.h"
#include "engine/llama_backend.h"
#include "engine/llama_library.h"
#include "engine/machine.h"
#include "engine/memory_plan.h"
#include "engine/model_file.h"
#include "engine/prompt_tokenizer.h"
#include "engine/state_file.h"

namespace puna {
namespace engine {
namespace {

// Files up to this size are read into memory instead of mapped: a mapped file that another process rewrites or
// truncates ends this process.
constexpr std::uint64_t kReadNotMappedMax = std::uint64_t{1} << 30;

struct FreeModel {
  void operator()(llama_model* model) const { llama_model_free(model); }
};
using ModelPointer = std::unique_ptr<llama_model, FreeModel>;

// special: with BOS, and control tokens recognised wherever they are spelled.
Result<std::vector<Token>> tokenize(const llama_vocab* vocab, std::string_view text, bool special) {
  const auto call = [vocab, text, special](std::vector<Token>& tokens) {
    return llama_tokenize(vocab, text.data(), static_cast<std::int32_t>(text.size()), tokens.data(),
                          static_cast<std::int32_t>(tokens.size()), special, special);
  };
  try {
    std::vector<Token> tokens(text.size() + 2);  // a token is at least a byte, but for a space put before the text
    int count = call(tokens);
    if (count < 0 && count > std::numeric_limits<std::int32_t>::min()) {
      tokens.resize(static_cast<std::size_t>(-count));
      count = call(tokens);
    }
    if (count >= 0) {
      tokens.resize(static_cast<std::size_t>(count));
      return tokens;
    }
  } catch (const std::exception& error) {
    return fail(ErrorCode::internal,
                format_text("the library cannot tokenise a text of {} bytes: {}", text.size(), error.what()));
  }
  return fail(ErrorCode::internal, format_text("the library cannot tokenise a text of {} bytes", text.size()));
}

std::string piece_of(const llama_vocab* vocab, Token token) {
  std::array<char, 64> small;
  const int length = llama_token_to_piece(vocab, token, small.data(), small.size(), 0, true);
  if (length >= 0) {
    return {small.data(), static_cast<std::size_t>(length)};
  }
  std::string text(static_cast<std::size_t>(-length), '\0');
  llama_token_to_piece(vocab, token, text.data(), -length, 0, true);
  return text;
}

std::vector<SpecialToken> special_tokens(const llama_vocab* vocab) {
  constexpr int kSpecial = LLAMA_TOKEN_ATTR_CONTROL | LLAMA_TOKEN_ATTR_USER_DEFINED | LLAMA_TOKEN_ATTR_UNKNOWN;
  std::vector<SpecialToken> specials;
  for (Token token = 0; token < llama_vocab_n_tokens(vocab); ++token) {
    const int attributes = llama_vocab_get_attr(vocab, token);
    const bool ends = llama_vocab_is_eog(vocab, token);
    if ((attributes & kSpecial) == 0 && !ends) {
      continue;
    }
    const bool control = (attributes & LLAMA_TOKEN_ATTR_CONTROL) != 0 || ends;
    specials.push_back({.token = token,
                        .text = llama_vocab_get_text(vocab, token),
                        .needs_trust = control || (attributes & LLAMA_TOKEN_ATTR_UNKNOWN) != 0,
                        .is_control = control,
                        .strips_left = (attributes & LLAMA_TOKEN_ATTR_LSTRIP) != 0,
                        .strips_right = (attributes & LLAMA_TOKEN_ATTR_RSTRIP) != 0});
  }
  return specials;
}

std::optional<Token> bos_of(const llama_vocab* vocab) {
  const Token bos = llama_vocab_bos(vocab);
  return llama_vocab_get_add_bos(vocab) && bos >= 0 ? std::optional(bos) : std::nullopt;
}

class LlamaWeights final : public EngineWeights {
 public:
  LlamaWeights(ModelPointer model, ModelFacts facts, bool has_weights, bool on_gpu, std::uint64_t print)
      : model_(std::move(model)),
        vocab_(llama_model_get_vocab(model_.get())),
        facts_(std::move(facts)),
        tokenizer_(special_tokens(vocab_), bos_of(vocab_),
                   [vocab = vocab_](std::string_view text) { return engine::tokenize(vocab, text, false); }),
        has_weights_(has_weights),
        on_gpu_(on_gpu),
        fingerprint_(print) {
    std::int32_t count = 0;
    const Token* tokens = llama_vocab_get_suppress_tokens(vocab_, &count);
    if (tokens != nullptr && count > 0) {
      suppressed_.assign(tokens, tokens + count);
    }
    for (Token token = 0; token < vocabulary_tokens(); ++token) {
      pieces_ += piece_of(vocab_, token);
      piece_ends_.push_back(pieces_.size());
    }
  }

  [[nodiscard]] const ModelFacts& facts() const override { return facts_; }
  [[nodiscard]] Result<std::vector<Token>> tokenize(std::span<const PromptPart> parts,
                                                    const Known& known) const override {
    return tokenizer_.tokenize(parts, known);
  }
  [[nodiscard]] std::string piece(Token token) const override { return std::string(bytes(token)); }
  [[nodiscard]] std::string_view bytes(Token token) const override {
    const auto index = static_cast<std::size_t>(token);
    return in_range(token)
               ? std::string_view(pieces_).substr(piece_ends_[index], piece_ends_[index + 1] - piece_ends_[index])
               : std::string_view();
  }
  [[nodiscard]] Result<std::vector<Token>> plain_tokens(std::string_view text) const override {
    return engine::tokenize(vocab_, text, false);
  }
  [[nodiscard]] bool is_control(Token token) const override {
    return in_range(token) && llama_vocab_is_control(vocab_, token);
  }
  [[nodiscard]] bool ends_generation(Token token) const override {
    return in_range(token) && llama_vocab_is_eog(vocab_, token);
  }
  [[nodiscard]] Token end_of_turn() const override {
    const Token turn = llama_vocab_eot(vocab_);
    return turn >= 0 ? turn : llama_vocab_eos(vocab_);
  }
  [[nodiscard]] int vocabulary_tokens() const override { return llama_vocab_n_tokens(vocab_); }
  [[nodiscard]] int input_width() const override { return llama_model_n_embd_inp(model_.get()); }
  [[nodiscard]] std::span<const Token> suppressed() const override { return suppressed_; }

  [[nodiscard]] Result<std::unique_ptr<Backend>> open_backend(EngineOptions& options) const override {
    if (!has_weights_) {
      return fail(ErrorCode::invalid_argument, format_text("{} was loaded as a vocabulary only", facts_.file.string()),
                  "load the weights");
    }
    options = with_defaults(options, facts_, default_threads(), multiplies_bf16());
    // Weights that were read are not free any more; mapped ones still count as free.
    std::uint64_t available = on_gpu_ ? 0 : available_memory_bytes();  // a GPU's cache is in its own memory
    if (on_gpu_ && options.saved_bytes_max < 0 && options.memory_bytes_max == 0) {  // saved prefixes are not
      options.saved_bytes_max = static_cast<std::int64_t>(available_memory_bytes() / kSavedShare);
    }
    if (available > 0 && facts_.file_bytes <= kReadNotMappedMax) {
      available += facts_.weights_bytes;
    }
    const MemoryEstimate plan = plan_memory(facts_, options, available);
    if (!plan.fits()) {
      return fail(
          ErrorCode::limit,
          format_text("{} bytes of weights, {} of cache and {} of compute buffers are more than the {} there are",
                      plan.weights_bytes, plan.kv_bytes, plan.compute_bytes + plan.reserved_bytes, plan.ceiling_bytes),
          "give a smaller window (-c), fewer sequences or a smaller quantisation");
    }
    options.saved_bytes_max = static_cast<std::int64_t>(plan.saved_bytes_max);
    const std::uint64_t left = plan.ceiling_bytes == 0
                                   ? 0
                                   : plan.ceiling_bytes - plan.weights_bytes - plan.compute_bytes - plan.reserved_bytes;
    const CachePlan cache = plan_cache(facts_, options, left);
    if (cache.cells > std::numeric_limits<std::int32_t>::max()) {
      return fail(ErrorCode::limit,
                  format_text("a cache of {} tokens is more than the library can address", cache.cells),
                  "give a smaller window (-c) or fewer sequences");
    }
    return open_llama_backend(model_.get(), facts_, options, cache.cells, fingerprint_);
  }
  [[nodiscard]] const llama_vocab* vocab() const { return vocab_; }
  [[nodiscard]] llama_model* model() const { return model_.get(); }
  [[nodiscard]] bool has_weights() const { return has_weights_; }

 private:
  [[nodiscard]] bool in_range(Token token) const { return token >= 0 && token < vocabulary_tokens(); }

  ModelPointer model_;
  const llama_vocab* vocab_;
  ModelFacts facts_;
  PromptTokenizer tokenizer_;
  std::vector<Token> suppressed_;
  std::string pieces_;  // of all tokens, one after the other
  std::vector<std::size_t> piece_ends_ = {0};
  bool has_weights_;
  bool on_gpu_;
  std::uint64_t fingerprint_;  // of the file
};

struct Progress {
  const std::function<bool(float)>* callback;
  bool stopped = false;

  static bool report(float done, void* self) {
    auto* progress = static_cast<Progress*>(self);
    progress->stopped = progress->stopped || !(*progress->callback)(done);
    return !progress->stopped;
  }
};

Result<std::shared_ptr<const Weights>> load_model(ModelFile file, llama_model_params params, bool on_gpu) {
  const std::string path = file.facts.file.string();
  params.load_mode = file.facts.file_bytes <= kReadNotMappedMax ? LLAMA_LOAD_MODE_NONE : LLAMA_LOAD_MODE_AUTO;
  static_cast<void>(take_library_error());  // an old one is not this one's reason
  ModelPointer model(llama_model_load_from_file(path.c_str(), params));
  if (model == nullptr) {
    return fail(
        ErrorCode::corrupt,
        format_text("{}: the library cannot load this {} model{}", path, file.facts.architecture, take_library_error()),
        "its architecture may be newer than the installed libllama; the log (-v) has more");
  }
  if (llama_vocab_n_tokens(llama_model_get_vocab(model.get())) <= 0) {
    return fail(ErrorCode::corrupt, format_text("{}: the vocabulary is empty", path));
  }
  const bool has_weights = file.has_tensors && !params.vocab_only;
  PUNA_TRY(const std::uint64_t print, fingerprint(file.parts));
  return std::make_shared<LlamaWeights>(std::move(model), std::move(file.facts), has_weights, on_gpu, print);
}

Result<void> check_memory(const ModelFacts& facts, bool on_gpu) {
  const std::uint64_t available = available_memory_bytes();
  if (!on_gpu && available > 0 && facts.weights_bytes > available) {
    return fail(ErrorCode::limit,
                format_text("{} needs {} bytes for its weights and {} are free", facts.file.string(),
                            facts.weights_bytes, available),
                "close other programs or use a smaller quantisation");
  }
  return {};
}

}  // namespace

llama_model* library_model(const Weights& weights) {
  const auto* own = dynamic_cast<const LlamaWeights*>(&weights);
  PUNA_CHECK(own != nullptr, "weights of the library");
  return own->model();
}

bool can_compute(const Weights& weights) {
  const auto* own = dynamic_cast<const LlamaWeights*>(&weights);
  return own != nullptr && own->has_weights();
}

std::vector<Token> library_tokens(const Weights& weights, std::string_view text) {
  const auto* own = dynamic_cast<const LlamaWeights*>(&weights);
  PUNA_CHECK(own != nullptr, "weights of the library");
  return tokenize(own->vocab(), text, true).value_or(std::vector<Token>{});
}

}  // namespace engine

Result<std::shared_ptr<const Weights>> Weights::load(const LoadOptions& options,
                                                     const std::function<bool(float)>& progress) {
  PUNA_TRY(engine::ModelFile file, engine::read_model_file(options.file));
  if (!file.has_tensors) {
    return fail(ErrorCode::corrupt, format_text("{} holds a vocabulary and no weights", options.file.string()),
                "give the whole model's file");
  }
  engine::initialise_library();
  PUNA_TRY(engine::DeviceChoice choice, engine::choose_devices(options.devices));
  llama_model_params params = llama_model_default_params();
  params.n_gpu_layers = choice.cpu_only ? 0 : options.gpu_layers;
  params.devices = options.devices.empty() || choice.cpu_only ? nullptr : choice.devices.data();
  params.check_tensors = file.facts.file_bytes <= engine::kReadNotMappedMax;
  engine::Progress report{.callback = &progress};
  if (progress) {
    params.progress_callback = &engine::Progress::report;
    params.progress_callback_user_data = &report;
  }
  const bool on_gpu = params.n_gpu_layers != 0 && engine::has_gpu();
  PUNA_TRY_VOID(engine::check_memory(file.facts, on_gpu));
  auto weights = engine::load_model(std::move(file), params, on_gpu);
  if (report.stopped) {
    return fail(ErrorCode::cancelled, format_text("loading {} was cancelled", options.file.string()));
  }
  return weights;
}

Result<std::shared_ptr<const Weights>> Weights::load_vocabulary(const std::filesystem::path& file) {
  PUNA_TRY(engine::ModelFile model, engine::read_model_file(file));
  engine::initialise_library();
  llama_model_params params = llama_model_default_params();
  params.vocab_only = true;
  return engine::load_model(std::move(model), params, false);
}

}  // namespace puna

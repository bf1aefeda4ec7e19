// See embedder.h. One of the llama files.
//
// Owns: a context of its own on the shared weights, whose micro-batch is a whole text: the library pools within one.
#include <llama.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <mutex>
#include <numeric>
#include <optional>
#include <utility>

#include "engine/llama_backend.h"
#include "engine/llama_library.h"
#include "engine/memory_plan.h"
#include "engine/no_memory.h"
#include "engine/wide_registers.h"
#include "puna/engine/embedder.h"

namespace puna {
namespace {

constexpr int kTextTokensMax = 2'048;  // unless the options say more

int text_tokens_of(const EmbedderOptions& options, const ModelFacts& facts) {
  const int most = options.text_tokens_max > 0 ? options.text_tokens_max : kTextTokensMax;
  return facts.window_trained_tokens > 0 ? std::min(most, facts.window_trained_tokens) : most;
}

struct FreeEmbedderContext {
  void operator()(llama_context* context) const { llama_free(context); }
};

enum llama_pooling_type library_pooling(Pooling pooling) {
  switch (pooling) {
    case Pooling::mean:
      return LLAMA_POOLING_TYPE_MEAN;
    case Pooling::cls:
      return LLAMA_POOLING_TYPE_CLS;
    case Pooling::last:
      return LLAMA_POOLING_TYPE_LAST;
    case Pooling::as_model:
      break;
  }
  return LLAMA_POOLING_TYPE_UNSPECIFIED;
}

bool stop_is_asked(void* stop) { return static_cast<const std::stop_token*>(stop)->stop_requested(); }

std::vector<float> with_length_one(std::span<const float> values) {
  const double square = std::transform_reduce(values.begin(), values.end(), 0.0, std::plus<>(), [](float value) {
    return static_cast<double>(value) * static_cast<double>(value);
  });
  const double scale = square > 0 ? 1 / std::sqrt(square) : 0;
  std::vector<float> scaled(values.size());
  std::ranges::transform(values, scaled.begin(),
                         [scale](float value) { return static_cast<float>(static_cast<double>(value) * scale); });
  return scaled;
}

class LlamaEmbedder final : public Embedder {
 public:
  LlamaEmbedder(std::shared_ptr<const Weights> weights, Pooling pooling, int text_tokens, const EngineOptions& engine)
      : weights_(std::move(weights)),
        model_(engine::library_model(*weights_)),
        pooling_(pooling),
        text_tokens_max_(text_tokens),
        dimensions_(llama_model_n_embd_out(model_)),
        engine_(engine) {}

  [[nodiscard]] Result<std::vector<Token>> tokenize(std::string_view text, Length length) const override {
    const std::vector<PromptPart> parts{{.text = std::string(text), .trust = Trust::untrusted}};
    PUNA_TRY(std::vector<Token> tokens, weights_->tokenize(parts));
    const llama_vocab* vocabulary = llama_model_get_vocab(model_);
    const bool adds_end = llama_vocab_get_add_eos(vocabulary);
    const auto room = static_cast<std::size_t>(text_tokens_max_ - (adds_end ? 1 : 0));
    if (length == Length::cut && tokens.size() > room) {
      tokens.resize(room);
    }
    if (adds_end) {
      tokens.push_back(llama_vocab_eos(vocabulary));
    }
    return tokens;
  }

  [[nodiscard]] Result<std::vector<float>> embed(std::span<const Token> tokens, std::stop_token stop) override {
    return engine::or_out_of_memory([&]() -> Result<std::vector<float>> {
      PUNA_TRY_VOID(check(tokens));
      const std::scoped_lock lock(mutex_);
      PUNA_TRY_VOID(open());
      try {
        return computed(tokens, stop);
      } catch (const std::bad_alloc&) {
        throw;
      } catch (const std::exception& error) {
        return fail(ErrorCode::internal, format_text("the library could not compute the vector: {}", error.what()));
      }
    });
  }

  [[nodiscard]] int dimensions() const override { return dimensions_; }
  [[nodiscard]] int text_tokens_max() const override { return text_tokens_max_; }

 private:
  [[nodiscard]] Result<void> check(std::span<const Token> tokens) const {
    if (tokens.empty()) {
      return fail(ErrorCode::invalid_argument, "the text has no tokens", "give some text");
    }
    if (tokens.size() > static_cast<std::size_t>(text_tokens_max_)) {
      return fail(ErrorCode::limit,
                  format_text("the text has {} tokens and a vector takes {} at most", tokens.size(), text_tokens_max_),
                  "cut it into pieces");
    }
    const int vocabulary = weights_->vocabulary_tokens();
    const auto wrong = std::ranges::find_if(tokens, [&](Token token) { return token < 0 || token >= vocabulary; });
    if (wrong != tokens.end()) {
      return fail(ErrorCode::invalid_argument,
                  format_text("the text holds the token {}, and the vocabulary has {}", *wrong, vocabulary));
    }
    return {};
  }

  // Once; a failure is tried again with the next text.
  [[nodiscard]] Result<void> open() {
    if (context_ != nullptr) {
      return {};
    }
    llama_context_params params = llama_context_default_params();
    params.n_ctx = params.n_batch = params.n_ubatch = static_cast<std::uint32_t>(text_tokens_max_);
    params.n_seq_max = 1;
    params.n_threads = params.n_threads_batch = engine_.threads_batch;
    params.embeddings = true;
    params.flash_attn_type =
        engine_.profile == Profile::deterministic ? LLAMA_FLASH_ATTN_TYPE_DISABLED : LLAMA_FLASH_ATTN_TYPE_AUTO;
    params.pooling_type = library_pooling(pooling_);
    try {
      context_.reset(llama_init_from_model(model_, params));
      if (context_ != nullptr && llama_pooling_type(context_.get()) == LLAMA_POOLING_TYPE_NONE) {  // the file says none
        context_.reset();
        params.pooling_type = LLAMA_POOLING_TYPE_MEAN;
        context_.reset(llama_init_from_model(model_, params));
      }
    } catch (const std::exception&) {
      context_.reset();
    }
    return context_ != nullptr ? Result<void>()
                               : fail(ErrorCode::limit, format_text("the library could not open a cache of {} tokens{}",
                                                                    text_tokens_max_, engine::take_library_error()));
  }

  [[nodiscard]] Result<std::vector<float>> computed(std::span<const Token> tokens, const std::stop_token& stop) {
    llama_memory_clear(llama_get_memory(context_.get()), true);
    std::vector<Token> text(tokens.begin(), tokens.end());  // the library takes no const
    llama_set_abort_callback(context_.get(), stop_is_asked, const_cast<std::stop_token*>(&stop));  // NOLINT
    const int status =
        llama_decode(context_.get(), llama_batch_get_one(text.data(), static_cast<std::int32_t>(text.size())));
    engine::clear_wide_registers();
    llama_set_abort_callback(context_.get(), nullptr, nullptr);
    if (stop.stop_requested()) {
      return fail(ErrorCode::cancelled, "the vector was cancelled");
    }
    const float* values = status == 0 ? llama_get_embeddings_seq(context_.get(), 0) : nullptr;
    if (values == nullptr) {
      return fail(ErrorCode::internal, format_text("the library computed no vector of {} tokens (status {}){}",
                                                   tokens.size(), status, engine::take_library_error()));
    }
    return with_length_one({values, static_cast<std::size_t>(dimensions_)});
  }

  const std::shared_ptr<const Weights> weights_;
  llama_model* const model_;
  const Pooling pooling_;
  const int text_tokens_max_;
  const int dimensions_;
  const EngineOptions engine_;
  std::mutex mutex_;
  std::unique_ptr<llama_context, FreeEmbedderContext> context_;  // guarded by mutex_
};

}  // namespace

std::uint64_t estimate_embedder_bytes(const ModelFacts& facts, const EmbedderOptions& options, Profile profile) {
  const int tokens = text_tokens_of(options, facts);
  const EngineOptions one{.window_tokens = tokens,
                          .sequences_max = 1,
                          .batch_tokens = tokens,
                          .profile = profile,
                          .attention = profile == Profile::deterministic ? Attention::f16 : Attention::flash};
  return static_cast<std::uint64_t>(tokens) * facts.kv_bytes_per_token + engine::compute_bytes(facts, one, tokens);
}

Result<std::unique_ptr<Embedder>> Embedder::create(std::shared_ptr<const Weights> weights,
                                                   const EmbedderOptions& options, const EngineOptions& engine) {
  if (options.text_tokens_max < 0) {
    return fail(ErrorCode::invalid_argument,
                format_text("text_tokens_max is {} and must be at least 0", options.text_tokens_max));
  }
  if (!engine::can_compute(*weights)) {
    return fail(ErrorCode::invalid_argument, "a vocabulary alone computes no vectors", "load the whole model");
  }
  const int tokens = text_tokens_of(options, weights->facts());
  return std::make_unique<LlamaEmbedder>(std::move(weights), options.pooling, tokens, engine);
}

}  // namespace puna

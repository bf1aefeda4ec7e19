// libllama's grammar sampler as a TokenFilter. Accepting a token that a grammar refuses throws or aborts, so only
// tested tokens are accepted.
#include <llama.h>

#include <cmath>
#include <exception>

#include "engine/gbnf_check.h"
#include "engine/llama_backend.h"
#include "engine/llama_library.h"

namespace puna::engine {
namespace {

class LlamaFilter final : public TokenFilter {
 public:
  explicit LlamaFilter(llama_sampler* sampler) : sampler_(sampler) {}

  [[nodiscard]] Result<void> test(std::span<const Token> tokens, std::span<std::uint8_t> allowed) override {
    candidates_.clear();
    for (const Token token : tokens) {
      candidates_.push_back({.id = token, .logit = 0.0F, .p = 0.0F});
    }
    llama_token_data_array array = {
        .data = candidates_.data(), .size = candidates_.size(), .selected = -1, .sorted = false};
    try {
      llama_sampler_apply(sampler_.get(), &array);
    } catch (const std::exception& error) {
      return failed(error);
    }
    if (array.data != candidates_.data() || array.size != tokens.size()) {
      return fail(ErrorCode::internal, "the library's grammar changed the list of tokens");
    }
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      allowed[i] = std::isinf(candidates_[i].logit) ? 0 : 1;
    }
    return {};
  }

  [[nodiscard]] Result<void> accept(Token token) override {
    try {
      llama_sampler_accept(sampler_.get(), token);
    } catch (const std::exception& error) {
      return failed(error);
    }
    return {};
  }

 private:
  struct Free {
    void operator()(llama_sampler* sampler) const { llama_sampler_free(sampler); }
  };
  static std::unexpected<Error> failed(const std::exception& error) {
    return fail(ErrorCode::internal, format_text("the library's grammar failed: {}", error.what()));
  }

  std::unique_ptr<llama_sampler, Free> sampler_;
  std::vector<llama_token_data> candidates_;
};

// The tokens that a grammar names must exist; libllama itself would print to stderr or allow nothing.
Result<void> check_named_tokens(const llama_vocab* vocab, const GbnfTokens& named) {
  for (const std::uint64_t id : named.ids) {
    if (id >= static_cast<std::uint64_t>(llama_vocab_n_tokens(vocab))) {
      return fail(ErrorCode::invalid_argument, format_text("grammar: the token <[{}]> is not in the vocabulary", id));
    }
  }
  for (const std::string& text : named.texts) {
    llama_token tokens[2];
    const int count =
        llama_tokenize(vocab, text.data(), static_cast<std::int32_t>(text.size()), tokens, 2, false, true);
    if (count != 1) {
      return fail(ErrorCode::invalid_argument, format_text("grammar: {} is not one token of the vocabulary", text));
    }
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<TokenFilter>> make_llama_filter(const llama_vocab* vocab, const Grammar& grammar) {
  PUNA_TRY(const GbnfTokens named, check_gbnf(grammar.gbnf, grammar.root));
  try {
    PUNA_TRY_VOID(check_named_tokens(vocab, named));
    llama_sampler* sampler = llama_sampler_init_grammar(vocab, grammar.gbnf.c_str(), grammar.root.c_str());
    if (sampler == nullptr) {
      return fail(ErrorCode::invalid_argument, "grammar: the library refuses it" + take_library_error());
    }
    return std::make_unique<LlamaFilter>(sampler);
  } catch (const std::exception& error) {
    return fail(ErrorCode::invalid_argument, format_text("grammar: the library refuses it: {}", error.what()));
  }
}

}  // namespace puna::engine

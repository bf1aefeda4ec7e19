#include "engine/prompt_check.h"

#include <algorithm>

namespace puna::engine {
namespace {

std::unexpected<Error> bad_media(std::string_view what) {
  return fail(ErrorCode::invalid_argument, format_text("the prompt's media: {}", what),
              "give what MediaEncoder::encode() returned for this prompt");
}

}  // namespace

Result<void> check_tokens(const GenerationRequest& request, const EngineWeights& weights) {
  const int vocabulary = weights.vocabulary_tokens();
  auto run = request.media.begin();
  for (std::size_t i = 0; i < request.prompt.size(); ++i) {
    const Token token = request.prompt[i];
    if (!is_media(token)) {
      if (token < 0 || token >= vocabulary) {
        return fail(ErrorCode::invalid_argument,
                    format_text("the prompt holds the token {}, and the vocabulary has {}", token, vocabulary));
      }
      continue;
    }
    if (run == request.media.end() || run->begin != i || run->tokens == 0 || run->tokens >= request.prompt.size() - i) {
      return bad_media(format_text("no run begins at token {}, or it reaches the prompt's end", i));
    }
    if (run->vectors == nullptr ||
        run->vectors->size() != run->tokens * static_cast<std::size_t>(weights.input_width())) {
      return bad_media(
          format_text("the run at token {} has not {} vectors of {}", i, run->tokens, weights.input_width()));
    }
    const auto tokens = std::span(request.prompt).subspan(i, run->tokens);
    if (!std::ranges::all_of(tokens, [token](Token other) { return other == token; })) {
      return bad_media(format_text("the run at token {} is of two media", i));
    }
    i += run->tokens - 1;
    ++run;
  }
  return run == request.media.end() ? Result<void>() : bad_media("there are more runs than rows of media tokens");
}

Result<void> check_for_files(std::span<const Token> tokens) {
  if (std::ranges::any_of(tokens, is_media)) {
    return fail(ErrorCode::invalid_argument, "a conversation with pictures or sounds cannot be kept in a file",
                "ask again with the pictures: they are computed anew");
  }
  return {};
}

}  // namespace puna::engine

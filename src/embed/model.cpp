// A model and single questions, through the C header.
#include <algorithm>
#include <span>
#include <vector>

#include "embed/handles.h"
#include "puna/model/model_card.h"
#include "puna/model/quick.h"
#include "puna/model/typed.h"

namespace puna::embed {
namespace {

Result<puna_model*> load(const char* file, const puna_model_options* given) {
  PUNA_TRY(const puna_model_options options, options_from(given));
  PUNA_TRY(const std::string path, text_from(file, "the model's file"));
  LocalModelOptions wanted{.load = {.file = path},
                           .engine = {.window_tokens = options.window_tokens,
                                      .threads = options.threads,
                                      .profile = options.deterministic != 0 ? Profile::deterministic : Profile::fast}};
  if (options.sequences_max != 0) {
    wanted.engine.sequences_max = options.sequences_max;
  }
  if (options.chat_template != nullptr) {
    PUNA_TRY(wanted.chat_template, text_from(options.chat_template, "chat_template"));
  }
  if (is_model_card(path)) {
    PUNA_TRY(const ModelCard card, read_model_card(path));
    wanted.load.file = card.path;
    wanted.engine.window_tokens = options.window_tokens != 0 ? options.window_tokens : card.context_length.value_or(0);
  }
  PUNA_TRY(std::unique_ptr<LocalModel> model, LocalModel::open(wanted));
  return new puna_model{.model = std::move(model)};
}

// What every question of a call has in common.
Result<Request> request_from(const puna_ask_options& options) {
  Request request{.tokens_max = options.tokens_max};
  if (options.tokens_max < 0) {
    return fail(ErrorCode::invalid_argument, format_text("tokens_max is {}", options.tokens_max), "0 = no limit");
  }
  PUNA_TRY(request.sampling, sampling_from_text(options.sampling));
  if (options.schema != nullptr) {
    PUNA_TRY(Json schema, json_from(options.schema, "schema"));
    request.format = format::Schema{std::move(schema)};
  }
  if (options.system != nullptr && *options.system != '\0') {
    PUNA_TRY(std::string system, text_from(options.system, "system"));
    request.messages.push_back({.role = Role::system, .content = std::move(system)});
  }
  return request;
}

Result<void> add_prompt(Request& request, const char* prompt) {
  PUNA_TRY(std::string text, text_from(prompt, "the prompt"));
  request.messages.push_back({.role = Role::user, .content = std::move(text)});
  return {};
}

Result<std::string> answer_of(Result<Reply> reply, const Request& request) {
  if (reply && request.format) {
    PUNA_TRY([[maybe_unused]] const Json fits, json_answer(*reply, std::get<format::Schema>(*request.format).schema));
  }
  return std::move(reply).transform([](Reply&& whole) { return std::move(whole.message.content); });
}

Result<char*> ask(puna_model& model, const char* prompt, const puna_ask_options* given) {
  PUNA_TRY(const puna_ask_options options, options_from(given));
  PUNA_TRY(Request request, request_from(options));
  PUNA_TRY_VOID(add_prompt(request, prompt));
  CallStop stop(options.cancel);
  TextSink events(options.on_text, options.user, stop);
  PUNA_TRY(const std::string answer, answer_of(model.model->ask(request, events, stop.token()), request));
  return text_for_caller(answer);
}

Result<std::int64_t> ask_each(puna_model& model, std::span<const char* const> prompts, const puna_ask_options* given,
                              char** answers, puna_error** errors) {
  PUNA_TRY(const puna_ask_options options, options_from(given));
  PUNA_TRY(const Request common, request_from(options));
  std::vector<Request> requests(prompts.size(), common);
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    PUNA_TRY_VOID(add_prompt(requests[i], prompts[i]));
  }
  const CallStop stop(options.cancel);
  std::vector<Result<Reply>> replies = ask_all(*model.model, requests, 64, stop.token());
  std::int64_t answered = 0;
  for (std::size_t i = 0; i < replies.size(); ++i) {
    answers[i] = guarded<char*>(errors == nullptr ? nullptr : &errors[i], nullptr,
                                [&] { return answer_of(std::move(replies[i]), common).and_then(text_for_caller); });
    answered += answers[i] != nullptr ? 1 : 0;
  }
  return answered;
}

}  // namespace
}  // namespace puna::embed

using puna::ErrorCode;
using puna::Result;
using puna::embed::guarded;

namespace {

Result<puna_model*> given(puna_model* model) {
  return model == nullptr ? puna::fail(ErrorCode::invalid_argument, "the model is NULL") : Result<puna_model*>(model);
}

}  // namespace

extern "C" {

puna_model* puna_model_load(const char* file, const puna_model_options* options, puna_error** error) {
  return guarded<puna_model*>(error, nullptr, [&] { return puna::embed::load(file, options); });
}
void puna_model_free(puna_model* model) { delete model; }
int puna_model_window(const puna_model* model) { return model == nullptr ? 0 : model->model->window_tokens(); }

int64_t puna_tokenize(puna_model* model, const char* text, int32_t* tokens, size_t capacity, puna_error** error) {
  return guarded<std::int64_t>(error, -1, [&]() -> Result<std::int64_t> {
    PUNA_TRY(puna_model* const handle, given(model));
    PUNA_TRY(std::string valid, puna::embed::text_from(text, "the text"));
    const puna::PromptPart part{.text = std::move(valid)};
    PUNA_TRY(const std::vector<puna::Token> all, handle->model->engine().weights().tokenize({&part, 1}));
    std::copy_n(all.begin(), std::min(all.size(), tokens == nullptr ? 0 : capacity), tokens);
    return static_cast<std::int64_t>(all.size());
  });
}

char* puna_detokenize(puna_model* model, const int32_t* tokens, size_t count, puna_error** error) {
  return guarded<char*>(error, nullptr, [&]() -> Result<char*> {
    PUNA_TRY(puna_model* const handle, given(model));
    const puna::Weights& weights = handle->model->engine().weights();
    std::string text;
    for (const int32_t token : std::span(tokens, tokens == nullptr ? 0 : count)) {
      if (token < 0 || token >= weights.vocabulary_tokens()) {
        return puna::fail(ErrorCode::invalid_argument,
                          puna::format_text("{} is no token: there are {}", token, weights.vocabulary_tokens()));
      }
      text += weights.piece(token);
    }
    return puna::embed::text_for_caller(puna::utf8::sanitize(text));
  });
}

char* puna_ask(puna_model* model, const char* prompt, const puna_ask_options* options, puna_error** error) {
  return guarded<char*>(error, nullptr, [&]() -> Result<char*> {
    PUNA_TRY(puna_model* const handle, given(model));
    return puna::embed::ask(*handle, prompt, options);
  });
}

int64_t puna_ask_all(puna_model* model, const char* const* prompts, size_t count, const puna_ask_options* options,
                     char** answers, puna_error** errors, puna_error** error) {
  return guarded<std::int64_t>(error, -1, [&]() -> Result<std::int64_t> {
    PUNA_TRY(puna_model* const handle, given(model));
    if (count > 0 && (prompts == nullptr || answers == nullptr)) {
      return puna::fail(ErrorCode::invalid_argument, "prompts or answers are NULL");
    }
    return puna::embed::ask_each(*handle, {prompts, count}, options, answers, errors);
  });
}

}  // extern "C"

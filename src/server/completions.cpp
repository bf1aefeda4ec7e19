// Raw prompts: POST /v1/completions (OpenAI), /completion (llama-server), /generate.
#include <utility>

#include "server/ask.h"
#include "server/fields.h"
#include "server/openai_reply.h"
#include "server/openai_request.h"
#include "server/raw.h"
#include "server/routes.h"

namespace puna::server {
namespace {

constexpr std::int64_t kLogprobsMax = 20;

Reply as_reply(const RawReply& raw) {
  return {.message = {.role = Role::assistant, .content = raw.text},
          .finish = raw.finish,
          .usage = raw.usage,
          .probabilities = raw.probabilities};
}

Json text_completion(const ChatFrame& frame, std::string_view text, Json finish) {
  return Json::object(
      {{"id", frame.id},
       {"object", "text_completion"},
       {"created", frame.created},
       {"model", frame.model},
       {"system_fingerprint", "puna"},
       {"choices", Json::array({Json::object(
                       {{"text", text}, {"index", 0}, {"logprobs", Json()}, {"finish_reason", std::move(finish)}})})}});
}

void set_end(Json& json, const RawReply& raw, bool has_logprobs) {
  if (has_logprobs) {
    for (auto& [key, value] : json.as_object()) {
      if (key == "choices") {
        value.as_array()[0].set("logprobs", logprobs_json(as_reply(raw)));
      }
    }
  }
}

std::string_view stop_type(FinishReason reason) {
  return is_cut(reason) ? "limit" : reason == FinishReason::stop_string ? "word" : "eos";
}

Json tokens_json(const std::vector<Token>& tokens) {
  Json list = Json::array();
  for (const Token token : tokens) {
    list.push(std::int64_t{token});
  }
  return list;
}

Json native_piece(std::string_view text, const std::vector<Token>& tokens, const RawQuestion& question) {
  return Json::object({{"index", 0},
                       {"content", text},
                       {"tokens", tokens_json(tokens)},
                       {"stop", false},
                       {"id_slot", -1},
                       {"tokens_predicted", tokens.size()},
                       {"tokens_evaluated", question.prompt.size()}});
}

Json probabilities_json(const RawReply& raw) { return logprobs_json(as_reply(raw)).as_object()[0].value; }

Json native_end(const Served& served, const RawQuestion& question, const RawReply& raw, std::string_view text,
                Json prompt, Json tokens) {
  Json json = Json::object({{"index", 0},
                            {"content", text},
                            {"tokens", std::move(tokens)},
                            {"id_slot", -1},
                            {"stop", true},
                            {"model", served.name},
                            {"tokens_predicted", raw.usage.output_tokens},
                            {"tokens_evaluated", question.prompt.size()},
                            {"generation_settings", to_json(raw.sampling)},
                            {"prompt", std::move(prompt)},
                            {"truncated", false},
                            {"has_new_line", raw.text.contains('\n')},
                            {"stop_type", stop_type(raw.finish)},
                            {"stopping_word", ""},
                            {"tokens_cached", raw.usage.prompt_tokens + raw.usage.output_tokens - 1},
                            {"timings", timings_json(raw.usage)}});
  if (!raw.probabilities.empty()) {
    json.set("completion_probabilities", probabilities_json(raw));
  }
  return json;
}

}  // namespace

Handled completions(Served& served, Call& call) {
  PUNA_TRY(RawQuestion question, read_raw(served, call.body, {"max_tokens", "n_predict"}));
  PUNA_TRY(const auto logprobs, integer(call.body, "logprobs", 0, kLogprobsMax));
  PUNA_TRY(const bool echoes, flag(call.body, "echo"));
  PUNA_TRY([[maybe_unused]] const auto replies, integer(call.body, "n", 1, 1));
  if (echoes || field(call.body, "suffix") != nullptr) {
    return bad_field(echoes ? "echo" : "suffix", "is not supported");
  }
  question.sampling.n_probs = static_cast<int>(logprobs.value_or(0));
  PUNA_TRY(question.watched, flag(call.body, "stream"));
  const ChatFrame frame{.id = served.new_id("cmpl-"), .model = served.name, .created = served.now_seconds()};
  const bool has_logprobs = question.sampling.n_probs > 0;
  if (!question.watched) {
    PUNA_TRY(const RawReply raw, complete(served, call.exchange, question, [](auto&&...) {}));
    Json json = text_completion(frame, raw.text, Json(finish_word(as_reply(raw))));
    set_end(json, raw, has_logprobs);
    json.set("usage", usage_json(raw.usage));
    json.set("timings", timings_json(raw.usage));
    return json;
  }
  const Json* options = field(call.body, "stream_options");
  PUNA_TRY(const bool has_usage, options == nullptr ? Answer<bool>(false) : flag(*options, "include_usage"));
  call.exchange.prepare_stream(kSseType, std::string(kSsePing));
  PUNA_TRY(const RawReply raw,
           complete(served, call.exchange, question, [&](std::string_view text, const std::vector<Token>&) {
             call.exchange.write(text.empty() ? "" : sse(text_completion(frame, text, {})));
           }));
  Json last = text_completion(frame, "", Json(finish_word(as_reply(raw))));
  set_end(last, raw, has_logprobs);
  call.exchange.write(sse(last));
  if (has_usage) {
    Json usage = text_completion(frame, "", {});
    usage.set("choices", Json::array());
    usage.set("usage", usage_json(raw.usage));
    call.exchange.write(sse(usage));
  }
  call.exchange.write(kSseDone);
  call.exchange.finish();
  return answered();
}

Handled native_completion(Served& served, Call& call) {
  PUNA_TRY(RawQuestion question, read_raw(served, call.body, {"n_predict", "max_tokens"}));
  PUNA_TRY(question.watched, flag(call.body, "stream"));
  PUNA_TRY(const bool returns_tokens, flag(call.body, "return_tokens"));
  const Json prompt = *field(with_extra_body(call.body), "prompt");  // read_raw() found it
  const auto shown = [&](const std::vector<Token>& tokens) {
    return tokens_json(returns_tokens ? tokens : std::vector<Token>());
  };
  if (!question.watched) {
    PUNA_TRY(const RawReply raw, complete(served, call.exchange, question, [](auto&&...) {}));
    return native_end(served, question, raw, raw.text, prompt, shown(raw.tokens));
  }
  call.exchange.prepare_stream(kSseType, std::string(kSsePing));
  PUNA_TRY(const RawReply raw,
           complete(served, call.exchange, question, [&](std::string_view text, const std::vector<Token>& tokens) {
             const bool is_piece = !text.empty() || !tokens.empty();
             call.exchange.write(is_piece ? sse(native_piece(text, tokens, question)) : "");
           }));
  call.exchange.write(sse(native_end(served, question, raw, "", prompt, Json::array())));
  call.exchange.finish();
  return answered();
}

Handled plain_generate(Served& served, Call& call) {
  PUNA_TRY(const RawQuestion question, read_raw(served, call.body, {"max_tokens"}));
  PUNA_TRY(const RawReply raw, complete(served, call.exchange, question, [](auto&&...) {}));
  return Json::object({{"response", raw.text}, {"tokens", raw.usage.output_tokens}});
}

}  // namespace puna::server

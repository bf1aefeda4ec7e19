// llama-server's own routes: how the server is, what it has, tokens and templates.
// Source: llama.cpp's tools/server/README.md.
#include <algorithm>
#include <chrono>
#include <utility>

#include "server/fields.h"
#include "server/openai_request.h"
#include "server/raw.h"
#include "server/routes.h"
#include "server/runs.h"

namespace puna::server {
namespace {

// The prompt that a conversation becomes: what a question with these messages and tools is asked with.
Answer<Prompt> prompt_of(const Served& served, const Json& body) {
  PUNA_TRY([[maybe_unused]] const Weights* weights, weights_of(served));
  const Json* messages = field(body, "messages");
  if (messages == nullptr) {
    return bad_field("messages", "is missing");
  }
  PUNA_TRY(const std::vector<Message> conversation, read_messages(*messages));
  std::vector<ToolSpec> tools;
  if (const Json* list = field(body, "tools")) {
    PUNA_TRY(tools, read_tools(*list));
  }
  const ChatTemplate& chat = served.local->chat_template();
  const auto today = chat.abilities().needs_date
                         ? std::optional<std::chrono::year_month_day>(
                               std::chrono::floor<std::chrono::days>(served.options.clock->wall()))
                         : std::nullopt;
  PUNA_TRY(
      Prompt prompt,
      chat.render({.messages = conversation, .tools = tools, .control_texts = served.control_texts, .today = today}));
  return prompt;
}

Answer<std::vector<Token>> tokens_for(const Served& served, const Json& body) {
  PUNA_TRY(const Weights* weights, weights_of(served));
  if (field(body, "messages") != nullptr) {
    PUNA_TRY(const Prompt prompt, prompt_of(served, body));
    if (std::ranges::contains(prompt.parts, Trust::media, &PromptPart::trust)) {
      return refuse(501, "pictures and sounds have no token numbers: usage.prompt_tokens of an answer counts them",
                    "messages", "not_supported");
    }
    PUNA_TRY(std::vector<Token> tokens, weights->tokenize(prompt.parts));
    return tokens;
  }
  PUNA_TRY(const bool adds_special, flag(body, "add_special"));
  PUNA_TRY(const bool parses_special, flag(body, "parse_special", true));
  const Json* content = field(body, "content");
  if (content == nullptr) {
    return std::vector<Token>();  // as llama-server has it
  }
  const Beginning beginning = adds_special ? Beginning::with_bos : Beginning::as_written;
  if (content->is_string()) {
    return tokens_of_text(*weights, content->as_string(), parses_special ? Trust::trusted : Trust::untrusted,
                          beginning);
  }
  return tokens_of(*weights, *content, "content", beginning);
}

std::string metric(std::string_view name, std::string_view type, std::string_view what, double value) {
  return format_text("# HELP {} {}\n# TYPE {} {}\n{} {}\n", name, what, name, type, name, value);
}

double seconds(std::uint64_t microseconds) { return static_cast<double>(microseconds) / 1e6; }
double number(std::uint64_t value) { return static_cast<double>(value); }

}  // namespace

Handled health(Served& served, Call& /*call*/) {
  if (served.is_draining) {
    return refuse(503, "the server is ending: it finishes what runs", {}, "draining");
  }
  return Json::object({{"status", "ok"}});
}

Handled props(Served& served, Call& /*call*/) {
  Json json = Json::object({{"model_alias", served.name},
                            {"default_generation_settings",
                             Json::object({{"n_ctx", served.model.window_tokens()},
                                           {"params", to_json(effective({}, served.defaults).value_or(Sampling()))}})},
                            {"build_info", "puna"}});
  if (served.local != nullptr) {
    const ModelFacts& facts = served.local->engine().weights().facts();
    json.set("total_slots", served.local->engine().options().sequences_max);
    json.set("model_path", facts.file.string());
    json.set("chat_template", facts.chat_template);
    json.set("bos_token", facts.bos_text);
    json.set("eos_token", facts.eos_text);
    const MediaEncoder* media = served.local->media();
    json.set("modalities", Json::object({{"vision", media != nullptr && media->sees()},
                                         {"audio", media != nullptr && media->hears()}}));
  }
  return json;
}

Handled slots(Served& served, Call& /*call*/) {
  PUNA_TRY([[maybe_unused]] const Weights* weights, weights_of(served));
  const Engine& engine = served.local->engine();
  const int busy = engine.stats().sequences_busy;
  Json list = Json::array();
  for (int i = 0; i < engine.options().sequences_max; ++i) {
    list.push(Json::object({{"id", i}, {"n_ctx", engine.options().window_tokens}, {"is_processing", i < busy}}));
  }
  return list;
}

Handled metrics(Served& served, Call& call) {
  const Counters& c = served.counters;
  const EngineStats stats = served.local == nullptr ? EngineStats() : served.local->engine().stats();
  const std::size_t generating = served.generating;
  const int busy = served.local == nullptr ? static_cast<int>(generating) : stats.sequences_busy;
  const double prefill = seconds(c.prefill_us);
  const double decode = seconds(c.decode_us);
  std::string text;
  text += metric("llamacpp:prompt_tokens_total", "counter", "Prompt tokens, cached ones included.",
                 number(c.prompt_tokens));
  text += metric("llamacpp:prompt_seconds_total", "counter", "Time of reading prompts.", prefill);
  text += metric("llamacpp:tokens_predicted_total", "counter", "Output tokens.", number(c.output_tokens));
  text += metric("llamacpp:tokens_predicted_seconds_total", "counter", "Time of generating.", decode);
  text += metric("llamacpp:prompt_tokens_seconds", "gauge", "Prompt tokens computed a second.",
                 prefill > 0 ? number(c.prompt_tokens - c.cached_tokens) / prefill : 0);
  text += metric("llamacpp:predicted_tokens_seconds", "gauge", "Output tokens a second, of one request.",
                 decode > 0 ? number(c.output_tokens) / decode : 0);
  text += metric("llamacpp:requests_processing", "gauge", "Sequences at work.", busy);
  text += metric("llamacpp:requests_deferred", "gauge", "Sequences that wait.", stats.waiting);
  text += metric("llamacpp:n_decode_total", "counter", "Steps of the engine.", static_cast<double>(stats.steps));
  text += metric("puna_prompt_tokens_cached_total", "counter", "Prompt tokens that were not computed.",
                 number(c.cached_tokens));
  text += metric("puna_requests_total", "counter", "Requests.", number(c.requests));
  text += metric("puna_requests_refused_total", "counter", "Answers with a status of 400 or more.", number(c.refused));
  text += metric("puna_requests_turned_away_total", "counter", "Answers with 429.", number(c.turned_away));
  text += metric("puna_requests_cancelled_total", "counter", "Generations whose client had gone.", number(c.cancelled));
  text += metric("puna_requests_generating", "gauge", "Requests that generate, or wait to.", number(generating));
  text += metric("puna_runs_active", "gauge", "Runs of agents that have not ended.", number(served.runs->active()));
  call.exchange.reply({.body = std::move(text), .type = "text/plain; version=0.0.4; charset=utf-8"});
  return answered();
}

Handled tokenize(Served& served, Call& call) {
  PUNA_TRY(const std::vector<Token> tokens, tokens_for(served, call.body));
  PUNA_TRY(const bool has_pieces, flag(call.body, "with_pieces"));
  PUNA_TRY(const Weights* weights, weights_of(served));
  Json list = Json::array();
  for (const Token token : tokens) {
    if (!has_pieces) {
      list.push(std::int64_t{token});
      continue;
    }
    const std::string piece = weights->piece(token);
    Json shown(piece);
    if (!utf8::is_valid(piece)) {
      shown = Json::array();
      for (const char c : piece) {
        shown.push(static_cast<int>(static_cast<unsigned char>(c)));
      }
    }
    list.push(Json::object({{"id", std::int64_t{token}}, {"piece", std::move(shown)}}));
  }
  return Json::object({{"tokens", std::move(list)}});
}

Handled detokenize(Served& served, Call& call) {
  PUNA_TRY(const Weights* weights, weights_of(served));
  const Json* list = field(call.body, "tokens");
  if (list == nullptr || !list->is_array() ||
      std::ranges::any_of(list->as_array(), [](const Json& item) { return item.is_string(); })) {
    return bad_field("tokens", "must be a list of token numbers");
  }
  PUNA_TRY(const std::vector<Token> tokens, tokens_of(*weights, *list, "tokens", Beginning::as_written));
  std::string content;
  for (const Token token : tokens) {
    content += weights->piece(token);
  }
  return Json::object({{"content", utf8::sanitize(content)}});
}

Handled apply_template(Served& served, Call& call) {
  PUNA_TRY(const Prompt prompt, prompt_of(served, call.body));
  return Json::object({{"prompt", prompt.text()}});
}

}  // namespace puna::server

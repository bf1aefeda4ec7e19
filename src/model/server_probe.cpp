// Source: llama.cpp, tools/server/README.md, release 0.7 (/health, /props, /v1/models, /apply-template, /tokenize).
#include "model/server_probe.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace puna::model {
namespace {

int count_in(const Json* object, std::string_view key) {
  const Json* value = object == nullptr ? nullptr : object->find(key);
  return value != nullptr && value->is_integer()
             ? static_cast<int>(std::clamp<std::int64_t>(value->as_integer(), 0, std::numeric_limits<int>::max()))
             : 0;
}

void read_props(const Json& props, ServerFacts& facts) {
  const Json* defaults = props.find("default_generation_settings");
  facts.is_llama = defaults != nullptr && defaults->is_object();
  if (!facts.is_llama) {
    return;
  }
  facts.window_tokens = count_in(defaults, "n_ctx");
  facts.slots = count_in(&props, "total_slots");
  facts.build = props.text_or("build_info");
  facts.file = props.text_or("model_path");
  facts.chat_template = props.text_or("chat_template");
  const Json* settings = defaults->find("params");
  facts.settings = settings == nullptr ? *defaults : *settings;
}

// {"data": [{"id", "meta": {"n_ctx"}}]}; other servers say the window in other words.
void read_models(const Json& models, const std::string& wanted, ServerFacts& facts) {
  const Json* list = models.find("data");
  if (list == nullptr || !list->is_array()) {
    return;
  }
  for (const Json& model : list->as_array()) {
    const std::string_view id = model.text_or("id");
    if (id.empty() || (!wanted.empty() && id != wanted)) {
      continue;
    }
    facts.model = id;
    for (const int window : {count_in(model.find("meta"), "n_ctx"), count_in(&model, "max_model_len"),
                             count_in(&model, "context_length"), count_in(&model, "context_window")}) {
      facts.window_tokens = facts.window_tokens == 0 ? window : facts.window_tokens;
    }
    return;
  }
}

bool counts_tokens(const ServerLink& link, const std::stop_token& stop) {
  const Json message = Json::object({{"role", "user"}, {"content", "a"}});
  const auto prompt = link.json("/apply-template", Json::object({{"messages", Json::array({message})}}), stop);
  const auto tokens = link.json("/tokenize", Json::object({{"content", "a"}}), stop);
  const Json* list = tokens ? tokens->find("tokens") : nullptr;
  return prompt && !prompt->text_or("prompt").empty() && list != nullptr && list->is_array() &&
         !list->as_array().empty();
}

using Failed = std::unexpected<ServerFailure>;

Failed failed(const ServerLink& link, const ServerLink::Page& page) {
  return Failed(failure_of(link.root(), page.status, page.text, page.retry_after, link.key()));
}

constexpr bool refuses_key(int status) { return status == 401 || status == 403; }
constexpr bool is_not_ready(int status) { return status == 429 || (status >= 502 && status <= 504); }

bool same(const Json& sent, const Json& used) {
  if (sent.is_number() && used.is_number()) {
    const double a = sent.as_double();
    const double b = used.as_double();
    return std::abs(a - b) <= 1e-5 * std::max({1.0, std::abs(a), std::abs(b)});  // the server keeps floats
  }
  return sent == used;
}

// [[id, bias]] and {"id": bias} as sent, [{"token", "bias"}] as used: the number of biases, because texts are split.
bool same_biases(const Json& sent, const Json& used) {
  const std::size_t sent_count = sent.is_array()    ? sent.as_array().size()
                                 : sent.is_object() ? sent.as_object().size()
                                                    : 0;
  return !used.is_array() || used.as_array().size() >= std::min<std::size_t>(sent_count, 1);
}

bool is_checked(const Json& sent) {
  constexpr int kAsTheServerThinks = -1;
  return !(sent == Json(kAsTheServerThinks));
}

}  // namespace

Answered<Probed> probe(const ServerLink& link, const std::string& model, const std::stop_token& stop) {
  Probed probed{.facts = {.url = link.root()}, .chat_path = "/v1/chat/completions"};
  const auto health = link.page("/health", {}, stop);
  if (!health) {
    return Failed(health.error());
  }
  if (is_not_ready(health->status)) {  // other servers have no such path, and may say so in any way
    return failed(link, *health);
  }
  const auto props = link.page("/props", {}, stop);
  if (!props) {
    return Failed(props.error());
  }
  if (refuses_key(props->status)) {
    return failed(link, *props);
  }
  if (props->status == kOk) {
    read_props(props->body, probed.facts);
  }
  auto models = link.page("/v1/models", {}, stop);
  if (models && models->status == 404 && !probed.facts.is_llama) {
    auto without = link.page("/models", {}, stop);
    if (without && without->status == kOk) {
      models = std::move(without);
      probed.chat_path = "/chat/completions";
    }
  }
  if (!models) {
    return Failed(models.error());
  }
  if (refuses_key(models->status) || is_not_ready(models->status) || models->status == 500) {
    return failed(link, *models);
  }
  read_models(models->body, model, probed.facts);
  probed.facts.model = model.empty() ? probed.facts.model : model;
  if (probed.facts.model.empty()) {
    return Failed({.error = {.code = ErrorCode::not_found,
                             .message = format_text("{}: the server names no model", link.root()),
                             .hint = "is this the address of a model's server? If so, name the model: --model-id NAME"},
                   .then = ServerFailure::Then::give_up,
                   .after = {}});
  }
  probed.facts.counts_tokens = probed.facts.is_llama && counts_tokens(link, stop);
  return probed;
}

Sampling sampling_in(const Json& settings) {
  Sampling sampling;
  Json good = Json::object();
  for (const SamplingParameter& parameter : sampling_parameters()) {
    const Json* value = settings.find(parameter.name);
    if (value == nullptr || parameter.name == "seed" || parameter.name == "n_probs" || parameter.name == "logit_bias") {
      continue;
    }
    Json one = Json::object();
    one.set(parameter.name, *value);
    if (sampling_from(one)) {  // what is out of our range means "off" there
      good.set(parameter.name, *value);
    }
  }
  return sampling_from(good).value_or(Sampling{});
}

std::vector<std::string> disobeyed(const Json& body, const Json& settings) {
  constexpr std::array<std::string_view, 2> kOthers = {"ignore_eos", "stop"};
  std::vector<std::string> sentences;
  const auto check = [&](std::string_view name, std::string_view there) {
    const Json* sent = body.find(name);
    if (sent == nullptr || !is_checked(*sent)) {
      return;
    }
    const Json* used = settings.find(there);
    if (used == nullptr) {
      sentences.push_back(format_text("the server does not know {}: it has no effect", name));
    } else if (!(name == "logit_bias" ? same_biases(*sent, *used) : same(*sent, *used))) {
      sentences.push_back(format_text("the server used {} = {} instead of {}", name, utf8::truncate(used->dump(), 80),
                                      utf8::truncate(sent->dump(), 80)));
    }
  };
  for (const SamplingParameter& parameter : sampling_parameters()) {
    check(parameter.name, parameter.name);
  }
  for (const std::string_view name : kOthers) {
    check(name, name);
  }
  check("max_tokens", settings.find("max_tokens") == nullptr ? "n_predict" : "max_tokens");
  const bool is_held = body.find("grammar") != nullptr || body.find("response_format") != nullptr;
  if (const Json* grammar = settings.find("grammar"); is_held && grammar != nullptr && *grammar == Json("")) {
    sentences.emplace_back("the server used no grammar for the format that was asked for");
  }
  return sentences;
}

}  // namespace puna::model

#include "cli/servers.h"

#include <chrono>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "puna/model/remote_model.h"

namespace puna::cli {
namespace {

Result<RemoteModelOptions> remote_options(const Options& options) {
  RemoteModelOptions remote{
      .urls = options.server.urls, .model = options.server.model, .window_tokens = options.engine.window_tokens};
  PUNA_TRY(remote.parameters, parameters_of(options.server));
  if (const std::string& name = options.server.api_key_env; !name.empty()) {
    const char* key = std::getenv(name.c_str());
    if (key == nullptr || *key == '\0') {
      return fail(ErrorCode::invalid_argument, format_text("the environment variable {} holds no key", name),
                  "set it: export " + name + "=...");
    }
    remote.api_key = Secret(key);
  }
  return remote;
}

std::string kind_of(const ServerFacts& facts) {
  return facts.is_llama ? "llama-server" + (facts.build.empty() ? "" : " " + facts.build)
                        : "a server of the OpenAI protocol";
}

std::string window_of(const ServerFacts& facts) {
  std::string text = facts.window_tokens > 0 ? count_text(facts.window_tokens) + " tokens" : "not said";
  return facts.slots > 0 ? text + format_text(", {} conversations at once", facts.slots) : text;
}

Json as_json(const ServerFacts& facts) {
  return Json::object({{"url", facts.url},
                       {"kind", kind_of(facts)},
                       {"model", facts.model},
                       {"file", facts.file},
                       {"window_tokens", facts.window_tokens},
                       {"slots", facts.slots},
                       {"counts_tokens", facts.counts_tokens},
                       {"settings", facts.settings},
                       {"chat_template", facts.chat_template}});
}

// How a short question was answered.
class Trial final : public EventSink {
 public:
  void on(const Event& event) override {
    if (const auto* notice = std::get_if<event::Notice>(&event)) {
      notices.push_back(notice->text);
    } else if (std::holds_alternative<event::TextDelta>(event) ||
               std::holds_alternative<event::ReasoningDelta>(event)) {
      first = first.value_or(std::chrono::steady_clock::now());
      ++pieces;
    }
  }
  std::vector<std::string> notices;
  std::optional<std::chrono::steady_clock::time_point> first;
  int pieces = 0;
};

void try_out(RemoteModel& model, std::vector<Finding>& findings) {
  constexpr int kTokens = 8;
  Request request{.messages = {{.role = Role::user, .content = "Hello"}}, .tokens_max = kTokens};
  request.sampling = {.temperature = 0.0F, .seed = 1};
  Trial trial;
  const auto begin = std::chrono::steady_clock::now();
  const auto reply = model.ask(request, trial);
  if (!reply || reply->lost) {
    const Error& error = reply ? *reply->lost : reply.error();
    findings.push_back({.verdict = Health::fail, .subject = "answer", .what = error.message, .remedy = error.hint});
    return;
  }
  const auto wait = std::chrono::duration_cast<std::chrono::microseconds>(trial.first.value_or(begin) - begin);
  findings.push_back({.verdict = Health::ok,
                      .subject = "answer",
                      .what = format_text("{} tokens in {} pieces, the first after {}", reply->usage.output_tokens,
                                          trial.pieces, duration_text(wait)),
                      .remedy = {}});
  for (const std::string& notice : trial.notices) {
    findings.push_back({.verdict = Health::warn, .subject = "answer", .what = notice, .remedy = {}});
  }
}

void check_server(RemoteModelOptions options, const std::string& url, std::vector<Finding>& findings) {
  options.urls = {url};
  options.retries.attempts_max = 1;
  options.times.loading = std::chrono::milliseconds(1);  // it is told, not waited for
  const auto model = RemoteModel::open(options);
  if (!model) {
    findings.push_back(
        {.verdict = Health::fail, .subject = "server", .what = model.error().message, .remedy = model.error().hint});
    return;
  }
  const ServerFacts& facts = (*model)->servers().front();
  findings.push_back({.subject = "server", .what = facts.url + ": " + kind_of(facts), .remedy = {}});
  findings.push_back({.subject = "model", .what = facts.model, .remedy = {}});
  findings.push_back({.subject = "window", .what = window_of(facts), .remedy = {}});
  findings.push_back({.verdict = facts.counts_tokens ? Health::ok : Health::warn,
                      .subject = "counting",
                      .what = facts.counts_tokens ? "exact, with the server's own template"
                                                  : "estimated: it has no /apply-template and /tokenize",
                      .remedy = {}});
  try_out(**model, findings);
}

}  // namespace

Result<Json> parameters_of(const RemoteOptions& options) {
  Json object = Json::object();
  for (const std::string& parameter : options.parameters) {
    const std::size_t equals = parameter.find('=');
    if (equals == std::string::npos || equals == 0) {
      return fail(ErrorCode::invalid_argument, format_text("--param {} has no value", printable(parameter)),
                  "as --param cache_prompt=false");
    }
    const std::string name = parameter.substr(0, equals);
    const std::string text = parameter.substr(equals + 1);
    if (object.find(name) != nullptr) {
      return fail(ErrorCode::invalid_argument, format_text("--param {} is given twice", printable(name)));
    }
    auto value = Json::parse(text);
    object.set(name, value ? *std::move(value) : Json(text));
  }
  return object;
}

Result<std::unique_ptr<Model>> open_servers(Console& console, const Options& options, Interrupt& interrupt) {
  PUNA_TRY(RemoteModelOptions remote, remote_options(options));
  remote.progress = [&console](std::string_view text) { console.err(std::string(text) + "\n", Style::yellow); };
  remote.retries.seed = Random::entropy();
  const Interrupt::Scope scope(interrupt);
  PUNA_TRY(std::unique_ptr<RemoteModel> model, RemoteModel::open(remote, scope.token()));
  for (const ServerFacts& facts : model->servers()) {
    console.err(format_text("server {}  {}, {}, window {}\n", facts.url, kind_of(facts), printable(facts.model),
                            window_of(facts)),
                Style::dim);
  }
  return model;
}

Result<int> show_servers(Console& console, const Options& options) {
  PUNA_TRY(const RemoteModelOptions remote, remote_options(options));
  PUNA_TRY(const std::unique_ptr<RemoteModel> model, RemoteModel::open(remote));
  for (const ServerFacts& facts : model->servers()) {
    if (options.jsonl) {
      console.out(as_json(facts).dump() + "\n");
      continue;
    }
    const auto line = [&console](std::string_view name, std::string_view value) {
      console.out(format_text("{:<13}{}\n", name, value));
    };
    line("server", facts.url + " (" + kind_of(facts) + ")");
    line("model", facts.model);
    if (!facts.file.empty()) {
      line("file", facts.file);
    }
    line("window", window_of(facts));
    line("tokens", facts.counts_tokens ? "counted exactly" : "estimated");
    line("template", facts.chat_template.empty() ? "not said" : bytes_text(facts.chat_template.size()) + " of Jinja");
    line("settings", facts.settings.is_null() ? "not said" : facts.settings.dump());
  }
  return 0;
}

std::vector<Finding> check_servers(const Options& options) {
  std::vector<Finding> findings;
  const auto remote = remote_options(options);
  if (!remote) {
    return {
        {.verdict = Health::fail, .subject = "server", .what = remote.error().message, .remedy = remote.error().hint}};
  }
  for (const std::string& url : options.server.urls) {
    check_server(*remote, url, findings);
  }
  return findings;
}

}  // namespace puna::cli

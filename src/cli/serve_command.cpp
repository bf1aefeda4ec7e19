// puna serve: the model behind HTTP until Ctrl-C or SIGTERM.
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <string>
#include <utility>

#include "cli/commands.h"
#include "cli/equipment.h"
#include "cli/serve_state.h"
#include "puna/server.h"

namespace puna::cli {
namespace {

constexpr std::string_view kScripted = "scripted:";
constexpr std::size_t kScriptBytesMax = 16U << 20U;
constexpr std::size_t kKeyFileBytesMax = 4'096;
constexpr std::size_t kKeyBytesMin = 8;

std::optional<EmbedderOptions> embeddings_of(const ServeOptions& serve) {
  const std::string& name = serve.pooling;
  if (name == "none") {
    return std::nullopt;
  }
  return EmbedderOptions{.pooling = name == "mean"   ? Pooling::mean
                                    : name == "cls"  ? Pooling::cls
                                    : name == "last" ? Pooling::last
                                                     : Pooling::as_model};
}

// Nobody knows what the clients of a server will share.
// Errors  those of a model's file
Result<CacheLayout> layout_for_clients(const Options& options) {
  PUNA_TRY(const std::filesystem::path file, model_file(options));
  PUNA_TRY(const EngineOptions engine, engine_options_of(options));
  const auto facts = Weights::inspect(file);
  return facts ? layout_for_strangers(*facts, engine) : engine.cache;  // whoever opens it says what is wrong
}

Result<std::unique_ptr<Model>> open_served(Console& console, Options options, Interrupt& interrupt) {
  if (!options.model_file.starts_with(kScripted)) {
    options.embeddings = embeddings_of(options.serve);
    if (!options.cache && options.server.urls.empty() && options.server.serve_with.empty()) {
      PUNA_TRY(options.cache, layout_for_clients(options));
    }
    PUNA_TRY(std::unique_ptr<Model> model, open_model(console, options, interrupt));
    return model;
  }
  PUNA_TRY(const std::string text, read_text_file(options.model_file.substr(kScripted.size()), kScriptBytesMax));
  PUNA_TRY(std::vector<ScriptedReply> replies, script_from_jsonl(text));
  constexpr int kWindow = 131'072;
  std::unique_ptr<Model> model = ScriptedModel::create(
      std::move(replies), options.engine.window_tokens > 0 ? options.engine.window_tokens : kWindow);
  return model;
}

// The flag, else the file, else the environment.
Result<Secret> key_of(const ServeOptions& serve) {
  std::string key = serve.api_key;
  if (key.empty() && !serve.api_key_file.empty()) {
    PUNA_TRY(const std::string text, read_text_file(serve.api_key_file, kKeyFileBytesMax));
    key = text.substr(0, text.find_first_of("\r\n"));
    if (key.empty()) {
      return fail(ErrorCode::invalid_argument, "--api-key-file: its first line is empty");
    }
  }
  if (const char* environment = std::getenv("PUNA_API_KEY"); key.empty() && environment != nullptr) {
    key = environment;
  }
  const bool is_printable = std::ranges::all_of(key, [](char c) { return c > 32 && c < 127; });
  if (!key.empty() && (key.size() < kKeyBytesMin || !is_printable)) {
    return fail(ErrorCode::invalid_argument,
                format_text("the key must have at least {} letters, digits or marks, and no spaces", kKeyBytesMin),
                "openssl rand -hex 32");
  }
  return Secret(std::move(key));
}

// Everything that a run has in its hands is its own: tools, folder, policy.
// model  that will run; nullptr while there is none
Result<RunEquipment> equip(Console& console, Options options, const std::vector<std::string>& tools,
                           const Model* model) {
  constexpr std::string_view kNobodyIsThere = "user_input";
  if (!tools.empty()) {
    const std::vector<std::string> offered = options.tools_given ? options.tools : default_tools(DefaultTools::calls);
    for (const std::string& tool : tools) {
      if (!std::ranges::contains(offered, tool)) {
        return fail(ErrorCode::invalid_argument, format_text("no tool '{}' is offered here", printable(tool)));
      }
    }
    options.tools = tools;
    options.tools_given = true;
  }
  std::erase(options.tools, kNobodyIsThere);
  options.no_skills = true;  // to trust one is a question at the terminal
  options.no_terminal = true;
  PUNA_TRY(Equipment equipment, open_equipment(console, options, DefaultTools::calls));
  if (model != nullptr) {
    keep_large_results(equipment, *model);
  }
  RunEquipment run{
      .tools = std::move(equipment.tools),
      .permissions = std::move(equipment.permissions),
      .system_prompt = with_instructions(options.system.value_or(std::string(default_system_prompt())), equipment)};
  run.permissions.approvals = nullptr;
  return run;
}

void say_limits(Console& console, const ServeOptions& serve, const ServerLimits& limits, bool has_key) {
  const auto seconds = [](std::chrono::milliseconds time) { return time.count() / 1000; };
  console.err(
      format_text(
          "limits {} requests, {} connections, head {} in {} s, body {} with a byte every {} s, keep-alive {} s, "
          "slow readers {} s\n",
          limits.requests, limits.connections, bytes_text(limits.head_bytes), seconds(limits.head),
          bytes_text(limits.body_bytes), seconds(limits.body_idle), seconds(limits.keep_alive),
          seconds(limits.write_stall)),
      Style::dim);
  console.err(format_text("access {}; {}\n", has_key ? "with the key" : "without a key, from this machine",
                          serve.agents ? "agents with tools at /v1/runs" : "no agents (--runs)"),
              Style::dim);
}

void wait_for(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any asked;
  std::unique_lock lock(mutex);
  asked.wait(lock, stop, [] { return false; });
}

}  // namespace

Result<int> serve_command(Console& console, const Options& options, Interrupt& interrupt) {
  const ServeOptions& serve = options.serve;
  if (serve.detach) {
    return detach_command(console, interrupt);
  }
  PUNA_TRY(const Secret key, key_of(serve));
  if (serve.agents && key.empty()) {
    return fail(ErrorCode::invalid_argument, "--runs without a key: any program of this machine could use the tools",
                "give one with --api-key-file FILE or PUNA_API_KEY");
  }
  ServerOptions server{
      .host = serve.host,
      .port = serve.port,
      .api_key = key,
      .hosts_allowed = serve.hosts_allowed,
      .origins_allowed = serve.origins_allowed,
      .model_name = serve.model_name,
      .version = PUNA_VERSION,
      .limits = serve.limits,
      .log = [&console](std::string_view line) { console.err("note   " + std::string(line) + "\n", Style::dim); }};
  const Model* asked = nullptr;
  if (serve.agents) {
    PUNA_TRY([[maybe_unused]] const RunEquipment tried,
             equip(console, options, {}, nullptr));  // mistakes are found now
    server.run = {.reasoning_tokens_max = options.reasoning_tokens_max,
                  .parallel_calls = options.parallel_calls,
                  .budget = options.budget};
    server.equip_run = [&console, &asked, options](const std::vector<std::string>& tools) {
      return equip(console, options, tools, asked);
    };
  }
  PUNA_TRY(const std::unique_ptr<Model> model, open_served(console, options, interrupt));
  asked = model.get();
  const Interrupt::Scope scope(interrupt);
  PUNA_TRY(const std::unique_ptr<Server> running, Server::open(*model, std::move(server)));
  say_limits(console, serve, serve.limits, !key.empty());
  // Without an entry nothing but `puna stop` and `puna status` is missing.
  const Result<ServerEntry> entry = ServerEntry::write(running->url(), model->name());
  if (!entry) {
    console.err("note: " + entry.error().message + "\n", Style::yellow);
  }
  console.out("listening on " + running->url() + "\n");
  wait_for(scope.token());
  if (running->busy() > 0) {
    console.err(format_text("ending: {} requests finish, at most {} s (again: quit at once)\n", running->busy(),
                            serve.drain_seconds));
  }
  if (const Result<void> drained = running->drain(std::chrono::seconds(serve.drain_seconds)); !drained) {
    console.err("note: " + drained.error().message + "\n", Style::yellow);
  }
  return 0;
}

}  // namespace puna::cli

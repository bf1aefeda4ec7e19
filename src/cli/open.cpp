// What several commands open: files, tools, the model.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/serve_with.h"
#include "cli/servers.h"
#include "puna/model/model_card.h"
#include "puna/model/remote_model.h"
#include "puna/tools/roles.h"

namespace puna::cli {
namespace {

constexpr std::size_t kTaskBytesMax = 8U << 20U;
constexpr std::string_view kDemoModel = "models/demo/puna-demo-Q8_0.gguf";
constexpr std::string_view kFacts = "data/facts";

Result<std::string> read_stream(std::istream& in, std::string_view name, std::size_t bytes_max) {
  std::string text;
  std::string block(65'536, '\0');
  while (in.read(block.data(), static_cast<std::streamsize>(block.size())) || in.gcount() > 0) {
    text.append(block, 0, static_cast<std::size_t>(in.gcount()));
    if (text.size() > bytes_max) {
      return fail(ErrorCode::limit, format_text("{} has more than {}", name, bytes_text(bytes_max)), "a shorter text");
    }
  }
  if (in.bad()) {
    return fail(ErrorCode::io, format_text("{} cannot be read", name));
  }
  return text;
}

EngineOptions with_room_for(const std::optional<EmbedderOptions>& embeddings, const ModelFacts& facts,
                            EngineOptions options) {
  options.reserved_bytes = embeddings ? estimate_embedder_bytes(facts, *embeddings, options.profile) : 0;
  return options;
}

// Embeddings are left out where there is no memory for them.
std::optional<EmbedderOptions> fitting(Console& console, const ModelFacts& facts, const EngineOptions& options,
                                       const std::optional<EmbedderOptions>& embeddings) {
  if (!embeddings || estimate_memory(facts, with_room_for(embeddings, facts, options)).fits() ||
      !estimate_memory(facts, options).fits()) {
    return embeddings;
  }
  console.err("note: no embeddings: there is no memory for them (--pooling none)\n", Style::yellow);
  return std::nullopt;
}

void say_sizes(Console& console, const ModelFacts& facts, const EngineOptions& options) {
  const MemoryEstimate memory = estimate_memory(facts, options);
  const std::string reserved =
      memory.reserved_bytes > 0 ? format_text(" + {} embeddings", bytes_text(memory.reserved_bytes)) : "";
  console.err(format_text("load   {}  {} weights + {} KV{} + {} compute{}, saved prefixes up to {}, {} available\n",
                          facts.file.filename().string(), bytes_text(memory.weights_bytes), bytes_text(memory.kv_bytes),
                          options.cache == CacheLayout::parts ? " in parts" : "", bytes_text(memory.compute_bytes),
                          reserved, bytes_text(memory.saved_bytes_max), bytes_text(memory.ceiling_bytes)),
              Style::dim);
}

// Beside the installed program, else in the source tree.
Result<std::filesystem::path> bundled(std::string_view name, std::string_view what, std::string_view otherwise) {
  const std::filesystem::path beside = program_folder() / ".." / "share" / "puna" / name;
  const std::filesystem::path source = std::filesystem::path(PUNA_SOURCE_DIR) / name;
  for (const std::filesystem::path& candidate : {beside, source}) {
    std::error_code ignored;
    if (std::filesystem::exists(candidate, ignored)) {
      return candidate.lexically_normal();
    }
  }
  return fail(
      ErrorCode::not_found,
      format_text("{} missing: looked for '{}' and '{}'", what, beside.lexically_normal().string(), source.string()),
      std::string(otherwise));
}

}  // namespace

std::filesystem::path program_folder() {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
}

Result<std::string> read_text_file(const std::filesystem::path& file, std::size_t bytes_max) {
  std::error_code code;
  const auto status = std::filesystem::status(file, code);
  if (!std::filesystem::exists(status)) {
    return fail(ErrorCode::not_found, format_text("no such file: '{}'", file.string()), "check the path");
  }
  if (std::filesystem::is_directory(status)) {
    return fail(ErrorCode::io, format_text("'{}' is a folder, not a file", file.string()), "name a file in it");
  }
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    return fail(ErrorCode::io, format_text("'{}' cannot be opened", file.string()), "check its permissions");
  }
  return read_stream(in, "'" + file.string() + "'", bytes_max);
}

Result<std::string> task_text(const Options& options) {
  std::string text = options.text;
  if (text == "-") {
    PUNA_TRY(text, read_stream(std::cin, "stdin", kTaskBytesMax));
  }
  if (!utf8::is_valid(text)) {
    return fail(ErrorCode::invalid_argument,
                "the task is not valid UTF-8: \"" + printable(utf8::truncate(text, 80)) + "\"",
                "convert it, for example with iconv -t UTF-8");
  }
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) {
    return fail(ErrorCode::invalid_argument, "the task is empty", "puna run \"What is 4817 * 36?\"");
  }
  return text;
}

Result<std::filesystem::path> demo_model_file() {
  return bundled(kDemoModel, "the bundled demo model is", "name a model with -m FILE");
}

Result<std::filesystem::path> facts_folder() {
  return bundled(kFacts, "the bundled facts are", "name a folder with --facts DIR");
}

Error as_missing_model(Error error) {
  if (error.code == ErrorCode::io) {
    error.code = ErrorCode::not_found;
  }
  return error;
}

Result<std::string> template_named(const std::string& name) {
  if (name.empty()) {
    return std::string();
  }
  auto built_in = built_in_template(name);
  if (built_in) {
    return built_in;
  }
  auto file = read_text_file(name, 1U << 20U);
  if (!file && file.error().code == ErrorCode::not_found) {
    return fail(ErrorCode::invalid_argument, format_text("'{}' is neither a built-in chat template nor a file", name),
                built_in.error().hint.empty() ? built_in.error().message : built_in.error().hint);
  }
  return file;
}

Result<std::filesystem::path> model_file(const Options& options) {
  if (options.model_file.empty()) {
    return demo_model_file();
  }
  if (!is_model_card(options.model_file)) {
    return options.model_file;
  }
  PUNA_TRY(ModelCard card, read_model_card(options.model_file).transform_error(as_missing_model));
  return std::move(card.path);
}

Result<std::vector<std::string>> card_differences(const Options& options, const ModelFacts& facts) {
  if (!is_model_card(options.model_file)) {
    return std::vector<std::string>();
  }
  PUNA_TRY(const ModelCard card, read_model_card(options.model_file));
  return differences(card, facts);
}

Result<EngineOptions> engine_options_of(const Options& options) {
  EngineOptions engine = options.engine;
  engine.cache = options.cache.value_or(engine.cache);
  if (engine.window_tokens == 0 && is_model_card(options.model_file)) {
    PUNA_TRY(const ModelCard card, read_model_card(options.model_file));
    engine.window_tokens = card.context_length.value_or(0);
  }
  return engine;
}

Result<void> use_role(Options& options) {
  if (options.role.empty()) {
    return {};
  }
  auto role = built_in_role(options.role);
  if (!role && options.role.find_first_of("/.") != std::string::npos) {
    PUNA_TRY(const std::string text, read_text_file(options.role, 1U << 16U));
    role = parse_role(text, options.role);
  }
  PUNA_TRY(RolePrompt prompt, std::move(role));
  options.system = std::move(prompt.system_prompt);
  return {};
}

Result<Sampling> sampling_of(const Options& options) {
  Sampling theirs;  // what the model's file, or the server's parameters, say already
  if (options.server.urls.empty()) {
    PUNA_TRY(const std::filesystem::path file, model_file(options));
    PUNA_TRY(const ModelFacts facts, Weights::inspect(file).transform_error(as_missing_model));
    theirs = facts.sampling;
  } else {
    PUNA_TRY(const Json parameters, parameters_of(options.server));
    PUNA_TRY(const ServerParameters read, server_parameters(parameters));
    theirs = read.sampling;
  }
  Sampling sampling = options.sampling;
  const bool heats = !sampling.samplers || std::ranges::contains(*sampling.samplers, SamplerStage::temperature);
  if (!sampling.temperature && !theirs.temperature && heats) {
    sampling.temperature = options.temperature;
  }
  PUNA_TRY_VOID(effective(sampling, theirs));
  return sampling;
}

namespace {

std::optional<MediaOptions> media_of(const Options& options) {
  if (options.mmproj_file.empty()) {
    return std::nullopt;
  }
  return MediaOptions{.file = options.mmproj_file, .threads = options.engine.threads_batch};
}

}  // namespace

Result<std::unique_ptr<Model>> open_model(Console& console, const Options& options, Interrupt& interrupt) {
  if (!options.server.urls.empty()) {
    return open_servers(console, options, interrupt);
  }
  if (!options.server.serve_with.empty()) {
    return serve_with(console, options, interrupt);
  }
  PUNA_TRY(const std::filesystem::path file, model_file(options));
  if (options.model_file.empty()) {
    console.err("no -m FILE: using the bundled demo model, a few million parameters, for trying things out\n",
                Style::dim);
  }
  PUNA_TRY(std::string chat_template, template_named(options.chat_template));
  PUNA_TRY(const ModelFacts facts, Weights::inspect(file).transform_error(as_missing_model));
  if (facts.chat_template.empty() && options.chat_template.empty()) {
    console.err("note: this model has no chat template; 'generic' is used, --chat-template chooses another\n",
                Style::yellow);
  }
  PUNA_TRY(const std::vector<std::string> wrong, card_differences(options, facts));
  for (const std::string& difference : wrong) {
    console.err("note: " + difference + "\n", Style::yellow);
  }
  PUNA_TRY(const EngineOptions engine, engine_options_of(options));
  const std::optional<EmbedderOptions> embeddings = fitting(console, facts, engine, options.embeddings);
  say_sizes(console, facts, with_room_for(embeddings, facts, engine));
  const Interrupt::Scope scope(interrupt);
  const auto started = std::chrono::steady_clock::now();
  auto model = LocalModel::open({.load = {.file = file, .gpu_layers = options.gpu_layers, .devices = options.devices},
                                 .engine = engine,
                                 .chat_template = std::move(chat_template),
                                 .media = media_of(options),
                                 .embeddings = embeddings},
                                [&](float done) {
                                  if (std::chrono::steady_clock::now() - started > std::chrono::milliseconds(300)) {
                                    console.status(format_text("load   {:.0f} %", done * 100));
                                  }
                                  return !scope.token().stop_requested();
                                });
  console.clear_status();
  return model;
}

Result<AgentOptions> agent_options_of(const Options& options) {
  const std::string& what = options.tool_choice;
  PUNA_TRY(Sampling sampling, sampling_of(options));
  return AgentOptions{.sampling = std::move(sampling),
                      .reasoning_tokens_max = options.reasoning_tokens_max,
                      .tool_choice = what == "auto"       ? ToolChoice()
                                     : what == "none"     ? ToolChoice::none
                                     : what == "required" ? ToolChoice::required
                                                          : ToolChoice::named(what),
                      .parallel_calls = options.parallel_calls,
                      .budget = options.budget};
}

int exit_status_of(StopReason reason) {
  switch (reason) {
    case StopReason::answered:
      return 0;
    case StopReason::cancelled:
      return status_of(ErrorCode::cancelled).exit_status;
    case StopReason::malformed_replies:
      return 1;
    case StopReason::turns_max:
    case StopReason::output_tokens_max:
    case StopReason::time_max:
    case StopReason::window_full:
    case StopReason::repeated_call:
      return status_of(ErrorCode::limit).exit_status;
  }
  return 1;
}

}  // namespace puna::cli

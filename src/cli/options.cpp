// Flags, by CLI11. llama.cpp's spellings are kept where it has one. Mistakes become one line that names the flag and
// the command that explains it.
#include "cli/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <map>
#include <sstream>
#include <tuple>

#include "cli/equipment.h"

namespace puna::cli {
namespace {

// CLI11 reads "-ngl 3" as the short flags -n -g -l; llama.cpp's users type it, so it is spelled out first.
std::vector<std::string> normalized(int argc, const char* const* argv) {
  std::vector<std::string> words;
  bool flags_ended = false;
  for (int i = 1; i < argc; ++i) {
    std::string word = argv[i];
    flags_ended = flags_ended || word == "--";
    words.push_back(!flags_ended && word == "-ngl" ? "--gpu-layers" : std::move(word));
  }
  return words;
}

void add_model_flags(CLI::App& app, Options& o) {
  auto* group = app.add_option_group("Model");
  group->add_option("-m,--model", o.model_file, "GGUF file (default: the bundled demo model)")->type_name("FILE");
  group->add_option("--chat-template", o.chat_template, "chatml, llama-2, llama-3, generic, or a Jinja file")
      ->type_name("NAME|FILE");
  group->add_option("-c,--ctx", o.engine.window_tokens, "window in tokens (default: the model's, at most 8192)")
      ->check(CLI::Range(16, 16'777'216));
  group->add_option("-t,--threads", o.engine.threads, "threads for decoding (default: physical cores)")
      ->check(CLI::Range(1, 512));
  group->add_option("--threads-batch", o.engine.threads_batch, "threads for reading prompts (default: as --threads)")
      ->check(CLI::Range(1, 512));
  group
      ->add_option("--memory", o.engine.memory_bytes_max,
                   "most memory for weights, cache and saved prefixes, as 8GB (default: what is free)")
      ->transform(CLI::AsSizeValue(false))
      ->type_name("SIZE");
  group->add_option("--gpu-layers", o.gpu_layers, "layers on the GPU, also -ngl (default: as many as fit)")
      ->check(CLI::Range(-1, 100'000));
  group->add_option("--device", o.devices, "devices to use, as 'puna doctor' lists them")
      ->delimiter(',')
      ->allow_extra_args(false);
  const std::map<std::string, Profile> profiles{{"fast", Profile::fast}, {"deterministic", Profile::deterministic}};
  group
      ->add_option("--profile", o.engine.profile,
                   "fast, or deterministic: same seed, same tokens, whatever runs beside")
      ->transform(CLI::CheckedTransformer(profiles).description(""))
      ->type_name("NAME");
}

// One flag for each row of the engine's table of parameters.
void add_sampling_flags(CLI::App& app, Options& o, float temperature) {
  o.temperature = temperature;
  auto* group = app.add_option_group("Sampling", "The model's file may have other defaults.");
  for (const SamplingParameter& parameter : sampling_parameters()) {
    std::ostringstream what;
    what << parameter.what << " (default: ";
    if (parameter.name == "temperature") {
      what << temperature << ")";
    } else {
      what << parameter.otherwise << ")";
    }
    const auto set = [&o, &parameter](const std::vector<std::string>& values) {
      for (const std::string& value : values) {
        if (const auto done = set_parameter(o.sampling, parameter.name, value); !done) {
          throw CLI::ValidationError(std::string(parameter.flags), done.error().message);
        }
      }
      return true;
    };
    CLI::Option* option = group->add_option(std::string(parameter.flags), set, what.str());
    option->type_name("VALUE")->allow_extra_args(false);
    if (parameter.repeats) {
      option->expected(1, CLI::detail::expected_max_vector_size)->allow_extra_args(false);
    }
  }
  group
      ->add_option("-n,--max-tokens", o.tokens_max,
                   "output tokens at most (default: ask, the window; run and chat, 16384)")
      ->check(CLI::Range(1, 16'777'216));
  group->add_option("--reasoning-budget", o.reasoning_tokens_max, "tokens of reasoning at most (default: no limit)")
      ->check(CLI::Range(0, 16'777'216));
}

void add_agent_flags(CLI::App& app, Options& o, double& seconds) {
  auto* group = app.add_option_group("Agent");
  group->add_option("--system", o.system, "system prompt")->type_name("TEXT");
  group->add_option("--tools", o.tools, "tools by name, see below; or none")->delimiter(',')->allow_extra_args(false);
  group
      ->add_option("--tool-choice", o.tool_choice,
                   "auto, none, required, or the tool that the first reply must call (default: auto)")
      ->type_name("WHAT");
  group->add_flag("--parallel-calls,!--no-parallel-calls", o.parallel_calls,
                  "several calls in one reply (default: on)");
  group->add_option("--root", o.root, "folder of the file tools (default: the working folder)")->type_name("DIR");
  for (const auto& [flag, list, what] :
       {std::tuple("--allow", &o.allow, "let it run without a question"), std::tuple("--ask", &o.ask, "ask each time"),
        std::tuple("--deny", &o.deny, "never let it run")}) {
    group->add_option(flag, *list, what)->type_name("TOOL[:PATTERN]")->allow_extra_args(false);
  }
  group->add_flag("--no-agents-md", o.no_agents_md,
                  "leave AGENTS.md files of --root and its repository out of the prompt");
  group->add_flag("--no-skills", o.no_skills, "offer no skills (.agents/skills of --root, the user's own)");
  group->add_option("--policy", o.policy_file, "permissions (default: puna/policy.toml in the configuration folder)")
      ->type_name("FILE");
  group->add_option("--search", o.web.engine, "where web_search looks: local (default), duckduckgo, bing, searxng")
      ->check(CLI::IsMember({"local", "duckduckgo", "bing", "searxng"}).description(""))
      ->type_name("NAME");
  group->add_option("--facts", o.web.facts_folder, "folder of .md and .txt files for local (default: bundled facts)")
      ->type_name("DIR");
  group->add_option("--searxng", o.web.searxng, "address of a SearXNG server, such as http://localhost:8888")
      ->type_name("URL");
  group
      ->add_option("--allow-host", o.web.hosts_allowed,
                   "host, address or range that is not public and may be visited, as localhost:8080; give several")
      ->allow_extra_args(false)
      ->type_name("HOST");
  group->add_option("--mcp", o.mcp.file, "also the tools of the MCP servers in FILE")->type_name("FILE");
  group->add_option("--mcp-tokens", o.mcp.tokens_max, "tokens of the prompt for their descriptions (default: 4096)")
      ->check(CLI::Range(0, 16'777'216));
  group->add_option("--max-turns", o.budget.turns_max, "model calls at most (default: 20)")
      ->check(CLI::Range(1, 100'000));
  group->add_option("--max-seconds", seconds, "wall time at most (default: 600)")
      ->check(CLI::Range(0.001, 31'536'000.0));
  group->add_option("--transcript", o.transcript_file, "also write each message to FILE, one JSON line each")
      ->type_name("FILE");
}

void add_code_flags(CLI::App& app, Options& o) {
  auto* group = app.add_option_group("Code");
  auto* code = group->add_flag("--code", o.code, "the agent writes Python, which runs in a sandbox");
  const auto add = [&](const char* name, auto& value, const char* text) {
    return group->add_option(name, value, text)->needs(code);
  };
  add("--imports", o.imports, "modules that the code may import beside the usual ones; * = all")
      ->delimiter(',')
      ->allow_extra_args(false);
  add("--workspace", o.workspace, "folder that the code may write to (default: a temporary one)")->type_name("DIR");
  add("--python-seconds", o.python_seconds, "time of each piece of code at most (default: 30)")
      ->check(CLI::Range(0.01, 86'400.0));
  add("--planning-interval", o.planning_interval, "a plan first, and again after so many turns (default: none)")
      ->check(CLI::Range(1, 100'000));
  add("--instructions", o.instructions, "more for the system prompt")->type_name("TEXT");
}

void add_output_flags(CLI::App& app, Options& o) {
  auto* group = app.add_option_group("Output");
  group->add_flag("--jsonl", o.jsonl, "one JSON event a line on stdout");
  group->add_flag("-v,--verbose", o.verbose, "show the exact wire: prompt, tokens, raw output");
  group->add_flag("--no-color", o.no_color, "no colours (also: NO_COLOR)");
}

void add_mcp_flags(CLI::App& app, Options& o) {
  app.require_subcommand(1);
  CLI::App* ls = app.add_subcommand("ls", "every server's tools");
  CLI::App* call = app.add_subcommand("call", "call a tool; prints its result");
  CLI::App* doctor = app.add_subcommand("doctor", "whether each server starts, and what its tools cost");
  call->add_option("server", o.mcp.server, "the server's name")->required();
  call->add_option("tool", o.mcp.tool, "the tool's name")->required();
  call->add_option("arguments", o.mcp.arguments, "a JSON object (default: {})");
  for (CLI::App* action : {ls, call, doctor}) {
    action->add_option("--mcp", o.mcp.file, "configuration (default: puna/mcp.json in the user's configuration folder)")
        ->type_name("FILE");
    action->add_flag("--no-color", o.no_color, "no colours (also: NO_COLOR)");
    action->callback([action, &o] { o.mcp.action = action->get_name(); });
  }
  for (CLI::App* action : {ls, call}) {
    action->add_flag("--jsonl", o.jsonl, "one JSON object a line");
  }
}

void add_bench_flags(CLI::App& app, Options& o) {
  std::string names;
  for (const std::string& name : bench_names()) {
    names += (names.empty() ? "" : ",") + name;
  }
  app.add_option("--only", o.bench.only, "run these alone, of " + names + ", maskbench, schemas, bombs")
      ->delimiter(',')
      ->allow_extra_args(false);
  app.add_option("--case", o.bench.only_case, "of those, run the cases whose name begins with this text")
      ->type_name("TEXT");
  app.add_option("--data", o.masks.data, "for maskbench: a folder of cases, as MaskBench has them");
  app.add_option("--vocab", o.masks.vocabulary,
                 "for maskbench, schemas and bombs: a GGUF file whose vocabulary is used");
  app.add_option(
         "--peer-states", o.masks.peer_states,
         "for maskbench: on how many states the library's mask is measured (default: 3000; fewer are not judged)")
      ->check(CLI::Range(0, 1'000'000));
  app.add_flag("--quick", o.bench.quick, "small sizes: a few minutes; of the timed results only B1 is judged");
  app.add_option("--jsonl", o.jsonl_file, "also write each result to FILE, one JSON line each")->type_name("FILE");
  app.add_option("-m,--model", o.model_file, "GGUF file (default: random weights, 125 M parameters)")
      ->type_name("FILE");
  app.add_option("--rounds", o.bench.rounds, "measured rounds (default: 7, with --quick 3)")
      ->check(CLI::Range(1, 1000));
  app.add_option("--seed", o.bench.seed, "seed of token arrays and of draws (default: 1)");
  app.add_option("-t,--threads", o.bench.threads, "compute threads of the engine and of each peer (default: 1)")
      ->check(CLI::Range(1, 512));
  app.add_flag("--no-color", o.no_color, "no colours (also: NO_COLOR)");
}

void add_template_flags(CLI::App& app, Options& o) {
  app.add_option("--template", o.template_file, "a Jinja file, or chatml, llama-2, llama-3, generic")
      ->type_name("NAME|FILE");
  app.add_option("-m,--model", o.model_file, "GGUF file: its template unless one is given, and its BOS and EOS texts")
      ->type_name("FILE");
  app.add_option("--bos", o.bos_text, "text of bos_token, without a model (default: none)")->type_name("TEXT");
  app.add_option("--eos", o.eos_text, "text of eos_token, without a model (default: none)")->type_name("TEXT");
  app.add_option("--tools", o.tools_file, "JSON list of tools, in the form of the OpenAI protocol")->type_name("FILE");
  app.add_flag("--as-sent", o.as_sent, "the form that run and chat use, instead of the template's own");
  app.add_flag("--no-color", o.no_color, "no colours (also: NO_COLOR)");
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    text += (text.empty() ? "" : " ") + word;
  }
  return text;
}

std::string version_text() {
  const EngineLibraries libraries = engine_libraries();
  std::string text = "puna " PUNA_VERSION " (libllama " + libraries.llama_version + ")\n";
  for (const DeviceInfo& device : libraries.devices) {
    text += "  " + device.kind + "  " + device.name + "  " + device.description + "\n";
  }
  return text;
}

struct CommandLine {
  CLI::App app{"Puna: agents on your own machine, on one GGUF model.", "puna"};
  Options run, ask, chat, show, render, parse, doctor, bench, mcp;
  std::vector<std::string> words;
  double seconds = 600;

  CommandLine() {
    app.require_subcommand(1);
    app.set_version_flag("--version", version_text);
    auto* run_app = app.add_subcommand("run", "let an agent do a task with tools");
    run_app->add_option("task", words, "the task; - reads it from stdin")->required();
    add_model_flags(*run_app, run);
    add_sampling_flags(*run_app, run, 0.0F);
    add_agent_flags(*run_app, run, seconds);
    add_code_flags(*run_app, run);
    run_app->footer(tools_help());
    add_output_flags(*run_app, run);

    auto* ask_app = app.add_subcommand("ask", "one answer from the model, without tools");
    ask_app->add_option("prompt", words, "the prompt; - reads it from stdin")->required();
    add_model_flags(*ask_app, ask);
    add_sampling_flags(*ask_app, ask, 0.0F);
    ask_app->add_option("--system", ask.system, "system prompt")->type_name("TEXT");
    auto* const format = ask_app->add_option_group("format", "what the answer must be; at most one of these");
    format->add_option("--schema", ask.schema_file, "JSON Schema that the answer must fit (-: standard input)")
        ->type_name("FILE");
    format->add_option("--grammar", ask.grammar_file, "GBNF grammar that the answer must match")->type_name("FILE");
    format->add_option("--pattern", ask.pattern, "regular expression that the whole answer must match");
    format->add_option("--choice", ask.choices, "a text that the answer may be; give several")->allow_extra_args(false);
    format->require_option(0, 1);
    add_output_flags(*ask_app, ask);

    auto* chat_app = app.add_subcommand("chat", "talk with the model; /help lists the commands");
    add_model_flags(*chat_app, chat);
    add_sampling_flags(*chat_app, chat, 0.7F);
    add_agent_flags(*chat_app, chat, seconds);
    chat_app->footer(tools_help());
    add_output_flags(*chat_app, chat);

    auto* show_app = app.add_subcommand("show", "what a model file is: metadata, template abilities, sizes");
    show_app->add_option("file", show.text, "GGUF file (default: the bundled demo model)");
    add_model_flags(*show_app, show);
    add_output_flags(*show_app, show);

    auto* render_app = app.add_subcommand("render", "what a chat template makes of a conversation");
    render_app
        ->add_option("--messages", render.messages_file, "JSON list of messages, in the form of the OpenAI protocol")
        ->type_name("FILE")
        ->required();
    add_template_flags(*render_app, render);

    auto* parse_app = app.add_subcommand("parse", "reasoning, text and calls of a reply, as JSON");
    parse_app->add_option("--text", parse.text_file, "the reply as the model wrote it")->type_name("FILE")->required();
    add_template_flags(*parse_app, parse);

    auto* doctor_app = app.add_subcommand("doctor", "what works on this machine, and what to do about the rest");
    add_model_flags(*doctor_app, doctor);
    add_output_flags(*doctor_app, doctor);

    add_mcp_flags(*app.add_subcommand("mcp", "servers of the Model Context Protocol: their tools"), mcp);
    add_bench_flags(*app.add_subcommand("bench", "the engine beside other ways to use the same library"), bench);
  }

  [[nodiscard]] Options chosen() {
    const std::map<std::string, std::pair<Command, Options*>> commands{
        {"run", {Command::run, &run}},          {"ask", {Command::ask, &ask}},
        {"chat", {Command::chat, &chat}},       {"show", {Command::show, &show}},
        {"render", {Command::render, &render}}, {"parse", {Command::parse, &parse}},
        {"doctor", {Command::doctor, &doctor}}, {"bench", {Command::bench, &bench}},
        {"mcp", {Command::mcp, &mcp}}};
    CLI::App* sub = app.get_subcommands().front();
    const auto& [command, options] = commands.at(sub->get_name());
    options->command = command;
    if (!words.empty()) {
      options->text = joined(words);
    }
    if (options->tokens_max > 0) {
      options->budget.output_tokens_max = options->tokens_max;
    }
    options->budget.time_max = std::chrono::milliseconds(std::llround(seconds * 1000));
    const CLI::Option* tools = sub->get_option_no_throw("--tools");
    options->tools_given = tools != nullptr && tools->count() > 0;
    return *options;
  }
};

// The known flag that is nearest to one of the words that nobody expected.
std::string suggestion(const CLI::App& app, const std::vector<std::string>& words) {
  std::vector<std::string> names;
  for (const CLI::App* group : app.get_subcommands([](const CLI::App*) { return true; })) {
    for (const CLI::Option* option : group->get_options()) {
      names.append_range(option->get_lnames());
    }
  }
  const std::vector<std::string_view> known(names.begin(), names.end());
  for (const std::string& word : words) {
    const std::string_view name = std::string_view(word).substr(0, word.find('='));
    if (name.starts_with("--") && !std::ranges::contains(known, name.substr(2))) {
      const std::string_view nearest = nearest_name(name.substr(2), known);
      return nearest.empty() ? "" : "  did you mean --" + std::string(nearest) + "?\n";
    }
  }
  return "";
}

}  // namespace

ParsedOptions parse_options(int argc, const char* const* argv) {
  CommandLine line;
  std::vector<std::string> words = normalized(argc, argv);
  const std::string first = words.empty() ? std::string() : words.front();
  const std::vector<std::string> given = words;
  std::ranges::reverse(words);  // CLI11 takes its arguments from the back
  ParsedOptions parsed;
  try {
    line.app.parse(std::move(words));
    parsed.options = line.chosen();
  } catch (const CLI::CallForVersion& version) {
    parsed.answer = {.exit_status = 0, .text = version.what()};
  } catch (const CLI::CallForHelp&) {
    parsed.answer = {.exit_status = 0, .text = line.app.help()};
  } catch (const CLI::ParseError& error) {
    const auto subcommands = line.app.get_subcommands();
    const std::string name = subcommands.empty() ? "" : " " + subcommands.front()->get_name();
    const bool unknown_command = subcommands.empty() && !first.empty() && first.front() != '-';
    const std::string problem = unknown_command ? "no command is called '" + first + "'" : error.what();
    const bool extras = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr && !subcommands.empty();
    parsed.answer = {.exit_status = 2,
                     .text = "puna: " + problem + "\n" + (extras ? suggestion(*subcommands.front(), given) : "") +
                             "  try: puna" + name + " --help\n"};
  }
  return parsed;
}

}  // namespace puna::cli

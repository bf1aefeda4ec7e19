// Commands, by CLI11. Mistakes become one line that names the flag and the command that explains it.
#include "cli/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <map>

#include "cli/equipment.h"
#include "cli/flags.h"

namespace puna::cli {
namespace {

// One conversation and its sub-agents; further ones wait. A pool of so few has the quicker attention: see Attention.
constexpr int kAgentsAtOnce = 4;

// CLI11 reads "-ngl 3" as the short flags -n -g -l; llama.cpp's users type it and -hf, so they are spelled out first.
std::vector<std::string> normalized(int argc, const char* const* argv) {
  std::vector<std::string> words;
  bool flags_ended = false;
  for (int i = 1; i < argc; ++i) {
    std::string word = argv[i];
    flags_ended = flags_ended || word == "--";
    if (!flags_ended && word == "-ngl") {
      word = "--gpu-layers";
    } else if (!flags_ended && (word == "-hf" || word == "-hfr")) {
      word = "--hf-repo";
    }
    words.push_back(std::move(word));
  }
  // puna trace record FILE ...: puna run --record FILE ...
  const bool records = words.size() > 2 && words[0] == "trace" && words[1] == "record" && !words[2].starts_with('-');
  if (records) {
    words[0] = "run";
    words[1] = "--record";
  }
  return words;
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
  Options run, ask, chat, show, render, parse, doctor, bench, sim, sweep, session, mcp, trace, serve, status, stop,
      pull, ls, rm, report;
  std::vector<std::string> words;
  double seconds = 600;

  CommandLine() {
    app.require_subcommand(1);
    app.set_version_flag("--version", version_text);
    run.engine.sequences_max = chat.engine.sequences_max = kAgentsAtOnce;
    ask.engine.sequences_max = 1;
    auto* run_app = app.add_subcommand("run", "let an agent do a task with tools");
    run_app->add_option("task", words, "the task; - reads it from stdin; none: what its session has left to do");
    add_model_flags(*run_app, run);
    add_own_server_flag(*run_app, run);
    add_sampling_flags(*run_app, run, 0.0F);
    add_agent_flags(*run_app, run, seconds);
    add_conversation_flags(*run_app, run);
    add_sub_agents(*run_app, run);
    add_code_flags(*run_app, run);
    add_attachment_flag(*run_app, run);
    add_kept_flags(*run_app, run.session);
    run_app->get_option("--session")->excludes(run_app->get_option("--code"));
    run_app->get_option("--continue")->excludes(run_app->get_option("--code"));
    run_app->callback([this] {
      if (words.empty() && !run.session.is_kept()) {
        throw CLI::RequiredError("task");
      }
    });
    run_app->footer(tools_help());
    add_trace_file(*run_app, run);
    add_record_file(*run_app, run);
    add_output_flags(*run_app, run);

    auto* ask_app = app.add_subcommand("ask", "one answer from the model, without tools");
    ask_app->add_option("prompt", words, "the prompt; - reads it from stdin")->required();
    add_model_flags(*ask_app, ask);
    add_own_server_flag(*ask_app, ask);
    add_sampling_flags(*ask_app, ask, 0.0F);
    add_system_flags(*ask_app, ask);
    add_attachment_flag(*ask_app, ask);
    auto* const format = ask_app->add_option_group("format", "what the answer must be; at most one of these");
    format->add_option("--schema", ask.schema_file, "JSON Schema that the answer must fit (-: standard input)")
        ->type_name("FILE");
    format->add_option("--grammar", ask.grammar_file, "GBNF grammar that the answer must match")->type_name("FILE");
    format->add_option("--pattern", ask.pattern, "regular expression that the whole answer must match");
    format->add_option("--choice", ask.choices, "a text that the answer may be; give several")->allow_extra_args(false);
    format->require_option(0, 1);
    add_trace_file(*ask_app, ask);
    add_output_flags(*ask_app, ask);

    auto* chat_app = app.add_subcommand("chat", "talk with the model; /help lists the commands");
    add_model_flags(*chat_app, chat);
    add_own_server_flag(*chat_app, chat);
    add_sampling_flags(*chat_app, chat, 0.7F);
    add_agent_flags(*chat_app, chat, seconds);
    add_conversation_flags(*chat_app, chat);
    add_sub_agents(*chat_app, chat);
    add_kept_flags(*chat_app, chat.session);
    add_pronounce_flags(*chat_app, chat);
    chat_app->footer(tools_help());
    add_trace_file(*chat_app, chat);
    add_output_flags(*chat_app, chat);

    auto* serve_app = app.add_subcommand("serve", "the model behind HTTP: OpenAI, Anthropic, Ollama, llama-server");
    add_model_flags(*serve_app, serve);
    add_serve_flags(*serve_app, serve.serve, serve.engine.sequences_max);
    add_agent_flags(*serve_app, serve, seconds);
    serve_app->add_flag("--no-color", serve.no_color, "no colours (also: NO_COLOR)");
    serve_app->footer(tools_help());

    app.add_subcommand("status", "the servers of yours that run here");
    auto* stop_app = app.add_subcommand("stop", "end a server; it finishes what runs");
    stop.serve.port = 0;
    stop_app->add_option("--port", stop.serve.port, "the one that listens there, when several run")
        ->check(CLI::Range(1, 65'535));
    stop_app->add_option("--seconds", stop.serve.drain_seconds, "how long to wait for its end (default: 30)")
        ->check(CLI::Range(0, 86'400));

    auto* show_app = app.add_subcommand("show", "what a model file is: metadata, template abilities, sizes");
    show_app->add_option("file", show.text, "GGUF file or model card (default: the bundled demo model)");
    show_app->add_flag("--check", show.check, "compare the file with its model card (model.json)");
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
    add_trace_flags(*app.add_subcommand("trace", "show what --trace wrote; replay and compare what --record wrote"),
                    trace);
    add_session_flags(
        *app.add_subcommand("session", "what runs and chats with --session keep: list, show, fork, search"),
        session.session, session.jsonl, session.no_color);
    add_sim_flags(*app.add_subcommand("sim", "scenarios of many agents: check, run, new, list"), sim.sim, sim.no_color);
    add_sweep_flags(*app.add_subcommand("sweep", "a scenario with many seeds and values: plan, run, collect, submit"),
                    sweep.sweep, sweep.no_color);
    auto* report_app = app.add_subcommand("report", "what puna sim run left in folders, as one HTML page");
    report_app->add_option("folders", report.report.folders, "folders of results, or folders that hold such folders")
        ->required()
        ->type_name("FOLDER");
    report_app->add_option("-o,--out", report.report.file, "the page; - is standard output (default: report.html)")
        ->type_name("FILE");
    report_app->add_flag("--account", report.report.account,
                         "also requests and cached tokens, which may differ between equal runs");
    report_app->add_flag("--no-color", report.no_color, "no colours (also: NO_COLOR)");
    add_bench_flags(*app.add_subcommand("bench", "the engine beside other ways to use the same library"), bench);
    add_pull_flags(*app.add_subcommand("pull", "fetch a model by name into the cache that other programs share"), pull);
    add_ls_flags(*app.add_subcommand("ls", "the models in that cache"), ls);
    add_rm_flags(*app.add_subcommand("rm", "remove a model from that cache"), rm);
  }

  [[nodiscard]] Options chosen() {
    const std::map<std::string, std::pair<Command, Options*>> commands{{"run", {Command::run, &run}},
                                                                       {"ask", {Command::ask, &ask}},
                                                                       {"chat", {Command::chat, &chat}},
                                                                       {"show", {Command::show, &show}},
                                                                       {"render", {Command::render, &render}},
                                                                       {"parse", {Command::parse, &parse}},
                                                                       {"doctor", {Command::doctor, &doctor}},
                                                                       {"bench", {Command::bench, &bench}},
                                                                       {"sim", {Command::sim, &sim}},
                                                                       {"sweep", {Command::sweep, &sweep}},
                                                                       {"session", {Command::session, &session}},
                                                                       {"mcp", {Command::mcp, &mcp}},
                                                                       {"trace", {Command::trace, &trace}},
                                                                       {"serve", {Command::serve, &serve}},
                                                                       {"status", {Command::status, &status}},
                                                                       {"stop", {Command::stop, &stop}},
                                                                       {"pull", {Command::pull, &pull}},
                                                                       {"ls", {Command::ls, &ls}},
                                                                       {"rm", {Command::rm, &rm}},
                                                                       {"report", {Command::report, &report}}};
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
    if (parsed.options.command == Command::trace && parsed.options.trace.file.empty()) {
      parsed.answer = {.exit_status = 0, .text = line.app.get_subcommands().front()->help()};
    }
  } catch (const CLI::CallForVersion& version) {
    parsed.answer = {.exit_status = 0, .text = version.what()};
  } catch (const CLI::CallForHelp&) {
    parsed.answer = {.exit_status = 0, .text = line.app.help()};
  } catch (const CLI::ParseError& error) {
    const auto subcommands = line.app.get_subcommands();
    const std::string name = subcommands.empty() ? "" : " " + subcommands.front()->get_name();
    const bool unknown_command = subcommands.empty() && !first.empty() && first.front() != '-';
    const bool flag_first = subcommands.empty() && first.starts_with('-') && first != "--no-color";
    const std::string problem = unknown_command ? "no command is called '" + first + "'"
                                : flag_first    ? "a command comes first, not '" + first + "'"
                                                : error.what();
    const bool extras = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr && !subcommands.empty();
    parsed.answer = {.exit_status = 2,
                     .text = "puna: " + problem + "\n" + (extras ? suggestion(*subcommands.front(), given) : "") +
                             "  try: puna" + name + " --help\n"};
  }
  return parsed;
}

}  // namespace puna::cli

// Flags in groups. llama.cpp's spellings are kept where it has one.
#include "cli/flags.h"

#include <CLI/CLI.hpp>
#include <map>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "puna/tools/roles.h"

namespace puna::cli {
namespace {

// For CLI::Option::check(): what is wrong with a text; empty: nothing.
std::string utf8_fault(const std::string& text) {
  return utf8::is_valid(text) ? "" : "not valid UTF-8; convert it, for example with iconv -t UTF-8";
}

// With --url the server owns weights, template and threads: flags for them would have no effect.
void add_server_flags(CLI::App& app, Options& o) {
  auto* group = app.add_option_group("Server");
  auto* url = group
                  ->add_option("--url", o.server.urls,
                               "instead of a file: a llama-server or another server of the OpenAI protocol, as "
                               "http://localhost:8080; give several")
                  ->allow_extra_args(false)
                  ->type_name("URL");
  const auto add = [&](const char* name, auto& value, const char* what) {
    return group->add_option(name, value, what)->needs(url);
  };
  add("--api-key-env", o.server.api_key_env, "environment variable that holds the server's key")->type_name("NAME");
  add("--model-id", o.server.model, "the model's name at the server (default: the first it lists)")->type_name("NAME");
  add("--param", o.server.parameters, "more for each request, under the server's own names, as cache_prompt=false")
      ->allow_extra_args(false)
      ->type_name("NAME=VALUE");
  for (const char* local : {"--model", "--hf-repo", "--chat-template", "--mmproj", "--threads", "--threads-batch",
                            "--memory", "--gpu-layers", "--device", "--profile", "--cache"}) {
    url->excludes(app.get_option(local));
  }
}

// Instead of a file: after --model. The group is a command or a part of it.
void add_hub_flags(CLI::App& group, Options& o) {
  group
      .add_option("--hf-repo", o.hub_model,
                  "also -hf: a model by name, fetched where the cache does not have it; QUANT is Q4_K_M, else Q4_0, "
                  "else Q8_0, else the first")
      ->type_name("USER/REPO[:QUANT]")
      ->excludes(group.get_option("--model"));
  group.add_flag("--offline", o.offline, "with -hf: only what the cache has (also: HF_HUB_OFFLINE=1)");
}

}  // namespace

// The same with a server of our own, which is started and ended here.
void add_own_server_flag(CLI::App& app, Options& o) {
  auto* program = app.get_option_group("Server")
                      ->add_option("--serve-with", o.server.serve_with,
                                   "start this llama-server on the model's file, and end it afterwards")
                      ->type_name("PROGRAM");
  for (const char* other : {"--url", "--chat-template", "--memory", "--profile"}) {
    program->excludes(app.get_option(other));
  }
}

std::map<std::string, Profile> profile_names() {
  return {{"fast", Profile::fast}, {"deterministic", Profile::deterministic}};
}

void add_model_flags(CLI::App& app, Options& o) {
  auto* group = app.add_option_group("Model");
  group->add_option("-m,--model", o.model_file, "GGUF file or model card (default: the bundled demo model)")
      ->type_name("FILE")
      ->check([](const std::string& name) { return name.empty() ? "the name of the file is empty" : ""; });
  add_hub_flags(*group, o);
  group->add_option("--chat-template", o.chat_template, "chatml, llama-2, llama-3, generic, or a Jinja file")
      ->type_name("NAME|FILE");
  group->add_option("--mmproj", o.mmproj_file, "the model's projector, with which it sees pictures or hears sounds")
      ->type_name("FILE");
  group->add_option("-c,--ctx", o.engine.window_tokens, "window in tokens (default: the model's, at most 8192)")
      ->check(CLI::Range(16, 16'777'216));
  group->add_option("-t,--threads", o.engine.threads, "threads for decoding (default: physical cores, at most 8)")
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
  group
      ->add_option("--profile", o.engine.profile,
                   "fast, or deterministic: same seed, same tokens, whatever runs beside")
      ->transform(CLI::CheckedTransformer(profile_names()).description(""))
      ->type_name("NAME");
  const std::map<std::string, CacheLayout> layouts{{"pool", CacheLayout::pool}, {"parts", CacheLayout::parts}};
  group
      ->add_option("--cache", o.cache,
                   "pool (default): what agents share takes no copy; parts: a window for each, faster where they share "
                   "little; serve: parts where they take at most a quarter of the memory")
      ->transform(CLI::CheckedTransformer(layouts).description(""))
      ->type_name("NAME");
  add_server_flags(app, o);
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

void add_system_flags(CLI::App& app, Options& o) {
  std::string names;
  for (const RolePrompt& role : built_in_roles()) {
    names += (names.empty() ? "" : ", ") + role.name;
  }
  auto* system = app.add_option("--system", o.system, "system prompt")->type_name("TEXT")->check(utf8_fault);
  app.add_option("--role", o.role, "system prompt of a role: " + names + ", or a file")
      ->type_name("NAME|FILE")
      ->excludes(system);
}

void add_agent_flags(CLI::App& app, Options& o, double& seconds) {
  auto* group = app.add_option_group("Agent");
  add_system_flags(*group, o);
  group->add_option("--tools", o.tools, "tools by name, see below; or none")->delimiter(',')->allow_extra_args(false);
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
}

void add_conversation_flags(CLI::App& app, Options& o) {
  auto* group = app.get_option_group("Agent");
  group->add_flag("--no-skills", o.no_skills, "offer no skills (.agents/skills of --root, the user's own)");
  group
      ->add_option("--tool-choice", o.tool_choice,
                   "auto, none, required, or the tool that the first reply must call (default: auto)")
      ->type_name("WHAT");
  group->add_flag("--keep-all", o.keep_all,
                  "show the model the whole conversation; end where it no longer fits its window");
  group->add_option("--transcript", o.transcript_file, "also write each message to FILE, one JSON line each")
      ->type_name("FILE");
}

void add_sub_agents(CLI::App& app, Options& o) {
  app.get_option_group("Agent")
      ->add_option("--agents", o.agents, "agents that it may call as tools: a Markdown file, or a folder of them")
      ->allow_extra_args(false)
      ->type_name("FILE|DIR");
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
  add("--instructions", o.instructions, "more for the system prompt")->type_name("TEXT")->check(utf8_fault);
}

void add_pronounce_flags(CLI::App& app, Options& o) {
  auto* group = app.add_option_group("Pronunciation");
  auto* file = group->add_option("--pronounce", o.pronounce_file,
                                 "say the words of FILE as it spells them: lines \"word = spoken\", or a JSON object");
  file->type_name("FILE");
  group->add_option("--pronounce-in", o.pronounce_in, "prompt (what you type), answer, or both (default)")
      ->check(CLI::IsMember({"prompt", "answer", "both"}).description(""))
      ->type_name("WHERE")
      ->needs(file);
}

void add_attachment_flag(CLI::App& app, Options& o) {
  app.add_option("--image,--attach", o.attached,
                 "picture (PNG, JPEG, GIF, BMP), sound (WAV, MP3) or text file that goes with the prompt; give several")
      ->type_name("FILE")
      ->allow_extra_args(false);
}

void add_output_flags(CLI::App& app, Options& o) {
  auto* group = app.add_option_group("Output");
  group->add_flag("--jsonl", o.jsonl, "one JSON event a line on stdout");
  group->add_flag("-v,--verbose", o.verbose, "show the exact wire: prompt, tokens, raw output");
  group->add_flag("--no-color", o.no_color, "no colours (also: NO_COLOR)");
}

void add_trace_file(CLI::App& app, Options& o) {
  app.add_option("--trace", o.trace_file,
                 "write every step to FILE, prompts and replies included: puna trace show FILE")
      ->type_name("FILE");
  auto* audit = app.add_option("--prompt-audit", o.prompt_audit_file,
                               "add what the model is asked and says to FILE: texts cut, secrets taken out")
                    ->type_name("FILE");
  app.add_flag("--prompt-audit-include-system", o.audits_system_prompt,
               "the text of the system prompt too, not only its SHA-256")
      ->needs(audit);
}

void add_record_file(CLI::App& app, Options& o) {
  auto* record =
      app.add_option("--record", o.record_file,
                     "write all that the run takes from outside to FILE: puna trace replay FILE makes it again")
          ->type_name("FILE");
  for (const char* other : {"--session", "--continue", "--agents"}) {
    record->excludes(app.get_option(other));
  }
}

void add_trace_flags(CLI::App& app, Options& o) {
  app.require_subcommand(0, 1);
  CLI::App* show = app.add_subcommand("show", "what happened, step by step");
  show->add_option("file", o.trace.file, "a file of --trace; - is standard input")->required();
  show->add_flag("--full", o.trace.full, "cut nothing, and show the prompts");
  show->add_option("--step", o.trace.step, "this step alone")->type_name("N");
  show->add_flag("--jsonl", o.jsonl, "the records themselves");
  app.add_subcommand("record", "puna run --record FILE: a run that can be made again")
      ->add_option("file", o.record_file, "then the words of puna run: FILE -- TASK")
      ->required();
  CLI::App* replay =
      app.add_subcommand("replay", "make a recorded run again; with a model, ask that the same questions");
  replay->add_option("file", o.trace.file, "a file of --record")->required();
  replay->add_option("--jsonl", o.trace.events_file, "write its event log to FILE; - is standard output")
      ->type_name("FILE");
  replay->add_option("--transcript", o.trace.transcript_file, "write its messages to FILE, one JSON line each")
      ->type_name("FILE");
  add_model_flags(*replay, o);
  replay->callback([replay, &o] {
    const auto is_given = [replay](const char* name) { return replay->get_option(name)->count() > 0; };
    o.trace.asks_again = is_given("--model") || is_given("--hf-repo") || is_given("--url");
    o.trace.has_profile = is_given("--profile");
  });
  CLI::App* diff = app.add_subcommand("diff", "in what two recordings differ");
  diff->add_option("file", o.trace.file, "a file of --record")->required();
  diff->add_option("other", o.trace.other, "another")->required();
  for (CLI::App* action : {show, replay, diff}) {
    action->add_flag("--no-color", o.no_color, "no colours (also: NO_COLOR)");
    action->parse_complete_callback([action, &o] { o.trace.action = action->get_name(); });
  }
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
  app.add_option(
         "--without", o.bench.without,
         "peers that do not run: R (a raw loop on the library), P (a pool of contexts), S (llama-server) or one of its "
         "layouts (S split, S unified); what is counted, and times of ours alone, are judged all the same")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("R,S,P");
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
  app.add_option("--write-model", o.bench_model_file,
                 "write that model of random weights to FILE, for other programs to be measured with, and end")
      ->type_name("FILE");
  add_hub_flags(app, o);
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
  add_hub_flags(app, o);
  app.add_option("--bos", o.bos_text, "text of bos_token, without a model (default: none)")->type_name("TEXT");
  app.add_option("--eos", o.eos_text, "text of eos_token, without a model (default: none)")->type_name("TEXT");
  app.add_option("--tools", o.tools_file, "JSON list of tools, in the form of the OpenAI protocol")->type_name("FILE");
  app.add_flag("--as-sent", o.as_sent, "the form that run and chat use, instead of the template's own");
  app.add_flag("--no-color", o.no_color, "no colours (also: NO_COLOR)");
}

}  // namespace puna::cli

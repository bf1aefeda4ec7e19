// What the command line says, as plain values. parse_options() is the only place that knows flag spellings.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/serve_options.h"
#include "cli/session_options.h"
#include "cli/sim_options.h"
#include "cli/sweep_options.h"
#include "puna/agent.h"
#include "puna/base.h"
#include "puna/bench.h"
#include "puna/bench/mask_bench.h"
#include "puna/engine.h"

namespace puna::cli {

enum class Command : unsigned char {
  run,
  ask,
  chat,
  show,
  render,
  parse,
  doctor,
  bench,
  sim,
  sweep,
  session,
  report,
  mcp,
  trace,
  serve,
  status,
  stop,
  pull,
  ls,
  rm
};

struct WebOptions {
  std::string engine = "local";            // web_search: local, duckduckgo, bing, searxng
  std::string facts_folder;                // for local; empty = the bundled facts
  std::string searxng;                     // for searxng: the server's address
  std::vector<std::string> hosts_allowed;  // hosts that visit_page may reach though they are not public
};

// A model that a server has, instead of a file.
struct RemoteOptions {
  std::vector<std::string> urls;
  std::string api_key_env;              // the variable that holds the key; empty = no key
  std::string model;                    // its name there; empty = the server's first
  std::vector<std::string> parameters;  // NAME=VALUE
  std::string serve_with;               // a program like llama-server, started on the model's file; empty = none
};

struct McpCommandOptions {
  std::string file;    // configuration; empty: mcp the user's own, run and chat none
  std::string action;  // ls, call, doctor
  std::string server;
  std::string tool;
  std::string arguments = "{}";    // of call: a JSON object
  std::size_t tokens_max = 4'096;  // of a prompt, for all servers' tools together
};

struct HubCommandOptions {
  std::string name;             // pull, rm: USER/REPO[:QUANT]
  bool list_suggested = false;  // pull: only say which models there are for which memory
  bool is_sure = false;         // rm: does not ask
};

struct ReportCommandOptions {
  std::vector<std::string> folders;
  std::string file = "report.html";  // "-" = standard output
  bool account = false;
};

struct TraceCommandOptions {
  std::string action;  // show, replay, diff
  std::string file;    // show: "-" = standard input
  bool full = false;
  std::optional<std::int64_t> step;
  std::string other;            // diff: the second one
  std::string events_file;      // replay: the event log goes there; "-" = standard output, empty = nowhere
  std::string transcript_file;  // replay: and the transcript
  bool asks_again = false;      // replay: a model was named
  bool has_profile = false;     // and a profile
};

struct Options {
  Command command = Command::run;
  bool check = false;  // show: compare the file with its card
  std::string text;    // run: the task; ask: the prompt; show: the model file

  // model
  std::string model_file;             // empty = the bundled demo model
  std::string hub_model;              // USER/REPO[:QUANT] that takes the file's place; empty = none
  bool offline = false;               // hub_model and pull: only what the cache has
  RemoteOptions server;               // with a URL it takes the place of the file
  std::string chat_template;          // a built-in name or a file; empty = the model's own
  std::string mmproj_file;            // the model's projector; empty = it reads text only
  std::vector<std::string> attached;  // ask, run: files that go with the prompt
  EngineOptions engine;
  std::optional<CacheLayout> cache;           // empty = the command's own choice
  std::optional<EmbedderOptions> embeddings;  // serve
  int gpu_layers = -1;
  std::vector<std::string> devices;

  // render, parse: a template alone
  std::string template_file;  // a Jinja file or a built-in name; empty = the model's own
  std::string messages_file;
  std::string tools_file;
  std::string text_file;
  std::string bos_text;  // without a model: what the template's bos_token is
  std::string eos_text;
  bool as_sent = false;  // the form that run and chat use, instead of the template's own

  // sampling
  Sampling sampling;      // what was asked for
  float temperature = 0;  // the command's own, where neither the user nor the model's file says one
  int tokens_max = 0;
  std::optional<int> reasoning_tokens_max;
  std::string schema_file;           // ask: the reply must fit this JSON Schema; "-" = standard input
  std::string grammar_file;          // ask: ... this GBNF grammar
  std::string pattern;               // ask: ... this regular expression
  std::vector<std::string> choices;  // ask: the reply is one of these

  // agent
  std::optional<std::string> system;  // unset = the command's own
  std::string role;                   // a role's name or file, for the system prompt
  Budget budget;
  std::string tool_choice = "auto";  // or none, required, a tool's name
  bool parallel_calls = true;
  bool keep_all = false;           // of the conversation, also when it outgrows the window
  std::vector<std::string> tools;  // names; run: all built-in ones unless given, chat: none
  bool tools_given = false;
  std::string root = ".";  // the folder of file tools
  bool no_agents_md = false;
  bool no_terminal = false;  // nobody is asked, even where somebody is
  bool no_skills = false;
  std::vector<std::string> agents;            // files and folders of agents
  std::string policy_file;                    // empty = the user's own, if there is one
  std::vector<std::string> allow, ask, deny;  // TOOL or TOOL:PATTERN
  WebOptions web;
  McpCommandOptions mcp;
  TraceCommandOptions trace;
  HubCommandOptions hub;
  std::string transcript_file;
  std::string trace_file;
  std::string prompt_audit_file;
  bool audits_system_prompt = false;
  std::string record_file;
  std::string pronounce_file;         // chat: words and how they are spoken; empty = none
  std::string pronounce_in = "both";  // ... prompt, answer

  // run --code
  bool code = false;
  std::vector<std::string> imports;  // beside the usual modules; "*" = all
  std::string workspace;             // that the code may write to; empty = a temporary folder
  double python_seconds = 30;        // of each piece of code
  int planning_interval = 0;
  std::string instructions;

  ServeOptions serve;
  SessionOptions session;
  SimOptions sim;
  SweepOptions sweep;
  ReportCommandOptions report;

  // bench
  MaskBenchOptions masks;        // --only maskbench
  BenchOptions bench;            // without what the machine says (model, wait policy, helpers)
  std::string bench_model_file;  // bench: written instead of measured
  std::string jsonl_file;        // results go there too; empty = nowhere

  // output
  bool jsonl = false;
  bool verbose = false;
  bool no_color = false;
};

struct ParsedOptions {
  Options options;
  // Set when the command line was answered by itself: --help, --version, or a mistake.
  struct Answer {
    int exit_status = 0;
    std::string text;
  };
  std::optional<Answer> answer;
};
[[nodiscard]] ParsedOptions parse_options(int argc, const char* const* argv);

}  // namespace puna::cli

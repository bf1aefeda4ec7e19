// The commands, and what they share: a file's text, a model opened with its sizes said first.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "cli/console.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "puna/model.h"
#include "puna/tools.h"
#include "puna/tools/files.h"

namespace puna::cli {

// Each returns the program's exit status, or an error that main shows and maps to one.
[[nodiscard]] Result<int> run_command(Console& console, const Options& options, Interrupt& interrupt);
[[nodiscard]] Result<int> ask_command(Console& console, const Options& options, Interrupt& interrupt);
[[nodiscard]] Result<int> chat_command(Console& console, const Options& options, Interrupt& interrupt);
[[nodiscard]] Result<int> show_command(Console& console, const Options& options);
[[nodiscard]] Result<int> render_command(Console& console, const Options& options);
[[nodiscard]] Result<int> parse_command(Console& console, const Options& options);
[[nodiscard]] Result<int> doctor_command(Console& console, const Options& options);
[[nodiscard]] Result<int> bench_command(Console& console, const Options& options, Interrupt& interrupt);

[[nodiscard]] Result<int> serve_command(Console& console, const Options& options, Interrupt& interrupt);
// Starts the same command line as a process of its own, and waits until that listens.
[[nodiscard]] Result<int> detach_command(Console& console, Interrupt& interrupt);
[[nodiscard]] Result<int> status_command(Console& console);
[[nodiscard]] Result<int> stop_command(Console& console, const Options& options);
[[nodiscard]] Result<int> mcp_command(Console& console, const Options& options, Interrupt& interrupt);
[[nodiscard]] Result<int> sim_command(Console& console, const Options& options, Interrupt& interrupt);
[[nodiscard]] Result<int> sweep_command(Console& console, const Options& options, Interrupt& interrupt);
[[nodiscard]] Result<int> session_command(Console& console, const Options& options);
[[nodiscard]] Result<int> report_command(Console& console, const Options& options);
[[nodiscard]] Result<int> trace_command(Console& console, const Options& options);
[[nodiscard]] Result<int> replay_command(Console& console, const Options& options, Interrupt& interrupt);
[[nodiscard]] Result<int> diff_command(Console& console, const Options& options);

[[nodiscard]] Result<int> pull_command(Console& console, const Options& options, Interrupt& interrupt);
[[nodiscard]] Result<int> ls_command(Console& console, const Options& options);
[[nodiscard]] Result<int> rm_command(Console& console, const Options& options, Interrupt& interrupt);

// With -hf, fetches the model where the cache does not have it, and makes its file options.model_file.
// Errors  those of HubName::parse() and Hub::pull();  invalid_argument  show is also given a file
[[nodiscard]] Result<void> use_hub_model(Console& console, Options& options, Interrupt& interrupt);

// Where this program lies; empty when the system does not say.
[[nodiscard]] std::filesystem::path program_folder();

// The bundled demo model: beside the installed program, else in the source tree it was built from.
// Errors  not_found  the message lists where it was looked for
[[nodiscard]] Result<std::filesystem::path> demo_model_file();
// The bundled facts that web_search finds offline, likewise.
[[nodiscard]] Result<std::filesystem::path> facts_folder();
// options.model_file, or what that names if it is a model card, else the demo model's.
// Errors  those of read_model_card()
[[nodiscard]] Result<std::filesystem::path> model_file(const Options& options);
// In what the model's file is not what its card says; empty: there is no card, too.
[[nodiscard]] Result<std::vector<std::string>> card_differences(const Options& options, const ModelFacts& facts);
// options.engine, with the card's window where the user did not ask for one.
[[nodiscard]] Result<EngineOptions> engine_options_of(const Options& options);
// To a user, a model file that cannot be opened and one that is not there are the same failure: exit status 4.
[[nodiscard]] Error as_missing_model(Error error);

// With --role, makes it the system prompt.
// Errors  invalid_argument  no such role;  those of read_text_file() and parse_role()
[[nodiscard]] Result<void> use_role(Options& options);

// What the user asked for, with the command's own temperature where neither the user nor the model's file says one.
// Errors  those of effective(): a mistake is found before the weights are read;  not_found, io, corrupt  the file
[[nodiscard]] Result<Sampling> sampling_of(const Options& options);

// A built-in chat template's source, or a file's; empty for an empty name.
// Errors  invalid_argument  neither
[[nodiscard]] Result<std::string> template_named(const std::string& name);

// Says the sizes of weights and KV, then loads, with progress; with --url, what the servers are. Ctrl-C stops it.
[[nodiscard]] Result<std::unique_ptr<Model>> open_model(Console& console, const Options& options, Interrupt& interrupt);

// What the options say of an agent; the caller adds where it records and who allows.
// Errors  those of sampling_of
[[nodiscard]] Result<AgentOptions> agent_options_of(const Options& options);

// Adds the tools of the MCP servers in options.mcp.file, if one is named; the toolbox keeps the servers, which ask
// `user` (borrowed; nullptr: nobody is there). Errors  those of read_mcp_config() and McpServer::open()
[[nodiscard]] Result<void> add_mcp_tools(Console& console, const Options& options, Toolbox& toolbox, User* user,
                                         const std::stop_token& stop);

// web_search or visit_page.
// Errors  invalid_argument  a host, a search engine or an address that means nothing;  not_found  the facts
[[nodiscard]] Result<std::unique_ptr<Tool>> open_web_tool(const std::string& name, const WebOptions& options);

// A whole file of at most bytes_max.  Errors  not_found, io, limit
[[nodiscard]] Result<std::string> read_text_file(const std::filesystem::path& file, std::size_t bytes_max);
// The words of the command line, or stdin when they are "-". Errors  invalid_argument (not UTF-8, empty), limit
[[nodiscard]] Result<std::string> task_text(const Options& options);

// 0 answered, 5 a limit, 130 cancelled, 1 malformed replies.
[[nodiscard]] int exit_status_of(StopReason reason);

}  // namespace puna::cli

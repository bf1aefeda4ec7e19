// Groups of flags that several commands share. Each adds its group to a command and fills that command's options when
// it is parsed: both are borrowed until then.
#pragma once

#include <map>
#include <string>

#include "cli/options.h"

namespace CLI {
class App;
}

namespace puna::cli {

// What --profile takes.
[[nodiscard]] std::map<std::string, Profile> profile_names();
void add_model_flags(CLI::App& app, Options& o);
// After those: --serve-with.
void add_own_server_flag(CLI::App& app, Options& o);
// One flag for each row of the engine's table of parameters.
void add_sampling_flags(CLI::App& app, Options& o, float temperature);
// --system, --role.
void add_system_flags(CLI::App& app, Options& o);
void add_agent_flags(CLI::App& app, Options& o, double& seconds);
// Of somebody's own conversation; a server's are its clients'. Requires  add_agent_flags() before.
void add_conversation_flags(CLI::App& app, Options& o);
void add_sub_agents(CLI::App& app, Options& o);
void add_code_flags(CLI::App& app, Options& o);
void add_pronounce_flags(CLI::App& app, Options& o);
void add_attachment_flag(CLI::App& app, Options& options);  // of run and ask
void add_output_flags(CLI::App& app, Options& o);
// --trace, --prompt-audit.
void add_trace_file(CLI::App& app, Options& o);
// After those of agents and sessions: --record.
void add_record_file(CLI::App& app, Options& o);
void add_trace_flags(CLI::App& app, Options& o);
void add_mcp_flags(CLI::App& app, Options& o);
void add_bench_flags(CLI::App& app, Options& o);
void add_template_flags(CLI::App& app, Options& o);
void add_pull_flags(CLI::App& app, Options& o);
void add_ls_flags(CLI::App& app, Options& o);
void add_rm_flags(CLI::App& app, Options& o);

}  // namespace puna::cli

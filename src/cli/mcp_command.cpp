// puna mcp ls | call | doctor, and the tools of MCP servers for run and chat.
//
// The default configuration is the user's own file: one that lies in a project names programs to start, and is read
// only when it is named.
#include <algorithm>
#include <cstdlib>
#include <optional>
#include <ranges>
#include <utility>

#include "cli/commands.h"
#include "cli/equipment.h"
#include "cli/terminal.h"
#include "puna/tools/mcp.h"

namespace puna::cli {
namespace {

constexpr std::size_t kConfigBytesMax = 1U << 20U;
constexpr std::size_t kSummaryBytesMax = 100;

std::optional<std::string> variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

Result<std::filesystem::path> config_file(const std::string& named) {
  if (!named.empty()) {
    return named;
  }
  const std::filesystem::path folder = configuration_folder();
  if (folder.empty()) {
    return fail(ErrorCode::not_found, "there is no HOME with an MCP configuration", "name one with --mcp FILE");
  }
  return folder / "mcp.json";
}

Result<std::vector<McpServerConfig>> read_config(const std::string& named) {
  PUNA_TRY(const std::filesystem::path file, config_file(named));
  auto text = read_text_file(file, kConfigBytesMax);
  if (!text) {
    text.error().hint =
        R"(write {"mcpServers": {"NAME": {"command": "PROGRAM"}}} there, or name a file with --mcp FILE)";
    return std::unexpected(std::move(text).error());
  }
  auto configs = read_mcp_config(*text, variable);
  if (!configs) {
    configs.error().message = format_text("'{}': {}", file.string(), configs.error().message);
  }
  return configs;
}

// What programs see of the environment, as the protocol's own libraries have it.
McpOptions mcp_options(Console& console, User* user) {
  McpOptions options;
  options.user = user;
  for (const char* name : {"HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "USER"}) {
    if (const auto value = variable(name)) {
      options.environment[name] = *value;
    }
  }
  options.on_progress = [&console](const McpProgress& step) {
    const std::string of = step.total ? format_text(" of {}", *step.total) : "";
    console.status(format_text("{}  {}{}  {}", step.tool, step.done, of, step.message));
  };
  return options;
}

std::string place_of(const McpServerConfig& config) {
  if (const auto* program = std::get_if<McpProgram>(&config.place)) {
    return program->command;
  }
  const auto url = Url::parse(std::get<McpAddress>(config.place).url);
  return url ? url->shown() : "";
}

std::string summary(const std::string& description) {
  const std::string line = description.substr(0, description.find('\n'));
  const std::string_view kept = utf8::truncate(line, kSummaryBytesMax);
  return std::string(kept) + (kept.size() < line.size() ? "..." : "");
}

void show_tools(Console& console, const Options& options, const McpServer& server) {
  if (!options.jsonl) {
    console.out(format_text("{}  {} {}, MCP {}\n", server.name(), server.facts().name, server.facts().version,
                            server.facts().protocol));
  }
  for (const McpToolFacts& tool : server.tools()) {
    if (options.jsonl) {
      console.out(Json::object({{"server", server.name()},
                                {"tool", tool.name},
                                {"description", tool.description},
                                {"inputSchema", tool.input_schema}})
                      .dump() +
                  "\n");
    } else {
      console.out(format_text("  {:<24} {}\n", tool.name, summary(tool.description)));
    }
  }
  for (const std::string& problem : server.problems()) {
    console.err("  " + problem + "\n", Style::yellow);
  }
}

// Every server, whatever becomes of the others.
Result<int> list_servers(Console& console, const Options& options, const std::vector<McpServerConfig>& configs,
                         User* user, const std::stop_token& stop) {
  int status = 0;
  for (const McpServerConfig& config : configs) {
    const auto server = McpServer::open(config, mcp_options(console, user), stop);
    if (server) {
      show_tools(console, options, **server);
    } else if (server.error().code == ErrorCode::cancelled) {
      return std::unexpected(server.error());
    } else {
      console.error(server.error());
      status = status_of(server.error().code).exit_status;
    }
  }
  return status;
}

Result<int> check_servers(Console& console, const std::vector<McpServerConfig>& configs, User* user,
                          const std::stop_token& stop) {
  int status = 0;
  for (const McpServerConfig& config : configs) {
    const auto started = std::chrono::steady_clock::now();
    auto opened = McpServer::open(config, mcp_options(console, user), stop);
    const auto time = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - started);
    if (!opened) {
      console.out(format_text("{:<6}{:<16}{}\n", "fail", config.name, opened.error().message));
      if (!opened.error().hint.empty()) {
        console.out(format_text("{:<22}try: {}\n", "", opened.error().hint));
      }
      status = 1;
      continue;
    }
    const std::shared_ptr<McpServer> server = *std::move(opened);
    std::size_t bytes = 0;
    for (const auto& tool : make_mcp_tools(server)) {
      bytes += to_json(tool->spec()).dump().size();
    }
    const bool is_good = server->problems().empty();
    console.out(format_text("{:<6}{:<16}{}: MCP {}, {} tools, about {} tokens of a prompt, open in {}\n",
                            is_good ? "ok" : "warn", config.name, place_of(config), server->facts().protocol,
                            server->tools().size(), count_text(static_cast<std::int64_t>(bytes / 4)),
                            duration_text(time)));
    for (const std::string& problem : server->problems()) {
      console.out(format_text("{:<22}{}\n", "", problem));
    }
  }
  if (configs.empty()) {
    console.out("ok    no servers are configured\n");
  }
  return status;
}

Result<int> call_tool(Console& console, const Options& options, const std::vector<McpServerConfig>& configs, User* user,
                      const std::stop_token& stop) {
  const auto config = std::ranges::find(configs, options.mcp.server, &McpServerConfig::name);
  if (config == configs.end()) {
    return fail(ErrorCode::not_found, format_text("no MCP server is called '{}'", options.mcp.server), "puna mcp ls");
  }
  auto arguments = Json::parse(options.mcp.arguments);
  if (!arguments || !arguments->is_object()) {
    return fail(ErrorCode::invalid_argument,
                "the arguments are no JSON object" + (arguments ? "" : ": " + arguments.error().message),
                R"(puna mcp call SERVER TOOL '{"text": "hello"}')");
  }
  PUNA_TRY(const std::unique_ptr<McpServer> server, McpServer::open(*config, mcp_options(console, user), stop));
  const auto tool = std::ranges::find(server->tools(), options.mcp.tool, &McpToolFacts::name);
  PUNA_TRY(const Json result, server->call(options.mcp.tool, *arguments, stop));
  console.clear_status();
  const ToolResult shown = mcp_observation(result, tool->output_schema);
  console.out((options.jsonl ? result.dump() : shown.content) + "\n");
  return shown.is_error ? 1 : 0;
}

}  // namespace

Result<int> mcp_command(Console& console, const Options& options, Interrupt& interrupt) {
  PUNA_TRY(const std::vector<McpServerConfig> configs, read_config(options.mcp.file));
  std::optional<Terminal> terminal;
  if (Terminal::is_there(console)) {
    terminal.emplace(console);
  }
  User* user = terminal ? &*terminal : nullptr;
  const Interrupt::Scope scope(interrupt);
  if (options.mcp.action == "call") {
    return call_tool(console, options, configs, user, scope.token());
  }
  return options.mcp.action == "doctor" ? check_servers(console, configs, user, scope.token())
                                        : list_servers(console, options, configs, user, scope.token());
}

Result<void> add_mcp_tools(Console& console, const Options& options, Toolbox& toolbox, User* user,
                           const std::stop_token& stop) {
  if (options.mcp.file.empty()) {
    return {};
  }
  PUNA_TRY(const std::vector<McpServerConfig> configs, read_config(options.mcp.file));
  std::vector<std::unique_ptr<Tool>> tools;
  for (const McpServerConfig& config : configs) {
    PUNA_TRY(std::shared_ptr<McpServer> server, McpServer::open(config, mcp_options(console, user), stop));
    for (const std::string& problem : server->problems()) {
      console.err(format_text("{}: {}\n", server->name(), problem), Style::yellow);
    }
    tools.append_range(make_mcp_tools(server) | std::views::as_rvalue);
  }
  McpCut cut = fit_mcp_tools(std::move(tools), options.mcp.tokens_max);
  if (!cut.left_out.empty()) {
    console.err(format_text("{} MCP tools are left out: they do not fit into {} tokens (--mcp-tokens)\n",
                            cut.left_out.size(), options.mcp.tokens_max),
                Style::yellow);
  }
  for (auto& tool : cut.tools) {
    PUNA_TRY_VOID(toolbox.add(std::move(tool)));
  }
  return {};
}

}  // namespace puna::cli

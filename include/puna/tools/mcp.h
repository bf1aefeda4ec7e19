// Tools of MCP servers: programs on this machine (stdio) and addresses (streamable HTTP).
//
// Speaks the revisions 2026-07-28 (each request stands alone) and 2025-11-25 and older (a session begun by initialize),
// whichever the server knows. Everything that a server says is untrusted; a server on stdio is a program that the user
// chose, and runs as the user, outside of any sandbox.
// Source: modelcontextprotocol.io/specification, both revisions.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "puna/base.h"
#include "puna/net.h"
#include "puna/tools.h"

namespace puna {

class User;  // puna/tools/files.h

struct McpProgram {
  std::string command;  // a path, or a name that is looked for in PATH
  std::vector<std::string> arguments;
  std::map<std::string, Secret> environment;  // in addition to McpOptions::environment
  std::filesystem::path folder;               // where it starts; empty = the working folder
};
struct McpAddress {
  std::string url;
  std::vector<HttpField> headers;
};
struct McpServerConfig {
  std::string name;  // begins the names of the server's tools
  std::variant<McpProgram, McpAddress> place;
  // Absolute folders that it is told of when it asks for roots. Some servers then work in these and no others.
  std::vector<std::filesystem::path> roots;
};

// The value of an environment variable.
using McpVariables = std::function<std::optional<std::string>(const std::string& name)>;

// The servers of a configuration file as other programs write it: {"mcpServers": {NAME: {command, args, env, cwd} or
// {url, headers}, both with roots: [FOLDER]}}, also under "servers", with "serverUrl" or "httpUrl" for url; "disabled":
// true leaves one out. In values ${NAME}, ${env:NAME} and ${NAME:-otherwise} are replaced. In the file's order; other
// members are ignored. Errors  invalid_argument  the message names the server and the member
[[nodiscard]] Result<std::vector<McpServerConfig>> read_mcp_config(std::string_view json,
                                                                   const McpVariables& variables);

struct McpProgress {
  std::string tool;
  double done = 0;
  std::optional<double> total;
  std::string message;
};

struct McpOptions {
  std::map<std::string, std::string> environment;  // of programs: PATH, HOME and what else they shall see
  std::chrono::milliseconds probe_time{5'000};     // for a program that does not answer server/discover
  std::chrono::milliseconds start_time{60'000};    // for a program's first answer
  std::chrono::milliseconds call_time{120'000};
  std::chrono::milliseconds grace{2'000};      // at the end: after closing its input, and again after SIGTERM
  std::size_t message_bytes_max = 16'777'216;  // one message
  std::size_t tools_max = 1'000;
  // While a call runs, one at a time, on its thread or on one that works for it.
  std::function<void(const McpProgress&)> on_progress;
  // Whom a server's questions (elicitation) are put to, field by field, as on_progress; borrowed, outlives the server.
  // The time that an answer takes counts for no limit. nullptr: questions are declined.
  User* user = nullptr;
};

struct McpServerFacts {
  std::string name;  // what the server calls itself; untrusted, one line
  std::string version;
  std::string protocol;      // the revision that is spoken
  std::string instructions;  // for the model; untrusted
};
struct McpToolFacts {
  std::string name;  // as the server has it
  std::string description;
  Json input_schema;
  Json output_schema;  // null: none
  // From x-mcp-header: a header's name and the path of the argument that it repeats.
  std::vector<std::pair<std::string, std::vector<std::string>>> headers;

  friend bool operator==(const McpToolFacts&, const McpToolFacts&) = default;
};

// One server. Opening it starts the program or finds the address, agrees on a revision and lists the tools.
//
// Thread  any; calls wait for each other. What a program writes to stderr is kept (its end) for messages.
class McpServer {
 public:
  // Errors  not_found         no such program
  //         unavailable       it does not start, ends, does not answer in time, or cannot be reached
  //         invalid_argument  it speaks no revision that is known here, refuses the credentials, or its address is bad
  //         corrupt           it does not speak MCP;  limit  too long a message, too many tools;  cancelled
  [[nodiscard]] static Result<std::unique_ptr<McpServer>> open(const McpServerConfig& config, const McpOptions& options,
                                                               std::stop_token stop = {});
  virtual ~McpServer() = default;  // as close()

  [[nodiscard]] virtual const std::string& name() const = 0;  // of its configuration
  [[nodiscard]] virtual const McpServerFacts& facts() const = 0;
  // Sorted by name; those that cannot be used are left out and named in problems().
  [[nodiscard]] virtual const std::vector<McpToolFacts>& tools() const = 0;
  [[nodiscard]] virtual const std::vector<std::string>& problems() const = 0;

  // The server's result of tools/call: {content, structuredContent, isError}. A program that has ended is started
  // again, at most five times. Stopping tells the server.
  // A server that says that its tools have changed is asked again before the next call; the list of tools() stays.
  // Errors  invalid_argument  no such tool, one that is gone or not what it was when it was listed, or the server
  //                           refused the call;  else as open()
  [[nodiscard]] virtual Result<Json> call(const std::string& tool, const Json& arguments,
                                          std::stop_token stop = {}) = 0;

  // Ends the session. A program: closes its input, waits, SIGTERM, waits, SIGKILL, for its whole process group.
  virtual void close() = 0;
};

// The result of a call as the model reads it: texts, and other content named; structured content where there is no text
// or where it does not fit the tool's own schema, which is said.
[[nodiscard]] ToolResult mcp_observation(const Json& result, const Json& output_schema);

// The tools of a server under the names SERVER__TOOL, in order. They declare no traits: what a server says of its tools
// is a stranger's word. A name that is too long or has other signs is changed,
// and stays the same as long as the server's name for it does.
[[nodiscard]] std::vector<std::unique_ptr<Tool>> make_mcp_tools(const std::shared_ptr<McpServer>& server);

// Makes tools fit a number of tokens: first their descriptions are cut to a first sentence, then those of arguments
// fall away, then whole tools do, from the end. What is done is the same for the same tools.
struct McpCut {
  std::vector<std::unique_ptr<Tool>> tools;  // in order
  std::vector<std::string> left_out;         // names
  bool has_short_descriptions = false;
};
// `tokens_of` counts a spec's JSON; the default takes four bytes for a token.
[[nodiscard]] McpCut fit_mcp_tools(std::vector<std::unique_ptr<Tool>> tools, std::size_t tokens_max,
                                   const std::function<std::size_t(std::string_view)>& tokens_of = {});

}  // namespace puna

// Configuration files as other programs write them.
#include <algorithm>
#include <array>
#include <filesystem>

#include "puna/tools/mcp.h"
#include "tools/observation.h"

namespace puna {
namespace {

constexpr std::size_t kServersMax = 64;
constexpr std::size_t kServerNameBytesMax = 100;

std::unexpected<Error> wrong(std::string_view server, std::string_view what, std::string_view hint = {}) {
  return fail(ErrorCode::invalid_argument, format_text("MCP server '{}': {}", tools::shown(server), what),
              std::string(hint));
}

class ConfigReader {
 public:
  ConfigReader(std::string_view name, const McpVariables& variables) : name_(name), variables_(variables) {}

  // ${NAME}, ${env:NAME}, ${NAME:-otherwise}; one pass, so that no value is looked at again.
  [[nodiscard]] Result<std::string> expanded(std::string_view text) const {
    std::string result;
    while (true) {
      const std::size_t begin = text.find("${");
      const std::size_t end = text.find('}', begin);
      if (begin == std::string_view::npos || end == std::string_view::npos) {
        return result.append(text);
      }
      result += text.substr(0, begin);
      std::string_view inner = text.substr(begin + 2, end - begin - 2);
      inner.remove_prefix(inner.starts_with("env:") ? 4 : 0);
      const std::size_t mark = inner.find(":-");
      const std::string variable(inner.substr(0, mark));
      auto value = variables_ ? variables_(variable) : std::nullopt;
      if (!value && mark == std::string_view::npos) {
        return wrong(name_, format_text("the environment variable {} is not set", tools::shown(variable)),
                     "set it, or write ${NAME:-otherwise}");
      }
      result += value ? *value : std::string(inner.substr(mark + 2));
      text.remove_prefix(end + 1);
    }
  }
  [[nodiscard]] Result<std::string> text(const Json& json, std::string_view what) const {
    if (!json.is_string() && !json.is_number() && !json.is_bool()) {
      return wrong(name_, format_text("\"{}\" must be a text", tools::shown(what)));
    }
    const std::string value = json.is_string() ? json.as_string() : json.dump();
    if (value.contains('\0')) {
      return wrong(name_, format_text("\"{}\" has a NUL in it", tools::shown(what)));
    }
    return expanded(value);
  }
  [[nodiscard]] Result<std::vector<std::string>> texts(const Json* json, std::string_view what) const {
    std::vector<std::string> all;
    if (json == nullptr) {
      return all;
    }
    if (!json->is_array()) {
      return wrong(name_, format_text("\"{}\" must be a list of texts", what));
    }
    for (const Json& item : json->as_array()) {
      PUNA_TRY(std::string one, text(item, what));
      all.push_back(std::move(one));
    }
    return all;
  }
  [[nodiscard]] Result<std::vector<std::pair<std::string, std::string>>> pairs(const Json* json,
                                                                               std::string_view what) const {
    std::vector<std::pair<std::string, std::string>> all;
    if (json == nullptr || json->is_null()) {
      return all;
    }
    if (!json->is_object()) {
      return wrong(name_, format_text("\"{}\" must be an object of texts", what));
    }
    for (const Json::Member& member : json->as_object()) {
      PUNA_TRY(std::string value, text(member.value, member.key));
      all.emplace_back(member.key, std::move(value));
    }
    return all;
  }

 private:
  std::string_view name_;
  const McpVariables& variables_;
};

Result<McpProgram> read_program(const Json& json, const ConfigReader& reader, std::string_view name) {
  McpProgram program;
  PUNA_TRY(program.command, reader.text(*json.find("command"), "command"));
  if (program.command.empty()) {
    return wrong(name, "\"command\" is empty");
  }
  PUNA_TRY(program.arguments, reader.texts(json.find("args"), "args"));
  PUNA_TRY(const auto variables, reader.pairs(json.find("env"), "env"));
  for (const auto& [variable, value] : variables) {
    if (variable.empty() || variable.find_first_of(std::string_view("=\0", 2)) != std::string::npos) {
      return wrong(name, format_text("'{}' is no name of an environment variable", tools::shown(variable)));
    }
    program.environment[variable] = Secret(value);
  }
  if (const Json* folder = json.find("cwd"); folder != nullptr && !folder->is_null()) {
    PUNA_TRY(program.folder, reader.text(*folder, "cwd"));
  }
  return program;
}

Result<McpAddress> read_address(const Json& json, const Json& url, const ConfigReader& reader, std::string_view name) {
  McpAddress address;
  PUNA_TRY(address.url, reader.text(url, "url"));
  if (const auto parsed = Url::parse(address.url); !parsed) {
    return wrong(name, "\"url\": " + parsed.error().message);
  }
  PUNA_TRY(const auto headers, reader.pairs(json.find("headers"), "headers"));
  for (const auto& [header, value] : headers) {
    address.headers.push_back({header, Secret(value)});
  }
  return address;
}

Result<McpServerConfig> read_server(const Json::Member& member, const McpVariables& variables) {
  constexpr std::array<std::string_view, 3> kUrls{"url", "serverUrl", "httpUrl"};
  const Json& json = member.value;
  const ConfigReader reader(member.key, variables);
  if (!json.is_object()) {
    return wrong(member.key, "it must be an object",
                 R"({"command": "npx", "args": ["-y", "NAME"]} or {"url": "https://..."})");
  }
  if (json.text_or("type") == "sse" || json.text_or("transport") == "sse") {
    return wrong(member.key, "the old transport with two addresses (sse) is not supported", "ask for its /mcp address");
  }
  McpServerConfig config{.name = member.key, .place = McpProgram{}};
  const auto url = std::ranges::find_if(kUrls, [&](std::string_view key) { return json.find(key) != nullptr; });
  const bool has_command = json.find("command") != nullptr;
  if (has_command == (url != kUrls.end())) {
    return wrong(member.key,
                 has_command ? "it has both \"command\" and \"url\"" : "it has no \"command\" and no \"url\"");
  }
  if (has_command) {
    PUNA_TRY(config.place, read_program(json, reader, member.key));
  } else {
    PUNA_TRY(config.place, read_address(json, *json.find(*url), reader, member.key));
  }
  PUNA_TRY(const std::vector<std::string> roots, reader.texts(json.find("roots"), "roots"));
  for (const std::string& root : roots) {
    if (!std::filesystem::path(root).is_absolute()) {
      return wrong(member.key, format_text("\"roots\": '{}' is no absolute path", tools::shown(root)));
    }
    config.roots.emplace_back(root);
  }
  return config;
}

bool is_off(const Json& json) {
  const Json* disabled = json.find("disabled");
  const Json* enabled = json.find("enabled");
  return (disabled != nullptr && disabled->is_bool() && disabled->as_bool()) ||
         (enabled != nullptr && enabled->is_bool() && !enabled->as_bool());
}

}  // namespace

Result<std::vector<McpServerConfig>> read_mcp_config(std::string_view json, const McpVariables& variables) {
  auto read = Json::parse(json);
  if (!read) {
    return fail(ErrorCode::invalid_argument, "the MCP configuration is no JSON: " + read.error().message);
  }
  const Json* servers = read->find("mcpServers") != nullptr ? read->find("mcpServers") : read->find("servers");
  if (servers == nullptr || !servers->is_object()) {
    return fail(ErrorCode::invalid_argument, "the MCP configuration has no \"mcpServers\"",
                R"({"mcpServers": {"NAME": {"command": "npx", "args": ["-y", "PACKAGE"]}}})");
  }
  if (servers->as_object().size() > kServersMax) {
    return fail(ErrorCode::invalid_argument,
                format_text("the MCP configuration has more than {} servers", kServersMax));
  }
  std::vector<McpServerConfig> configs;
  for (const Json::Member& member : servers->as_object()) {
    if (member.key.empty() || member.key.size() > kServerNameBytesMax || printable(member.key) != member.key ||
        member.key.find_first_of("\n\t") != std::string::npos) {
      return wrong(member.key, format_text("a name has 1 to {} bytes without control characters", kServerNameBytesMax));
    }
    if (!is_off(member.value)) {
      PUNA_TRY(McpServerConfig config, read_server(member, variables));
      configs.push_back(std::move(config));
    }
  }
  return configs;
}

}  // namespace puna

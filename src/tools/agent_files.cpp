// Reading agent files, and trust in those of a project.
#include "puna/tools/agent_files.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>
#include <utility>

#include "puna/base/sha256.h"
#include "puna/chat.h"
#include "puna/tools.h"
#include "tools/front_matter.h"
#include "tools/project_trust.h"

namespace puna {
namespace {

using tools::bad_file;

constexpr std::size_t kNamesMax = 200;

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
  return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

// A list, or names with commas between them.
std::vector<std::string> names_of(const Json& value) {
  std::vector<std::string> names;
  if (value.is_array()) {
    for (const Json& name : value.as_array()) {
      names.push_back(name.as_string());
    }
    return names;
  }
  for (std::string_view rest = value.as_string(); !rest.empty();) {
    const std::string_view name = trimmed(rest.substr(0, rest.find(',')));
    rest.remove_prefix(
        std::min(rest.size(), rest.find(',') == std::string_view::npos ? rest.size() : rest.find(',') + 1));
    if (!name.empty()) {
      names.emplace_back(name);
    }
  }
  return names;
}

// Nothing where it is no whole number from 1 on.
std::optional<int> number_of(const Json& value) {
  int number = 0;
  const std::string& text = value.is_string() ? value.as_string() : std::string();
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  return code == std::errc() && end == text.data() + text.size() && number > 0 ? std::optional(number) : std::nullopt;
}

Result<void> read_member(const Json::Member& member, std::string_view file_name, AgentFile& agent) {
  const std::array<std::pair<std::string_view, std::optional<int>*>, 4> numbers{
      {{"turns_max", &agent.turns_max},
       {"output_tokens_max", &agent.output_tokens_max},
       {"seconds_max", &agent.seconds_max},
       {"reasoning_tokens_max", &agent.reasoning_tokens_max}}};
  const auto number =
      std::ranges::find(numbers, std::string_view(member.key), [](const auto& one) { return one.first; });
  if (number != numbers.end()) {
    *number->second = number_of(member.value);
    if (!*number->second) {
      return bad_file(file_name, format_text("'{}' must be a whole number from 1 on", member.key));
    }
  } else if (member.key == "tools") {
    if (!member.value.is_string() && !member.value.is_array()) {
      return bad_file(file_name, "'tools' must be names with commas between them, or a list of names");
    }
    agent.tools = names_of(member.value);
    if (agent.tools->size() > kNamesMax) {
      return bad_file(file_name, format_text("'tools' has more than {} names", kNamesMax));
    }
  } else if (member.key == "start") {
    if (member.value != Json("fork") && member.value != Json("fresh")) {
      return bad_file(file_name, "'start' must be fresh or fork");
    }
    agent.is_fork = member.value == Json("fork");
  } else if (member.key != "name" && member.key != "description") {
    agent.ignored.push_back(member.key);
  }
  return {};
}

// What is asked about: what it may do, and what it is told.
std::string shown_text(const AgentFile& agent) {
  std::string text = "tools:";
  for (const std::string& tool : agent.tools.value_or(std::vector<std::string>{"all that its caller has"})) {
    text += " " + tool;
  }
  return text + "\n\n" + agent.system_prompt;
}

}  // namespace

Result<AgentFile> parse_agent_file(std::string_view text, std::string_view file_name) {
  PUNA_TRY(tools::FrontMatter read, tools::front_matter(text, file_name));
  AgentFile agent{.name = std::string(read.head.text_or("name")),
                  .description = tools::description_of(read.head),
                  .system_prompt = std::move(read.body),
                  .hash = sha256_hex(text)};
  if (!is_tool_name(agent.name)) {
    return bad_file(file_name, "'name' must be 1 to 64 letters, digits, '_' or '-'");
  }
  if (agent.description.empty()) {
    return bad_file(file_name,
                    format_text("'description' must be a text of 1 to {} bytes", tools::kDescriptionBytesMax));
  }
  for (const Json::Member& member : read.head.as_object()) {
    PUNA_TRY_VOID(read_member(member, file_name, agent));
  }
  agent.system_prompt.erase(0, agent.system_prompt.find_first_not_of(" \t\n"));
  agent.system_prompt.erase(agent.system_prompt.find_last_not_of(" \t\n") + 1);
  return agent;
}

Result<FoundAgents> find_agent_files(const std::filesystem::path& path, const std::filesystem::path& project) {
  std::error_code code;
  const std::filesystem::path place = std::filesystem::canonical(path, code);
  if (code) {
    return fail(ErrorCode::not_found, "no such file or folder: " + printable(utf8::sanitize(path.string())));
  }
  const bool is_folder = std::filesystem::is_directory(place, code);
  const std::filesystem::path folder = is_folder ? place : place.parent_path();
  PUNA_TRY(const auto root, FileRoot::open(folder));
  std::vector<std::string> names{place.filename().string()};
  if (is_folder) {
    PUNA_TRY(const std::vector<FileRoot::Entry> entries, root->list(""));
    names.clear();
    for (const FileRoot::Entry& entry : entries) {
      if (entry.name.ends_with(".md") && !entry.is_folder) {
        names.push_back(entry.name);
      }
    }
  }
  const std::filesystem::path beneath = place.lexically_relative(std::filesystem::weakly_canonical(project, code));
  const bool is_project = !beneath.empty() && *beneath.begin() != "..";
  FoundAgents found;
  for (const std::string& name : names) {
    if (found.agents.size() == kAgentFilesMax) {
      found.problems.push_back(format_text("more than {} agents", kAgentFilesMax));
      break;
    }
    const auto text = root->read(name, kAgentFileBytesMax);
    auto agent = text ? parse_agent_file(*text, (folder / name).string()) : std::unexpected(text.error());
    if (!agent) {
      found.problems.push_back(agent.error().message);
      continue;
    }
    agent->file = folder / name;
    agent->origin = is_project ? AgentFile::Origin::project : AgentFile::Origin::user;
    found.agents.push_back(*std::move(agent));
  }
  std::ranges::stable_sort(found.agents, {}, &AgentFile::name);
  return found;
}

std::vector<AgentFile> trusted_agent_files(std::vector<AgentFile> agents, Approvals& approvals, Approver* approver,
                                           const std::stop_token& stop) {
  std::erase_if(agents, [&](const AgentFile& agent) {
    const std::string text = shown_text(agent);
    return agent.origin == AgentFile::Origin::project && !tools::is_trusted({.kind = "agent",
                                                                             .name = agent.name,
                                                                             .description = agent.description,
                                                                             .place = agent.file.parent_path(),
                                                                             .text = text,
                                                                             .hash = agent.hash},
                                                                            approvals, approver, stop);
  });
  return agents;
}

}  // namespace puna

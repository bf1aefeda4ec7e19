// See call_facts.h.
#include "tools/call_facts.h"

#include <algorithm>
#include <filesystem>

#include "puna/base/sha256.h"
#include "tools/observation.h"

namespace puna::tools {
namespace {

void quote(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
    }
    out += c;
  }
  out += '"';
}

void write(const Json& value, std::string& out) {
  if (value.is_string()) {
    quote(value.as_string(), out);
  } else if (value.is_integer()) {
    out += std::to_string(value.as_integer());
  } else if (value.is_array()) {
    out += '[';
    for (const Json& item : value.as_array()) {
      write(item, out);
      out += ',';
    }
    out += ']';
  } else if (value.is_object()) {
    std::vector<const Json::Member*> members;
    for (const Json::Member& member : value.as_object()) {
      members.push_back(&member);
    }
    std::ranges::sort(members, {}, [](const Json::Member* member) -> const std::string& { return member->key; });
    out += '{';
    for (const Json::Member* member : members) {
      quote(member->key, out);
      out += ':';
      write(member->value, out);
      out += ',';
    }
    out += '}';
  } else {
    out += value.dump();
  }
}

std::string as_text(const Json& value) { return value.is_string() ? value.as_string() : canonical_text(value); }

// The workspace itself is ".": an empty text is no path to a pattern.
std::string or_dot(std::string path) { return path.empty() ? "." : std::move(path); }

std::string plain(std::string_view path) {
  std::string normal = std::filesystem::path(path).lexically_normal().string();
  if (normal.size() > 1 && normal.ends_with('/')) {
    normal.pop_back();
  }
  return or_dot(std::move(normal));
}

CallFacts::Path path_of(std::string_view text, const Workspace* workspace) {
  CallFacts::Path path{.named = plain(text), .really = std::nullopt};
  if (workspace != nullptr) {
    if (auto really = workspace->locate(text)) {
      path.really = or_dot(*std::move(really));
    }
  }
  return path;
}

void add_paths(const Json* value, const Workspace* workspace, std::vector<CallFacts::Path>& paths) {
  if (value == nullptr) {
    paths.push_back(path_of("", workspace));
  } else if (value->is_array()) {
    for (const Json& item : value->as_array()) {
      paths.push_back(path_of(as_text(item), workspace));
    }
  } else {
    paths.push_back(path_of(as_text(*value), workspace));
  }
}

}  // namespace

std::string canonical_text(const Json& value) {
  std::string text;
  write(value, text);
  return text;
}

std::string call_hash(std::string_view project, const ToolCall& call) {
  return sha256_hex(
      canonical_text(Json::object({{"arguments", call.arguments}, {"project", project}, {"tool", call.name}})));
}

CallFacts facts_of(const ToolCall& call, const std::optional<ToolTraits>& traits, const Workspace* workspace) {
  CallFacts facts;
  facts.tool = call.name;
  facts.traits = traits;
  if (call.arguments.is_object()) {
    for (const Json::Member& member : call.arguments.as_object()) {
      facts.arguments.emplace_back(member.key, as_text(member.value));
    }
  }
  if (!traits) {
    return facts;
  }
  for (const std::string& name : traits->path_arguments) {
    add_paths(call.arguments.find(name), workspace, facts.paths);
  }
  if (!traits->command_argument.empty()) {
    const Json* line = call.arguments.find(traits->command_argument);
    facts.commands = line != nullptr && line->is_string() ? shell_commands(line->as_string())
                                                          : fail(ErrorCode::invalid_argument, "no command");
  }
  if (!traits->subject_argument.empty()) {
    const Json* text = call.arguments.find(traits->subject_argument);
    facts.text = text == nullptr ? std::string() : as_text(*text);
  }
  return facts;
}

std::optional<Json> argument_key(const CallFacts& facts, std::string_view call_hash) {
  Json key = Json::object({{"tool", facts.tool}});
  if (facts.commands) {
    if (!*facts.commands) {
      return std::nullopt;
    }
    Json commands = Json::array();
    for (const Words& words : **facts.commands) {
      Json line = Json::array();
      for (const std::string& word : words) {
        line.push(word);
      }
      commands.push(std::move(line));
    }
    key.set("commands", std::move(commands));
  }
  if (!facts.paths.empty()) {
    Json paths = Json::array();
    for (const CallFacts::Path& path : facts.paths) {
      if (!path.really) {
        return std::nullopt;
      }
      paths.push(*path.really);
    }
    key.set("paths", std::move(paths));
  }
  if (facts.text) {
    key.set("subject", *facts.text);
  }
  if (key.as_object().size() == 1) {
    key.set("call", call_hash);
  }
  return key;
}

std::string argument_text(const CallFacts& facts) {
  std::string text;
  if (facts.commands && *facts.commands) {
    for (const Words& words : **facts.commands) {
      text += text.empty() ? "" : " ;";
      for (const std::string& word : words) {
        text += ' ' + word;
      }
    }
  }
  for (const CallFacts::Path& path : facts.paths) {
    text += ' ' + path.really.value_or(path.named);
  }
  if (facts.text) {
    text += ' ' + *facts.text;
  }
  return shown(facts.tool + (text.empty() ? " with these arguments" : text));
}

Json tool_key(const CallFacts& facts) { return Json::object({{"tool", facts.tool}, {"any", true}}); }

}  // namespace puna::tools

// See agents_section.h.
#include "sim/agents_section.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <set>

namespace puna::sim {
namespace {

constexpr std::array<std::string_view, 8> kTypes{"honest",   "opportunistic", "deceptive", "adversarial",
                                                 "cautious", "reciprocator",  "random",    "llm"};
constexpr std::size_t kNameBytesMax = 40;
constexpr std::size_t kPersonaBytesMax = 4'096;
constexpr int kReasoningMax = 2'000;  // as often as servers repeat a rule of a grammar

// SWARM's personas by name; any other text is a persona itself.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kPersonas{
    {{"honest", "You are honest and cooperative. You keep your word and want everybody to do well."},
     {"strategic", "You are strategic. You cooperate when it pays and look after your own gain."},
     {"adversarial", "You are adversarial. You take what you can, also where it harms others."},
     {"open", ""}}};

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

void read_url(Section& llm, LlmOptions& options) {
  llm.text("base_url", options.base_url, 2'048);
  const std::string scheme = lower(options.base_url.substr(0, options.base_url.find("://")));
  if (!options.base_url.empty() && (!options.base_url.contains("://") || (scheme != "http" && scheme != "https"))) {
    llm.problem(llm.child("base_url")->place, "'base_url' must begin with http:// or https://",
                "base_url: http://localhost:8080/v1");
  }
  if (options.base_url.contains('@')) {
    llm.problem(llm.child("base_url")->place, "'base_url' holds a user or a password", "leave it out of the file");
  }
}

void read_path(Section& llm, LlmOptions& options) {
  llm.text("model_path", options.model_path, 4'096);
  if (options.model_path.empty()) {
    return;
  }
  const Place place = llm.child("model_path")->place;
  if (!lower(options.model_path).ends_with(".gguf")) {
    llm.problem(place, "'model_path' does not end in .gguf", "a GGUF file");
  }
  const std::string framed = "/" + options.model_path + "/";
  if (framed.contains("/../")) {
    llm.problem(place, "'model_path' has a '..' in it", "the path without it");
  }
  if (!options.base_url.empty()) {
    llm.problem(place, "both 'base_url' and 'model_path': a server, or a file in this process",
                "leave one of them out");
  }
}

void read_seed(Section& llm, LlmOptions& options) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  if (llm.has("seed") && llm.has("llama_seed")) {
    llm.problem(llm.place(), "both 'seed' and 'llama_seed': they are the same", "leave one of them out");
  }
  llm.whole("seed", options.seed, -1, kMax);
  llm.whole("llama_seed", options.seed, -1, kMax);
}

void read_provider(Section& llm) {
  constexpr std::array<std::string_view, 1> kProviders{"llama_cpp"};
  llm.describe("provider", Json::object({{"const", kProviders[0]}}));
  llm.require("provider");
  const YamlNode* provider = llm.child("provider");
  if (provider == nullptr) {
    llm.problem(llm.place(), "'llm' has no provider", "provider: llama_cpp");
    return;
  }
  if (provider->text != kProviders[0]) {
    llm.problem(provider->place, format_text("no provider is called {}", kind_text(*provider)),
                "provider: llama_cpp, and the base_url of any server of the OpenAI protocol");
  }
}

void read_llm(Section llm, LlmOptions& options) {
  read_provider(llm);
  llm.text("model", options.model, 400);
  read_url(llm, options);
  read_path(llm, options);
  if (const YamlNode* key = llm.child("api_key")) {
    llm.problem(key->place, "a key does not belong in a file that is passed on",
                "leave it out, and name the environment variable that holds it: --api-key-env NAME");
  }
  llm.integer("n_ctx", options.n_ctx, 64, 16'777'216);
  llm.integer("n_threads", options.n_threads, 1, 512);
  llm.number("temperature", options.temperature, {.min = 0, .max = 1});
  llm.integer("max_tokens", options.max_tokens, 1, 1'000'000);
  read_seed(llm, options);
  llm.text("persona", options.persona, kPersonaBytesMax, true);
  llm.text("system_prompt", options.persona, kPersonaBytesMax, true);
  if (llm.has("persona") && llm.has("system_prompt")) {
    llm.problem(llm.child("system_prompt")->place, "both 'persona' and 'system_prompt': they are the same here",
                "leave one of them out");
  }
  llm.integer("memory", options.memory, 0, 1'000);
  llm.integer("reasoning", options.reasoning, 0, kReasoningMax);
  llm.integer("max_retries", options.max_retries, 0, 100);
  llm.number("timeout", options.timeout, {.min = 0, .max = 86'400, .with_min = false});
  bool costs = false;
  llm.flag("cost_tracking", costs);
  const auto* const known =
      std::ranges::find(kPersonas, options.persona, &std::pair<std::string_view, std::string_view>::first);
  if (known != kPersonas.end()) {
    options.persona = known->second;
  }
  if (options.base_url.empty() && options.model_path.empty() && options.model != "puna-demo") {
    options.base_url = "http://localhost:8080/v1";
  }
  llm.finish();
}

AgentGroup read_group(Section& section) {
  AgentGroup group{.place = section.place()};
  if (!section.has("type")) {
    section.problem(section.place(), "an agent without a type", "type: honest");
  }
  section.require("type");
  if (const auto chosen = section.choice("type", kTypes)) {
    group.type = static_cast<AgentType>(*chosen);
  }
  section.integer("count", group.count, 1, kAgentsMax);
  section.text("name", group.name, kNameBytesMax);
  if (auto config = section.section("config")) {
    config->number("resources", group.resources, {.min = 0, .max = 1e9});
    config->integer("priority", group.priority, -1'000'000, 1'000'000);
    config->finish();
  }
  const YamlNode* llm = section.child("llm");
  if (llm != nullptr && group.type != AgentType::llm) {
    section.problem(llm->place, format_text("an agent of type {} has no 'llm'", name_of(group.type)), "type: llm");
  } else if (auto inner = section.section("llm")) {
    read_llm(*std::move(inner), group.llm);
  } else if (group.type == AgentType::llm && llm == nullptr) {
    section.problem(section.place(), "an agent of type llm needs 'llm'",
                    "llm: {provider: llama_cpp, model: puna-demo}");
  }
  section.finish();
  return group;
}

void check_names(const Section& file, const std::vector<AgentGroup>& groups) {
  std::set<std::string> seen;
  std::size_t group = 0;
  int left = groups.empty() ? 0 : groups[0].count;
  for (const std::string& name : agent_names(groups)) {
    while (left == 0) {
      left = groups[++group].count;
    }
    --left;
    if (!seen.insert(name).second) {
      file.problem(groups[group].place, format_text("a second agent is called '{}'", printable(name)), "another name");
      return;
    }
  }
}

}  // namespace

std::string_view name_of(AgentType type) noexcept { return kTypes.at(static_cast<std::size_t>(type)); }

std::optional<AgentType> agent_type_named(std::string_view name) noexcept {
  const auto* const found = std::ranges::find(kTypes, name);
  return found == kTypes.end() ? std::nullopt : std::optional(static_cast<AgentType>(found - kTypes.begin()));
}

void describe_agents(Section& file) {
  std::vector<Problem> none;
  const auto group = std::make_shared<Json>();
  Section section(group, none);
  (void)read_group(section);
  file.describe("agents", Json::object({{"type", "array"}, {"minItems", 1}, {"items", *group}}));
  file.require("agents");
}

void read_agents(Section& file, std::vector<AgentGroup>& groups) {
  const YamlNode* list = file.child("agents");
  if (list == nullptr || list->kind != YamlNode::Kind::list || list->items.empty()) {
    file.problem(list == nullptr ? file.place() : list->place, "there are no agents",
                 "agents:\n    - type: honest\n      count: 3");
    return;
  }
  std::int64_t agents = 0;
  std::vector<Problem> problems;
  for (const auto& item : list->items) {
    if (item->kind != YamlNode::Kind::map) {
      file.problem(item->place, format_text("an agent is names with values, not {}", kind_text(*item)),
                   "- type: honest");
      return;
    }
    Section section(*item, "agents", problems);
    groups.push_back(read_group(section));
    agents += groups.back().count;
  }
  for (Problem& problem : problems) {
    file.problem(problem.place, std::move(problem.what), std::move(problem.remedy));
  }
  if (agents > kAgentsMax) {
    file.problem(list->place, format_text("{} agents; at most {}", agents, kAgentsMax), "fewer");
    return;
  }
  check_names(file, groups);
}

std::vector<std::string> agent_names(const std::vector<AgentGroup>& groups) {
  std::vector<std::string> names;
  std::map<std::string, int> numbers;
  for (const AgentGroup& group : groups) {
    const std::string base = group.name.empty() ? std::string(name_of(group.type)) : group.name;
    const bool is_alone = group.count == 1 && !group.name.empty();
    for (int i = 0; i < group.count; ++i) {
      names.push_back(is_alone ? base : base + "_" + std::to_string(++numbers[base]));
    }
  }
  return names;
}

}  // namespace puna::sim

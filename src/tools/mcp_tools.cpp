// A server's tools among the tools of an agent: names, results as text, and what fits a prompt.
#include <algorithm>
#include <utility>

#include "puna/tools/mcp.h"
#include "tools/observation.h"
#include "tools/plain_text.h"

namespace puna {
namespace {

constexpr std::size_t kToolNameBytesMax = 64;
constexpr std::size_t kSentenceBytesMax = 160;

std::uint32_t fingerprint(std::string_view text) {  // FNV-1a
  std::uint32_t hash = 2'166'136'261U;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 16'777'619U;
  }
  return hash;
}

// SERVER__TOOL; where that is not a name for a tool, its letters and a fingerprint of the whole.
std::string tool_name(std::string_view server, std::string_view tool) {
  const std::string whole = format_text("{}__{}", server, tool);
  std::string name = whole;
  std::ranges::replace_if(name, [](char c) { return !is_tool_name(std::string_view(&c, 1)); }, '_');
  if (name == whole && name.size() <= kToolNameBytesMax) {
    return name;
  }
  const std::string mark = format_text("_{:08x}", fingerprint(whole));
  return name.substr(0, kToolNameBytesMax - mark.size()) + mark;
}

class McpTool final : public Tool {
 public:
  McpTool(std::shared_ptr<McpServer> server, const McpToolFacts& facts)
      : server_(std::move(server)),
        name_(facts.name),
        output_schema_(facts.output_schema),
        spec_{.name = tool_name(server_->name(), facts.name),
              .description = facts.description,
              .parameters = facts.input_schema} {}

  [[nodiscard]] const ToolSpec& spec() const override { return spec_; }
  [[nodiscard]] ToolResult run(const Json& arguments, std::stop_token stop) override {
    const auto result = server_->call(name_, arguments, std::move(stop));
    return result ? mcp_observation(*result, output_schema_) : tools::error_observation(result.error());
  }

 private:
  std::shared_ptr<McpServer> server_;
  std::string name_;
  Json output_schema_;
  ToolSpec spec_;
};

// A tool that is shown in fewer words.
class ShortTool final : public Tool {
 public:
  ShortTool(std::unique_ptr<Tool> tool, ToolSpec spec) : tool_(std::move(tool)), spec_(std::move(spec)) {}
  [[nodiscard]] std::optional<ToolTraits> traits() const override { return tool_->traits(); }
  [[nodiscard]] const ToolSpec& spec() const override { return spec_; }
  [[nodiscard]] ToolResult run(const Json& arguments, std::stop_token stop) override {
    return tool_->run(arguments, std::move(stop));
  }

 private:
  std::unique_ptr<Tool> tool_;
  ToolSpec spec_;
};

std::string described(const Json& block) {
  const std::string_view type = block.text_or("type");
  if (type == "text") {
    return utf8::sanitize(block.text_or("text"));
  }
  if (type == "resource") {
    const Json* resource = block.find("resource");
    if (resource != nullptr && resource->find("text") != nullptr) {
      return utf8::sanitize(resource->text_or("text"));
    }
    return format_text("[resource {}]", tools::shown(resource == nullptr ? "" : resource->text_or("uri")));
  }
  if (type == "resource_link") {
    return format_text("[resource {}: {}]", tools::shown(block.text_or("uri")), tools::shown(block.text_or("name")));
  }
  return format_text("[{} {}, {} bytes in base64]", tools::shown(type), tools::shown(block.text_or("mimeType")),
                     block.text_or("data").size());
}

std::string first_sentence(std::string_view text) {
  const std::string line = tools::collapsed(text);
  const std::size_t end = line.find(". ");
  return std::string(utf8::truncate(line.substr(0, end == std::string::npos ? end : end + 1), kSentenceBytesMax));
}

// Without the texts for readers; "properties" named so stay.
Json without_descriptions(const Json& schema) {
  if (!schema.is_object()) {
    return schema;
  }
  Json shorter = Json::object();
  for (const Json::Member& member : schema.as_object()) {
    if (member.key == "properties" && member.value.is_object()) {
      Json properties = Json::object();
      for (const Json::Member& property : member.value.as_object()) {
        properties.set(property.key, without_descriptions(property.value));
      }
      shorter.set(member.key, std::move(properties));
    } else if (member.key == "items") {
      shorter.set(member.key, without_descriptions(member.value));
    } else if (member.key != "description" && member.key != "title" && member.key != "examples" &&
               member.key != "$comment") {
      shorter.set(member.key, member.value);
    }
  }
  return shorter;
}

}  // namespace

ToolResult mcp_observation(const Json& result, const Json& output_schema) {
  std::string text;
  if (const Json* content = result.find("content"); content != nullptr && content->is_array()) {
    for (const Json& block : content->as_array()) {
      text += (text.empty() ? "" : "\n") + described(block);
    }
  }
  const Json* failed = result.find("isError");
  if (failed != nullptr && failed->is_bool() && failed->as_bool()) {
    return tool_error(text.empty() ? "the tool failed" : text);
  }
  const Json* structured = result.find("structuredContent");
  if (!output_schema.is_null()) {
    const auto violations = structured == nullptr ? std::vector<std::string>{"there is none"}
                                                  : schema_violations(output_schema, *structured);
    if (!violations.empty()) {
      return tool_error(format_text("the tool's structured result does not fit its own schema: {}{}{}",
                                    violations.front(), text.empty() ? "" : "\n", text));
    }
  }
  if (text.empty() && structured != nullptr) {
    text = structured->dump();
  }
  return {.content = text.empty() ? "(no content)" : text};
}

std::vector<std::unique_ptr<Tool>> make_mcp_tools(const std::shared_ptr<McpServer>& server) {
  std::vector<std::unique_ptr<Tool>> tools;
  for (const McpToolFacts& facts : server->tools()) {
    tools.push_back(std::make_unique<McpTool>(server, facts));
  }
  return tools;
}

McpCut fit_mcp_tools(std::vector<std::unique_ptr<Tool>> tools, std::size_t tokens_max,
                     const std::function<std::size_t(std::string_view)>& tokens_of) {
  const auto cost = [&](const std::vector<std::unique_ptr<Tool>>& all) {
    std::size_t tokens = 0;
    for (const auto& tool : all) {
      const std::string text = to_json(tool->spec()).dump();
      tokens += tokens_of ? tokens_of(text) : (text.size() + 3) / 4;
    }
    return tokens;
  };
  McpCut cut{.tools = std::move(tools)};
  const auto shorten = [&](const std::function<ToolSpec(ToolSpec)>& shorter) {
    for (auto& tool : cut.tools) {
      ToolSpec spec = shorter(tool->spec());
      tool = std::make_unique<ShortTool>(std::move(tool), std::move(spec));
    }
    cut.has_short_descriptions = true;
  };
  if (cost(cut.tools) > tokens_max) {
    shorten([](ToolSpec spec) {
      spec.description = first_sentence(spec.description);
      return spec;
    });
  }
  if (cost(cut.tools) > tokens_max) {
    shorten([](ToolSpec spec) {
      spec.parameters = without_descriptions(spec.parameters);
      return spec;
    });
  }
  while (!cut.tools.empty() && cost(cut.tools) > tokens_max) {
    cut.left_out.insert(cut.left_out.begin(), cut.tools.back()->spec().name);
    cut.tools.pop_back();
  }
  return cut;
}

}  // namespace puna

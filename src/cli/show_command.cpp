// puna show MODEL: what a GGUF file is, without loading its weights.

#include "cli/commands.h"

namespace puna::cli {
namespace {

constexpr std::size_t kValueBytesMax = 100;

struct Line {
  std::string_view name;
  std::string value;
};

std::string abilities_text(const TemplateAbilities& abilities) {
  std::string text;
  const auto add = [&text](bool has, std::string_view name) {
    text += std::string(text.empty() ? "" : ", ") + (has ? "" : "no ") + std::string(name);
  };
  add(abilities.system, "system");
  add(abilities.tools, "tools");
  add(abilities.tool_calls, "tool calls");
  add(abilities.tool_results, "tool results");
  add(abilities.parallel_calls, "parallel calls");
  add(abilities.reasoning, "reasoning");
  return text;
}

std::string template_text(const ModelFacts& facts) {
  if (facts.chat_template.empty()) {
    return "none; 'generic' is used, --chat-template chooses another";
  }
  const auto chat_template =
      ChatTemplate::create({.jinja = facts.chat_template, .bos_text = facts.bos_text, .eos_text = facts.eos_text});
  if (!chat_template) {
    return "cannot be used: " + chat_template.error().message;
  }
  return abilities_text((*chat_template)->abilities());
}

// What the file asks for.
std::string sampling_text(const Sampling& sampling) {
  return sampling == Sampling{} ? "the defaults" : to_json(sampling).dump();
}

Json as_json(const ModelFacts& facts, const MemoryEstimate& memory, std::string_view chat_template) {
  Json metadata = Json::object();
  for (const auto& [key, value] : facts.metadata) {
    metadata.set(key, value);
  }
  return Json::object({{"file", facts.file.string()},
                       {"name", facts.name},
                       {"description", facts.description},
                       {"architecture", facts.architecture},
                       {"quantization", facts.quantization},
                       {"parameters", facts.parameters},
                       {"file_bytes", facts.file_bytes},
                       {"weights_bytes", facts.weights_bytes},
                       {"kv_bytes_per_token", facts.kv_bytes_per_token},
                       {"kv_bytes", memory.kv_bytes},
                       {"window_trained_tokens", facts.window_trained_tokens},
                       {"layers", facts.layers},
                       {"vocabulary_tokens", facts.vocabulary_tokens},
                       {"chat_template", chat_template},
                       {"sampling", to_json(facts.sampling)},
                       {"metadata", std::move(metadata)}});
}

}  // namespace

Result<int> show_command(Console& console, const Options& options) {
  Options named = options;
  if (!options.text.empty()) {
    named.model_file = options.text;
  }
  PUNA_TRY(const std::filesystem::path file, model_file(named));
  PUNA_TRY(const ModelFacts facts, Weights::inspect(file));
  const MemoryEstimate memory = estimate_memory(facts, options.engine);
  const std::string chat_template = template_text(facts);
  if (options.jsonl) {
    console.out(as_json(facts, memory, chat_template).dump() + "\n");
    return 0;
  }
  const std::vector<Line> lines{
      {.name = "file", .value = format_text("{} ({})", facts.file.string(), bytes_text(facts.file_bytes))},
      {.name = "name", .value = facts.name},
      {.name = "description", .value = facts.description},
      {.name = "architecture",
       .value = format_text("{}, {} layers, {} wide, {} parameters", facts.architecture, facts.layers, facts.embedding,
                            count_text(static_cast<std::int64_t>(facts.parameters)))},
      {.name = "weights", .value = format_text("{} as {}", bytes_text(facts.weights_bytes), facts.quantization)},
      {.name = "window", .value = format_text("{} tokens trained", count_text(facts.window_trained_tokens))},
      {.name = "KV",
       .value = format_text("{} a token, {} with these options", bytes_text(facts.kv_bytes_per_token),
                            bytes_text(memory.kv_bytes))},
      {.name = "vocabulary", .value = count_text(facts.vocabulary_tokens) + " tokens"},
      {.name = "template", .value = chat_template},
      {.name = "sampling", .value = sampling_text(facts.sampling)}};
  for (const Line& line : lines) {
    console.out(format_text("{:<13}{}\n", line.name, line.value));
  }
  for (const std::string& refused : facts.sampling_refused) {
    console.out(format_text("{:<13}not used: {}\n", "sampling", refused));
  }
  console.out("metadata\n");
  for (const auto& [key, value] : facts.metadata) {
    const std::string_view shown = utf8::truncate(value, kValueBytesMax);
    std::string one_line(shown.substr(0, shown.find('\n')));
    console.out(format_text("  {:<44}{}{}\n", key, one_line, one_line.size() < value.size() ? " ..." : ""));
  }
  return 0;
}

}  // namespace puna::cli

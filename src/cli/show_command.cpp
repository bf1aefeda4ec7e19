// puna show MODEL: what a GGUF file is, without loading its weights.
#include <vector>

#include "cli/commands.h"
#include "cli/servers.h"

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

// What the file asks for.
std::string sampling_text(const Sampling& sampling) {
  return sampling == Sampling{} ? "the defaults" : to_json(sampling).dump();
}

// What a template is, in lines; the first is "template". `format` gets how it writes replies, as JSON.
std::vector<Line> template_lines(const ModelFacts& facts, const std::string& chosen, Json& format) {
  std::string jinja = chosen.empty() ? facts.chat_template : chosen;
  const bool has_own = !jinja.empty();
  if (!has_own) {
    jinja = built_in_template("generic").value_or("");
  }
  const auto made = ChatTemplate::create({.jinja = jinja, .bos_text = facts.bos_text, .eos_text = facts.eos_text});
  if (!made) {
    return {{.name = "template", .value = "cannot be used: " + made.error().message}};
  }
  const ChatTemplate& chat_template = **made;
  const ReplyFormat& own = chat_template.own_format();
  format = to_json(own);
  std::vector<Line> lines{{.name = "template",
                           .value = (has_own ? "" : "none; 'generic' is used, --chat-template chooses another: ") +
                                    abilities_text(chat_template.abilities())},
                          {.name = "reasoning", .value = Json(own.reasoning_start + "..." + own.reasoning_end).dump()}};
  const std::string& problem = chat_template.own_problem();
  lines.push_back(
      {.name = "own calls", .value = own.has_calls() ? Json(call_example(own)).dump() : "none: " + problem});
  lines.push_back({.name = "calls sent",
                   .value = problem.empty() ? "in the template's own form, constrained by schema"
                                            : "in the generic form, constrained by schema: " + problem});
  return lines;
}

Json as_json(const ModelFacts& facts, const MemoryEstimate& memory, std::string_view chat_template, Json format) {
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
                       {"reply_format", std::move(format)},
                       {"metadata", std::move(metadata)}});
}

// 0: the file can be used and is what its card, if there is one, says of it.
Result<int> check_model(Console& console, const Options& options, const ModelFacts& facts, const std::string& chosen) {
  PUNA_TRY(const std::vector<std::string> wrong, card_differences(options, facts));
  for (const std::string& difference : wrong) {
    console.out(format_text("{:<13}{}\n", "differs", difference));
  }
  Json format;
  const std::string about_template = template_lines(facts, chosen, format).front().value;
  const bool has_template = !format.is_null();
  console.out(format_text("{:<13}{}\n", has_template ? "ok" : "fail", "template: " + about_template));
  console.out(format_text("{:<13}{}: {}, {} parameters, {}, {} tokens\n", wrong.empty() ? "ok" : "read",
                          facts.file.string(), facts.architecture,
                          count_text(static_cast<std::int64_t>(facts.parameters)), facts.quantization,
                          count_text(facts.window_trained_tokens)));
  return wrong.empty() && has_template ? 0 : 1;
}

// A projector, which has no vocabulary.
int show_projector(Console& console, const Options& options, const std::filesystem::path& file,
                   const ProjectorFacts& facts) {
  if (options.jsonl) {
    console.out(Json::object({{"file", file.string()},
                              {"projector", facts.kind},
                              {"sees", facts.sees},
                              {"hears", facts.hears},
                              {"width", facts.width},
                              {"image_pixels", facts.image_pixels},
                              {"file_bytes", facts.file_bytes}})
                    .dump() +
                "\n");
    return 0;
  }
  const std::string reads = facts.sees && facts.hears ? "pictures and sounds" : facts.sees ? "pictures" : "sounds";
  std::vector<Line> lines{
      {.name = "file", .value = format_text("{} ({})", file.string(), bytes_text(facts.file_bytes))},
      {.name = "projector", .value = format_text("{}, reads {}", facts.kind, reads)},
      {.name = "vectors",
       .value = facts.width == 0 ? "of a width that it does not say"
                                 : format_text("of {} values: for models that are so wide", facts.width)}};
  if (facts.image_pixels > 0) {
    lines.push_back(
        {.name = "pictures", .value = format_text("{0} x {0} pixels, or pieces of that", facts.image_pixels)});
  }
  lines.push_back({.name = "use", .value = "beside its model: --mmproj " + file.string()});
  for (const Line& line : lines) {
    console.out(format_text("{:<13}{}\n", line.name, line.value));
  }
  return 0;
}

}  // namespace

Result<int> show_command(Console& console, const Options& options) {
  if (!options.server.urls.empty()) {
    if (!options.text.empty()) {
      return fail(ErrorCode::invalid_argument, "a file and --url are two models", "show one of them");
    }
    return show_servers(console, options);
  }
  Options named = options;
  if (!options.text.empty()) {
    named.model_file = options.text;
  }
  PUNA_TRY(const std::filesystem::path file, model_file(named));
  Result<ModelFacts> read = Weights::inspect(file);
  if (!read && read.error().code == ErrorCode::corrupt) {
    if (const auto projector = inspect_projector(file)) {
      return show_projector(console, options, file, *projector);
    }
  }
  PUNA_TRY(const ModelFacts facts, std::move(read).transform_error(as_missing_model));
  PUNA_TRY(const std::string chosen, template_named(options.chat_template));
  if (options.check) {
    return check_model(console, named, facts, chosen);
  }
  PUNA_TRY(const EngineOptions engine, engine_options_of(named));
  const MemoryEstimate memory = estimate_memory(facts, engine);
  Json format;
  const std::vector<Line> about_template = template_lines(facts, chosen, format);
  if (options.jsonl) {
    console.out(as_json(facts, memory, about_template.front().value, std::move(format)).dump() + "\n");
    return 0;
  }
  std::vector<Line> lines{
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
      {.name = "sampling", .value = sampling_text(facts.sampling)}};
  lines.append_range(about_template);
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

// puna render and puna parse: a chat template alone, without a model's weights. What it makes of a conversation, and
// what a reply in its format says.
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.h"

namespace puna::cli {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{16} * 1024 * 1024;

// --template FILE, or a built-in name, or the model's own.
Result<std::unique_ptr<const ChatTemplate>> open_template(const Options& options) {
  TemplateSource source{.jinja = {}, .bos_text = options.bos_text, .eos_text = options.eos_text};
  if (options.template_file.empty() || !options.model_file.empty()) {
    PUNA_TRY(const std::filesystem::path file, model_file(options));
    PUNA_TRY(const ModelFacts facts, Weights::inspect(file));
    source = {.jinja = facts.chat_template, .bos_text = facts.bos_text, .eos_text = facts.eos_text};
  }
  if (!options.template_file.empty()) {
    PUNA_TRY(source.jinja, template_named(options.template_file));
  }
  if (source.jinja.empty()) {
    PUNA_TRY(source.jinja, built_in_template("generic"));
  }
  return ChatTemplate::create(source);
}

Result<Json> read_json_file(const std::string& file) {
  PUNA_TRY(const std::string text, read_text_file(file, kFileBytesMax));
  return Json::parse(text).transform_error([&file](Error error) {
    error.code = ErrorCode::invalid_argument;
    error.message = file + ": " + error.message;
    return error;
  });
}

Result<std::vector<ToolSpec>> read_tools(const std::string& file) {
  std::vector<ToolSpec> tools;
  if (file.empty()) {
    return tools;
  }
  PUNA_TRY(const Json json, read_json_file(file));
  if (!json.is_array()) {
    return fail(ErrorCode::invalid_argument, file + ": the tools must be a list");
  }
  for (const Json& item : json.as_array()) {
    PUNA_TRY(ToolSpec tool, tool_spec_from_json(item));
    tools.push_back(std::move(tool));
  }
  return tools;
}

std::chrono::year_month_day today() { return std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()); }

// Whether the reply starts inside the reasoning: the template opens it, and the reply closes it without opening it.
bool starts_in_reasoning(const ChatTemplate& chat_template, const ReplyFormat& format, std::string_view reply) {
  const std::vector<Message> question{{.role = Role::user, .content = "?"}};
  const auto prompt = chat_template.render_own({.messages = question, .today = today()});
  const std::size_t end = reply.find(format.reasoning_end);
  return prompt && prompt->reasoning_open && end != std::string_view::npos && end < reply.find(format.reasoning_start);
}

// In which form calls are; `problem`: why not in the template's own.
void say_form(Console& console, std::string_view problem) {
  console.err(problem.empty() ? std::string("calls: in the template's own form\n")
                              : format_text("calls: in the generic form: {}\n", problem));
}

}  // namespace

Result<int> render_command(Console& console, const Options& options) {
  PUNA_TRY(const auto chat_template, open_template(options));
  PUNA_TRY(const Json json, read_json_file(options.messages_file));
  PUNA_TRY(const std::vector<Message> messages, messages_from_json(json));
  PUNA_TRY(const std::vector<ToolSpec> tools, read_tools(options.tools_file));
  const RenderRequest request{.messages = messages, .tools = tools, .today = today()};
  PUNA_TRY(const Prompt prompt, options.as_sent ? chat_template->render(request) : chat_template->render_own(request));
  if (options.as_sent) {
    say_form(console, chat_template->own_problem());
  }
  console.out(prompt.text());
  return 0;
}

Result<int> parse_command(Console& console, const Options& options) {
  PUNA_TRY(const auto chat_template, open_template(options));
  PUNA_TRY(const std::string text, read_text_file(options.text_file, kFileBytesMax));
  PUNA_TRY(const std::vector<ToolSpec> tools, read_tools(options.tools_file));
  const bool own = chat_template->own_format().has_calls() && !options.as_sent;
  const ReplyFormat& format = own ? chat_template->own_format() : chat_template->reply_format();
  say_form(console, own ? "" : chat_template->own_problem());
  ReplyParser parser(format, {.reasoning_open = starts_in_reasoning(*chat_template, format, text), .tools = tools});
  static_cast<void>(parser.feed(text));
  ParsedReply reply = parser.finish();
  Json json = to_openai_json({.role = Role::assistant,
                              .content = std::move(reply.content),
                              .reasoning = std::move(reply.reasoning),
                              .calls = std::move(reply.calls)});
  for (const auto& [name, texts] :
       {std::pair("malformed_calls", &reply.malformed_calls), std::pair("repairs", &reply.repairs)}) {
    Json list = Json::array();
    for (const std::string& one : *texts) {
      list.push(one);
    }
    if (!texts->empty()) {
      json.set(name, std::move(list));
    }
  }
  console.out(json.dump(2) + "\n");
  return 0;
}

}  // namespace puna::cli

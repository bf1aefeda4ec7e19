// puna run TASK, and puna ask PROMPT.
#include <format>

#include "cli/commands.h"
#include "cli/view.h"

namespace puna::cli {
namespace {

Result<std::unique_ptr<TranscriptFile>> open_record(const Options& options) {
  if (options.transcript_file.empty()) {
    return nullptr;
  }
  return TranscriptFile::create(options.transcript_file);
}

}  // namespace

Result<int> run_command(Console& console, const Options& options, Interrupt& interrupt) {
  PUNA_TRY(std::string task, task_text(options));
  PUNA_TRY(Sampling sampling, sampling_of(options));
  PUNA_TRY(Toolbox tools, open_tools(options, DefaultTools::all));
  PUNA_TRY(const std::unique_ptr<TranscriptFile> record, open_record(options));
  PUNA_TRY(const std::unique_ptr<LocalModel> model, open_model(console, options, interrupt));

  Transcript transcript;
  const std::string system = options.system.value_or(std::string(default_system_prompt()));
  if (!system.empty()) {
    transcript.push_back({.role = Role::system, .content = system});
  }
  transcript.push_back({.role = Role::user, .content = std::move(task)});
  if (record != nullptr) {
    for (const Message& message : transcript) {
      PUNA_TRY_VOID(record->append(message));
    }
  }
  const auto view = make_view(console, options);
  const Interrupt::Scope scope(interrupt);
  PUNA_TRY(const RunEnd end, resume(*model, tools, transcript,
                                    {.sampling = std::move(sampling), .budget = options.budget, .record = record.get()},
                                    *view, scope.token()));
  return exit_status_of(end.reason);
}

Result<int> ask_command(Console& console, const Options& options, Interrupt& interrupt) {
  PUNA_TRY(std::string prompt, task_text(options));
  PUNA_TRY(Sampling sampling, sampling_of(options));
  Request request{.sampling = std::move(sampling), .tokens_max = options.tokens_max};
  if (!options.schema_file.empty()) {
    PUNA_TRY(const std::string text, read_text_file(options.schema_file, 1U << 20U));
    auto schema = Json::parse(text);
    if (!schema) {
      return fail(ErrorCode::invalid_argument, "--schema '" + options.schema_file + "': " + schema.error().message);
    }
    request.schema = *std::move(schema);
  }
  if (options.system) {
    request.messages.push_back({.role = Role::system, .content = *options.system});
  }
  request.messages.push_back({.role = Role::user, .content = std::move(prompt)});
  PUNA_TRY(const std::unique_ptr<LocalModel> model, open_model(console, options, interrupt));

  const auto view = make_view(console, options);
  const Interrupt::Scope scope(interrupt);
  view->on(event::RunStarted{.task = request.messages.back().content, .model = model->name()});
  PUNA_TRY(const Reply reply, model->ask(request, *view, scope.token()));
  const bool whole = reply.finish == FinishReason::end_of_turn || reply.finish == FinishReason::grammar_end;
  view->on(event::RunEnded{.stop_reason = whole ? "answered" : std::string(name_of(reply.finish)),
                           .answer = reply.message.content,
                           .turns = 1,
                           .usage = reply.usage});
  return whole ? 0 : status_of(ErrorCode::limit).exit_status;
}

}  // namespace puna::cli

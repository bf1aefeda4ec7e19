// puna run TASK, and puna ask PROMPT.
#include <chrono>
#include <cmath>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "cli/attachments.h"
#include "cli/commands.h"
#include "cli/equipment.h"
#include "cli/kept_session.h"
#include "cli/run_recording.h"
#include "cli/traced_view.h"
#include "puna/agent/code_agent.h"
#include "puna/agent/window.h"

namespace puna::cli {
namespace {

Result<std::unique_ptr<TranscriptFile>> open_record(const Options& options) {
  if (options.transcript_file.empty()) {
    return nullptr;
  }
  return TranscriptFile::create(options.transcript_file);
}

Result<int> run_code(Console& console, const Options& options, Interrupt& interrupt) {
  if (options.system || options.tool_choice != "auto") {
    return fail(ErrorCode::invalid_argument, "--code has a system prompt of its own, and no tool choice",
                "--instructions adds to its system prompt");
  }
  if (!options.attached.empty()) {
    return fail(ErrorCode::invalid_argument, "--code takes no attachments", "leave --image or --code out");
  }
  PUNA_TRY(const std::string task, task_text(options));
  PUNA_TRY(AgentOptions agent_options, agent_options_of(options));
  PUNA_TRY(Equipment equipment, open_equipment(console, options, DefaultTools::code, interrupt));
  PUNA_TRY(const Sandbox sandbox, Sandbox::open());
  PUNA_TRY(const std::unique_ptr<TranscriptFile> record, open_record(options));
  PUNA_TRY(const std::unique_ptr<RunRecording> recording, open_recording(options));
  PUNA_TRY(const std::unique_ptr<TracedView> view, open_traced_view(console, options, "run --code"));
  PUNA_TRY(const std::unique_ptr<Model> model, open_model(console, options, interrupt));
  ContextWindow window({.is_managed = !options.keep_all});
  agent_options.window = &window;
  agent_options.record = recording->record(record.get());
  agent_options.gate = recording->gate(equipment.gate.get());
  CodeAgentOptions code{.agent = agent_options,
                        .planning_interval = options.planning_interval,
                        .instructions = with_instructions(options.instructions, equipment)};
  code.python.imports = options.imports;
  code.python.workspace = sandbox_workspace(options, options.workspace);
  code.python.limits.wall = std::chrono::milliseconds(std::llround(options.python_seconds * 1000));
  Model& asked = recording->model(view->model(*model));
  PUNA_TRY(Toolbox* const tools, recording->tools(equipment.tools));
  PUNA_TRY_VOID(recording->begin({.agent = agent_options,
                                  .shows_all = options.keep_all,
                                  .is_code = true,
                                  .task = task,
                                  .imports = options.imports,
                                  .instructions = code.instructions,
                                  .planning_interval = options.planning_interval,
                                  .calls_per_step_max = code.calls_per_step_max},
                                 options, *model));
  PUNA_TRY(CodeAgent agent,
           CodeAgent::create(asked, *tools, recording->interpreter(interpreter_in(sandbox)), std::move(code)));
  if (agent_options.record != nullptr) {
    PUNA_TRY_VOID(agent_options.record->append(agent.transcript().front()));
  }
  const Interrupt::Scope scope(interrupt);
  EventSink& events = recording->events(view->events());
  PUNA_TRY(const CodeRunEnd end, view->noted(recording->ended(agent.run(task, events, scope.token()))));
  return exit_status_of(end.run.reason);
}

// What the run goes on from: a session's conversation, or a new one, with the task behind it.
Result<Transcript> begun(KeptSession* kept, const std::string& system, Message task) {
  Transcript transcript = kept == nullptr ? Transcript() : kept->session().transcript();
  const auto add = [&](Message message) {
    if (kept != nullptr) {
      return kept->session().add(transcript, std::move(message));
    }
    transcript.push_back(std::move(message));
    return Result<void>();
  };
  if (transcript.empty() && !system.empty()) {
    PUNA_TRY_VOID(add({.role = Role::system, .content = system}));
  }
  if (!task.content.empty()) {
    PUNA_TRY_VOID(add(std::move(task)));
  } else if (const Message* last = transcript.empty() ? nullptr : &transcript.back();
             last == nullptr || last->role == Role::system || (last->role == Role::assistant && last->calls.empty())) {
    return fail(ErrorCode::invalid_argument, "the session has nothing left to do", "give it a task");
  }
  return transcript;
}

}  // namespace

Result<int> run_command(Console& console, const Options& options, Interrupt& interrupt) {
  if (options.code) {
    return run_code(console, options, interrupt);
  }
  const bool has_task = !options.text.empty() || !options.session.is_kept();
  PUNA_TRY(std::string text, has_task ? task_text(options) : std::string());
  if (!has_task && !options.attached.empty()) {
    return fail(ErrorCode::invalid_argument, "--image goes with a task, and there is none", "say what to do with it");
  }
  PUNA_TRY(Message task, message_with(options.attached, std::move(text)));
  PUNA_TRY(AgentOptions agent, agent_options_of(options));
  PUNA_TRY(Equipment equipment, open_equipment(console, options, DefaultTools::calls, interrupt));
  PUNA_TRY(const std::unique_ptr<TranscriptFile> record, open_record(options));
  PUNA_TRY(const std::unique_ptr<RunRecording> recording, open_recording(options));
  PUNA_TRY(const std::unique_ptr<TracedView> view, open_traced_view(console, options, "run"));
  PUNA_TRY(const std::unique_ptr<Model> model, open_model(console, options, interrupt));
  keep_large_results(equipment, *model);

  PUNA_TRY(const std::unique_ptr<KeptSession> kept,
           KeptSession::open(console, options, has_task ? Unfinished::close : Unfinished::keep));

  ContextWindow window({.is_managed = !options.keep_all});
  agent.window = &window;
  agent.record = kept ? &kept->session() : recording->record(record.get());
  agent.gate = recording->gate(equipment.gate.get());
  const std::string system =
      with_instructions(options.system.value_or(std::string(default_system_prompt())), equipment);
  PUNA_TRY(Transcript transcript, begun(kept.get(), system, std::move(task)));
  if (record != nullptr) {
    for (const Message& message : transcript) {
      PUNA_TRY_VOID(record->append(message));
    }
  }
  if (kept) {
    kept->cache().restore(*model, agent.id, console);
  }
  Model& asked = recording->model(view->model(*model));
  PUNA_TRY(Toolbox* const tools, recording->tools(equipment.tools));
  PUNA_TRY_VOID(
      recording->begin({.agent = agent, .shows_all = options.keep_all, .transcript = transcript}, options, *model));
  const Interrupt::Scope scope(interrupt);
  EventSink& events = kept ? kept->watch(view->events()) : recording->events(view->events());
  auto end = recording->ended(
      resume(asked, *tools, transcript, agent, events, kept ? kept->token(scope.token()) : scope.token()));
  if (kept && end) {
    PUNA_TRY_VOID(view->noted(kept->session().state()));
    kept->cache().save(*model, agent.id, console);
  }
  PUNA_TRY(const RunEnd ended, view->noted(std::move(end)));
  return exit_status_of(ended.reason);
}

Result<std::string> format_text_of(const std::string& file) {
  if (file == "-") {
    return std::string(std::istreambuf_iterator<char>(std::cin), {});
  }
  return read_text_file(file, 1U << 20U);
}

Result<std::optional<OutputFormat>> format_of(const Options& options) {
  if (!options.schema_file.empty()) {
    PUNA_TRY(const std::string text, format_text_of(options.schema_file));
    auto schema = Json::parse(text);
    if (!schema) {
      return fail(ErrorCode::invalid_argument, "--schema '" + options.schema_file + "': " + schema.error().message);
    }
    return format::Schema{*std::move(schema)};
  }
  if (!options.grammar_file.empty()) {
    PUNA_TRY(std::string text, format_text_of(options.grammar_file));
    return format::Gbnf{.text = std::move(text)};
  }
  if (!options.pattern.empty()) {
    return format::Pattern{options.pattern};
  }
  return options.choices.empty() ? std::nullopt : std::optional<OutputFormat>(format::Choice{options.choices});
}

Result<int> ask_command(Console& console, const Options& options, Interrupt& interrupt) {
  PUNA_TRY(std::string prompt, task_text(options));
  PUNA_TRY(Sampling sampling, sampling_of(options));
  Request request{.sampling = std::move(sampling),
                  .tokens_max = options.tokens_max,
                  .reasoning_tokens_max = options.reasoning_tokens_max};
  PUNA_TRY(request.format, format_of(options));
  if (options.system) {
    request.messages.push_back({.role = Role::system, .content = *options.system});
  }
  PUNA_TRY(Message question, message_with(options.attached, std::move(prompt)));
  request.messages.push_back(std::move(question));
  PUNA_TRY(const std::unique_ptr<TracedView> view, open_traced_view(console, options, "ask"));
  PUNA_TRY(const std::unique_ptr<Model> model, open_model(console, options, interrupt));

  EventSink& events = view->events();
  const Interrupt::Scope scope(interrupt);
  events.on(event::RunStarted{.task = request.messages.back().content, .model = model->name(), .budget = {}});
  events.on(event::TurnStarted{.turn = 1});
  PUNA_TRY(const Reply reply, view->noted(view->model(*model).ask(request, events, scope.token())));
  const bool is_end = reply.finish == FinishReason::end_of_turn || reply.finish == FinishReason::grammar_end;
  const bool whole = is_end && !reply.lost;
  events.on(event::RunEnded{.stop_reason = whole        ? "answered"
                                           : reply.lost ? "connection_lost"
                                                        : std::string(name_of(reply.finish)),
                            .answer = reply.message.content,
                            .turns = 1,
                            .usage = reply.usage});
  if (reply.lost) {  // what had come is out
    return view->noted(Result<int>(std::unexpected(*reply.lost)));
  }
  for (const std::string& violation : reply.violations) {
    console.err("the answer does not fit its schema: " + violation + "\n", Style::red);
  }
  constexpr int kDoesNotFit = 7;
  return !whole ? status_of(ErrorCode::limit).exit_status : reply.violations.empty() ? 0 : kDoesNotFit;
}

}  // namespace puna::cli

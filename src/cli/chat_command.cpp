// puna chat: a conversation on the terminal, or line by line from a pipe.
#include <isocline.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "cli/commands.h"
#include "cli/equipment.h"
#include "cli/kept_session.h"
#include "cli/traced_view.h"
#include "puna/agent/window.h"

namespace puna::cli {
namespace {

constexpr std::string_view kHelp =
    "/help         this list\n"
    "/clear        forget the conversation, keep the system prompt\n"
    "/quit         end (also Ctrl-D)\n";

struct FreeText {
  void operator()(char* text) const { std::free(text); }  // isocline gives memory from malloc
};

// The next line that the user types; empty optional at the end of input.
std::optional<std::string> next_line(bool interactive) {
  if (interactive) {
    const std::unique_ptr<char, FreeText> line(ic_readline("puna"));
    return line == nullptr ? std::nullopt : std::optional<std::string>(line.get());
  }
  std::string line;
  return std::getline(std::cin, line) ? std::optional(std::move(line)) : std::nullopt;
}

// Computes what every turn begins with while the user still types the first one. If that fails, the turn says why.
class Ahead {
 public:
  // Borrows the model.
  Ahead(Model& model, Request role)
      : thread_([this, &model, role = std::move(role)](const std::stop_token& stop) {
          if (auto pin = model.prewarm(role, stop)) {
            pin_ = *std::move(pin);
          }
        }) {}

 private:
  std::optional<Pin> pin_;
  std::jthread thread_;  // last: it uses the other
};

enum class Said : unsigned char { message, command, quit };

Said handle(std::string_view line, Transcript& transcript, const Transcript& start, Console& console) {
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) {
    return Said::command;
  }
  if (line.front() != '/') {
    return Said::message;
  }
  if (line == "/quit" || line == "/exit") {
    return Said::quit;
  }
  if (line == "/clear") {
    transcript = start;
    console.err("the conversation is forgotten\n", Style::dim);
  } else {
    console.err(line == "/help" ? std::string(kHelp)
                                : "no such command: " + std::string(line) + "\n" + std::string(kHelp));
  }
  return Said::command;
}

// What the chat goes on from.
Result<Transcript> conversation(KeptSession* kept, const Transcript& start) {
  if (kept == nullptr) {
    return start;
  }
  Transcript transcript = kept->session().transcript();
  for (std::size_t i = 0; transcript.empty() && i < start.size(); ++i) {
    PUNA_TRY_VOID(kept->session().add(transcript, start[i]));
  }
  return transcript;
}

}  // namespace

Result<int> chat_command(Console& console, const Options& options, Interrupt& interrupt) {
  PUNA_TRY(AgentOptions agent, agent_options_of(options));
  PUNA_TRY(Equipment equipment, open_equipment(console, options, DefaultTools::none, interrupt));
  std::unique_ptr<TranscriptFile> record;
  if (!options.transcript_file.empty()) {
    PUNA_TRY(record, TranscriptFile::create(options.transcript_file));
  }
  PUNA_TRY(const std::unique_ptr<TracedView> view, open_traced_view(console, options, "chat"));
  PUNA_TRY(const std::unique_ptr<Model> model, open_model(console, options, interrupt));
  keep_large_results(equipment, *model);
  PUNA_TRY(const std::unique_ptr<KeptSession> kept, KeptSession::open(console, options, Unfinished::close));
  Model& asked = view->model(*model);
  const bool interactive = isatty(STDIN_FILENO) == 1 && console.err_is_terminal();
  if (interactive) {
    ic_set_history(nullptr, -1);
    console.err("/help lists the commands, Ctrl-C stops an answer, Ctrl-D ends\n", Style::dim);
  }

  if (kept) {
    kept->cache().restore(*model, agent.id, console);
  }
  Transcript start;
  const std::string system = with_instructions(options.system.value_or(""), equipment);
  if (!system.empty()) {
    start.push_back({.role = Role::system, .content = system});
  }
  ContextWindow window({.is_managed = !options.keep_all});
  agent.window = &window;
  agent.record = kept ? &kept->session() : static_cast<RunRecord*>(record.get());
  agent.gate = equipment.gate.get();
  PUNA_TRY(Transcript transcript, conversation(kept.get(), start));
  EventSink& events = kept ? kept->watch(view->events()) : view->events();
  const Transcript head(transcript.begin(),
                        std::ranges::find_if(transcript, [](const Message& one) { return one.role != Role::system; }));
  const Ahead ahead(*model, {.messages = transcript, .tools = equipment.tools.specs()});
  while (auto line = next_line(interactive)) {
    const std::size_t before = transcript.size();
    const Said said = handle(*line, transcript, head, console);
    if (transcript.size() < before) {
      window.forget();
      PUNA_TRY_VOID(kept ? kept->session().cut(transcript.size()) : Result<void>());
    }
    if (said == Said::quit) {
      break;
    }
    if (said == Said::command) {
      continue;
    }
    transcript.push_back({.role = Role::user, .content = utf8::sanitize(*line)});
    if (agent.record != nullptr) {
      PUNA_TRY_VOID(agent.record->append(transcript.back()));
    }
    const Interrupt::Scope scope(interrupt);
    auto end = view->noted(
        resume(asked, equipment.tools, transcript, agent, events, kept ? kept->token(scope.token()) : scope.token()));
    PUNA_TRY_VOID(kept ? kept->session().state() : Result<void>());
    if (!end) {  // the conversation goes on: the user may shorten it or ask something else
      console.error(end.error());
      transcript.resize(before);
      window.forget();
      PUNA_TRY_VOID(kept ? kept->session().cut(before) : Result<void>());
    }
  }
  if (kept) {
    kept->cache().save(*model, agent.id, console);
  }
  return 0;
}

}  // namespace puna::cli

// An agent as one object: it keeps its conversation, runs tasks with its tools, and answers with C++ values.
//
//   puna::Agent agent(*model);
//   auto person = agent.ask<Person>("John Smith is a 30-year-old software engineer ...");
//
// resume() of puna/agent.h is the loop below it, for whoever keeps the transcript himself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string>
#include <utility>

#include "puna/agent.h"
#include "puna/agent/window.h"
#include "puna/chat/typed.h"

namespace puna {

// How full a window is.
struct WindowUse {
  std::int64_t used_tokens = 0;  // of the conversation and the tools, as the next prompt would have them
  std::int64_t window_tokens = 0;
  bool is_exact = true;  // false: used_tokens is an estimate, because the model cannot count (Model::counts_exactly)

  [[nodiscard]] double percent() const {
    return window_tokens == 0 ? 0 : 100.0 * static_cast<double>(used_tokens) / static_cast<double>(window_tokens);
  }
};

// Borrows the model, the tools and what the options point to; owns its transcript.
// Thread  one caller at a time; events are delivered on that thread. Many agents may share one model.
class Agent {
 public:
  // Without tools, and with an empty transcript.
  explicit Agent(Model& model, AgentOptions options = {});
  // The transcript begins with default_system_prompt().
  Agent(Model& model, Toolbox& tools, AgentOptions options = {});
  // Goes on from a transcript that ended with an answer, or begins with a system prompt of its own.
  Agent(Model& model, Toolbox& tools, AgentOptions options, Transcript transcript);
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;
  Agent(Agent&&) = default;
  Agent& operator=(Agent&&) = delete;
  ~Agent() = default;

  // One task to its stop reason: a user's message, then resume() with all that it says of events and limits.
  // Errors  those of resume(); a task that was not begun is taken out of the transcript again
  [[nodiscard]] Result<RunEnd> run(std::string task, EventSink& events = EventSink::none(), std::stop_token stop = {});

  // A task whose answer is a T. Without tools it is one turn, held to schema_of<T>(); a line behind the task names the
  // members and their descriptions. With tools the task is run first, as by run(); then one more turn asks for its
  // answer in that form, behind the same beginning, which is not computed again. That turn's events (TurnStarted and
  // the model's) come behind RunEnded.
  //
  // Errors  those of run(), json_answer() and from_json(), and
  //         limit      the run met a limit before it had an answer (the message names it), or left nothing for it
  //         cancelled  stop was asked for
  //
  // After an error in that turn the transcript ends as if it had not been asked for.
  // Cost    up to budget.turns_max model calls; with tools at least two.
  template <class T>
  [[nodiscard]] Result<T> ask(std::string task, EventSink& events = EventSink::none(), std::stop_token stop = {}) {
    PUNA_TRY(const Json answer, ask_json(std::move(task), schema_of<T>(), events, std::move(stop)));
    return from_json<T>(answer);
  }
  // The same with a schema at hand.
  [[nodiscard]] Result<Json> ask_json(std::string task, const Json& schema, EventSink& events = EventSink::none(),
                                      std::stop_token stop = {});

  // A second agent that goes on from here, with the same model and tools, random numbers of its own and no record. What
  // the model holds of the conversation is not computed again: the fork's first turn computes its own task.
  // id  another than this agent's and than its other forks'
  [[nodiscard]] Agent fork(AgentId id) const;

  // What of the transcript the model was shown less of, when it outgrew its window: pins, and what was cut so far.
  [[nodiscard]] ContextWindow& window() { return options_.window == nullptr ? window_ : *options_.window; }
  [[nodiscard]] const ContextWindow& window() const { return options_.window == nullptr ? window_ : *options_.window; }

  // Goes back to the first `messages` messages; a mark to come back to is transcript().size() between two tasks. A
  // model whose cache can be cut or marked computes nothing again, any other what it cannot take back. The record keeps
  // what it has.
  // Errors  invalid_argument  there are fewer messages, or a call would be left without its result
  [[nodiscard]] Result<void> rewind(std::size_t messages);

  // Counts the conversation as it stands; an empty one has no tokens, whatever the tools are.
  // Errors  those of Model::count_tokens
  [[nodiscard]] Result<WindowUse> window_use() const;
  // Forgets all but the system prompt, or all but that and the last so many tasks: users' messages with what follows
  // them up to the next. No call loses its result. Returns how many messages were forgotten. What the model computed of
  // the kept tasks is computed again, because something else stands before them; the record keeps what it has.
  std::size_t clear() { return keep_recent(0); }
  std::size_t keep_recent(std::size_t tasks);

  [[nodiscard]] const Transcript& transcript() const { return transcript_; }

 private:
  [[nodiscard]] Result<RunEnd> run_with(const AgentOptions& options, std::string task, EventSink& events,
                                        std::stop_token stop);
  [[nodiscard]] Result<Reply> ask_once(const AgentOptions& options, const Json& schema, EventSink& events,
                                       std::stop_token stop);
  [[nodiscard]] Result<void> record(std::size_t first);

  Model& model_;
  Toolbox* tools_;  // may be absent
  AgentOptions options_;
  Transcript transcript_;
  ContextWindow window_;  // where the options have none
};

}  // namespace puna

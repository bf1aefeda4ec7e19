// The conversation of puna chat, and what its commands do with it.
//
// A method says on the console what it did. An error that it returns is for the console, too, and the chat goes on;
// only what state() has ends it. Thread  the main one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/chat_view.h"
#include "cli/commands.h"
#include "cli/equipment.h"
#include "cli/kept_session.h"
#include "cli/traced_view.h"
#include "puna/agent/window.h"

namespace puna::cli {

class Chat {
 public:
  // Opens what the options name.  Errors  those of every part
  [[nodiscard]] static Result<std::unique_ptr<Chat>> open(Console& console, const Options& options,
                                                          Interrupt& interrupt);
  Chat(const Chat&) = delete;
  Chat& operator=(const Chat&) = delete;
  ~Chat();

  // It goes with the next message.
  void attach(Media media);
  [[nodiscard]] Result<void> image(const std::string& file);

  // A message and its answer. What Ctrl-C stops is kept as far as it was said; a message that met an error of the model
  // is taken back.
  [[nodiscard]] Result<void> say(std::string_view text);
  // The rest of an answer that was stopped.  Errors  invalid_argument  there is nothing to go on with
  [[nodiscard]] Result<void> go_on();

  // Without an argument, these show what there is.
  [[nodiscard]] Result<void> model(const std::string& name);
  [[nodiscard]] Result<void> system(const std::string& text);
  [[nodiscard]] Result<void> seed(std::string_view number);

  [[nodiscard]] Result<void> clear();
  [[nodiscard]] Result<void> undo(std::string_view turns);
  [[nodiscard]] Result<void> compact();

  [[nodiscard]] Result<void> save(const std::string& name);
  [[nodiscard]] Result<void> resume_session(const std::string& name);
  [[nodiscard]] Result<void> fork(const std::string& name);
  [[nodiscard]] std::vector<std::string> session_names();

  [[nodiscard]] Result<void> show_tools();
  [[nodiscard]] Result<void> show_context();
  [[nodiscard]] Result<void> show_stats();
  [[nodiscard]] Result<void> test_word(const std::string& word);

  // Why nothing more can be stored, if so.
  [[nodiscard]] Result<void> state();
  [[nodiscard]] bool was_stopped() const { return was_stopped_; }
  // Whether it would be lost with the process: it has messages, and is in no session.
  [[nodiscard]] bool is_loose() const;
  [[nodiscard]] const Transcript& transcript() const { return transcript_; }

 private:
  class Ahead;
  struct Totals {
    Usage usage;
    int runs = 0;
    int turns = 0;
  };

  Chat(Console& console, const Options& options, Interrupt& interrupt, Equipment equipment);
  [[nodiscard]] Result<void> begin();
  [[nodiscard]] Result<void> answer(std::size_t before);
  [[nodiscard]] Result<void> keep_partial();
  [[nodiscard]] Result<void> append(Message message);
  [[nodiscard]] Result<void> cut(std::size_t messages);
  void leave_session();
  [[nodiscard]] Result<void> switch_to(std::unique_ptr<KeptSession> kept);
  [[nodiscard]] Result<std::unique_ptr<KeptSession>> open_session(const std::string& name, bool is_new);
  [[nodiscard]] Result<std::unique_ptr<SessionStore>> stored() const;
  [[nodiscard]] Result<void> show_sessions();
  [[nodiscard]] Request request() const;
  [[nodiscard]] Result<std::int64_t> tokens_of(std::vector<Message> messages, std::vector<ToolSpec> tools);
  void compute_ahead();
  // The messages that the conversation cannot lose: its system prompt.
  [[nodiscard]] std::size_t head() const;
  void note(const std::string& line) { console_.err(line + "\n", Style::dim); }

  Console& console_;
  Options options_;
  Interrupt& interrupt_;
  AgentOptions agent_;
  Equipment equipment_;
  std::unique_ptr<TranscriptFile> file_;
  std::optional<Pronunciation> words_;
  std::unique_ptr<TracedView> view_;
  std::unique_ptr<Model> model_;
  Model* asked_ = nullptr;  // model_, or one that a trace listens to
  std::unique_ptr<KeptSession> kept_;
  std::optional<ChatView> heard_;
  EventSink* events_ = nullptr;
  ContextWindow window_;
  Transcript transcript_;
  std::vector<Media> attached_;  // to the message that comes next
  Totals totals_;
  Usage last_;
  bool was_stopped_ = false;
  std::optional<Error> unrecorded_;
  std::unique_ptr<Ahead> ahead_;  // last: it uses the model
};

}  // namespace puna::cli

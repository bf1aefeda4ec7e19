// Sessions that outlive the process: every event of a run in one SQLite file, stored before anybody sees it.
//
//   auto store = puna::SessionStore::open("sessions.db").value();
//   auto session = store->begin("trip").value();
//   auto view = session->watch(screen);
//   options.record = session.get();
//   Transcript transcript;
//   session->add(transcript, {.role = Role::user, .content = "Plan a trip."});
//   auto end = puna::resume(model, tools, transcript, options, *view);
//
// What it promises (docs/sessions.md): an event is stored before the view gets it, and before the tool that it
// announces starts. After the end of the process all of them are there; after the machine's, all up to the last
// message, the last call that was about to run, or the last end of a run. A call is stored as intended (in its reply),
// running and ended; one that was running when the process ended is answered by "outcome unknown" and never made again
// by itself.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "puna/agent.h"

namespace puna {

inline constexpr std::size_t kSessionNameBytesMax = 200;

struct SessionInfo {
  std::string name;
  std::chrono::system_clock::time_point created;
  std::chrono::system_clock::time_point changed;  // when its last message was stored
  std::int64_t messages = 0;                      // that were ever stored
  std::string title;                              // the beginning of its first task
};

// One event of a session. json is a line of --jsonl (puna/base/event.h) or one of
//   {"type": "message", "message": {...}}                    a message of the transcript
//   {"type": "tool.running", "call_id", "tool"[, "path"]}    the call is allowed and its tool starts next
//   {"type": "transcript.cut", "messages": n}                all messages behind the first n are forgotten
//   {"type": "session.resumed", "unknown": [call ids], "is_partial": bool}
//                                                            the process had ended; is_partial: in the middle of a
//                                                            reply
// Text that streamed is one event for each piece, joined to one event when its reply is whole. Prompts as they were
// sent (prompt.ready), progress (prefill) and what only a trace keeps are not stored.
struct StoredEvent {
  std::int64_t number = 0;  // rises from 1; numbers may be missing
  std::chrono::system_clock::time_point at;
  Json json;
};

struct SessionHit {
  std::string session;
  std::int64_t number = 0;  // of the event
  Role role = Role::user;
  std::string excerpt;  // with "..." where it was cut
};

// The one writer of a session. When something cannot be stored, nothing more is: the views fall silent, and append()
// and starting() give that error, which ends the run before the tool starts. Thread  append() and views one caller at a
// time; starting() any.
class StoredSession : public RunRecord {
 public:
  // A sink that stores events and passes them on. Borrows the view and this.
  [[nodiscard]] virtual std::unique_ptr<EventSink> watch(EventSink& view) = 0;
  // The conversation, as it was when the session was begun or resumed.
  [[nodiscard]] virtual const Transcript& transcript() const = 0;
  // Calls that ran when the last process ended, and have no result: nobody knows what became of them.
  [[nodiscard]] virtual const std::vector<ToolCall>& unknown() const = 0;
  // Stores a message and puts it behind the transcript.  Errors  those of append()
  [[nodiscard]] Result<void> add(Transcript& transcript, Message message);
  // The transcript has only its first so many messages now.
  [[nodiscard]] virtual Result<void> cut(std::size_t messages) = 0;
  // The transcript is this one now, as one step: a cut of all, then its messages.
  [[nodiscard]] virtual Result<void> replace(const Transcript& transcript) = 0;
  // The first thing that could not be stored. A caller asks this when a run has ended, too.
  [[nodiscard]] virtual Result<void> state() const = 0;
  // Stop is asked for when something could not be stored: for a run that should not go on unseen to its next message.
  [[nodiscard]] virtual std::stop_token failed() const = 0;
};

// What becomes of calls that the last process had not begun, and of a task without a reply.
enum class Unfinished : bool {
  keep,   // puna::resume() goes on with them: the calls are made, each with permission
  close,  // they are answered as not run, and stopped: a new task may follow
};

// Thread  any, one at a time. Many processes may have one store: they take turns for writing. A session has one writer.
// Errors  of all that follows, beside their own
//         io           the disk is full, or may not be written
//         unavailable  another process writes for more than ten seconds
//         corrupt      the file is damaged. It is left as it is, and not written again
class SessionStore {
 public:
  enum class Access : std::uint8_t { read, write };
  // Access::write makes the file and its folder, for their owner alone, and brings an older version to this one. The
  // whole file is looked at.
  // Errors  not_found    no such file, to read;  no such folder above the store's own
  //         corrupt      damaged, or another program's file
  //         unavailable  it is of a later version
  [[nodiscard]] static Result<std::unique_ptr<SessionStore>> open(const std::filesystem::path& file,
                                                                  Access access = Access::write,
                                                                  const Clock& clock = Clock::system());
  SessionStore() = default;
  SessionStore(const SessionStore&) = delete;
  SessionStore& operator=(const SessionStore&) = delete;
  virtual ~SessionStore() = default;

  // The one that changed last comes first.
  [[nodiscard]] virtual Result<std::vector<SessionInfo>> list() = 0;
  // Errors  not_found  the message names the nearest one
  [[nodiscard]] virtual Result<SessionInfo> find(std::string_view name) = 0;
  [[nodiscard]] virtual Result<std::vector<StoredEvent>> events(std::string_view name) = 0;
  // Errors  not_found;  corrupt  an event is no event
  [[nodiscard]] virtual Result<Transcript> transcript(std::string_view name) = 0;

  // A name: 1 to kSessionNameBytesMax bytes of UTF-8 without control characters.
  // Errors  invalid_argument  no name; there is a session of this name
  [[nodiscard]] virtual Result<std::unique_ptr<StoredSession>> begin(std::string_view name) = 0;
  // Goes on where the last process was. The session must not outlive the store.
  // Errors  not_found;  unavailable  somebody writes it now;  corrupt
  [[nodiscard]] virtual Result<std::unique_ptr<StoredSession>> resume(std::string_view name,
                                                                      Unfinished unfinished = Unfinished::keep) = 0;

  // Copies the first `turns` turns (a reply with its results), or all that are whole, to a new session.
  // Errors  not_found;  invalid_argument  as begin(), and fewer turns than that
  [[nodiscard]] virtual Result<void> fork(std::string_view name, std::string_view copy,
                                          std::optional<std::size_t> turns = {}) = 0;
  // Errors  not_found;  invalid_argument  as begin();  unavailable  somebody writes it now
  [[nodiscard]] virtual Result<void> rename(std::string_view name, std::string_view to) = 0;
  // Its text is overwritten in the file.  Errors  not_found;  unavailable  somebody writes it now
  [[nodiscard]] virtual Result<void> remove(std::string_view name) = 0;

  // Messages with all of the words, but for system prompts; the best first.
  [[nodiscard]] virtual Result<std::vector<SessionHit>> search(std::string_view query, std::size_t hits_max) = 0;

  // One JSON object a line, each with a check sum: a head, then every event. What is imported under its own name is
  // exported as the same bytes.
  [[nodiscard]] virtual Result<std::string> export_lines(std::string_view name) = 0;
  // name  empty: the one in the head
  // is_repair  a file whose end is cut or damaged is taken up to the last line that is whole
  // Errors  corrupt  which line, and what is wrong with it;  invalid_argument  as begin()
  [[nodiscard]] virtual Result<SessionInfo> import_lines(std::string_view text, std::string_view name = {},
                                                         bool is_repair = false) = 0;

  // Reads every byte, the index of words too.  Errors  corrupt
  [[nodiscard]] virtual Result<void> check() = 0;
};

}  // namespace puna

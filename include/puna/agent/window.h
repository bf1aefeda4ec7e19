// The context window as a budget: what an agent shows its model when the conversation no longer fits.
//
// A transcript is never shortened. What the model is shown of it is, step by step, until there is room again:
//   1. old results of tools become their beginning and a count of what is missing,
//   2. pictures, sounds and files of old turns become a note with their name,
//   3. the middle becomes a summary, which the model itself writes,
//   4. whole old turns are left out, with a note of how many messages,
//   5. the largest of the newest results become their beginning and their end.
// System messages, the task, pinned messages and the newest turns stay as they are; a call is never without its result.
// Each step is an event::WindowCut. Between two cuts the beginning of the prompt stays the same, so it stays cached.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "puna/agent.h"

namespace puna {

struct WindowOptions {
  bool is_managed = true;   // false: everything is shown, and a run whose prompt is too large ends with window_full
  int full_percent = 85;    // of the window: a larger prompt is cut before it is asked
  int target_percent = 60;  // of the window: how far a cut goes. The distance between the two makes cuts rare.
  bool summarises = true;   // step 3; without it old turns are left out at once
  int turns_kept = 2;       // of the newest turns (a reply with its results, or a user's message), as they are
  std::size_t result_bytes_kept = 240;  // of an old result
};

// A value: what was cut so far of one transcript. Whoever keeps a transcript between runs keeps this beside it.
// Thread  one caller at a time.
class ContextWindow {
 public:
  explicit ContextWindow(WindowOptions options = {}) : options_(options) {}

  // What a model is shown of the transcript.
  [[nodiscard]] std::vector<Message> shown(const Transcript& transcript) const;

  // Cuts until the request, whose messages become shown(transcript), has at most target_percent of the window, if it
  // has more than full_percent. Counts exactly only when a bound says that it may be too much. A cut that made nothing
  // smaller is not tried again before the transcript grows.
  //
  // task     the place of the message that stays although it is old
  // Returns  what a summary cost
  // Errors   those of Model::count_tokens; cancelled. A summary that fails is none: the next step follows.
  [[nodiscard]] Result<Usage> make_room(Model& model, Request& request, const Transcript& transcript, std::size_t task,
                                        EventSink& events, std::stop_token stop = {});
  // Cuts now, however much room there is and whether or not the window is managed: old results, then the summary. The
  // last message from the user, pinned messages and the newest turns stay.
  // request.messages becomes shown(transcript).
  // Returns  what the summary cost
  // Errors   those of make_room()
  [[nodiscard]] Result<Usage> compact(Model& model, Request& request, const Transcript& transcript, EventSink& events,
                                      std::stop_token stop = {});
  // Tells what the last prompt and its reply had, which makes the bound a close one.
  void answered(const Usage& usage, std::size_t messages);

  // From now on this message stays as it is; what was cut of it before comes back with forget() only.
  void pin(std::size_t message) { pinned_.insert(message); }
  // Shows everything again, for instance after the transcript became shorter. Pins stay.
  void forget();

 private:
  class Cutter;

  WindowOptions options_;
  std::set<std::size_t> pinned_;
  std::map<std::size_t, std::string> shortened_;  // message: what is shown instead
  std::set<std::size_t> without_media_;           // messages whose attachments are not shown
  std::set<std::size_t> left_out_;                // messages that are not shown; a note stands where the first one was
  std::string summary_;                           // of messages that are left out
  std::optional<Usage> last_;                     // of the last answer
  std::size_t last_messages_ = 0;                 // that there were then, the answer included
  std::size_t stuck_at_ = 0;                      // messages that there were when a cut made nothing smaller
};

}  // namespace puna

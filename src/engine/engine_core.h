// The engine without its thread: step() is admit, plan, decode, sample, retire. One owner calls everything.
//
// Nothing is computed twice. A prompt takes over the longest beginning that any lane holds; if a running prompt is
// about to compute a longer one, it waits for that; if a saved state has a longer one, that is restored. Pressure on
// the cache is answered in this order: idle lanes are saved and emptied; prompts go in smaller pieces; the youngest
// running sequence is saved and waits; pins are given up; only a sequence that is alone and still does not fit fails.
//
// After warm-up a step in which nobody comes or goes takes no lock and no memory. When memory runs out, what can be
// done without is left undone (a state is not saved, a prefix is computed again); a generation that cannot be admitted
// or sampled ends with ErrorCode::limit, and the others do not notice.
#pragma once

#include <limits>
#include <memory>
#include <vector>

#include "engine/backend.h"
#include "engine/counters.h"
#include "engine/kv_ledger.h"
#include "engine/prefix_tree.h"
#include "engine/sampler.h"
#include "engine/saved_states.h"
#include "engine/scheduler.h"
#include "engine/sequence.h"
#include "engine/state_folder.h"
#include "engine/step_time.h"
#include "engine/thread_guard.h"
#include "engine/tool_times.h"
#include "engine/waiting_line.h"

namespace puna::engine {

// Decodes that may fail one after the other before the engine is given up.
inline constexpr int kDecodeFailuresMax = 3;
// A state with fewer tokens of its own is computed again rather than saved.
inline constexpr std::size_t kSaveTokensMin = 8;
// A state in a file is not worth reading for fewer tokens than this.
inline constexpr std::size_t kFetchTokensMin = 64;

// A generation with fewer tokens has just begun: nobody would notice a pause.
inline constexpr std::size_t kStreamTokensMin = 8;

class EngineCore {
 public:
  // Borrows all but the options. Requires options with every 0 replaced.
  EngineCore(Backend& backend, const EngineWeights& weights, const EngineOptions& options, const Clock& clock,
             Counters& counters);

  // Adds to the waiting line. The caller has counted it in counters.waiting.
  void submit(std::unique_ptr<Sequence> sequence);
  // Saved states that no longer fit into memory go there. Call before the first step.
  void use_folder(std::unique_ptr<StateFolder> folder);
  // It chooses how many threads a step uses. Call before the first step.
  void use_guard(std::unique_ptr<ThreadGuard> guard) { guard_ = std::move(guard); }
  // What is held of the beginning of these tokens, and of nothing else, as bytes.
  // Errors  not_found  none of it, or it cannot be saved now;  limit  no room for it among the saved states
  // Without memory it throws std::bad_alloc, as keep() does.
  struct Held {
    StateRoom room;  // the state's; first: it goes last
    SavedState state;
    std::size_t tokens = 0;   // of those that were asked for
    bool is_the_one = false;  // that was saved, not a copy: keep() it afterwards
  };
  [[nodiscard]] Result<Held> state_of(std::span<const Token> tokens);
  // For a state that is about to be there. Nothing: there is not so much memory for states.
  [[nodiscard]] std::optional<StateRoom> room_for(std::uint64_t bytes);
  // Keeps a state, in its room if it has one, for the prompts that begin with it. False: there is no room for it.
  bool keep(SavedState state, StateRoom room = {});
  // The agent waits for a tool: its cells are kept for about as long as the tool usually takes.
  void leave_for_tool(AgentId agent, std::string_view tool);

  // One iteration. False: there was nothing to do.
  bool step();

  // The backend failed for good, or the step itself: nothing will ever be computed again.
  [[nodiscard]] bool dead() const { return dead_; }
  [[nodiscard]] bool idle() const {
    return line_.empty() && following_.empty() && fetching_.empty() && held_.empty() && running_count_ == 0;
  }
  // Ends every generation, waiting or running, with this error.
  void fail_all(const Error& error);

  [[nodiscard]] const KvLedger& ledger() const { return ledger_; }

 private:
  [[nodiscard]] bool one_step();
  [[nodiscard]] StepLimits step_limits() const;
  void make_places();

  // engine_core.cpp: who leaves, and how.
  void drop_ended();
  void drop_ended_waiting();
  void drop_pins();
  [[nodiscard]] bool past_deadline(const Sequence& sequence) const;
  [[nodiscard]] std::uint64_t state_bytes(std::size_t tokens) const;
  [[nodiscard]] KvLedger::Moment moment() const;
  void finish(Sequence& sequence, FinishReason reason);
  void fail_sequence(Sequence& sequence, const Error& error);
  void retire(LaneId lane);
  std::unique_ptr<Sequence> take_from(LaneId lane);
  void end_waiting(std::unique_ptr<Sequence> sequence, const Error* error);
  bool add_saved(SavedState state);

  // engine_admit.cpp: who comes, and what of the prompt is there already.
  void admit();
  void recall_followers();
  void recall_held();
  void drop_gone_followers();
  void count_followers(LaneId leader);
  void poll_folder();
  [[nodiscard]] bool fetch(std::unique_ptr<Sequence>& sequence, std::size_t available);
  [[nodiscard]] bool over_quota(const Sequence& sequence) const;
  [[nodiscard]] bool may_pin(const Sequence& sequence) const;
  enum class Restored : std::uint8_t { whole, no_room, wrong };
  [[nodiscard]] Restored restore_bytes(LaneId lane, const SavedState& state);
  [[nodiscard]] Restored make_room_and_restore(LaneId lane, const SavedState& state);
  [[nodiscard]] bool start(std::unique_ptr<Sequence>& sequence);
  [[nodiscard]] bool start_or_end(std::unique_ptr<Sequence>& sequence);
  [[nodiscard]] bool must_settle(LaneId lane) const;
  [[nodiscard]] bool follow(std::unique_ptr<Sequence>& sequence, std::size_t available);
  [[nodiscard]] std::size_t prepare_lane(const KvLedger::Placement& placement);
  [[nodiscard]] bool share(const KvLedger::Placement& placement);
  [[nodiscard]] std::optional<std::size_t> restore(LaneId lane, const PrefixTree::Match& saved);
  void relink(LaneId lane, std::span<const Token> tokens);
  void cut(LaneId lane, std::size_t tokens);
  static void want_mark(Sequence& sequence, std::size_t tokens);
  void want_marks(Sequence& sequence);
  void mark_here(LaneId lane);
  void give_up(LaneId lane);
  void save(LaneId lane);
  void add_forced_start(Sequence& sequence);
  void begin(std::unique_ptr<Sequence> sequence, LaneId lane, std::size_t available);

  // engine_held.cpp: states for files, and from them.
  [[nodiscard]] Result<Held> held_live(const KvLedger::Live& live, int rooms);
  [[nodiscard]] Held take_saved(const PrefixTree::Match& saved);
  [[nodiscard]] Held held_saved(const PrefixTree::Match& saved);
  [[nodiscard]] Result<Held> part_of(std::span<const Token> tokens, std::size_t whole);
  [[nodiscard]] Result<Held> cut_out(LaneId lane, bool is_own, std::span<const Token> tokens, Held& all);
  void put_back(LaneId lane, Held all);
  void give_back(Held all);

  // engine_decode.cpp: from a plan to computed rows.
  [[nodiscard]] bool decode();
  [[nodiscard]] DecodeStatus compute_rows();
  void build_rows();
  void add_rows(const Slice& slice);
  [[nodiscard]] bool make_room();
  void park_youngest();
  void end_the_only_one();
  void note_computed();
  void note_slice(const Slice& slice);
  void note_prompt(Sequence& sequence);
  void stop_at_marks();
  void part_media();
  void take_mark(Sequence& sequence);
  void rest_idle();
  void resync();

  // engine_sample.cpp: from logits to tokens.
  void sample();
  void sample_sequence(Sequence& sequence, std::size_t row);
  void take_token(Sequence& sequence, Token token, std::span<const float> logits);
  [[nodiscard]] bool publish(Sequence& sequence, std::int64_t sampled, std::uint64_t logit_hash = 0,
                             std::span<const TokenProbability> probabilities = {});

  [[nodiscard]] Sequence& running(LaneId lane) { return *running_[index_of(lane)]; }

  Backend& backend_;
  const EngineWeights& weights_;
  const EngineOptions options_;
  const Abilities abilities_;
  const Clock& clock_;
  Counters& counters_;

  KvLedger ledger_;
  SavedStates saved_;
  std::unique_ptr<StateFolder> folder_;  // may be null
  PrefixTree promised_;                  // prompts that are being computed, by lane
  Scheduler scheduler_;
  StepTime step_time_;
  std::unique_ptr<ThreadGuard> guard_;  // may be null
  Sampler sampler_;
  std::vector<TokenProbability> probabilities_;  // scratch
  ToolTimes tool_times_;

  WaitingLine line_;
  struct Follower {
    std::unique_ptr<Sequence> sequence;
    LaneId leader{};
    SequenceNumber leader_number = 0;
    std::size_t tokens = 0;  // that it waits for
  };
  std::vector<Follower> following_;  // they wait for a prefix that another one computes
  struct Fetching {
    std::unique_ptr<Sequence> sequence;
    StateFolder::Number file = 0;
  };
  std::vector<Fetching> fetching_;  // they wait for a state that is being read from a file
  // Their agent runs as many as it may, or there is no room to read their file.
  std::vector<std::unique_ptr<Sequence>> held_;
  bool held_for_room_ = false;                      // the latter is so for some
  std::vector<std::unique_ptr<Sequence>> running_;  // by lane
  int running_count_ = 0;
  struct Pinned {
    std::shared_ptr<Pin::State> pin;
    LaneId lane{};
  };
  std::vector<Pinned> pins_;

  // Of this step.
  Plan plan_;
  std::vector<Row> rows_;
  static constexpr std::size_t kNoRow = std::numeric_limits<std::size_t>::max();
  std::vector<std::size_t> logits_row_;  // by lane; kNoRow
  std::vector<std::byte> saving_;        // scratch

  SequenceNumber next_number_ = 1;
  std::int64_t steps_ = 0;
  bool media_turn_ = false;       // the last step that had a choice computed media
  bool short_of_room_ = false;    // somebody was parked, or their state does not fit; nobody starts before one leaves
  bool vocabulary_ends_ = false;  // some token ends a generation
  int failures_ = 0;
  bool dead_ = false;
};

}  // namespace puna::engine

// The engine without its thread: step() is admit, plan, decode, sample, retire. One owner calls everything.
//
// Pressure on the cache is answered in this order: idle lanes are emptied, longest unused first; prompts go in smaller
// pieces; the youngest running sequence waits and is computed again later; only a sequence that is alone and still does
// not fit fails.
#pragma once

#include <deque>
#include <memory>
#include <unordered_map>
#include <vector>

#include "engine/backend.h"
#include "engine/counters.h"
#include "engine/kv_ledger.h"
#include "engine/sampler.h"
#include "engine/scheduler.h"
#include "engine/sequence.h"

namespace puna::engine {

// Decodes that may fail one after the other before the engine is given up.
inline constexpr int kDecodeFailuresMax = 3;

class EngineCore {
 public:
  // Borrows all but the options. Requires options with every 0 replaced.
  EngineCore(Backend& backend, const EngineWeights& weights, const EngineOptions& options, const Clock& clock,
             Counters& counters);

  // Adds to the end of the waiting line. The caller has counted it in counters.waiting.
  void submit(std::unique_ptr<Sequence> sequence);

  // One iteration. False: there was nothing to do.
  bool step();

  // The backend failed for good: nothing will ever be computed again.
  [[nodiscard]] bool dead() const { return dead_; }
  [[nodiscard]] bool idle() const { return waiting_.empty() && running_.empty(); }
  // Ends every generation, waiting or running, with this error.
  void fail_all(const Error& error);

 private:
  using Running = std::unordered_map<SequenceNumber, std::unique_ptr<Sequence>>;

  void drop_cancelled();
  void admit();
  void start(std::unique_ptr<Sequence> sequence, const KvLedger::Placement& placement);
  [[nodiscard]] std::size_t prepare_lane(const KvLedger::Placement& placement);

  [[nodiscard]] bool decode(Plan& plan);
  void build_rows(const Plan& plan);
  void add_rows(const Slice& slice);
  [[nodiscard]] bool make_room(Plan& plan);
  void park_youngest(Plan& plan);
  void note_computed(const Plan& plan);
  void note_slice(const Slice& slice);
  void resync(const Plan& plan);

  void sample(const Plan& plan);
  void sample_sequence(Sequence& sequence, std::size_t row);
  void take_token(Sequence& sequence, Token token);
  void finish(Sequence& sequence, FinishReason reason);
  void fail_sequence(Sequence& sequence, Error error);
  void retire(SequenceNumber number);
  void leave_lane(Sequence& sequence);

  Backend& backend_;
  const EngineWeights& weights_;
  const EngineOptions options_;
  const Clock& clock_;
  Counters& counters_;

  KvLedger ledger_;
  Scheduler scheduler_;
  Sampler sampler_;
  std::deque<std::unique_ptr<Sequence>> waiting_;
  Running running_;
  std::vector<Row> rows_;
  std::unordered_map<SequenceNumber, std::size_t> logits_row_;  // of this step: sequence -> row with its logits
  SequenceNumber next_number_ = 1;
  bool short_of_room_ = false;    // somebody was parked; nobody starts before somebody leaves
  bool vocabulary_ends_ = false;  // some token ends a generation
  int failures_ = 0;
  bool dead_ = false;
};

}  // namespace puna::engine

// The step, and how sequences leave. Admission, decoding and sampling are in engine_admit.cpp, engine_decode.cpp and
// engine_sample.cpp.
#include "engine/engine_core.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "engine/no_memory.h"

namespace puna::engine {
namespace {

// With very many waiting, those whose callers went away are looked for now and then only.
constexpr std::size_t kWaitingSweepEach = 4096;
constexpr std::int64_t kWaitingSweepSteps = 32;
// Where prompts and decoding are computed apart and nobody reads: steps of prompts before one of decoding.
constexpr int kApartSteps = 16;

bool any_token_ends(const EngineWeights& weights) {
  for (Token token = 0; token < weights.vocabulary_tokens(); ++token) {
    if (weights.ends_generation(token)) {
      return true;
    }
  }
  return false;
}

}  // namespace

EngineCore::EngineCore(Backend& backend, const EngineWeights& weights, const EngineOptions& options, const Clock& clock,
                       Counters& counters)
    : backend_(backend),
      weights_(weights),
      options_(options),
      abilities_(backend.shape().abilities),
      clock_(clock),
      counters_(counters),
      ledger_(backend.shape(), static_cast<std::size_t>(options.window_tokens)),
      saved_(static_cast<std::uint64_t>(options.saved_bytes_max)),
      scheduler_(backend.shape().lanes),
      sampler_(weights.vocabulary_tokens(), weights.suppressed()),
      running_(static_cast<std::size_t>(backend.shape().lanes)),
      logits_row_(static_cast<std::size_t>(backend.shape().lanes)),
      vocabulary_ends_(any_token_ends(weights)) {
  plan_.decode.reserve(running_.size());
  plan_.prefill.reserve(running_.size());
  rows_.reserve(static_cast<std::size_t>(options.batch_tokens));
  pins_.reserve(running_.size());
}

void EngineCore::submit(std::unique_ptr<Sequence> sequence) {
  sequence->number = next_number_++;
  if_memory_allows([&] { tool_times_.come_back(sequence->agent, clock_.now()); });
  const bool placed = if_memory_allows([&] {
    make_places();
    line_.push(std::move(sequence));
  });
  if (!placed) {
    const Error error = out_of_memory();
    end_waiting(std::move(sequence), &error);
  }
}

// Wherever one more sequence may have to wait there is room for it, so that moving it about takes no memory.
void EngineCore::make_places() {
  const std::size_t all =
      line_.size() + following_.size() + fetching_.size() + held_.size() + static_cast<std::size_t>(running_count_) + 1;
  const auto reserve = [all](auto& places) {
    if (places.capacity() < all) {
      places.reserve(std::max(all, 2 * places.capacity()));
    }
  };
  line_.reserve(all);
  reserve(following_);
  reserve(fetching_);
  reserve(held_);
}

// An exception that nobody below knows what to do with leaves nothing to rely on, but it does not leave the engine.
bool EngineCore::step() {
  try {
    return one_step();
  } catch (const std::exception& error) {
    dead_ = true;
    fail_all(error_of([&error] {
      return Error{.code = ErrorCode::internal, .message = format_text("a step failed: {}", error.what()), .hint = {}};
    }));
    return false;
  }
}

bool EngineCore::one_step() {
  ++steps_;
  poll_folder();
  drop_pins();
  drop_ended();
  admit();
  rest_idle();
  scheduler_.plan(step_limits(), plan_);
  if (plan_.empty() || dead_) {
    return false;
  }
  stop_at_marks();
  part_media();
  if (decode()) {
    ++counters_.steps;
    sample();
  }
  return true;
}

// Prompts hold back for streams that somebody is reading. Those that just began are not that yet: agents that start
// together get all their prompts computed first, in full batches, which is the cheapest way for all of them. Where
// lanes have separate memories a stream's row beside a prompt's would be computed as if its lane were as long, so
// pieces of the prompt and the streams take turns; and so do full batches of prompts that nobody waits for and a stream
// that has just begun.
StepLimits EngineCore::step_limits() const {
  std::size_t most_read = 0;  // tokens of one reply
  bool prompts_unwatched = false;
  for (const std::unique_ptr<Sequence>& sequence : running_) {
    if (sequence != nullptr && sequence->watched) {
      most_read = std::max(most_read, sequence->published - sequence->prompt_tokens);
    } else if (sequence != nullptr) {
      prompts_unwatched = prompts_unwatched || sequence->computed < sequence->prompt_tokens;
    }
  }
  const int rows = options_.batch_tokens;
  const bool apart = abilities_.share != Share::any_part;
  if (most_read < kStreamTokensMin) {
    const int apart_steps = most_read > 0 && prompts_unwatched ? 1 : kApartSteps;
    return {.rows = rows, .prompt_rows = rows, .apart_steps = apart ? apart_steps : 0};
  }
  const int beside = apart ? 0 : scheduler_.decoding();
  return {.rows = rows, .prompt_rows = step_time_.prefill_rows_max(beside, rows), .apart_steps = apart ? 1 : 0};
}

bool EngineCore::past_deadline(const Sequence& sequence) const {
  return sequence.deadline && clock_.now() >= *sequence.deadline;
}

std::uint64_t EngineCore::state_bytes(std::size_t tokens) const {
  const ModelFacts& facts = weights_.facts();
  return tokens * (facts.kv_bytes_per_token + sizeof(Token)) + facts.state_bytes;
}

// What takes a quarter of the memory for saved states at most is likely to be there when it is asked for.
KvLedger::Moment EngineCore::moment() const {
  const auto bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(0, options_.saved_bytes_max)) / 4;
  const std::uint64_t each = state_bytes(1) - state_bytes(0);
  const bool saves = abilities_.save && bytes > state_bytes(0);
  return {.time = clock_.now(), .tokens_saved_max = saves ? (bytes - state_bytes(0)) / each : 0};
}

// Whose caller went away, or whose time is up.
void EngineCore::drop_ended() {
  for (std::size_t lane = 0; lane < running_.size(); ++lane) {
    if (running_[lane] == nullptr) {
      continue;
    }
    if (running_[lane]->stream->cancelled()) {
      ++counters_.generations_cancelled;
      retire(static_cast<LaneId>(lane));
    } else if (past_deadline(*running_[lane])) {
      finish(*running_[lane], FinishReason::deadline);
    }
  }
  drop_ended_waiting();
}

void EngineCore::drop_ended_waiting() {
  const auto ended = [now = clock_.now()](const Sequence& sequence) {
    return sequence.stream->cancelled() || (sequence.deadline && now >= *sequence.deadline);
  };
  const auto leave = [this](std::unique_ptr<Sequence> sequence) { end_waiting(std::move(sequence), nullptr); };
  if (line_.size() <= kWaitingSweepEach || steps_ % kWaitingSweepSteps == 0) {
    line_.remove_if(ended, leave);
  }
  for (Follower& follower : following_) {
    if (ended(*follower.sequence)) {
      leave(std::move(follower.sequence));
    }
  }
  drop_gone_followers();
  for (Fetching& fetching : fetching_) {
    if (ended(*fetching.sequence)) {
      leave(std::move(fetching.sequence));
    }
  }
  std::erase_if(fetching_, [](const Fetching& fetching) { return fetching.sequence == nullptr; });
  for (std::unique_ptr<Sequence>& sequence : held_) {
    if (ended(*sequence)) {
      leave(std::move(sequence));
    }
  }
  std::erase(held_, nullptr);
}

// Ends one that does not run: with the error, or as cancelled, or because its time is up.
void EngineCore::end_waiting(std::unique_ptr<Sequence> sequence, const Error* error) {
  counters_.leave_line();
  short_of_room_ = false;  // perhaps it was short of room for this one
  if (error != nullptr) {
    sequence->stream->fail(*error);
  } else if (sequence->stream->cancelled()) {
    ++counters_.generations_cancelled;
  } else {
    ++counters_.generations_finished;
    sequence->stream->finish(FinishReason::deadline, sequence->usage);
  }
}

// Takes the sequence out of its lane, which keeps its tokens for the next prompt that begins with them.
std::unique_ptr<Sequence> EngineCore::take_from(LaneId lane) {
  std::unique_ptr<Sequence> sequence = std::move(running_[index_of(lane)]);
  --running_count_;
  scheduler_.remove(lane);
  promised_.erase(static_cast<PrefixTree::Holder>(lane));
  ledger_.release(lane, sequence->agent);
  --counters_.sequences_busy;
  recall_held();  // perhaps it was this agent that ran too many
  return sequence;
}

void EngineCore::retire(LaneId lane) {
  static_cast<void>(take_from(lane));
  short_of_room_ = false;
}

void EngineCore::finish(Sequence& sequence, FinishReason reason) {
  const auto micro = [](auto duration) { return std::chrono::duration_cast<std::chrono::microseconds>(duration); };
  const auto now = clock_.now();
  const auto first = sequence.first_logits.value_or(now);
  sequence.usage.prefill_time = micro(first - sequence.began);
  sequence.usage.decode_time = micro(now - first);
  const auto stream = sequence.stream;
  const Usage usage = sequence.usage;
  ++counters_.generations_finished;
  retire(sequence.lane);  // counts are complete before the reader can see the end
  stream->finish(reason, usage);
}

void EngineCore::fail_sequence(Sequence& sequence, const Error& error) {
  const auto stream = sequence.stream;
  retire(sequence.lane);
  stream->fail(error);
}

void EngineCore::fail_all(const Error& error) {
  const auto leave = [this, &error](std::unique_ptr<Sequence> sequence) { end_waiting(std::move(sequence), &error); };
  line_.remove_if([](const Sequence&) { return true; }, leave);
  for (Follower& follower : following_) {
    leave(std::move(follower.sequence));
  }
  following_.clear();
  for (Fetching& fetching : fetching_) {
    leave(std::move(fetching.sequence));
  }
  fetching_.clear();
  for (std::unique_ptr<Sequence>& sequence : held_) {
    leave(std::move(sequence));
  }
  held_.clear();
  for (const std::unique_ptr<Sequence>& sequence : running_) {
    if (sequence != nullptr) {
      fail_sequence(*sequence, error);
    }
  }
}

void EngineCore::use_folder(std::unique_ptr<StateFolder> folder) {
  folder_ = std::move(folder);
  saved_.set_overflow([this](SavedState state) { folder_->put(std::move(state)); });
}

// False: there is no room for it, or no memory.
bool EngineCore::add_saved(SavedState state) {
  bool kept = false;
  if_memory_allows([&] { kept = saved_.add(std::move(state), !abilities_.cut); });
  counters_.saved_bytes = static_cast<std::int64_t>(saved_.bytes());
  return kept;
}

void EngineCore::leave_for_tool(AgentId agent, std::string_view tool) {
  if (agent == kNoAgent) {
    return;  // nobody would come back by that name
  }
  if_memory_allows([&] { ledger_.expect(agent, tool_times_.leave(agent, tool, clock_.now())); });
}

void EngineCore::drop_pins() {
  std::erase_if(pins_, [this](const Pinned& pinned) {
    if (!pinned.pin->dropped) {
      return false;
    }
    ledger_.unpin(pinned.lane);
    return true;
  });
}

}  // namespace puna::engine

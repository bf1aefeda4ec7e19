// EngineCore's admission: whose turn it is, what of the prompt is there already, and into which lane it goes.
#include <algorithm>
#include <utility>

#include "engine/engine_core.h"
#include "engine/no_memory.h"

namespace puna::engine {

void EngineCore::admit() {
  recall_followers();
  while (!line_.empty() && running_count_ < options_.sequences_max && !short_of_room_) {
    std::unique_ptr<Sequence> sequence = line_.pop();
    if (sequence->stream->cancelled() || past_deadline(*sequence)) {
      end_waiting(std::move(sequence), nullptr);
    } else if (over_quota(*sequence)) {
      held_.push_back(std::move(sequence));
    } else if (!start_or_end(sequence)) {
      line_.put_back(std::move(sequence));  // no lane is free
      return;
    }
  }
}

bool EngineCore::over_quota(const Sequence& sequence) const {
  if (options_.agent_generations_max == 0 || sequence.agent == kNoAgent) {
    return false;
  }
  const auto is_of_agent = [&](const auto& running) { return running != nullptr && running->agent == sequence.agent; };
  return std::ranges::count_if(running_, is_of_agent) >= options_.agent_generations_max;
}

// Those that are being computed will be pinned too.
bool EngineCore::may_pin(const Sequence& sequence) const {
  std::size_t lanes = 1;
  std::size_t tokens = sequence.tokens.size();
  for (const std::unique_ptr<Sequence>& running : running_) {
    if (running != nullptr && running->pin != nullptr) {
      ++lanes;
      tokens += running->tokens.size();
    }
  }
  return ledger_.may_pin(lanes, tokens);
}

// Those whose prefix was computed, or will not be, go back to their place in the line.
void EngineCore::recall_followers() {
  for (Follower& follower : following_) {
    const std::unique_ptr<Sequence>& leader = running_[index_of(follower.leader)];
    if (leader == nullptr || leader->number != follower.leader_number || leader->computed >= follower.tokens) {
      line_.put_back(std::move(follower.sequence));
    }
  }
  drop_gone_followers();
}

void EngineCore::recall_held() {
  for (std::unique_ptr<Sequence>& held : held_) {
    line_.put_back(std::move(held));
  }
  held_.clear();
}

void EngineCore::drop_gone_followers() {
  if (std::erase_if(following_, [](const Follower& follower) { return follower.sequence == nullptr; }) == 0) {
    return;
  }
  for (const std::unique_ptr<Sequence>& running : running_) {
    if (running != nullptr) {
      count_followers(running->lane);
    }
  }
}

void EngineCore::count_followers(LaneId leader) {
  scheduler_.set_followers(leader, static_cast<int>(std::ranges::count(following_, leader, &Follower::leader)));
}

// Lets the sequence wait if a running prompt will soon have more of it than is there now.
bool EngineCore::follow(std::unique_ptr<Sequence>& sequence, std::size_t available) {
  if (abilities_.share == Share::nothing || !(abilities_.cut || abilities_.mark)) {
    return false;
  }
  const std::size_t least = abilities_.share == Share::any_part ? 1 : kCopyTokensMin;
  const auto promised = promised_.longest(std::span(sequence->tokens).first(sequence->tokens.size() - 1));
  if (!promised || promised->tokens < available + least) {
    return false;
  }
  const auto leader = static_cast<LaneId>(promised->holder);
  if (!abilities_.cut && running(leader).computed >= promised->tokens) {
    return false;  // it is past that place, where it was not marked
  }
  if (!abilities_.cut && !if_memory_allows([&] { want_mark(running(leader), promised->tokens); })) {
    return false;
  }
  following_.push_back({.sequence = std::move(sequence),
                        .leader = leader,
                        .leader_number = running(leader).number,
                        .tokens = promised->tokens});
  count_followers(leader);
  return true;
}

// Lets the sequence wait if a file has much more of it than is there now. later: what would be read for it now could
// only be put away again, since as many are read for as there are lanes for; those behind it may go on.
bool EngineCore::fetch(std::unique_ptr<Sequence>& sequence, std::size_t available) {
  using enum StateFolder::Fetch;
  if (folder_ == nullptr) {
    return false;
  }
  const auto reusable = std::span(sequence->tokens).first(sequence->tokens.size() - 1);
  const auto file = folder_->best(reusable, !abilities_.cut);
  if (!file || file->tokens < available + kFetchTokensMin) {
    return false;
  }
  const bool has_lane = std::cmp_less(fetching_.size(), options_.sequences_max - running_count_);
  const StateFolder::Fetch fetch = has_lane ? folder_->fetch(file->holder) : later;
  if (fetch == begun) {
    fetching_.push_back({.sequence = std::move(sequence), .file = file->holder});
  } else if (fetch == later) {
    held_.push_back(std::move(sequence));
    held_for_room_ = true;
  }
  return fetch != never;
}

// What was read from files is kept in memory, and those who waited for it, or for room, go back to their place in the
// line.
void EngineCore::poll_folder() {
  if (folder_ == nullptr) {
    return;
  }
  if (std::exchange(held_for_room_, false)) {
    recall_held();
  }
  while (auto fetched = folder_->poll()) {
    if (fetched->state) {
      add_saved(*std::move(fetched->state));
    }
    for (Fetching& fetching : fetching_) {
      if (fetching.file == fetched->number) {
        line_.put_back(std::move(fetching.sequence));
      }
    }
    std::erase_if(fetching_, [](const Fetching& fetching) { return fetching.sequence == nullptr; });
  }
  counters_.saved_files_bytes = static_cast<std::int64_t>(folder_->bytes());
}

// As start(). True also when there was no memory for it, and it has ended.
bool EngineCore::start_or_end(std::unique_ptr<Sequence>& sequence) {
  try {
    return start(sequence);
  } catch (const std::bad_alloc&) {
    const Error error = out_of_memory();
    end_waiting(std::move(sequence), &error);
    return true;
  }
}

// The lane was copied to or from in this step, so that nothing of it can be saved, nor restored into it, before the
// next. Somebody runs, and so the next comes.
bool EngineCore::must_settle(LaneId lane) const { return running_count_ > 0 && !backend_.settled(lane); }

// False: no lane is free yet, or no room for its saved state; the sequence is still the caller's. True: it runs, or
// follows one that does. Without memory it throws std::bad_alloc; the sequence is still the caller's, and lanes and
// ledger agree.
bool EngineCore::start(std::unique_ptr<Sequence>& sequence) {
  const auto placement = ledger_.place(sequence->tokens, moment());
  if (!placement) {
    return false;
  }
  if (sequence->pin && !may_pin(*sequence)) {
    const Error error{.code = ErrorCode::limit,
                      .message = format_text("{} more tokens cannot be pinned in a cache of {}",
                                             sequence->tokens.size(), backend_.shape().cells),
                      .hint = "pin less than half of the cache, in fewer pieces"};
    end_waiting(std::move(sequence), &error);
    return true;
  }
  const auto reusable = std::span(sequence->tokens).first(sequence->tokens.size() - 1);
  auto saved = saved_.best(reusable, !abilities_.cut);
  if (saved && saved->tokens < placement->reused() + kSaveTokensMin) {
    saved.reset();
  }
  const std::size_t at_hand = saved ? saved->tokens : placement->reused();
  if (follow(sequence, at_hand) || fetch(sequence, at_hand)) {
    return true;
  }
  LaneId lane = saved ? *ledger_.free_lane(moment()) : placement->lane;
  if ((saved || placement->keep < ledger_.tokens(lane).size()) && must_settle(lane)) {
    return false;
  }
  std::size_t available = 0;
  if (saved) {
    const auto restored = restore(lane, *saved);
    if (!restored) {
      short_of_room_ = true;
      return false;
    }
    available = *restored;
  }
  if (available == 0) {
    const auto again = saved ? ledger_.place(sequence->tokens, moment()) : placement;
    lane = again->lane;
    available = prepare_lane(*again);
  }
  begin(std::move(sequence), lane, available);
  return true;
}

void EngineCore::cut(LaneId lane, std::size_t tokens) {
  if (tokens == ledger_.tokens(lane).size()) {
    return;
  }
  const auto position = static_cast<std::int32_t>(tokens);
  const KvLedger::Mark* mark = ledger_.mark_at(lane, tokens);
  const bool removed = tokens > 0 && (mark != nullptr ? backend_.rewind(lane, position, mark->bytes)
                                                      : backend_.remove_from(lane, position));
  if (!removed) {
    backend_.clear(lane);
  }
  ledger_.truncate(lane, removed ? tokens : 0);
}

// Makes the lane hold the reused prefix and nothing else. Returns how many tokens that are.
std::size_t EngineCore::prepare_lane(const KvLedger::Placement& placement) {
  const LaneId lane = placement.lane;
  if (placement.share_from) {
    give_up(lane);
    return share(placement) ? placement.share_tokens : 0;
  }
  if (placement.keep < ledger_.tokens(lane).size()) {
    save(lane);
  }
  cut(lane, placement.keep);
  return ledger_.tokens(lane).size();
}

// False: it cannot be done after all, and the lane is empty.
bool EngineCore::share(const KvLedger::Placement& placement) {
  const LaneId lane = placement.lane;
  const LaneId from = *placement.share_from;
  const auto tokens = static_cast<std::int32_t>(placement.share_tokens);
  const auto held = ledger_.tokens(from);
  if (abilities_.cut || placement.share_tokens == held.size()) {
    if (!backend_.share_prefix(from, lane, tokens)) {
      return false;
    }
  } else {
    const KvLedger::Mark* mark = ledger_.mark_at(from, placement.share_tokens);
    if (mark == nullptr || !backend_.share_prefix(from, lane, static_cast<std::int32_t>(held.size()))) {
      return false;
    }
    if (!backend_.rewind(lane, tokens, mark->bytes)) {
      backend_.clear(lane);
      return false;
    }
  }
  ledger_.append(lane, held.first(placement.share_tokens));
  if (const KvLedger::Mark* mark = ledger_.mark_at(from, placement.share_tokens)) {
    if_memory_allows([&] { ledger_.add_mark(lane, *mark); });
  }
  return true;
}

// Saves what only this lane has, if that is worth it and there is memory for it. The lane stays as it is.
void EngineCore::save(LaneId lane) {
  if (!abilities_.save || options_.saved_bytes_max == 0 || !backend_.settled(lane)) {
    return;
  }
  if_memory_allows([&] {
    const auto tokens = ledger_.tokens(lane);
    if (ledger_.own_tail(lane) < kSaveTokensMin) {
      return;
    }
    const auto known = saved_.best(tokens, !abilities_.cut);
    if (known && known->tokens == tokens.size()) {
      return;
    }
    const std::uint64_t bytes = backend_.saved_bytes(lane) + tokens.size_bytes();
    if (!saved_.make_room(tokens, bytes, !abilities_.cut) && (folder_ == nullptr || !folder_->has_room_for(bytes))) {
      return;
    }
    SavedStates::State state{.tokens = {tokens.begin(), tokens.end()}, .bytes = {}};
    if (backend_.save(lane, state.bytes) && add_saved(std::move(state))) {
      ++counters_.states_saved;
    }
  });
}

// Empties a lane; what only it has is saved.
void EngineCore::give_up(LaneId lane) {
  if (ledger_.tokens(lane).empty()) {
    return;
  }
  save(lane);
  backend_.clear(lane);
  ledger_.clear(lane);
}

// Into an empty lane, which is empty again unless it then holds as much as the state says.
EngineCore::Restored EngineCore::restore_bytes(LaneId lane, const SavedState& state) {
  if (!backend_.restore(lane, state.bytes)) {
    return Restored::no_room;
  }
  if (static_cast<std::size_t>(backend_.length(lane)) == state.tokens.size()) {
    return Restored::whole;
  }
  backend_.clear(lane);
  return Restored::wrong;
}

// Idle lanes give up their cells until there is room.
EngineCore::Restored EngineCore::make_room_and_restore(LaneId lane, const SavedState& state) {
  Restored restored = restore_bytes(lane, state);
  while (restored == Restored::no_room) {
    const auto victim = ledger_.next_victim(clock_.now());
    if (!victim) {
      break;
    }
    give_up(*victim);
    restored = restore_bytes(lane, state);
  }
  return restored;
}

// Returns how many tokens the lane now holds, 0 when the state could not be restored. Nothing: most of it is wanted,
// and it may fit when somebody leaves. What does not fit although nobody is there is dropped.
std::optional<std::size_t> EngineCore::restore(LaneId lane, const PrefixTree::Match& saved) {
  if (!backend_.settled(lane)) {
    return 0;
  }
  const std::size_t wanted = saved.tokens;
  Held held = take_saved(saved);  // out of reach of what is saved to make room for it
  const SavedState& state = held.state;
  give_up(lane);
  const bool fits = if_memory_allows([&] { ledger_.reserve(lane, state.tokens.size()); });
  const Restored restored = fits ? make_room_and_restore(lane, state) : Restored::no_room;
  const std::size_t room = abilities_.share == Share::any_part ? ledger_.cells_not_pinned()
                                                               : static_cast<std::size_t>(options_.window_tokens);
  const bool waits = fits && restored == Restored::no_room && running_count_ > 0 && state.tokens.size() <= room &&
                     2 * wanted >= state.tokens.size();
  const bool is_alone = running_count_ == 0 && pins_.empty();
  std::size_t tokens = 0;
  if (restored == Restored::whole) {
    relink(lane, state.tokens);
    if (backend_.length(lane) > 0) {
      ledger_.append(lane, state.tokens);
      cut(lane, wanted);
    }
    tokens = ledger_.tokens(lane).size();
    counters_.tokens_restored += static_cast<std::int64_t>(tokens);
  }
  if (restored == Restored::whole || (restored == Restored::no_room && !(fits && is_alone))) {
    give_back(std::move(held));
  }
  counters_.saved_bytes = static_cast<std::int64_t>(saved_.bytes());
  return waits ? std::nullopt : std::optional(tokens);
}

// A restored state has its own copy of a beginning that others still hold: one of the two is enough.
void EngineCore::relink(LaneId lane, std::span<const Token> tokens) {
  if (abilities_.share != Share::any_part) {
    return;
  }
  if_memory_allows([&] {
    const auto live = ledger_.longest(tokens);
    if (live && live->tokens >= kCopyTokensMin) {
      static_cast<void>(backend_.relink(lane, live->lane, static_cast<std::int32_t>(live->tokens)));
    }
  });
}

// The sequence stops there for a step, so that the lane can be marked.
void EngineCore::want_mark(Sequence& sequence, std::size_t tokens) {
  if (tokens <= sequence.computed || std::ranges::contains(sequence.marks, tokens)) {
    return;
  }
  sequence.marks.push_back(tokens);
  std::ranges::sort(sequence.marks, std::ranges::greater());
}

// The prompt's end, from where the same one can go on, and where it parts from what others hold, as the next one like
// these will, too.
void EngineCore::want_marks(Sequence& sequence) {
  want_mark(sequence, sequence.prompt_tokens - 1);
  const auto prompt = std::span(sequence.tokens).first(sequence.prompt_tokens - 1);
  const auto live = ledger_.longest(prompt);
  const auto saved = saved_.best(prompt, false);
  const std::size_t common = std::max(live ? live->tokens : 0, saved ? saved->tokens : 0);
  if (common >= kCopyTokensMin) {
    want_mark(sequence, common);
  }
}

// A conversation that goes on in its lane may be gone on with from here by others: forks.
void EngineCore::mark_here(LaneId lane) {
  const std::size_t held = ledger_.tokens(lane).size();
  if (held > 0 && ledger_.mark_at(lane, held) == nullptr && backend_.settled(lane) && backend_.mark(lane, saving_)) {
    ledger_.add_mark(lane, {.tokens = held, .bytes = saving_});
  }
}

// What a reply can only begin with is computed together with its prompt. The reader gets it with the first logits.
void EngineCore::add_forced_start(Sequence& sequence) {
  if (!sequence.forces_text) {
    return;
  }
  if_memory_allows([&] { sequence.add_forced(sequence.filter->forced(std::nullopt)); });
}

// Takes no memory that it cannot do without.
void EngineCore::begin(std::unique_ptr<Sequence> sequence, LaneId lane, std::size_t available) {
  line_.serve(*sequence);
  counters_.leave_line();
  sequence->computed = available;
  sequence->lane = lane;
  sequence->marks.clear();
  // Without it the step itself would take memory, or fail this sequence alone.
  if_memory_allows([&] { sampler_.prepare(sequence->plan, sequence->window_tokens); });
  if_memory_allows([&] { probabilities_.reserve(sequence->stream->wants_probabilities()); });
  if (abilities_.mark && !abilities_.cut) {
    if_memory_allows([&] {
      mark_here(lane);
      want_marks(*sequence);
    });
  }
  ledger_.take(lane);
  ++running_count_;
  ++counters_.sequences_busy;
  counters_.tokens_reused += static_cast<std::int64_t>(available);
  if (!std::exchange(sequence->started, true)) {
    sequence->began = clock_.now();
    sequence->usage.prompt_tokens = static_cast<std::int64_t>(sequence->prompt_tokens);
    sequence->usage.cached_tokens = static_cast<std::int64_t>(available);
    note_prompt(*sequence);
    add_forced_start(*sequence);
  }
  const std::size_t missing = sequence->tokens.size() - available;
  const bool decodes = missing == 1 && sequence->output_count() > 0;  // it was parked, and nothing was lost
  scheduler_.add(lane, decodes ? 0 : static_cast<int>(missing));
  if (!decodes) {
    if_memory_allows([&] { promised_.put(static_cast<PrefixTree::Holder>(lane), sequence->tokens); });
  }
  running_[index_of(lane)] = std::move(sequence);
}

}  // namespace puna::engine

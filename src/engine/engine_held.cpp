// EngineCore's states for files: what is held of a conversation, as bytes, and one that comes back. Each has room among
// the saved states for as long as it is in memory.
#include <algorithm>
#include <utility>

#include "engine/engine_core.h"
#include "engine/no_memory.h"

namespace puna::engine {
namespace {

std::unexpected<Error> not_held() {
  return fail(ErrorCode::not_found, "the engine holds no beginning of these tokens",
              "hibernate an agent after its turn, before others need its memory");
}

std::unexpected<Error> no_room(std::uint64_t bytes, std::int64_t bytes_max) {
  return fail(ErrorCode::limit,
              format_text("{} bytes of state do not fit into the {} bytes for saved prefixes", bytes, bytes_max),
              "give the engine more memory for saved prefixes");
}

}  // namespace

Result<EngineCore::Held> EngineCore::state_of(std::span<const Token> tokens) {
  // Whole ones first: what goes on otherwise is another's conversation.
  auto live = ledger_.longest_whole(tokens);
  auto saved = saved_.best(tokens, true);
  Result<Held> part = part_of(tokens, std::max(saved ? saved->tokens : 0, live ? live->tokens : 0));
  if (part) {
    return part;
  }
  live = ledger_.longest_whole(tokens);  // again, should it have changed something before it failed
  saved = saved_.best(tokens, true);
  if (saved && (!live || saved->tokens >= live->tokens)) {
    return held_saved(*saved);
  }
  return live ? held_live(*live, 1) : std::move(part);
}

std::optional<StateRoom> EngineCore::room_for(std::uint64_t bytes) {
  auto room = saved_.room_for(bytes);
  counters_.saved_bytes = static_cast<std::int64_t>(saved_.bytes());
  return room;
}

// With room for so many of them.
Result<EngineCore::Held> EngineCore::held_live(const KvLedger::Live& live, int rooms) {
  if (!abilities_.save || !backend_.settled(live.lane)) {
    return not_held();
  }
  const auto tokens = ledger_.tokens(live.lane);
  const std::uint64_t bytes =
      static_cast<std::uint64_t>(rooms) * (backend_.saved_bytes(live.lane) + tokens.size_bytes());
  auto room = room_for(bytes);
  if (!room) {
    return no_room(bytes, options_.saved_bytes_max);
  }
  Held held{.room = *std::move(room),
            .state = {.tokens = {tokens.begin(), tokens.end()}, .bytes = {}},
            .tokens = live.tokens};
  if (!backend_.save(live.lane, held.state.bytes)) {
    return not_held();
  }
  return held;
}

// Out of the saved ones, whose room it keeps.
EngineCore::Held EngineCore::take_saved(const PrefixTree::Match& saved) {
  Held held{.state = saved_.take(saved.holder), .tokens = saved.tokens, .is_the_one = true};
  held.room = *room_for(SavedStates::size_of(held.state));
  return held;
}

// A copy where there is room for two.
EngineCore::Held EngineCore::held_saved(const PrefixTree::Match& saved) {
  Held held = take_saved(saved);
  SavedState copy;
  if (saved_.has_room_for(SavedStates::size_of(held.state)) && if_memory_allows([&] { copy = held.state; })) {
    held.is_the_one = !add_saved(std::move(copy));
  }
  return held;
}

// What begins a longer conversation is cut out of a copy of that: in an empty lane, or in the conversation's own, which
// gets all of its tokens back; where they no longer fit they are saved. not_found: less than half of the tokens, or not
// much more than `whole`, could be had so, or no lane is free for it.
Result<EngineCore::Held> EngineCore::part_of(std::span<const Token> tokens, std::size_t whole) {
  if (!abilities_.save || !abilities_.cut) {
    return not_held();
  }
  const auto live = ledger_.longest(tokens);
  const auto saved = saved_.best(tokens, false);
  const bool is_live = live && (!saved || live->tokens >= saved->tokens);
  const std::size_t length = is_live ? live->tokens : saved ? saved->tokens : 0;
  std::optional<LaneId> lane = ledger_.empty_lane();
  if (!lane && is_live && ledger_.is_idle(live->lane)) {
    lane = live->lane;
  }
  if (length < whole + kSaveTokensMin || 2 * length < tokens.size() || !lane || !backend_.settled(*lane)) {
    return not_held();
  }
  Result<Held> all = is_live ? held_live(*live, 2) : Result<Held>(take_saved(*saved));
  if (!all) {
    return all;
  }
  const std::uint64_t bytes = SavedStates::size_of(all->state);
  auto room = is_live ? std::optional(std::move(all->room)) : room_for(bytes);
  Result<Held> part = no_room(2 * bytes, options_.saved_bytes_max);
  if (room &&
      !if_memory_allows([&] { part = cut_out(*lane, is_live && *lane == live->lane, tokens.first(length), *all); })) {
    part = std::unexpected(out_of_memory());
  }
  if (!is_live) {
    give_back(*std::move(all));
  }
  if (part) {
    room->shrink_to(SavedStates::size_of(part->state));
    part->room = *std::move(room);
  }
  return part;
}

// In the lane, which is the whole one's own or an empty one, and is so again.
Result<EngineCore::Held> EngineCore::cut_out(LaneId lane, bool is_own, std::span<const Token> tokens, Held& all) {
  Held part{.state = {.tokens = {tokens.begin(), tokens.end()}, .bytes = {}}, .tokens = tokens.size()};
  const auto end = static_cast<std::int32_t>(tokens.size());
  const bool is_cut = (is_own || backend_.restore(lane, all.state.bytes)) && backend_.remove_from(lane, end);
  const bool is_saved = is_cut && backend_.length(lane) == end && backend_.save(lane, part.state.bytes);
  if (!is_own) {
    backend_.clear(lane);
  } else if (is_cut) {
    put_back(lane, std::move(all));
  }
  if (!is_saved) {
    return not_held();
  }
  return part;
}

// The lane lost its end; the ledger does not know.
void EngineCore::put_back(LaneId lane, Held all) {
  backend_.clear(lane);
  const bool is_back = backend_.restore(lane, all.state.bytes);
  ledger_.clear(lane);
  if (!is_back) {
    give_back(std::move(all));
    return;
  }
  relink(lane, all.state.tokens);
  if (backend_.length(lane) > 0) {
    ledger_.append(lane, all.state.tokens);
  }
}

void EngineCore::give_back(Held all) {
  all.room.give_back();
  add_saved(std::move(all.state));
}

bool EngineCore::keep(SavedState state, StateRoom room) {
  room.give_back();
  const bool kept = saved_.add(std::move(state), !abilities_.cut);
  counters_.saved_bytes = static_cast<std::int64_t>(saved_.bytes());
  return kept;
}

}  // namespace puna::engine

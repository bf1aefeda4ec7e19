// Any text as an exported session: refused, or a session that is exported as what it was read from and can be gone on
// with. Its lines are tried as they are, and each with the check sum that a random one never has.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "agent/calls.h"
#include "agent/store_file.h"
#include "agent/store_replay.h"
#include "input.h"

namespace {

void try_import(std::string_view text, bool is_repair) {
  const auto imported = puna::agent::import_text(text, is_repair);
  if (!imported) {
    const puna::ErrorCode code = imported.error().code;
    PUNA_CHECK(code == puna::ErrorCode::corrupt || code == puna::ErrorCode::unavailable, "a bad session says so");
    return;
  }
  const std::string lines = puna::agent::export_text(imported->info, imported->events);
  const auto again = puna::agent::import_text(lines, false);
  PUNA_CHECK(again.has_value(), "what was exported can be imported");
  PUNA_CHECK(puna::agent::export_text(again->info, again->events) == lines, "as the same bytes");
  const auto replay = puna::agent::replay(imported->events);
  PUNA_CHECK(replay.has_value(), "what was imported can be read");
  puna::Transcript transcript = replay->transcript;
  for (puna::Message& message : puna::agent::closing_messages(*replay, puna::Unfinished::close)) {
    transcript.push_back(std::move(message));
  }
  PUNA_CHECK(puna::agent::unanswered_calls(transcript).empty(), "a closed session has no call without a result");
  (void)puna::agent::closing_messages(*replay, puna::Unfinished::keep);
  const auto whole = puna::agent::events_of_turns(imported->events, std::nullopt);
  PUNA_CHECK(whole && *whole <= imported->events.size(), "whole turns are a part of all events");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = puna::fuzz::text_of(data, size);
  std::string summed;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    summed += end == 0 ? "\n" : puna::agent::with_check_sum(std::string(rest.substr(0, end)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  for (const bool is_repair : {false, true}) {
    try_import(text, is_repair);
    try_import(summed, is_repair);
  }
  return 0;
}

// Any text as a transcript: messages or a refusal; what was read is written back as the same messages.
#include "input.h"
#include "puna/agent.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto transcript = puna::transcript_from_jsonl(puna::fuzz::text_of(data, size));
  if (!transcript) {
    PUNA_CHECK(transcript.error().code == puna::ErrorCode::corrupt, "a bad transcript is corrupt");
    return 0;
  }
  const auto again = puna::transcript_from_jsonl(puna::to_jsonl(*transcript));
  PUNA_CHECK(again.has_value(), "a written transcript can be read");
  PUNA_CHECK(*again == *transcript, "a written transcript is the same transcript");
  return 0;
}

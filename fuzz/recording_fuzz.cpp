// Any text as a recording: a refusal, or a run that is made again to its end.
#include <cstdint>
#include <string_view>

#include "input.h"
#include "puna/agent/recording.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = puna::fuzz::text_of(data, size);
  const auto recording = puna::read_recording(text);
  if (!recording) {
    const puna::ErrorCode code = recording.error().code;
    PUNA_CHECK(code == puna::ErrorCode::corrupt || code == puna::ErrorCode::unavailable, "a bad recording says so");
    return 0;
  }
  PUNA_CHECK(puna::differences(*recording, *recording).empty(), "a recording is equal to itself");
  (void)puna::replay(*recording);
  return 0;
}

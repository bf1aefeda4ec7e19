// Any bytes: sanitising makes them valid and leaves valid text alone; cuts never fall inside a character.
#include <algorithm>

#include "input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = puna::fuzz::text_of(data, size);
  const bool valid = puna::utf8::is_valid(text);
  const std::string clean = puna::utf8::sanitize(text);
  PUNA_CHECK(puna::utf8::is_valid(clean), "sanitised text is valid");
  PUNA_CHECK(!valid || clean == text, "valid text is left alone");
  PUNA_CHECK(puna::utf8::is_valid(puna::printable(clean)), "printable text is valid");

  const std::size_t whole = puna::utf8::complete_prefix(text);
  PUNA_CHECK(whole <= text.size() && text.size() - whole < 4, "at most three bytes wait for the rest of a character");
  PUNA_CHECK(!valid || whole == text.size(), "valid text is complete");

  for (std::size_t bytes_max = 0; bytes_max <= std::min<std::size_t>(clean.size(), 64); ++bytes_max) {
    const std::string_view cut = puna::utf8::truncate(clean, bytes_max);
    PUNA_CHECK(cut.size() <= bytes_max && bytes_max - cut.size() < 4, "a cut is as long as characters allow");
    PUNA_CHECK(puna::utf8::is_valid(cut), "a cut falls between characters");
  }
  return 0;
}

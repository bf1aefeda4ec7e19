// A dictionary of pronunciations, and behind an empty line a text: what is read is spoken, whole and in pieces alike.
#include <cstdint>
#include <string>
#include <string_view>

#include "input.h"
#include "puna/chat/pronunciation.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view all = puna::fuzz::text_of(data, size);
  const std::size_t gap = all.find("\n\n");
  const auto words = puna::Pronunciation::parse(all.substr(0, gap), "words");
  if (!words) {
    PUNA_CHECK(words.error().message.starts_with("words:"), "the message names the file");
    return 0;
  }
  const std::string text =
      puna::utf8::sanitize(gap == std::string_view::npos ? std::string_view() : all.substr(gap + 2)).substr(0, 2'000);
  const std::string spoken = words->spoken(text);
  PUNA_CHECK(puna::utf8::is_valid(spoken) || !puna::utf8::is_valid(text), "spoken text is text");
  PUNA_CHECK(!words->found(text).empty() || spoken == puna::utf8::sanitize(text), "what is not found is not replaced");
  puna::PronunciationStream stream(*words);
  std::string pieces;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view piece = puna::utf8::truncate(rest, 5);
    const std::string_view taken = piece.empty() ? rest : piece;
    pieces += stream.add(taken);
    rest.remove_prefix(taken.size());
  }
  pieces += stream.end();
  PUNA_CHECK(!puna::utf8::is_valid(text) || pieces == spoken, "pieces say what the whole says");
  (void)words->reversed();
  return 0;
}

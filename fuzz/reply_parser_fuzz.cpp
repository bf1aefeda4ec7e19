// Any reply in any pieces: the same result as whole, and no text is lost between the deltas and the result.
// The first byte seeds the cuts; its lowest bit says whether the prompt opened <think>.
#include "input.h"
#include "puna/chat.h"

namespace {

struct Read {
  puna::ReplyParser::Delta joined;
  puna::ParsedReply reply;
};

Read read(std::string_view text, bool reasoning_open, std::size_t piece_max, puna::Random& random) {
  puna::ReplyParser parser(reasoning_open);
  Read result;
  while (!text.empty()) {
    const std::size_t bytes = 1 + random.next() % piece_max;
    const auto delta = parser.feed(text.substr(0, bytes));
    result.joined.content += delta.content;
    result.joined.reasoning += delta.reasoning;
    text.remove_prefix(bytes < text.size() ? bytes : text.size());
  }
  result.reply = parser.finish();
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  puna::Random random(data[0]);
  const bool reasoning_open = (data[0] & 1U) != 0;
  const std::string_view text = puna::fuzz::text_of(data + 1, size - 1);
  const Read whole = read(text, reasoning_open, size_t{1} << 20, random);
  for (const std::size_t piece_max : {1, 3, 17}) {
    const Read pieces = read(text, reasoning_open, piece_max, random);
    PUNA_CHECK(pieces.reply == whole.reply, "pieces give the same reply as the whole");
    PUNA_CHECK(whole.reply.reasoning.starts_with(pieces.joined.reasoning) ||
                   pieces.joined.reasoning.starts_with(whole.reply.reasoning),
               "streamed reasoning is the reply's");
  }
  return 0;
}

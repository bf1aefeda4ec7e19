// Any bytes as the event stream of a server: tokens or a refusal, the same however the bytes are cut.
#include <vector>

#include "bench/server_reply.h"
#include "input.h"

namespace {

struct Read {
  std::vector<puna::Token> tokens;
  bool refused = false;
};

Read read(std::string_view bytes, std::size_t step) {
  puna::bench::ServerReply reply;
  Read read;
  for (std::size_t at = 0; at < bytes.size() && !read.refused; at += step) {
    const auto tokens = reply.feed(bytes.substr(at, step));
    read.refused = !tokens.has_value();
    if (tokens) {
      read.tokens.insert(read.tokens.end(), tokens->begin(), tokens->end());
    }
  }
  return read;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = puna::fuzz::text_of(data, size);
  const Read whole = read(bytes, size == 0 ? 1 : size);
  const Read cut = read(bytes, 3);
  PUNA_CHECK(whole.refused == cut.refused, "cuts decide nothing");
  PUNA_CHECK(whole.refused || whole.tokens == cut.tokens, "cuts lose no token");
  return 0;
}

// A stream of messages as lines: cut anywhere it gives the same ones, and a message that is read is read from what it
// prints.
#include "input.h"
#include "tools/json_rpc.h"
#include "tools/mcp_answers.h"

namespace {

template <class Reader>
void check(std::string_view stream, std::size_t cut) {
  constexpr std::size_t kBytesMax = 64;
  Reader whole(kBytesMax);
  std::vector<std::string> all;
  const bool good = whole.feed(stream, all).has_value();
  Reader pieces(kBytesMax);
  std::vector<std::string> some;
  bool still_good = pieces.feed(stream.substr(0, cut), some).has_value();
  still_good = still_good && pieces.feed(stream.substr(cut), some).has_value();
  PUNA_CHECK(good == still_good, "a cut does not change whether a stream is read");
  PUNA_CHECK(!good || all == some, "a cut does not change the messages");
  for (const std::string& one : all) {
    PUNA_CHECK(one.size() <= kBytesMax + 1, "no message is over the limit");
    const auto read = puna::tools::read_rpc(one);
    if (!read) {
      continue;
    }
    using Kind = puna::tools::RpcMessage::Kind;
    puna::tools::McpAnswers answers("fuzz", nullptr, {"/a b"});
    PUNA_CHECK(read->kind != Kind::request || puna::tools::read_rpc(answers.reply_to(*read, {})), "an answer is read");
    if (read->kind == Kind::response && !read->error) {
      const auto again = puna::tools::read_rpc(puna::tools::rpc_answer(read->id, read->result));
      PUNA_CHECK(again && again->id == read->id && again->result == read->result, "read and printed are the same");
    }
    if (read->error) {
      PUNA_CHECK(puna::utf8::is_valid(read->error->message), "an error's message is valid UTF-8");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::string_view stream = puna::fuzz::text_of(data + 1, size - 1);
  const std::size_t cut = std::min<std::size_t>(data[0], stream.size());
  check<puna::tools::LineReader>(stream, cut);
  return 0;
}

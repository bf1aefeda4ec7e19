// Any bytes as a stream of server-sent events: cut anywhere they give the same events, within the limit, and events
// that are written are read back.
#include <algorithm>
#include <string>
#include <vector>

#include "input.h"
#include "puna/net/sse.h"

namespace {

constexpr std::size_t kBytesMax = 64;

struct Read {
  std::vector<puna::ServerEvent> events;
  bool good = true;
};

Read read(std::string_view stream, std::size_t step) {
  puna::EventReader reader(kBytesMax);
  Read read;
  for (std::size_t at = 0; at < stream.size() && read.good; at += step) {
    read.good = reader.feed(stream.substr(at, step), read.events).has_value();
  }
  if (read.good) {
    reader.finish(read.events);
  }
  return read;
}

std::string written(const puna::ServerEvent& event) {
  std::string text = "event: " + event.type + "\ndata: ";
  for (const char c : event.data) {
    text += c;
    text += c == '\n' ? "data: " : "";
  }
  return text + "\n\n";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::string_view stream = puna::fuzz::text_of(data + 1, size - 1);
  const Read whole = read(stream, std::max<std::size_t>(stream.size(), 1));
  const Read cut = read(stream, 1 + data[0] % 7U);
  PUNA_CHECK(whole.good == cut.good, "cuts do not change whether a stream is read");
  PUNA_CHECK(!whole.good || whole.events == cut.events, "cuts do not change the events");
  for (const puna::ServerEvent& event : whole.events) {
    PUNA_CHECK(event.data.size() <= kBytesMax + 1, "no event is over the limit");
    PUNA_CHECK(event.data.find('\r') == std::string::npos, "a carriage return ends a line");
    puna::EventReader reader(10 * kBytesMax * (kBytesMax + 1));
    std::vector<puna::ServerEvent> again;
    PUNA_CHECK(reader.feed(written(event), again).has_value(), "what was written is read");
    PUNA_CHECK(again == std::vector{event}, "written and read are the same");
  }
  return 0;
}

// Streams of events as servers write them, well and badly.
#include "puna/net/sse.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace puna {
namespace {

std::vector<ServerEvent> read_in_pieces(std::string_view stream, std::size_t step) {
  EventReader reader(1'000);
  std::vector<ServerEvent> events;
  for (std::size_t at = 0; at < stream.size(); at += step) {
    EXPECT_TRUE(reader.feed(stream.substr(at, step), events));
  }
  return events;
}

TEST(EventReader, EventsAreTheSameWhereverTheyAreCut) {
  const std::string_view stream =
      "\xef\xbb\xbf"
      "data: one\r\ndata:two\r\n\r\n: a comment\n\nevent: x\ndata: y\n\nid: 1\ndata\n\nretry: 5\rdata:  three\r\r"
      "event: no data\n\ndatum: no\n\ndata: \xc3\xa9\n\ndata: half";
  const std::vector<ServerEvent> expected = {
      {.data = "one\ntwo"}, {.type = "x", .data = "y"}, {.data = ""}, {.data = " three"}, {.data = "é"}};
  for (std::size_t step = 1; step <= stream.size(); ++step) {
    EXPECT_EQ(read_in_pieces(stream, step), expected) << step;
  }
}

TEST(EventReader, AMarkOfByteOrderIsOneOnlyAtTheStart) {
  EXPECT_EQ(read_in_pieces("\xef\xbb\xbf\xef\xbb\xbf"
                           "data: a\n\ndata: b\n\n",
                           1),
            std::vector<ServerEvent>{{.data = "b"}});
}

TEST(EventReader, TheEndOfTheStreamEndsAnEventWhereItIsAskedTo) {
  for (const std::string_view stream : {"data: a\n\ndata: b", "data: a\n\ndata: b\n", "data: a\r\rdata: b\r"}) {
    EventReader reader(100);
    std::vector<ServerEvent> events;
    ASSERT_TRUE(reader.feed(stream, events));
    EXPECT_EQ(events.size(), 1U);
    reader.finish(events);
    EXPECT_EQ(events, (std::vector<ServerEvent>{{.data = "a"}, {.data = "b"}}));
  }
}

TEST(EventReader, IdsAreThoseOfEventsThatEndedAlsoWithoutData) {
  const std::string stream = "id: a\nretry: 250\ndata:\n\nid: b\ndata: x\n\nid: c\nretry: soon\ndata: lost";
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    EventReader events(1'000);
    std::vector<ServerEvent> got;
    ASSERT_TRUE(events.feed(stream.substr(0, cut), got));
    ASSERT_TRUE(events.feed(stream.substr(cut), got));
    EXPECT_EQ(got, (std::vector<ServerEvent>{{.data = ""}, {.data = "x"}})) << cut;
    EXPECT_EQ(events.last_id(), "b") << cut;
    EXPECT_EQ(events.retry(), std::chrono::milliseconds(250)) << cut;
    events.begin_again();
    ASSERT_TRUE(events.feed("data: y\n\n", got));
    EXPECT_EQ(got.back(), ServerEvent{.data = "y"}) << cut;
    EXPECT_EQ(events.last_id(), "b") << cut;
  }
  EventReader odd(1'000);
  std::vector<ServerEvent> got;
  ASSERT_TRUE(odd.feed("id: a\x01\x62\nretry: 999999999999\n\nretry: -1\n\n", got));
  EXPECT_EQ(odd.last_id(), "");
  EXPECT_EQ(odd.retry(), std::nullopt);
}

TEST(EventReader, ALineWithoutEndIsBoundedWhateverItsPieces) {
  for (const std::size_t step : {1U, 7U, 5'000U}) {
    EventReader reader(1'000);
    std::vector<ServerEvent> events;
    const std::string piece(step, 'x');
    std::size_t taken = 0;
    while (taken < 10'000 && reader.feed(piece, events)) {
      taken += step;
    }
    EXPECT_LE(taken, 1'000U) << step;
    EXPECT_TRUE(events.empty());
  }
}

TEST(EventReader, ManyShortLinesOfOneEventAreBoundedToo) {
  EventReader reader(50);
  std::vector<ServerEvent> events;
  EXPECT_TRUE(reader.feed("data: 0123456789\n\n", events));
  Result<void> fed;
  int lines = 0;
  while (fed && lines < 100) {
    fed = reader.feed("data: 0123456789\n", events);
    ++lines;
  }
  ASSERT_FALSE(fed);
  EXPECT_EQ(fed.error().code, ErrorCode::limit);
  EXPECT_TRUE(fed.error().message.contains("50")) << fed.error().message;
  EXPECT_LE(lines, 5);
}

}  // namespace
}  // namespace puna

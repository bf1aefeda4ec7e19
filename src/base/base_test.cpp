#include "puna/base.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

namespace puna {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) {
    return fail(ErrorCode::invalid_argument, "odd");
  }
  return number / 2;
}

Result<int> quarter(int number) {
  PUNA_TRY(const int once, half(number));
  PUNA_TRY(const int twice, half(once));
  return twice;
}

TEST(Error, TryPassesTheValueOnOrReturnsTheError) {
  EXPECT_EQ(quarter(8), 2);
  ASSERT_FALSE(quarter(6));
  EXPECT_EQ(quarter(6).error().message, "odd");
}

TEST(Error, EveryCodeHasANameAndStatuses) {
  std::set<std::string_view> names;
  for (int code = 0; code <= static_cast<int>(ErrorCode::internal); ++code) {
    names.insert(name_of(static_cast<ErrorCode>(code)));
    EXPECT_NE(status_of(static_cast<ErrorCode>(code)).exit_status, 0);
    EXPECT_GE(status_of(static_cast<ErrorCode>(code)).http_status, 400);
  }
  EXPECT_EQ(names.size(), 8U);
}

TEST(ErrorDeathTest, ABrokenInvariantStopsTheProcessAndSaysWhere) {
  EXPECT_DEATH(PUNA_CHECK(1 + 1 == 3, "arithmetic"), "bug at .*base_test.cpp.*arithmetic");
}

TEST(Queue, IsFullAtItsCapacityAndKeepsOrder) {
  BoundedQueue<int> queue(2);
  EXPECT_EQ(queue.try_push(1), Push::accepted);
  EXPECT_EQ(queue.try_push(2), Push::accepted);
  EXPECT_EQ(queue.try_push(3), Push::full);
  EXPECT_EQ(queue.try_pop(), 1);
  EXPECT_EQ(queue.pop(), 2);
  EXPECT_EQ(queue.try_pop(), std::nullopt);
}

TEST(Queue, CloseWakesThoseWhoWaitAndLetsTheRestBeTaken) {
  BoundedQueue<int> queue(2);
  EXPECT_EQ(queue.try_push(1), Push::accepted);
  std::vector<std::optional<int>> taken;
  std::jthread reader([&] {
    taken.push_back(queue.pop());
    taken.push_back(queue.pop());
  });
  queue.close();
  reader.join();
  EXPECT_EQ(taken, (std::vector<std::optional<int>>{1, std::nullopt}));
  EXPECT_EQ(queue.try_push(2), Push::closed);
}

TEST(Queue, AStopRequestEndsTheWait) {
  BoundedQueue<int> queue(1);
  std::stop_source stop;
  std::jthread reader([&] { EXPECT_EQ(queue.pop(stop.get_token()), std::nullopt); });
  stop.request_stop();
}

TEST(Random, TheStreamOfASeedIsPartOfTheContract) {
  Random random(0);
  EXPECT_EQ(random.next(), 0xE220A8397B1DCDAFU);  // SplitMix64's published first output for seed 0
  EXPECT_EQ(random.next(), 0x6E789E6AA1B965F4U);
  for (int i = 0; i < 1000; ++i) {
    const double u = random.uniform();
    EXPECT_TRUE(u >= 0.0 && u < 1.0);
  }
}

TEST(Random, MixDependsOnBothNumbersAndTheirOrder) {
  EXPECT_NE(Random::mix(1, 2), Random::mix(2, 1));
  EXPECT_NE(Random::mix(1, 2), Random::mix(1, 3));
  EXPECT_EQ(Random::mix(1, 2), Random::mix(1, 2));
}

TEST(Event, EveryEventHasATypeAndUsageHasIntegersOnly) {
  const std::vector<Event> events{
      event::RunStarted{}, event::TurnStarted{},       event::PromptReady{},
      event::Prefill{},    event::TextDelta{},         event::ReasoningDelta{},
      event::ReplyReady{}, event::ToolStarted{},       event::ToolEnded{},
      event::Notice{},     event::RunEnded{},          event::PrefixLost{},
      event::WindowCut{},  event::PermissionDecided{}, event::Traced{.type = "model.asked", .members = {}}};
  std::set<std::string> types;
  for (const Event& event : events) {
    types.insert(std::string(to_json(event).text_or("type")));
  }
  EXPECT_EQ(types.size(), std::variant_size_v<Event>);
  Usage usage{.prompt_tokens = 5, .cached_tokens = 2, .output_tokens = 3, .forced_tokens = 1};
  usage += usage;
  EXPECT_EQ(
      to_json(usage).dump(),
      R"({"prompt_tokens":10,"cached_tokens":4,"output_tokens":6,"forced_tokens":2,"prefill_us":0,"decode_us":0})");
}

TEST(Event, AnAgentsEventSaysWhichCallsLeadToIt) {
  const std::vector<AgentCall> path{{.agent = "reader", .call_id = "call1"}, {.agent = "counter", .call_id = "call2"}};
  EXPECT_EQ(
      to_json(path, event::Notice{.text = "n"}).dump(),
      R"({"type":"notice","text":"n","path":[{"agent":"reader","call_id":"call1"},{"agent":"counter","call_id":"call2"}]})");
}

}  // namespace
}  // namespace puna

// Rules of the clock tool, on a clock that stands still.
#include <gtest/gtest.h>

#include <chrono>

#include "puna/tools.h"

namespace puna {
namespace {

class StoppedClock final : public Clock {
 public:
  explicit StoppedClock(std::chrono::system_clock::time_point wall) : wall_(wall) {}
  [[nodiscard]] std::chrono::steady_clock::time_point now() const override { return {}; }
  [[nodiscard]] std::chrono::system_clock::time_point wall() const override { return wall_; }

 private:
  std::chrono::system_clock::time_point wall_;
};

std::chrono::system_clock::time_point the_time() {
  using namespace std::chrono;
  return sys_days{2026y / November / 20} + 10h + 45min + 12s + 999ms;
}

ToolResult at(const Json& arguments) {
  const StoppedClock clock(the_time());
  return make_current_time(clock)->run(arguments, {});
}

bool has_zones() {
  try {
    return std::chrono::locate_zone("Europe/Paris") != nullptr;
  } catch (const std::exception&) {
    return false;
  }
}

TEST(CurrentTime, SpecIsWhatTheDemoModelWasTrainedOn) {
  const auto tool = make_current_time(Clock::system());
  EXPECT_EQ(tool->spec().name, "current_time");
  EXPECT_EQ(tool->spec().description, "Tell the current date and time.");
  EXPECT_EQ(tool->spec().parameters.find("properties")->find("timezone")->text_or("type"), "string");
  EXPECT_EQ(tool->spec().parameters.find("required"), nullptr);
}

TEST(CurrentTime, SaysUtcWithoutAZone) {
  EXPECT_EQ(at(Json::object()), (ToolResult{.content = "2026-11-20 10:45:12 UTC, Friday"}));
  EXPECT_EQ(at(Json::object({{"timezone", "UTC"}})).content, "2026-11-20 10:45:12 UTC, Friday");
  EXPECT_EQ(at(Json::object({{"timezone", ""}})).content, "2026-11-20 10:45:12 UTC, Friday");
}

TEST(CurrentTime, SaysTheTimeOfAZone) {
  if (!has_zones()) {
    GTEST_SKIP() << "this machine has no time zone database (package tzdata)";
  }
  EXPECT_EQ(at(Json::object({{"timezone", "Europe/Paris"}})).content, "2026-11-20 11:45:12 Europe/Paris, Friday");
  EXPECT_EQ(at(Json::object({{"timezone", "Asia/Kathmandu"}})).content, "2026-11-20 16:30:12 Asia/Kathmandu, Friday");
  EXPECT_EQ(at(Json::object({{"timezone", "Pacific/Auckland"}})).content,
            "2026-11-20 23:45:12 Pacific/Auckland, Friday");
}

TEST(CurrentTime, AnUnknownZoneIsAnObservationThatSaysWhatToWrite) {
  EXPECT_EQ(at(Json::object({{"timezone", "Mars"}})),
            (ToolResult{.content = "error: unknown time zone 'Mars'. Use an IANA name such as Europe/Paris.",
                        .is_error = true}));
  for (const char* odd : {"../../etc/passwd", "/etc/passwd", "europe/paris\n", "\xff", " "}) {
    const ToolResult result = at(Json::object({{"timezone", odd}}));
    EXPECT_TRUE(result.is_error) << odd;
    EXPECT_TRUE(utf8::is_valid(result.content));
  }
}

}  // namespace
}  // namespace puna

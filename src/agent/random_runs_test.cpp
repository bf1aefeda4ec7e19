// Random scripts against the loop's invariants. The seed of a failure is printed; add it to kSeedsThatFailed.
#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <set>

#include "agent/test_kit.h"

namespace puna::agent {
namespace {

constexpr std::uint64_t kSeeds = 200;
constexpr std::array<std::uint64_t, 1> kSeedsThatFailed = {0};

std::uint64_t below(Random& random, std::uint64_t bound) { return random.next() % bound; }

ToolCall random_call(Random& random) {
  constexpr std::array<std::string_view, 5> kTools = {"echo", "fail", "throw", "advance", "unknown"};
  ToolCall made = call(std::string(kTools[below(random, kTools.size())]), std::to_string(below(random, 3)));
  switch (below(random, 8)) {
    case 0:
      made.arguments = Json();
      break;
    case 1:
      made.arguments = Json::array({1, "x"});
      break;
    case 2:
      made.arguments = Json::object({{"other", true}});
      break;
    default:
      break;
  }
  if (below(random, 3) == 0) {
    made.id = "id" + std::to_string(below(random, 3));
  }
  return made;
}

ScriptedReply random_reply(Random& random) {
  constexpr std::array<ErrorCode, 4> kErrors = {ErrorCode::io, ErrorCode::unavailable, ErrorCode::limit,
                                                ErrorCode::internal};
  ScriptedReply reply;
  switch (below(random, 12)) {
    case 0:
      return says("An answer.");
    case 1:
      return says("");
    case 2:
      return malformed("<tool_call>{\"name\":");
    case 3:
      return {.error = Error{.code = kErrors[below(random, kErrors.size())], .message = "scripted"}};
    case 4:
      reply = malformed("<tool_call>");
      break;
    default:
      break;
  }
  for (std::uint64_t count = below(random, 6); count > 0; --count) {
    reply.message.calls.push_back(random_call(random));
  }
  if (below(random, 4) == 0) {
    reply.message.content += "caf\u00e9 " + std::string(below(random, 200), 'x');
  }
  if (below(random, 4) == 0) {
    reply.message.reasoning = "Hm.";
  }
  reply.finish = static_cast<FinishReason>(below(random, 5));
  return reply;
}

struct Seen {
  int turns = 0;
  std::vector<std::string> started;  // call ids, in order
  std::vector<std::string> ended;
  int runs_ended = 0;
  bool after_end = false;
};

// The reason of the run's end, or nothing when it ended by an error.
std::optional<StopReason> expect_invariants(std::uint64_t seed) {
  Random random(seed);
  SCOPED_TRACE("seed " + std::to_string(seed));
  HandClock clock;
  std::stop_source stop;
  Toolbox tools;
  add_tool(tools, "echo", [](std::string_view text, const std::stop_token&) { return ToolResult{std::string(text)}; });
  add_tool(tools, "fail", [](std::string_view text, const std::stop_token&) { return tool_error(text); });
  add_tool(tools, "throw", [](std::string_view, const std::stop_token&) -> ToolResult { throw 1; });
  add_tool(tools, "advance", [&clock](std::string_view, const std::stop_token&) {
    clock.advance(std::chrono::seconds(30));  // two of these and the time is up
    return ToolResult{.content = "later"};
  });

  std::vector<ScriptedReply> script;
  for (std::uint64_t count = 1 + below(random, 12); count > 0; --count) {
    script.push_back(random_reply(random));
  }
  const auto model = ScriptedModel::create(std::move(script), below(random, 4) == 0 ? 400 : 10'000);
  AgentOptions options;
  options.clock = &clock;
  options.budget = {.turns_max = static_cast<int>(below(random, 10)),
                    .output_tokens_max = static_cast<std::int64_t>(below(random, 1'000)),
                    .time_max = std::chrono::minutes(1),
                    .repeats_max = static_cast<int>(below(random, 4)),
                    .malformed_max = static_cast<int>(below(random, 3)),
                    .calls_per_turn_max = static_cast<int>(below(random, 5))};
  const std::uint64_t stop_at = below(random, 200);  // the event at which the caller asks to stop; often never reached
  std::uint64_t number = 0;
  Seen seen;
  EventLines events([&](const Event& event) {
    if (++number == stop_at) {
      stop.request_stop();
    }
    seen.after_end = seen.runs_ended > 0;
    if (std::holds_alternative<event::TurnStarted>(event)) {
      ++seen.turns;
    } else if (const auto* started = std::get_if<event::ToolStarted>(&event)) {
      seen.started.push_back(started->call_id);
    } else if (const auto* ended = std::get_if<event::ToolEnded>(&event)) {
      seen.ended.push_back(ended->call_id);
      EXPECT_EQ(seen.ended, seen.started);
      EXPECT_EQ(ended->is_error, ended->observation.starts_with("error: ")) << ended->observation;
    } else if (std::holds_alternative<event::RunEnded>(event)) {
      ++seen.runs_ended;
    }
  });

  Transcript transcript = task("Do it.");
  const auto end = resume(*model, tools, transcript, options, events, stop.get_token());

  EXPECT_TRUE(is_whole(transcript));
  EXPECT_LE(seen.turns, std::max(options.budget.turns_max, 0));
  EXPECT_FALSE(seen.after_end);
  EXPECT_EQ(seen.runs_ended, end ? 1 : 0);
  EXPECT_EQ(seen.ended.size(), results(transcript).size());
  if (end) {
    EXPECT_EQ(end->turns, seen.turns);
    EXPECT_LE(end->usage.output_tokens, options.budget.output_tokens_max);
    EXPECT_TRUE(end->reason != StopReason::cancelled || stop.stop_requested()) << "cancelled without anybody asking";
  } else {
    EXPECT_NE(end.error().code, ErrorCode::cancelled);
    EXPECT_NE(end.error().code, ErrorCode::limit);
  }
  EXPECT_EQ(transcript_from_jsonl(to_jsonl(transcript)), transcript);
  return end ? std::optional(end->reason) : std::nullopt;
}

TEST(RandomRuns, NeverBreakTheInvariants) {
  std::set<std::optional<StopReason>> met;
  for (std::uint64_t seed = 0; seed < kSeeds && !testing::Test::HasFailure(); ++seed) {
    met.insert(expect_invariants(seed));
  }
  EXPECT_EQ(met.size(), 9U) << "the scripts no longer reach every stop reason and the errors";
}

TEST(RandomRuns, SeedsThatOnceFailedPass) {
  for (const std::uint64_t seed : kSeedsThatFailed) {
    (void)expect_invariants(seed);
  }
}

}  // namespace
}  // namespace puna::agent

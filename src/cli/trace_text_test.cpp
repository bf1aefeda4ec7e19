// What a trace looks like to people, and that no text of a stranger leaves its place.
#include "cli/trace_text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace puna::cli {
namespace {

class TraceText : public testing::Test {
 protected:
  // A record of this event, so many milliseconds after the one before.
  void add(const Event& event, std::vector<AgentCall> path = {}) {
    at_us_ += 1'000;
    Json json = path.empty() ? to_json(event) : to_json(path, event);
    json.set("at_us", at_us_);
    records_.push_back({.line = records_.size() + 2,
                        .type = std::string(json.text_or("type")),
                        .at_us = at_us_,
                        .path = std::move(path),
                        .json = std::move(json)});
  }
  void answered(std::string content, std::vector<AgentCall> path = {}) {
    add(event::Traced{.type = "model.answered",
                      .members = Json::object(
                          {{"message", Json::object({{"content", content}})},
                           {"usage", to_json(Usage{.prompt_tokens = 1'200, .cached_tokens = 7, .output_tokens = 3})}})},
        std::move(path));
  }
  void run_of_one_call(const std::string& observation) {
    add(event::RunStarted{.task = "Count.", .model = "m", .budget = {}});
    add(event::TurnStarted{.turn = 1});
    answered("I must count.");
    add(event::ToolStarted{.call_id = "c1", .tool = "count", .arguments = Json::object({{"from", 1}})});
    add(event::ToolEnded{
        .call_id = "c1", .tool = "count", .observation = observation, .duration = std::chrono::milliseconds(2)});
    add(event::TurnStarted{.turn = 2});
    answered("Three.");
    add(event::RunEnded{.stop_reason = "answered", .answer = "Three.", .turns = 2, .usage = {}});
  }
  std::string text(const TraceTextOptions& options = {}) {
    std::string all;
    print_story(story_of(records_, problems_), options, [&all](std::string_view line, Style) {
      EXPECT_TRUE(line.ends_with('\n'));
      all += line;
    });
    return all;
  }

  std::vector<TraceRecord> records_;
  std::vector<std::string> problems_;
  std::int64_t at_us_ = 0;
};

std::string without_rules(std::string text) {
  for (const std::string_view rule : {"─", "━"}) {
    for (std::size_t at = 0; (at = text.find(rule)) != std::string::npos;) {
      text.erase(at, rule.size());
    }
  }
  return text;
}

TEST_F(TraceText, AStepHasItsThoughtItsCallItsObservationAndItsCost) {
  run_of_one_call("1\n2\n3");
  EXPECT_EQ(without_rules(text()),
            " New run \nCount.\n m \n"
            " Step 1 \nThought:\n  I must count.\n● count  from=1\nObservation: (2.0 ms)\n  1\n  2\n  3\n"
            "[Step 1: 3.0 ms · input 1,200 tok, 7 cached · output 3 tok]\n"
            " Step 2 \n[Step 2: 2.0 ms · input 1,200 tok, 7 cached · output 3 tok]\n"
            " Answer \n  Three.\n[answered · 2 turns · input 0 tok, 0 cached · output 0 tok]\n");
  EXPECT_TRUE(problems_.empty());
}

TEST_F(TraceText, OneStepAloneHasItsAnswerToo) {
  run_of_one_call("x");
  const std::string shown = text({.full = false, .step = 2});
  EXPECT_FALSE(shown.contains("Step 1")) << shown;
  EXPECT_TRUE(shown.contains("Thought:\n  Three.\n")) << shown;
}

TEST_F(TraceText, LongObservationsAreCutWithCountsUnlessAllIsAskedFor) {
  std::string lines;
  for (int i = 0; i < 40; ++i) {
    lines += "line " + std::to_string(i) + "\n";
  }
  run_of_one_call(lines + std::string(1'000, 'w'));
  const std::string cut = text();
  EXPECT_TRUE(cut.contains("  line 11\n  ... 29 more lines, 1,224 bytes (--full shows them)\n")) << cut;
  EXPECT_FALSE(cut.contains("line 12"));
  const std::string full = text({.full = true, .step = {}});
  EXPECT_TRUE(full.contains("line 39\n  " + std::string(1'000, 'w') + "\n")) << full;
}

TEST_F(TraceText, ACallThatWasCutOffIsShownAndSaid) {
  run_of_one_call("x");
  records_.resize(4);
  const std::string shown = text();
  EXPECT_TRUE(shown.contains("● count  from=1\n  (the trace ends in this call)\n")) << shown;
  EXPECT_TRUE(shown.ends_with("The trace ends in the middle of this run.\n")) << shown;
}

TEST_F(TraceText, AnyNumberOfRecordsGivesAStory) {
  run_of_one_call("x");
  const std::vector<TraceRecord> all = records_;
  for (std::size_t first = 0; first < all.size(); ++first) {
    for (std::size_t end = first; end <= all.size(); ++end) {
      records_.assign(all.begin() + static_cast<std::ptrdiff_t>(first), all.begin() + static_cast<std::ptrdiff_t>(end));
      problems_.clear();
      const std::string shown = text();
      EXPECT_EQ(shown.empty(), records_.empty() || first > 0) << first << " " << end;
      EXPECT_EQ(problems_.size(), first > 0 ? records_.size() : 0U) << "every record is shown or named";
    }
  }
}

TEST_F(TraceText, AgentsAndTheCallsOfCodeStandBelowTheirCall) {
  const std::vector<AgentCall> reader{{.agent = "reader", .call_id = "code-1.1"}};
  add(event::RunStarted{.task = "Read.", .model = "m", .budget = {}});
  add(event::TurnStarted{.turn = 1});
  answered("Thought: read it\n<code>\nreader('x')\n</code>");
  add(event::ToolStarted{.call_id = "code-1", .tool = "python", .arguments = Json::object({{"code", "reader('x')"}})});
  add(event::ToolStarted{.call_id = "code-1.1", .tool = "reader", .arguments = Json::object({{"task", "x"}})});
  add(event::RunStarted{.task = "x", .model = "m", .budget = {}}, reader);
  add(event::TurnStarted{.turn = 1}, reader);
  answered("It says y.", reader);
  add(event::RunEnded{.stop_reason = "answered", .answer = "It says y.", .turns = 1, .usage = {}}, reader);
  add(event::ToolEnded{.call_id = "code-1.1", .tool = "reader", .observation = "It says y."});
  add(event::ToolEnded{.call_id = "code-1", .tool = "python", .observation = "y"});
  const std::string shown = without_rules(text());
  EXPECT_TRUE(
      shown.contains("Thought:\n  Thought: read it\nCode:\n  reader('x')\n  │ ● reader  task=\"x\"\n"
                     "  │   │  Agent reader \n  │   │ x\n"))
      << shown;
  EXPECT_TRUE(shown.contains("  │   │ [answered · 1 turns")) << shown;
  EXPECT_TRUE(problems_.empty()) << problems_.front();
}

TEST_F(TraceText, NothingThatWasWrittenReachesATerminalAsACommand) {
  const std::string evil =
      "\x1b]0;owned\x07\r\x9b"
      "31m\n\x1b[2J";
  add(event::RunStarted{.task = evil, .model = evil, .budget = {}});
  add(event::TurnStarted{.turn = 1});
  answered(evil);
  add(event::Notice{.text = evil});
  add(event::ToolStarted{.call_id = evil, .tool = evil, .arguments = evil});
  add(event::PermissionDecided{
      .call_id = evil, .tool = evil, .is_allowed = false, .by = evil, .rule = evil, .call_hash = {}});
  add(event::ToolEnded{.call_id = evil, .tool = evil, .observation = evil});
  add(event::RunEnded{.stop_reason = evil, .answer = evil, .turns = 1, .usage = {}});
  const std::string shown = text({.full = true, .step = {}});
  EXPECT_TRUE(shown.contains("owned"));
  EXPECT_TRUE(std::ranges::none_of(
      shown, [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7f; }));
}

}  // namespace
}  // namespace puna::cli

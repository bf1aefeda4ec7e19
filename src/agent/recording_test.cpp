// Rules of recordings: a replay gives equal bytes, two equal runs give equal files, and what differs is named.
#include "puna/agent/recording.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "agent/test_kit.h"
#include "puna/agent/sub_agent.h"
#include "puna/agent/window.h"
#include "puna/model/forwarding_model.h"

namespace puna::agent {
namespace {

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  const std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return at == std::string::npos ? text : text.replace(at, what.size(), with);
}

// The same text in other pieces, as a slow reader of an engine gets it.
class PiecesModel final : public ForwardingModel {
 public:
  PiecesModel(Model& below, std::size_t bytes) : ForwardingModel(below), bytes_(bytes) {}
  [[nodiscard]] Result<Reply> ask(const Request& request, EventSink& events, std::stop_token stop) override {
    class Cutter final : public EventSink {
     public:
      Cutter(EventSink& to, std::size_t bytes) : to_(to), bytes_(bytes) {}
      void on(const Event& event) override {
        const auto* delta = std::get_if<event::TextDelta>(&event);
        for (auto rest = delta == nullptr ? std::string_view() : std::string_view(delta->text); !rest.empty();) {
          const std::string_view part = utf8::truncate(rest, bytes_);
          to_.on(event::TextDelta{.text = std::string(part)});
          rest.remove_prefix(part.size());
        }
        if (delta == nullptr) {
          to_.on(event);
        }
      }

     private:
      EventSink& to_;
      const std::size_t bytes_;
    } cutter(events, bytes_);
    return below().ask(request, cutter, std::move(stop));
  }

 private:
  const std::size_t bytes_;
};

class RecordingTest : public LoopTest {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "puna-recording-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  // Records a run of the script from the transcript as it is; the file's text.
  std::string record(std::vector<ScriptedReply> script, int window_tokens = 100'000, std::size_t piece_bytes = 7) {
    const auto recorder = Recorder::create(folder / "run.rec").value();
    const auto scripted = ScriptedModel::create(std::move(script), window_tokens);
    PiecesModel pieces(*scripted, piece_bytes);
    const auto watched = recorder->watch(pieces);
    const auto sink = recorder->watch(events);
    auto box = recorder->watch(tools);
    EXPECT_TRUE(box) << (box ? "" : box.error().message);
    const std::unique_ptr<Gate> gate = options.gate == nullptr ? nullptr : recorder->watch(*options.gate);
    AgentOptions recorded = options;
    recorded.gate = gate.get();
    recorded.record = &recorder->record();
    EXPECT_TRUE(
        recorder->begin({.about = Json::object({{"program", "test"}}), .agent = recorded, .transcript = transcript}));
    whole = transcript;
    const auto end = resume(*watched, *box, whole, recorded, *sink, stop.get_token());
    EXPECT_TRUE(recorder->finish(end ? std::nullopt : std::optional(end.error())));
    return text_of(folder / "run.rec");
  }
  static Recording read(std::string_view text) {
    auto recording = read_recording(text);
    EXPECT_TRUE(recording) << (recording ? "" : recording.error().message);
    return recording ? *std::move(recording) : Recording();
  }
  static std::string difference(std::string_view text) {
    const auto again = replay(read(text));
    EXPECT_TRUE(again) << (again ? "" : again.error().message);
    return again ? again->difference.value_or("") : "";
  }
  // Replays without a difference, and gives the same messages.
  void expect_equal(std::string_view text) const {
    const Recording recording = read(text);
    const auto again = replay(recording);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->difference, std::nullopt);
    EXPECT_EQ(again->messages, recording.messages);
  }

  std::filesystem::path folder;
  Transcript whole;  // of the recorded run
};

std::vector<ScriptedReply> eventful() {
  ScriptedReply thoughtful = says("Caf\u00e9 8.");
  thoughtful.message.reasoning = "4 + 4.";
  return {calls({call("echo", "4"), call("fail", "x"), call("unknown", "y")}), malformed("<tool_call>{"),
          calls({call("echo", "4")}), calls({call("echo", "4")}), thoughtful};
}

TEST_F(RecordingTest, AReplayGivesTheSameEventsAndTranscript) {
  const std::string text = record(eventful());
  const Recording recording = read(text);
  EXPECT_EQ(transcript_of(recording), whole);
  EXPECT_EQ(recording.model.calls.size(), 5U);
  EXPECT_EQ(recording.results.size(), 3U) << "unknown and repeated calls run no tool";
  EXPECT_EQ(recording.events.back().text_or("type"), "run.ended");
  EXPECT_FALSE(recording.is_cut);
  EventLines view;
  const auto again = replay(recording, view);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->difference, std::nullopt);
  EXPECT_EQ(view.lines, events.lines) << "who looks on sees the same";
}

TEST_F(RecordingTest, EqualRunsGiveEqualBytesHoweverTheTextCame) {
  const std::string first = record(eventful(), 100'000, 3);
  const std::string second = record(eventful(), 100'000, 16);
  EXPECT_EQ(first, second);
  EXPECT_TRUE(differences(read(first), read(second)).empty());
}

TEST_F(RecordingTest, ItsFileIsItsOwnersAloneAndHoldsItsEnd) {
  const std::string text = record({says("8")});
  struct stat facts{};
  ASSERT_EQ(::stat((folder / "run.rec").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
  EXPECT_TRUE(text.ends_with("{\"type\":\"end\"}\n")) << text;
  const Recording cut = read(text.substr(0, text.size() - 5));
  EXPECT_TRUE(cut.is_cut);
  EXPECT_EQ(replay(cut)->difference, std::nullopt);
}

TEST_F(RecordingTest, AnAnswerThatWasChangedIsAMissThatNamesBothSides) {
  const std::string text = record(eventful());
  EXPECT_EQ(difference(replaced(text, R"("content":"4","is_error":false)", R"("content":"5","is_error":false)")),
            R"(call 2 of the model is not the recorded one: messages[3].content, byte 0: was "4", is "5")");
  EXPECT_EQ(difference(replaced(text, R"("tool":"echo","arguments":{"text":"4"},"content")",
                                R"("tool":"echo","arguments":{"text":"3"},"content")")),
            R"(tool call 1 is not the recorded one: arguments.text, byte 0: was "3", is "4")");
  EXPECT_EQ(difference(replaced(text, R"("type":"turn.started","turn":2)", R"("type":"turn.started","turn":7)")),
            "event 10 (turn.started): turn: was 7, is 2");
  EXPECT_TRUE(difference(replaced(text, R"({"type":"message","message":{"role":"assistant")",
                                  R"({"type":"message","message":{"role":"assistant","content":"x")"))
                  .starts_with("message 1 (assistant): content"));
}

TEST_F(RecordingTest, AnErrorOfTheModelEndsTheReplayToo) {
  const Error error{.code = ErrorCode::io, .message = "the cable", .hint = "plug it in"};
  const std::string text = record({calls({call("echo", "1")}), {.error = error}});
  EXPECT_EQ(read(text).failure, error);
  expect_equal(text);
  EXPECT_TRUE(difference(replaced(text, R"("end","error":{"code":"io","message":"the cable")",
                                  R"("end","error":{"code":"io","message":"the wire")"))
                  .starts_with("the end: message"));
}

TEST_F(RecordingTest, AStoppedRunIsStoppedAgainAtTheSamePlace) {
  add_tool(tools, "wait", [this](std::string_view, const std::stop_token& token) {
    stop.request_stop();
    wait_for(token);
    return tool_error("interrupted");
  });
  const std::string text = record({calls({call("wait", ""), call("echo", "x")}), says("never")});
  EXPECT_EQ(read(text).events.back().text_or("stop_reason"), "cancelled");
  expect_equal(text);
}

TEST_F(RecordingTest, ATimeLimitThatWasReachedIsReachedAgainWithoutTime) {
  add_tool(tools, "wait", [](std::string_view, const std::stop_token& token) {
    wait_for(token);
    return tool_error("interrupted");
  });
  options.clock = &Clock::system();
  options.budget.time_max = std::chrono::milliseconds(20);
  const std::string text = record({calls({call("wait", ""), call("echo", "x")}), says("never")});
  EXPECT_EQ(read(text).events.back().text_or("stop_reason"), "time_max");
  expect_equal(text);
}

TEST_F(RecordingTest, PermissionsAreThoseOfTheRecording) {
  class OddGate final : public Gate {
   public:
    void begin(std::span<const Message> /*transcript*/, const Toolbox& /*tools*/) override {}
    [[nodiscard]] Permit before(const ToolCall& call, const Tool& /*tool*/, const std::stop_token& /*stop*/) override {
      const bool is_allowed = call.arguments.text_or("text") != "bad";
      return {
          .is_allowed = is_allowed, .by = Permit::By::user, .rule = "asked", .call_hash = "12", .observation = "no"};
    }
    void after(const Tool& /*tool*/) override {}
  } gate;
  options.gate = &gate;
  const std::string text = record({calls({call("echo", "good"), call("echo", "bad")}), says("done")});
  const Recording recording = read(text);
  EXPECT_EQ(recording.permits.size(), 2U);
  EXPECT_EQ(recording.results.size(), 1U);
  EXPECT_FALSE(text.contains("\"call_hash\":\"12\"")) << "it names the folder";
  expect_equal(text);
}

TEST_F(RecordingTest, AWindowThatWasCutIsCutAgain) {
  add_tool(tools, "long", [](std::string_view text, const std::stop_token&) {
    return ToolResult{.content = std::string(text) + std::string(2'000, 'x')};
  });
  std::vector<ScriptedReply> script;
  for (int i = 0; i < 6; ++i) {
    script.push_back(calls({call("long", std::to_string(i))}));
  }
  script.push_back(says("done"));
  const std::string text = record(std::move(script), 2'500);
  EXPECT_TRUE(text.contains("\"type\":\"window.cut\"")) << text;
  EXPECT_FALSE(read(text).model.counts.empty());
  expect_equal(text);
}

TEST_F(RecordingTest, AnAgentAmongTheToolsIsRefused) {
  const auto agents = AgentDirectory::create({{.name = "reader", .description = "Reads."}}).value();
  ASSERT_TRUE(agents->offer(tools));
  const auto recorder = Recorder::create(folder / "run.rec").value();
  const auto box = recorder->watch(tools);
  ASSERT_FALSE(box);
  EXPECT_EQ(box.error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(box.error().message, "'reader' is an agent: its run cannot be recorded");
}

TEST_F(RecordingTest, WhatCannotBeWrittenEndsTheRun) {
  EXPECT_EQ(Recorder::create(folder / "none" / "run.rec").error().code, ErrorCode::not_found);
  const auto recorder = Recorder::create("/dev/full").value();
  EXPECT_EQ(recorder->begin({.agent = options, .transcript = transcript}).error().code, ErrorCode::io);
  EXPECT_EQ(recorder->record().append({.content = "x"}).error().code, ErrorCode::io);
  EXPECT_EQ(recorder->finish(std::nullopt).error().code, ErrorCode::io);
}

TEST_F(RecordingTest, WhatIsNoRecordingIsRefusedByLine) {
  const std::string text = record({says("8")});
  const auto why = [](std::string_view damaged) {
    const auto recording = read_recording(damaged);
    return recording ? "" : recording.error().message;
  };
  EXPECT_EQ(why(""), "not a recording: it is empty");
  EXPECT_EQ(why("{\"type\":\"trace\"}\n"), "line 1: not a recording");
  EXPECT_TRUE(why(text + "{}\n").ends_with("there are lines behind the end"));
  EXPECT_TRUE(why(replaced(text, R"("type":"end")", R"("type":"odd")")).ends_with("'odd' is no record"));
  EXPECT_TRUE(why(replaced(text, R"("finish":"end_of_turn")", R"("finish":"tired")")).contains("'finish'"));
  EXPECT_EQ(why(replaced(text, R"("agent":{)", R"("agent":"x","other":{)")), "line 1: \"agent\" is not an object");
  const auto newer = read_recording(replaced(text, R"("version":1)", R"("version":9)"));
  EXPECT_EQ(newer.error().code, ErrorCode::unavailable);
}

TEST_F(RecordingTest, DifferencesAreNamedInWords) {
  const std::string text = record(eventful());
  const Recording was = read(text);
  const auto against = [&was](const std::string& other) { return differences(was, read(other)); };
  EXPECT_EQ(against(replaced(text, R"("program":"test")", R"("program":"text")")),
            (std::vector<std::string>{R"(about.program, byte 2: was "test", is "text")"}));
  EXPECT_EQ(against(replaced(text, R"("turns_max":20)", R"("turns_max":3)")),
            (std::vector<std::string>{"agent.turns_max: was 20, is 3"}));
  EXPECT_EQ(against(replaced(text, R"("content":"4","is_error":false)", R"("content":"5","is_error":false)")).front(),
            R"(call of a tool 1: content, byte 0: was "4", is "5")");
  EXPECT_TRUE(against(record({says("8")})).back().starts_with("call of the model 1: reply: "))
      << differences(was, read(record({says("8")}))).back();
}

class FakeInterpreter final : public CodeInterpreter {
 public:
  [[nodiscard]] const std::string& dialect() const override { return dialect_; }
  [[nodiscard]] bool is_micropython() const override { return false; }
  [[nodiscard]] Result<PythonStep> run(std::string_view code, const PythonToolbox& answer,
                                       std::stop_token stop) override {
    PythonStep step{.output = {.head = "\x1b[1mloud", .tail = {}}, .value = "'v'"};
    if (code.contains("echo")) {
      const PythonAnswer said = answer({.number = 1, .tool = "echo", .arguments = Json::object({{"text", "a"}})}, stop);
      step.output.head += said.value.as_string();
      step.calls = 1;
    } else if (code.contains("raise")) {
      step.end = PythonEnd::error;
      step.error = PythonError{.type = "Odd", .message = "m", .line = 1, .source = "raise", .trace = "line 1"};
      step.state_lost = true;
    } else {
      step.end = PythonEnd::final_answer;
      step.final_answer = Json::array({1, "two"});
    }
    return step;
  }

 private:
  std::string dialect_ = "Fake 1";
};

TEST_F(RecordingTest, ARunOfCodeIsMadeAgainWithoutAnInterpreter) {
  const auto recorder = Recorder::create(folder / "run.rec").value();
  const auto scripted = ScriptedModel::create(
      {says("<code>echo('a')</code>"), says("no code"), says("<code>raise</code>"), says("<code>final</code>")},
      100'000);
  const auto watched = recorder->watch(*scripted);
  const auto sink = recorder->watch(events);
  Toolbox box = recorder->watch(tools).value();
  CodeAgentOptions code{.agent = options, .planning_interval = 0, .instructions = "Be quick."};
  code.agent.record = &recorder->record();
  ASSERT_TRUE(recorder->begin(
      {.agent = options, .is_code = true, .task = "Do it.", .instructions = "Be quick.", .calls_per_step_max = 3}));
  code.calls_per_step_max = 3;
  const OpenInterpreter open = recorder->watch([](const PythonOptions&) -> Result<std::unique_ptr<CodeInterpreter>> {
    return std::make_unique<FakeInterpreter>();
  });
  auto agent = CodeAgent::create(*watched, box, open, code);
  ASSERT_TRUE(agent) << agent.error().message;
  ASSERT_TRUE(code.agent.record->append(agent->transcript().front()));
  const auto end = agent->run("Do it.", *sink);
  ASSERT_TRUE(end) << end.error().message;
  ASSERT_TRUE(recorder->finish(std::nullopt));
  EXPECT_EQ(end->answer, Json::array({1, "two"}));
  const std::string text = text_of(folder / "run.rec");
  const Recording recording = read(text);
  EXPECT_EQ(recording.dialect, "Fake 1");
  EXPECT_EQ(recording.code.size(), 4U) << "what might be code is looked at, too";
  EXPECT_EQ(transcript_of(recording), agent->transcript());
  expect_equal(text);
  EXPECT_TRUE(difference(replaced(text, R"("code":"raise","calls")", R"("code":"rise","calls")"))
                  .starts_with("piece 3 of code is not the recorded one: byte 1"));
  const auto unanswered = read_recording(replaced(text, R"("final_answer":)", R"("answer":)"));
  ASSERT_FALSE(unanswered);
  EXPECT_TRUE(unanswered.error().message.contains("without its 'final_answer'")) << unanswered.error().message;
}

// ---- random scripts

ScriptedReply chance_reply(Random& random) {
  constexpr std::array<std::string_view, 4> kTools = {"echo", "fail", "advance", "unknown"};
  ScriptedReply reply;
  switch (random.next() % 10) {
    case 0:
      return says("An answer.");
    case 1:
      return malformed("<tool_call>{\"name\":");
    case 2:
      return {.error = Error{.code = ErrorCode::unavailable, .message = "gone", .hint = {}}};
    default:
      break;
  }
  for (std::uint64_t count = random.next() % 5; count > 0; --count) {
    reply.message.calls.push_back(
        call(std::string(kTools[random.next() % kTools.size()]), std::to_string(random.next() % 3)));
  }
  reply.message.content = random.next() % 3 == 0 ? std::string(random.next() % 100, 'x') : "";
  reply.finish = static_cast<FinishReason>(random.next() % 5);
  return reply;
}

TEST_F(RecordingTest, EveryRandomRunIsReplayedToTheSameBytes) {
  add_tool(tools, "advance", [this](std::string_view, const std::stop_token&) {
    clock.advance(std::chrono::seconds(30));  // two of these and the time is up
    return ToolResult{.content = "later"};
  });
  std::set<std::string> ends;
  for (std::uint64_t seed = 0; seed < 150 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    std::vector<ScriptedReply> script;
    for (std::uint64_t count = 1 + random.next() % 10; count > 0; --count) {
      script.push_back(chance_reply(random));
    }
    options.budget = {.turns_max = static_cast<int>(random.next() % 8),
                      .output_tokens_max = static_cast<std::int64_t>(random.next() % 600),
                      .time_max = std::chrono::minutes(1),
                      .repeats_max = static_cast<int>(random.next() % 4),
                      .malformed_max = static_cast<int>(random.next() % 3),
                      .calls_per_turn_max = static_cast<int>(random.next() % 5)};
    const std::string text = record(std::move(script), random.next() % 4 == 0 ? 400 : 10'000);
    expect_equal(text);
    ends.insert(std::string(read(text).events.back().text_or("stop_reason", "error")));
  }
  EXPECT_GE(ends.size(), 6U) << "the scripts no longer reach most ends";
}

}  // namespace
}  // namespace puna::agent

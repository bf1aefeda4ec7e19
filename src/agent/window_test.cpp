// The ladder: what is cut, in which order, and what never is. Random transcripts hold its promises.
#include "puna/agent/window.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "agent/test_kit.h"
#include "agent/window_cuts.h"

namespace puna::agent {
namespace {

// A model whose tokens are four bytes of text, and which answers every summary with the same words.
class CountingModel final : public Model {
 public:
  explicit CountingModel(int window) : window_(window) {}

  [[nodiscard]] Result<Reply> ask(const Request& request, EventSink& /*events*/, std::stop_token /*stop*/) override {
    asked.push_back(request);
    if (!summary) {
      return fail(ErrorCode::unavailable, "no summary today");
    }
    Reply reply;
    reply.message = {.role = Role::assistant, .content = Json::object({{"summary", *summary}}).dump()};
    reply.usage = {.prompt_tokens = 1, .output_tokens = 7};
    return reply;
  }
  [[nodiscard]] Result<std::int64_t> count_tokens(const Request& request) override {
    ++counts;
    std::size_t bytes = 0;
    for (const Message& message : request.messages) {
      bytes += bytes_of(message) + 8;
      for (const Attachment& attachment : message.attachments) {
        bytes += attachment.media.bytes().size();
      }
    }
    return static_cast<std::int64_t>(bytes / 4);
  }
  [[nodiscard]] std::string name() const override { return "counting"; }
  [[nodiscard]] int window_tokens() const override { return window_; }

  std::optional<std::string> summary = "the code is 4711";
  std::vector<Request> asked;
  int counts = 0;

 private:
  const int window_;
};

Message user(std::string text) { return {.role = Role::user, .content = std::move(text)}; }
Message reply_of(std::string text) { return {.role = Role::assistant, .content = std::move(text)}; }

void add_call(Transcript& transcript, const std::string& id, std::string result) {
  transcript.push_back({.role = Role::assistant, .calls = {{.id = id, .name = "read", .arguments = Json::object()}}});
  transcript.push_back({.role = Role::tool, .content = std::move(result), .call_id = id, .tool = "read"});
}

Transcript with_results(int count, std::size_t bytes) {
  Transcript transcript{{.role = Role::system, .content = "You are helpful."}, user("Find the code.")};
  for (int i = 0; i < count; ++i) {
    add_call(transcript, "c" + std::to_string(i), std::string(bytes, static_cast<char>('a' + i % 26)));
  }
  return transcript;
}

struct Cut {
  std::vector<Message> shown;
  std::int64_t tokens = 0;
  std::vector<std::string> lines;
  Usage spent;
};

Cut cut(ContextWindow& window, CountingModel& model, const Transcript& transcript, std::size_t task = 1) {
  Request request;
  EventLines events;
  const auto spent = window.make_room(model, request, transcript, task, events);
  EXPECT_TRUE(spent.has_value()) << spent.error().message;
  return {.shown = request.messages,
          .tokens = model.count_tokens(request).value_or(-1),
          .lines = events.lines,
          .spent = spent.value_or(Usage{})};
}

TEST(ContextWindow, WhatFitsIsShownAsItIsAndNotCounted) {
  CountingModel model(100'000);
  ContextWindow window;
  const Transcript transcript = with_results(4, 500);
  const Cut is = cut(window, model, transcript);
  EXPECT_EQ(is.shown, transcript);
  EXPECT_TRUE(is.lines.empty());
  EXPECT_EQ(model.counts, 1);  // the test's own
}

TEST(ContextWindow, OldResultsGoFirstAndTheNewestStay) {
  CountingModel model(2000);
  ContextWindow window;
  const Transcript transcript = with_results(8, 1000);
  const Cut is = cut(window, model, transcript);
  ASSERT_EQ(is.lines.size(), 1U);
  EXPECT_TRUE(is.lines[0].starts_with("window cut: results")) << is.lines[0];
  EXPECT_LE(is.tokens, 1200);
  EXPECT_EQ(is.shown.size(), transcript.size());
  EXPECT_EQ(is.shown[3].content, std::string(240, 'a') + " [... 760 bytes of this result are no longer shown]");
  EXPECT_EQ(is.shown.back(), transcript.back());
  EXPECT_EQ(is.shown[transcript.size() - 3], transcript[transcript.size() - 3]);
  EXPECT_TRUE(model.asked.empty());
}

Message with_note(std::string text, const std::string& name, std::size_t bytes) {
  Message message = user(std::move(text));
  EXPECT_TRUE(attach(message, Media::create(std::string(bytes, 'n'), name).value()));
  return message;
}

TEST(ContextWindow, MediaOfOldTurnsGoBeforeAnythingIsSummedUp) {
  CountingModel model(1'000);
  Transcript transcript{{.role = Role::system, .content = "You are helpful."},
                        with_note("First:", "old.txt", 2'000),
                        reply_of("Seen."),
                        with_note("Second:", "later.txt", 1'100),
                        reply_of("Seen, too."),
                        with_note("The task:", "task.txt", 400),
                        reply_of("Yes."),
                        user("And?")};
  ContextWindow window;
  const Cut once = cut(window, model, transcript, 5);
  EXPECT_EQ(once.lines, (std::vector<std::string>{"window cut: media of 1 messages, 906 to 414 tokens of 1000"}));
  EXPECT_TRUE(model.asked.empty()) << "no summary";
  EXPECT_EQ(once.shown[1].content, "First:[file old.txt is no longer shown]");
  EXPECT_TRUE(once.shown[1].attachments.empty());
  EXPECT_EQ(once.shown[3], transcript[3]) << "there is room for it";
  transcript.push_back(reply_of(std::string(1'760, 'y')));
  const Cut twice = cut(window, model, transcript, 5);
  EXPECT_EQ(twice.shown[3].content, "Second:[file later.txt is no longer shown]");
  EXPECT_EQ(twice.shown[5], transcript[5]) << "the task keeps what belongs to it";
  window.forget();
  EXPECT_EQ(window.shown(transcript), transcript);
}

TEST(ContextWindow, TheMiddleBecomesASummaryThatTheModelWrites) {
  CountingModel model(2000);
  ContextWindow window;
  Transcript transcript{{.role = Role::system, .content = "You are helpful."}, user("Find the code.")};
  for (int i = 0; i < 12; ++i) {
    transcript.push_back(reply_of(std::string(600, 'x')));
    transcript.push_back(user("go on " + std::to_string(i)));
  }
  const Cut is = cut(window, model, transcript);
  ASSERT_EQ(is.lines.size(), 1U);
  EXPECT_TRUE(is.lines[0].starts_with("window cut: summary of 22 messages")) << is.lines[0];
  ASSERT_EQ(model.asked.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<format::Schema>(model.asked[0].format.value()));
  EXPECT_EQ(is.spent.output_tokens, 7);
  ASSERT_EQ(is.shown.size(), 4U);
  EXPECT_EQ(is.shown[1].content,
            "Find the code.\n\n(22 earlier messages of this conversation are not shown. In short: the code is 4711)");
  EXPECT_EQ(is.shown[2], transcript[transcript.size() - 2]);
  EXPECT_EQ(is.shown[3], transcript.back());
}

TEST(ContextWindow, CompactingCutsAlthoughThereIsRoom) {
  for (const bool is_managed : {true, false}) {
    CountingModel model(100'000);
    ContextWindow window({.is_managed = is_managed});
    Transcript transcript = with_results(3, 1000);
    transcript.push_back(reply_of("The code is 4711."));
    transcript.push_back(user("Thanks."));
    transcript.push_back(reply_of("You are welcome."));
    Request request;
    EventLines events;
    const auto spent = window.compact(model, request, transcript, events);
    ASSERT_TRUE(spent) << spent.error().message;
    EXPECT_EQ(spent->output_tokens, 7);
    ASSERT_EQ(events.lines.size(), 2U);
    EXPECT_TRUE(events.lines[0].starts_with("window cut: results of 3 messages")) << events.lines[0];
    EXPECT_TRUE(events.lines[1].starts_with("window cut: summary of 8 messages")) << events.lines[1];
    EXPECT_EQ(request.messages, window.shown(transcript));
    ASSERT_EQ(request.messages.size(), 3U);
    EXPECT_TRUE(request.messages[1].content.ends_with("In short: the code is 4711)\n\nThanks."));
    EXPECT_EQ(request.messages[2], transcript.back());
    const Cut later = cut(window, model, transcript);
    EXPECT_EQ(later.shown, request.messages) << "it stays so";
  }
}

TEST(ContextWindow, CompactingLeavesWhatIsShortAndWhatHasNoSummary) {
  CountingModel model(100'000);
  ContextWindow window;
  const Transcript brief{user("Hello"), reply_of("Hello!")};
  Request request;
  EventLines events;
  ASSERT_TRUE(window.compact(model, request, brief, events));
  EXPECT_EQ(request.messages, brief);
  model.summary.reset();
  Transcript talk;
  for (int i = 0; i < 5; ++i) {
    talk.push_back(user("u" + std::to_string(i)));
    talk.push_back(reply_of("a"));
  }
  ASSERT_TRUE(window.compact(model, request, talk, events));
  EXPECT_EQ(request.messages, talk);
  EXPECT_TRUE(events.lines.empty());
}

TEST(ContextWindow, WithoutASummaryWholeTurnsAreLeftOut) {
  for (const bool asks : {true, false}) {
    CountingModel model(2000);
    model.summary.reset();
    ContextWindow window({.summarises = asks});
    Transcript transcript{user("Find the code.")};
    for (int i = 0; i < 10; ++i) {
      add_call(transcript, "c" + std::to_string(i), std::string(200, 'r'));
      transcript.push_back(reply_of(std::string(500, 'x')));
    }
    const Cut is = cut(window, model, transcript, 0);
    ASSERT_EQ(is.lines.size(), 1U);
    EXPECT_TRUE(is.lines[0].starts_with("window cut: turns")) << is.lines[0];
    EXPECT_EQ(model.asked.size(), asks ? 1U : 0U);
    EXPECT_LE(is.tokens, 1200);
    EXPECT_TRUE(is.shown[0].content.starts_with("Find the code.\n\n(")) << is.shown[0].content;
    EXPECT_EQ(is.shown.back(), transcript.back());
  }
}

TEST(ContextWindow, OneResultThatIsTooLargeKeepsItsEnds) {
  CountingModel model(2000);
  ContextWindow window;
  Transcript transcript{user("Read it.")};
  add_call(transcript, "c1", "begin " + std::string(20'000, 'x') + " end");
  const Cut is = cut(window, model, transcript, 0);
  ASSERT_EQ(is.lines.size(), 1U);
  EXPECT_TRUE(is.lines[0].starts_with("window cut: newest results")) << is.lines[0];
  EXPECT_LE(is.tokens, 1200);
  EXPECT_TRUE(is.shown[2].content.starts_with("begin x"));
  EXPECT_TRUE(is.shown[2].content.ends_with("x end"));
}

TEST(ContextWindow, TheSameIsShownUntilTheNextCut) {
  CountingModel model(2000);
  ContextWindow window;
  Transcript transcript = with_results(8, 1000);
  const Cut first = cut(window, model, transcript);
  add_call(transcript, "c9", "short");
  const Cut second = cut(window, model, transcript);
  EXPECT_TRUE(second.lines.empty());
  ASSERT_EQ(second.shown.size(), first.shown.size() + 2);
  EXPECT_TRUE(std::equal(first.shown.begin(), first.shown.end(), second.shown.begin()));
}

TEST(ContextWindow, WhatCannotBeCutIsNotTriedAgain) {
  CountingModel model(100);
  ContextWindow window;
  const Transcript transcript{user(std::string(4000, 'x'))};
  EXPECT_EQ(cut(window, model, transcript, 0).shown, transcript);
  const int counts = model.counts;
  EXPECT_EQ(cut(window, model, transcript, 0).shown, transcript);
  EXPECT_EQ(model.counts, counts + 1);  // the test's own
}

TEST(ContextWindow, AnUnmanagedOneShowsEverything) {
  CountingModel model(100);
  ContextWindow window({.is_managed = false});
  const Transcript transcript = with_results(8, 1000);
  EXPECT_EQ(cut(window, model, transcript).shown, transcript);
}

TEST(ContextWindow, ALastAnswerMakesTheBoundClose) {
  CountingModel model(2000);
  ContextWindow window;
  Transcript transcript = with_results(1, 4000);  // 1,000 tokens, but 4,000 bytes
  window.answered({.prompt_tokens = 1000, .output_tokens = 10}, transcript.size());
  EXPECT_EQ(cut(window, model, transcript).shown, transcript);
  EXPECT_EQ(model.counts, 1);  // the test's own
}

// A run whose every reply calls a tool, in a window for a few of them: it goes on to its end, and the task stays.
TEST(ContextWindow, ARunOutlivesItsWindow) {
  std::vector<ScriptedReply> replies;
  for (int i = 0; i < 60; ++i) {
    replies.push_back(calls({call("echo", std::string(300, 'e') + std::to_string(i))}));
  }
  replies.push_back(says("done"));
  const auto model = ScriptedModel::create(std::move(replies), 2000);
  Toolbox tools;
  add_tool(tools, "echo",
           [](std::string_view text, const std::stop_token&) { return ToolResult{.content = std::string(text)}; });
  Transcript transcript{user("Say done in the end.")};
  AgentOptions options;
  options.budget.turns_max = 100;
  ContextWindow window({.summarises = false});
  options.window = &window;
  EventLines events;
  const auto end = resume(*model, tools, transcript, options, events);
  ASSERT_TRUE(end.has_value()) << end.error().message;
  EXPECT_EQ(end->reason, StopReason::answered);
  EXPECT_EQ(transcript.size(), 122U);
  EXPECT_TRUE(std::ranges::any_of(events.lines, [](const auto& line) { return line.starts_with("window cut"); }));
  for (const Request& request : model->requests()) {
    EXPECT_TRUE(request.messages.front().content.starts_with("Say done in the end."));
    EXPECT_LE(model->count_tokens(request).value_or(1'000'000), 1700);
  }
}

// What a summary took is no longer there for the reply.
TEST(ContextWindow, ASummaryIsPaidFromTheBudgetOfTheRun) {
  CountingModel model(2000);
  Transcript transcript{user("Find the code.")};
  for (int i = 0; i < 12; ++i) {
    transcript.push_back(reply_of(std::string(600, 'x')));
    transcript.push_back(user("go on " + std::to_string(i)));
  }
  AgentOptions options;
  options.budget.output_tokens_max = 100;
  Toolbox none;
  const auto end = resume(model, none, transcript, options, EventSink::none());
  ASSERT_TRUE(end.has_value()) << end.error().message;
  ASSERT_EQ(model.asked.size(), 2U);
  EXPECT_EQ(model.asked[1].tokens_max, 93);  // the summary took seven
  EXPECT_EQ(end->usage.output_tokens, 14);
}

// Whatever the transcript: it is not changed; system, task, pins and the newest turns are shown as they are; every call
// that is shown has its result behind it; no user's message follows another that the transcript had not together.
TEST(ContextWindow, RandomTranscriptsKeepWhatMustBeKept) {
  for (unsigned seed = 0; seed < 400; ++seed) {
    std::mt19937 random(seed);
    const auto draw = [&random](std::size_t low, std::size_t high) {
      return std::uniform_int_distribution<std::size_t>(low, high)(random);
    };
    Transcript transcript;
    if (draw(0, 1) == 1) {
      transcript.push_back({.role = Role::system, .content = "system"});
    }
    const std::size_t turns = draw(1, 40);
    for (std::size_t i = 0; i < turns; ++i) {
      transcript.push_back(user("u" + std::to_string(i) + std::string(draw(0, 300), 'u')));
      for (std::size_t k = draw(0, 3); k > 0; --k) {
        add_call(transcript, "c" + std::to_string(transcript.size()), std::string(draw(0, 2000), 'r'));
      }
      transcript.push_back(reply_of("a" + std::string(draw(0, 300), 'a')));
    }
    transcript.push_back(user("the task"));
    const std::size_t task = transcript.size() - 1;
    for (std::size_t k = draw(0, 6); k > 0; --k) {
      add_call(transcript, "t" + std::to_string(transcript.size()), std::string(draw(0, 2000), 't'));
    }
    const Transcript was = transcript;
    CountingModel model(static_cast<int>(draw(500, 6000)));
    if (draw(0, 1) == 1) {
      model.summary.reset();
    }
    ContextWindow window;
    const std::size_t pinned = draw(0, transcript.size() - 1);
    window.pin(pinned);
    const Cut is = cut(window, model, transcript, task);
    ASSERT_EQ(transcript, was) << seed;
    const auto has = [&is](const Message& message) {
      return std::ranges::any_of(is.shown, [&message](const Message& shown) {
        return shown.role == message.role &&
               (shown == message ||
                (message.role == Role::user && shown.content.find(message.content) != std::string::npos));
      });
    };
    EXPECT_TRUE(transcript.front().role != Role::system || has(transcript.front())) << seed;
    EXPECT_TRUE(has(transcript[task])) << seed;
    EXPECT_TRUE(has(transcript[pinned])) << seed;
    for (std::size_t i = 0; i < is.shown.size(); ++i) {
      for (std::size_t c = 0; c < is.shown[i].calls.size(); ++c) {
        ASSERT_LT(i + c + 1, is.shown.size()) << seed;
        EXPECT_EQ(is.shown[i + c + 1].call_id, is.shown[i].calls[c].id) << seed;
      }
      if (i > 0 && is.shown[i].role == Role::tool) {
        EXPECT_NE(is.shown[i - 1].role, Role::user) << seed;
      }
      if (i > 0 && is.shown[i].role == Role::user) {
        EXPECT_NE(is.shown[i - 1].role, Role::user) << seed;
      }
    }
    const Cut again = cut(window, model, transcript, task);
    EXPECT_LE(again.tokens, is.tokens) << seed;
  }
}

}  // namespace
}  // namespace puna::agent

#include "cli/view.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

namespace puna::cli {
namespace {

// A console on two temporary files.
class Views : public testing::Test {
 protected:
  Views() : out_(std::tmpfile()), err_(std::tmpfile()) {}
  ~Views() override {
    std::fclose(out_);
    std::fclose(err_);
  }
  static std::string text(std::FILE* file) {
    std::string all;
    std::fseek(file, 0, SEEK_SET);
    for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) {
      all += static_cast<char>(c);
    }
    return all;
  }
  static void play(EventSink& view) {
    view.on(event::RunStarted{.task = "t", .model = "m"});
    view.on(event::TurnStarted{.turn = 1});
    view.on(event::PromptReady{.prompt = "PROMPT", .token_ids = "1 2"});
    view.on(event::Prefill{.tokens_done = 1, .tokens_total = 2});
    view.on(event::TextDelta{.text = "let me see"});
    view.on(event::ReplyReady{.raw = "RAW"});
    view.on(
        event::ToolStarted{.call_id = "c", .tool = "calculator", .arguments = Json::object({{"expression", "1+1"}})});
    view.on(event::ToolEnded{.call_id = "c", .tool = "calculator", .observation = "2"});
    view.on(event::TextDelta{.text = "It is 2\x1b[31m"});
    view.on(event::ReplyReady{.raw = "RAW"});
    view.on(event::RunEnded{.stop_reason = "answered", .answer = "It is 2\x1b[31m", .turns = 2});
  }

  std::FILE* out_;
  std::FILE* err_;
};

TEST_F(Views, WithoutATerminalStdoutHasTheAnswerAloneAndStderrNoEscapes) {
  Console console(out_, err_, false, false, false);
  play(*make_screen(console, {}));
  EXPECT_EQ(text(out_), "It is 2\x1b[31m\n");  // a file gets the bytes as they are
  EXPECT_EQ(text(err_).find('\x1b'), std::string::npos);
  EXPECT_NE(text(err_).find("calculator  expression=\"1+1\""), std::string::npos) << text(err_);
}

// Somebody reads at the other end of a pipe, and what came before Ctrl-C is not lost.
TEST_F(Views, AnAnswerGoesThroughAPipeAsItComes) {
  Console console(out_, err_, false, false, false);
  const auto view = make_screen(console, {.command = Command::ask});
  view->on(event::TurnStarted{.turn = 1});
  view->on(event::TextDelta{.text = "It is "});
  EXPECT_EQ(text(out_), "It is ");
  view->on(event::TextDelta{.text = "2"});
  view->on(event::ReplyReady{});
  view->on(event::RunEnded{.stop_reason = "answered", .answer = "It is 2"});
  EXPECT_EQ(text(out_), "It is 2\n");
}

TEST_F(Views, AChatIsRenderedOnATerminalWithColoursAndNowhereElse) {
  const auto shown = [this](bool is_terminal, bool has_color, Command command) {
    std::FILE* out = std::tmpfile();
    Console console(out, err_, is_terminal, is_terminal, has_color);
    const auto view = make_screen(console, {.command = command});
    view->on(event::TurnStarted{.turn = 1});
    view->on(event::TextDelta{.text = "so **bo"});
    view->on(event::TextDelta{.text = "ld** and **op"});
    view->on(event::ReplyReady{});
    view->on(event::RunEnded{.stop_reason = "answered", .answer = "so **bold** and **op"});
    std::string found = text(out);
    std::fclose(out);
    return found;
  };
  const std::string plain = "so **bold** and **op\n";
  EXPECT_EQ(shown(true, true, Command::chat), "so \x1b[1mbold\x1b[0m and **op\n");
  EXPECT_EQ(shown(true, false, Command::chat), plain);
  EXPECT_EQ(shown(false, false, Command::chat), plain);
  EXPECT_EQ(shown(false, true, Command::chat), plain) << "CLICOLOR_FORCE is no terminal";
  EXPECT_EQ(shown(true, true, Command::run), plain);
}

TEST_F(Views, AnAgentBelowHasItsCardsBehindItsNameAndSaysNothingOnStdout) {
  Console console(out_, err_, false, false, false);
  const auto view = make_screen(console, {});
  const std::vector<AgentCall> path{{.agent = "reader", .call_id = "c1"}, {.agent = "counter", .call_id = "c2"}};
  view->on_nested(path, event::TextDelta{.text = "thinking"});
  view->on_nested(path, event::ToolStarted{.call_id = "c3", .tool = "add", .arguments = Json::object({{"a", 1}})});
  view->on_nested(path, event::ToolEnded{.call_id = "c3", .tool = "add", .observation = "2\n3"});
  view->on_nested(path, event::RunEnded{.stop_reason = "answered", .answer = "2", .turns = 1, .usage = {}});
  EXPECT_EQ(text(out_), "");
  EXPECT_TRUE(
      text(err_).starts_with("    counter │ ● add  a=1\n    counter │   → 2\n    counter │     3\n"
                             "    counter │ answered: "))
      << text(err_);
}

TEST_F(Views, JsonLinesHaveThePathOfAnAgentsEvents) {
  Console console(out_, err_, false, false, false);
  const std::vector<AgentCall> path{{.agent = "reader", .call_id = "c1"}};
  const auto view = make_jsonl(console, {});
  view->on_nested(path, event::PromptReady{.prompt = "P", .token_ids = "1"});
  view->on_nested(path, event::TurnStarted{.turn = 1});
  EXPECT_EQ(text(out_),
            "{\"type\":\"turn.started\",\"turn\":1,\"path\":[{\"agent\":\"reader\",\"call_id\":\"c1\"}]}\n");
}

TEST_F(Views, ProbabilitiesThatWereAskedForAreShownTokenByToken) {
  const event::ReplyReady ready{
      .raw = "Hi",
      .sampling = Json::object({{"top_k", 7}}),
      .probabilities = *Json::parse(R"([{"token": 5, "text": "Hi", "log_probability": -0.6931472,
                                         "best": [{"token": 6, "text": "\u001b", "log_probability": -1.609438}]}])")};
  Console console(out_, err_, false, false, false);
  make_screen(console, {})->on(ready);
  EXPECT_EQ(text(err_), " 50.0 % \"Hi\"               20.0 % \"\\u001b\"        \n");
  EXPECT_EQ(to_json(Event(ready)).find("probabilities")->as_array().size(), 1U);
  EXPECT_EQ(to_json(Event(event::ReplyReady{})).find("probabilities"), nullptr);
}

TEST_F(Views, ATerminalGetsTextAsItComesWithItsControlCharactersShown) {
  Console console(out_, err_, true, true, true);
  play(*make_screen(console, {}));
  EXPECT_EQ(text(out_), "let me see\nIt is 2\\x1b[31m\n");
}

TEST_F(Views, VerboseShowsPromptTokensAndRawOutput) {
  Console console(out_, err_, false, false, false);
  Options options;
  options.verbose = true;
  play(*make_screen(console, options));
  for (const std::string_view part : {"PROMPT", "1 2", "RAW", "turn 1"}) {
    EXPECT_NE(text(err_).find(part), std::string::npos) << part;
  }
}

TEST_F(Views, JsonLinesAreOneEventALineWithoutPromptsUnlessVerbose) {
  Console console(out_, err_, false, false, false);
  play(*make_jsonl(console, {}));
  EXPECT_EQ(std::ranges::count(text(out_), '\n'), 10);
  EXPECT_EQ(text(out_).find("PROMPT"), std::string::npos);
  EXPECT_EQ(text(err_), "");
}

TEST_F(Views, ALongObservationIsCutAndTheRestIsCounted) {
  Console console(out_, err_, false, false, false);
  const auto view = make_screen(console, {});
  std::string observation;
  for (int i = 0; i < 100; ++i) {
    observation += "line " + std::to_string(i) + "\n";
  }
  view->on(event::ToolEnded{.tool = "read_file", .observation = observation});
  EXPECT_NE(text(err_).find("more bytes"), std::string::npos);
  EXPECT_EQ(text(err_).find("line 50"), std::string::npos);
}

TEST(Texts, SizesCountsAndTimesAreReadable) {
  EXPECT_EQ(bytes_text(999), "999 B");
  EXPECT_EQ(bytes_text(5'425'216), "5.4 MB");
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(1234), "1,234");
  EXPECT_EQ(count_text(-1234567), "-1,234,567");
  EXPECT_EQ(duration_text(std::chrono::microseconds(1500)), "1.5 ms");
  EXPECT_EQ(duration_text(std::chrono::seconds(61)), "61.0 s");
}

}  // namespace
}  // namespace puna::cli

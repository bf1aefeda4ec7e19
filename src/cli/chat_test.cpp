// The parts of puna chat that need no model: lines, completion, named files, what is heard of runs.
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "cli/attachments.h"
#include "cli/chat_completion.h"
#include "cli/chat_input.h"
#include "cli/chat_view.h"
#include "cli/chat_words.h"

namespace puna::cli {
namespace {

// A folder that is the working folder while the test runs.
class InAFolder : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder_ / "notes");
    std::filesystem::current_path(folder_);
    write("notes/plan.md", "Buy milk.");
    write("notes/other.txt", "x\n");
    write("model.gguf", std::string("GGUF\0\1", 6));
    write(".hidden", "h");
    write("two words.txt", "t");
  }
  void TearDown() override {
    std::filesystem::current_path(before_);
    std::filesystem::remove_all(folder_);
  }
  static void write(const std::string& file, const std::string& text) { std::ofstream(file, std::ios::binary) << text; }
  static std::vector<std::string> texts(std::string_view before) {
    std::vector<std::string> found;
    for (const ChatCompletion& one :
         chat_completions(before, [] { return std::vector<std::string>{"trip", "try out", "talk"}; })) {
      found.push_back(one.text);
    }
    return found;
  }

  const std::filesystem::path before_ = std::filesystem::current_path();
  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("puna-chat-test-" + std::to_string(getpid()));
};

using Texts = std::vector<std::string>;

TEST(ChatLines, ACommandIsItsNameAndTheRest) {
  const ChatLine seed = read_chat_line("  /seed  42 \n");
  ASSERT_EQ(seed.kind, ChatLine::Kind::word);
  EXPECT_EQ(seed.word->name, "/seed");
  EXPECT_EQ(seed.argument, "42");
  EXPECT_EQ(read_chat_line("/system You are\nbrief.").argument, "You are\nbrief.");
  EXPECT_EQ(read_chat_line("/undo").argument, "");
  EXPECT_EQ(read_chat_line("/help").kind, ChatLine::Kind::help);
  EXPECT_EQ(read_chat_line("/quit").kind, ChatLine::Kind::quit);
  EXPECT_EQ(read_chat_line("/exit").kind, ChatLine::Kind::quit);
  EXPECT_EQ(read_chat_line(" \t").kind, ChatLine::Kind::blank);
}

TEST(ChatLines, AnUnknownCommandNamesTheNearest) {
  EXPECT_TRUE(read_chat_line("/contxt").text.contains("no such command: /contxt"));
  EXPECT_TRUE(read_chat_line("/contxt").text.contains("did you mean /context?"));
  EXPECT_TRUE(read_chat_line("/xyzzyplugh").text.contains("/help lists them"));
  EXPECT_EQ(read_chat_line("/Undo").kind, ChatLine::Kind::unknown);
}

TEST(ChatLines, AnythingElseIsAMessageAndTwoSlashesBeginOneWithASlash) {
  EXPECT_EQ(read_chat_line("Hello /quit").text, "Hello /quit");
  EXPECT_EQ(read_chat_line("//etc/hosts is what?").text, "/etc/hosts is what?");
  EXPECT_EQ(read_chat_line("  indented").text, "  indented");
}

TEST(ChatLines, HelpHasEveryCommandOnALineOfItsOwn) {
  const std::string help = "\n" + chat_help();
  for (const ChatWord& word : chat_words()) {
    EXPECT_TRUE(help.contains("\n" + std::string(word.name) + " ")) << word.name;
    EXPECT_FALSE(word.what.empty());
  }
}

TEST(ChatInput, ALineGoesOnBehindABackslashAndInAFence) {
  const auto next = [](std::string text) {
    const bool more = goes_on(text);
    return text + (more ? "|more" : "|end");
  };
  EXPECT_EQ(next("one\\"), "one|more");
  EXPECT_EQ(next("C:\\\\"), "C:\\\\|end");
  EXPECT_EQ(next("\\"), "|more");
  EXPECT_EQ(next(""), "|end");
  EXPECT_EQ(next("look:\n```c"), "look:\n```c|more");
  EXPECT_EQ(next("look:\n```c\nint x;\\"), "look:\n```c\nint x;\\|more");
  EXPECT_EQ(next("look:\n```c\nint x;\n```"), "look:\n```c\nint x;\n```|end");
  EXPECT_EQ(next("a ``` b"), "a ``` b|end");
}

TEST_F(InAFolder, TabCompletesCommandsWithWhatTheyDo) {
  EXPECT_EQ(texts("/s"), (Texts{"/system ", "/save ", "/stats", "/seed "}));
  EXPECT_EQ(texts("/undo"), Texts{"/undo "});
  EXPECT_EQ(texts("/nothing"), Texts{});
  EXPECT_EQ(texts("Hello /s"), Texts{});
  const auto found = chat_completions("/unf", [] { return Texts{}; });
  EXPECT_TRUE(found.empty());
  EXPECT_EQ(
      chat_completions("/und", [] { return Texts{}; }),
      (std::vector<ChatCompletion>{{.text = "/undo ", .bytes_before = 4, .help = "take back the last N turns (1)"}}));
}

TEST_F(InAFolder, TabCompletesSessionsAndPaths) {
  EXPECT_EQ(texts("/resume tr"), (Texts{"trip", "try out"}));
  EXPECT_EQ(texts("/model m"), Texts{"model.gguf"});
  EXPECT_EQ(texts("/model d"), Texts{"demo"});
  EXPECT_EQ(texts("/model notes/"), (Texts{"notes/other.txt", "notes/plan.md"}));
  EXPECT_EQ(texts("read @no"), Texts{"notes/"});
  EXPECT_EQ(texts("read @notes/p"), Texts{"notes/plan.md"});
  EXPECT_EQ(texts("read @tw"), Texts{}) << "a path with a blank would end there";
  EXPECT_EQ(texts("@.h"), Texts{".hidden"});
  EXPECT_EQ(texts("me@no"), Texts{});
  EXPECT_EQ(texts("@nowhere/"), Texts{});
}

TEST_F(InAFolder, ANamedFilesTextStandsBehindTheMessage) {
  std::vector<NamedFile> files;
  EXPECT_EQ(with_named_files("What is in @notes/plan.md?", files),
            "What is in @notes/plan.md?\n\nThe file notes/plan.md:\n```\nBuy milk.\n```");
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(files[0].bytes, 9U);
  files.clear();
  EXPECT_TRUE(with_named_files("(@notes/other.txt) and @notes/other.txt", files).ends_with(":\n```\nx\n```"));
  EXPECT_EQ(files.size(), 1U) << "once is enough";
}

TEST_F(InAFolder, ANamedPictureIsAttachedAndItsNameStaysInTheText) {
  write("cat.gif", std::string("GIF89a\x03\0\x02\0\0\0\0", 13));
  std::vector<NamedFile> files;
  EXPECT_EQ(with_named_files("Who is @cat.gif?", files), "Who is @cat.gif?");
  ASSERT_EQ(files.size(), 1U);
  ASSERT_TRUE(files[0].media) << files[0].problem;
  EXPECT_EQ(files[0].media->type(), "image/gif");
  EXPECT_EQ(attachment_text(*files[0].media), "cat.gif, image/gif, 3 x 2, 13 B");
}

TEST_F(InAFolder, TabCompletesPathsBehindImage) { EXPECT_EQ(texts("/image notes/p"), Texts{"notes/plan.md"}); }

TEST_F(InAFolder, WhatIsNoFileOfTextStaysAsItIs) {
  std::vector<NamedFile> files;
  for (const std::string text : {"mail me@notes/plan.md", "@nobody", "@", "@notes", "a @ b"}) {
    EXPECT_EQ(with_named_files(text, files), text);
  }
  EXPECT_TRUE(files.empty());
  EXPECT_EQ(with_named_files("@model.gguf", files), "@model.gguf");
  write("large", std::string(kNamedFileBytesMax + 1, 'x'));
  EXPECT_EQ(with_named_files("@large", files), "@large");
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].problem, "it is no text");
  EXPECT_FALSE(files[1].problem.empty());
}

class Heard final : public EventSink {
 public:
  void on(const Event& event) override {
    if (const auto* delta = std::get_if<event::TextDelta>(&event)) {
      text += delta->text;
    } else if (const auto* end = std::get_if<event::RunEnded>(&event)) {
      answer = end->answer;
      text_at_end = text;
    }
  }
  std::string text;
  std::string text_at_end;
  std::string answer;
};

TEST(ChatView, WhatWasSaidOfAStoppedReplyIsKept) {
  Heard heard;
  ChatView view(heard, std::nullopt);
  view.on(event::TurnStarted{.turn = 1});
  view.on(event::TextDelta{.text = "whole"});
  view.on(event::ReplyReady{});
  EXPECT_EQ(view.said(), "");
  view.on(event::TurnStarted{.turn = 2});
  view.on(event::TextDelta{.text = "ha"});
  view.on(event::TextDelta{.text = "lf"});
  view.on(event::RunEnded{.stop_reason = "cancelled"});
  EXPECT_EQ(view.said(), "half");
  view.on(event::TurnStarted{.turn = 1});
  EXPECT_EQ(view.said(), "");
}

TEST(ChatView, TextIsPronouncedOnItsWayAndKeptAsItWas) {
  Heard heard;
  ChatView view(heard, Pronunciation::create({{"GGUF", "gee guff"}}).value());
  view.on(event::TurnStarted{.turn = 1});
  for (const char* piece : {"a GG", "UF ", "file, GGUF"}) {
    view.on(event::TextDelta{.text = piece});
  }
  EXPECT_EQ(view.said(), "a GGUF file, GGUF");
  view.on(event::RunEnded{.stop_reason = "cancelled", .answer = "GGUF"});
  EXPECT_EQ(heard.text_at_end, "a gee guff file, gee guff");
  EXPECT_EQ(heard.answer, "gee guff");
}

}  // namespace
}  // namespace puna::cli

// puna chat as a script drives it: commands in, answers on stdout, the rest on stderr. tests/chat_terminal.py has the
// terminal.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "program.h"

namespace puna::test {
namespace {

class ChatCommand : public testing::Test {
 protected:
  ~ChatCommand() override { std::filesystem::remove_all(folder_); }
  Ran chat(std::string lines, std::vector<std::string> more = {}) const {
    std::vector<std::string> words{kProgram, "chat", "--temp", "0", "--store", (folder_ / "sessions.db").string()};
    words.insert(words.end(), more.begin(), more.end());
    const Ran ran = run_program(words, lines);
    EXPECT_EQ(ran.exit_status, 0) << ran.err;
    EXPECT_FALSE((ran.out + ran.err).contains('\x1b')) << ran.err;
    return ran;
  }
  std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
    return (folder_ / name).string();
  }

  const std::filesystem::path folder_ = [] {
    auto folder = std::filesystem::temp_directory_path() / ("puna-chat-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder);
    return folder;
  }();
};

TEST_F(ChatCommand, UndoTakesATurnBackAndItsTokensAreUsedAgain) {
  const Ran ran =
      chat("Hello\nWhat is 4817 * 36?\n/undo\nWhat is 4817 * 36?\n/stats\n/undo 3\n/undo x\n/undo 2\n/undo\n",
           {"--tools", "calculator"});
  EXPECT_TRUE(ran.err.contains("taken back from \"What is 4817 * 36?\" on; 2 messages are left")) << ran.err;
  EXPECT_TRUE(ran.err.contains("there are 2 turns to take back")) << ran.err;
  EXPECT_TRUE(ran.err.contains("'x' is no whole number")) << ran.err;
  EXPECT_TRUE(ran.err.contains("taken back from \"Hello\" on; 0 messages are left")) << ran.err;
  EXPECT_TRUE(ran.err.contains("there are 0 turns to take back")) << ran.err;
  const std::size_t first = ran.out.find("4817 * 36 = 173412");
  ASSERT_NE(first, std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("4817 * 36 = 173412", first + 1), std::string::npos) << ran.out;
  EXPECT_TRUE(ran.err.contains("3 answers, 5 model calls")) << ran.err;
}

TEST_F(ChatCommand, TheSystemPromptIsShownAndReplacedAlsoInASession) {
  const Ran ran =
      chat("/system\n/system You are brief.\n/system\nHello\n/context\n", {"--session", "talk", "--system", "A"});
  EXPECT_TRUE(ran.err.contains("A\nthe system prompt is replaced\nYou are brief.\n")) << ran.err;
  EXPECT_TRUE(ran.err.contains("  system")) << ran.err;
  const Ran again = chat("/system\n/undo\n/clear\n/system\n", {"--session", "talk"});
  EXPECT_TRUE(again.err.contains("session 'talk': 3 messages so far")) << again.err;
  EXPECT_TRUE(again.err.contains("You are brief.\ntaken back from \"Hello\"")) << again.err;
  EXPECT_TRUE(again.err.ends_with("You are brief.\n")) << again.err;
}

TEST_F(ChatCommand, AConversationIsSavedForkedAndResumed) {
  const Ran ran =
      chat("/fork\nHello\n/resume talk\n/save talk\n/save more\n/fork\nThanks\n/resume talk\n/context\n/resume\n");
  EXPECT_TRUE(ran.err.contains("this conversation is in no session\n  try: /save it first")) << ran.err;
  EXPECT_TRUE(ran.err.contains("is in no session, and would be lost")) << ran.err;
  EXPECT_TRUE(ran.err.contains("kept in the session 'talk' from now on")) << ran.err;
  EXPECT_TRUE(ran.err.contains("it is kept in the session 'talk' already")) << ran.err;
  EXPECT_TRUE(ran.err.contains("in the copy 'talk 2' from now on")) << ran.err;
  EXPECT_TRUE(ran.err.contains("session 'talk': 2 messages so far")) << ran.err;
  EXPECT_TRUE(ran.err.contains("/resume NAME goes on with one")) << ran.err;
  const Ran copy = chat("/save\n", {"--session", "talk 2"});
  EXPECT_TRUE(copy.err.contains("session 'talk 2': 4 messages so far")) << copy.err;
  const Ran taken = chat("Hello\n/save talk\n/save\n");
  EXPECT_TRUE(taken.err.contains("there is a session 'talk' already")) << taken.err;
  EXPECT_TRUE(taken.err.contains("kept in the session 'chat 2")) << taken.err;
}

TEST_F(ChatCommand, ALongConversationIsCompacted) {
  const Ran ran = chat("/compact\nHello\nThanks\nHello\nThanks\n/compact\n/context\n/undo\n/context\n");
  EXPECT_TRUE(ran.err.contains("there is nothing to make shorter yet")) << ran.err;
  const bool is_shorter = ran.err.contains(" tokens of context instead of ");
  EXPECT_EQ(is_shorter, ran.err.contains("; the conversation has 8")) << ran.err;
  EXPECT_TRUE(ran.err.contains(" 6 messages")) << ran.err;
}

TEST_F(ChatCommand, ToolsSayWhetherTheyMayRun) {
  const Ran ran = chat("/tools\n", {"--tools", "calculator,write,read", "--deny", "read"});
  EXPECT_TRUE(ran.err.contains("calculator    allowed (default: no effect)")) << ran.err;
  EXPECT_TRUE(ran.err.contains("write         denied, nobody is there to ask (default: writes)")) << ran.err;
  EXPECT_TRUE(ran.err.contains("read          denied (--deny read)")) << ran.err;
  EXPECT_TRUE(chat("/tools\n").err.contains("no tools: ")) << ran.err;
}

TEST_F(ChatCommand, AnotherModelGoesOnAndOneThatIsNoneChangesNothing) {
  const Ran ran = chat("Hello\n/model\n/model " + file("no.gguf", "none") + "\n/model demo\nThanks\n/context\n");
  EXPECT_TRUE(ran.err.contains("puna-demo, window 2,048 tokens")) << ran.err;
  EXPECT_TRUE(ran.err.contains("no.gguf")) << ran.err;
  EXPECT_TRUE(ran.err.contains("answers from now on; the conversation is kept")) << ran.err;
  EXPECT_TRUE(ran.err.contains(" 4 messages")) << ran.err;
}

TEST_F(ChatCommand, TheSeedIsShownAndSet) {
  const Ran ran = chat("/seed\n/seed 42\n/seed\n/seed -1\n", {"--seed", "7"});
  EXPECT_TRUE(ran.err.contains("seed 7\nseed 42\nseed 42\n")) << ran.err;
  EXPECT_TRUE(ran.err.contains("'-1' is no whole number")) << ran.err;
}

TEST_F(ChatCommand, ADictionarySpeaksQuestionsAndAnswers) {
  const std::string words = file("words.txt", "Hello = hullo\nHELP = emergency\nhelp = assist\n");
  const Ran both = chat("Hello\n/test Hello\n/test Hallo\n/test\n", {"--pronounce", words, "--pronounce-in", "answer"});
  EXPECT_EQ(both.out, "hullo! How can I assist?\n");
  EXPECT_TRUE(both.err.contains("hullo\n  Hello = hullo\n")) << both.err;
  EXPECT_TRUE(both.err.contains("the nearest is 'Hello'")) << both.err;
  EXPECT_TRUE(both.err.contains("/test needs a word")) << both.err;
  EXPECT_TRUE(chat("/test x\n").err.contains("there is no dictionary"));
  const std::string transcript = (folder_ / "talk.jsonl").string();
  (void)chat("Hello\n", {"--pronounce", words, "--transcript", transcript});
  std::ifstream in(transcript);
  const std::string kept(std::istreambuf_iterator<char>(in), {});
  EXPECT_TRUE(kept.contains("\"user\",\"content\":\"hullo\"")) << kept;
  const Ran bad = run_program({kProgram, "chat", "--pronounce", file("bad.txt", "no sign\n")}, "");
  EXPECT_NE(bad.exit_status, 0);
  EXPECT_TRUE(bad.err.contains("bad.txt:1: no \"=\" in the line")) << bad.err;
}

TEST_F(ChatCommand, MessagesOfSeveralLinesAreOne) {
  const std::string transcript = (folder_ / "talk.jsonl").string();
  (void)chat("Hello\\\nagain\n//quit\n```\n/quit\n```\n", {"--transcript", transcript});
  std::ifstream in(transcript);
  std::vector<std::string> said;
  for (std::string line; std::getline(in, line);) {
    if (line.contains("\"user\"")) {
      said.push_back(line);
    }
  }
  ASSERT_EQ(said.size(), 3U);
  EXPECT_TRUE(said[0].contains("Hello\\nagain")) << said[0];
  EXPECT_TRUE(said[1].contains("\"/quit\"")) << said[1];
  EXPECT_TRUE(said[2].contains("```\\n/quit\\n```")) << said[2];
}

}  // namespace
}  // namespace puna::test

// Pictures in the program: --image and --mmproj, /image in a chat, show of a projector. The model and the projector are
// of random weights: what the answers say means nothing.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "program.h"
#include "puna/base.h"
#include "puna/engine/random_model.h"

namespace puna::test {
namespace {

class MediaCommand : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::filesystem::create_directories(folder_);
    ASSERT_TRUE(write_random_model(folder_ / "model.gguf", {.vocabulary_tokens = 1'024}));
    ASSERT_TRUE(write_random_projector(folder_ / "mmproj.gguf", {}));
    // 8 x 8 pixels of one colour.
    const std::string head("BM\xF6\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x08\0\0\0\x08\0\0\0\x01\0\x18\0", 30);
    std::ofstream(folder_ / "cat.bmp", std::ios::binary) << head << std::string(24, '\0') << std::string(192, 'a');
    std::ofstream(folder_ / "bomb.gif", std::ios::binary) << "GIF89a\xFF\xFF\xFF\xFF" << std::string(3, '\0');
    std::ofstream(folder_ / "notes.txt") << "The code is 4711.\n";
  }
  static void TearDownTestSuite() { std::filesystem::remove_all(folder_); }

  static std::string in_folder(std::string_view name) { return (folder_ / name).string(); }
  static Ran ask(std::vector<std::string> more, const std::string& command = "ask", const std::string& input = {}) {
    std::vector<std::string> words{
        kProgram, command, "-m", in_folder("model.gguf"), "--chat-template", "chatml", "-c", "1024", "-t",
        "1",      "-n",    "4"};
    words.insert(words.end(), more.begin(), more.end());
    return run_program(words, input);
  }

  static inline const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("puna-media-" + std::to_string(::getpid()));
};

TEST_F(MediaCommand, APictureIsAskedAbout) {
  const Ran ran = ask({"--mmproj", in_folder("mmproj.gguf"), "--image", in_folder("cat.bmp"), "-v", "What is this"});
  EXPECT_EQ(ran.exit_status, 5) << ran.err;  // -n 4 ends it
  EXPECT_TRUE(ran.err.contains(" -2 -2 -2 ")) << "the prompt has the picture's tokens: " << ran.err;
  const Ran without = ask({"-v", "What is this"});
  EXPECT_FALSE(without.err.contains(" -2 ")) << without.err;
}

TEST_F(MediaCommand, WithoutAProjectorTheAnswerIsWhatToDo) {
  const Ran ran = ask({"--image", in_folder("cat.bmp"), "What is this"});
  EXPECT_NE(ran.exit_status, 0);
  EXPECT_TRUE(ran.err.contains("cat.bmp is image/bmp, and this model was opened without a projector")) << ran.err;
  EXPECT_TRUE(ran.err.contains("--mmproj FILE")) << ran.err;
}

TEST_F(MediaCommand, ATextFileNeedsNoProjector) {
  const Ran ran = ask({"-v", "--attach", in_folder("notes.txt"), "What is the code"});
  EXPECT_TRUE(ran.err.contains("notes.txt:\nThe code is 4711.")) << ran.err;
}

TEST_F(MediaCommand, BadFilesAreErrorsBeforeTheModelIsRead) {
  const Ran bomb = ask({"--image", in_folder("bomb.gif"), "What"});
  EXPECT_EQ(bomb.exit_status, 5) << bomb.err;
  EXPECT_TRUE(bomb.err.contains("bomb.gif has 65535 x 65535 pixels")) << bomb.err;
  EXPECT_TRUE(ask({"--image", in_folder("nobody.png"), "What"}).err.contains("no such file")) << "not there";
  const Ran code = ask({"--code", "--image", in_folder("cat.bmp"), "What"}, "run");
  EXPECT_TRUE(code.err.contains("--code takes no attachments")) << code.err;
  const Ran text_model = ask({"--mmproj", in_folder("model.gguf"), "What"});
  EXPECT_TRUE(text_model.err.contains("a llama model, not a projector")) << text_model.err;
}

TEST_F(MediaCommand, AChatsPictureGoesWithTheNextMessage) {
  const std::string input = "/image " + in_folder("cat.bmp") + "\nWhat is this\n/image\n/undo\n/quit\n";
  const Ran seen = ask({"--mmproj", in_folder("mmproj.gguf"), "-v"}, "chat", input);
  EXPECT_TRUE(seen.err.contains("cat.bmp, image/bmp, 8 x 8, ")) << seen.err;
  EXPECT_TRUE(seen.err.contains("-2 -2 -2")) << seen.err;
  EXPECT_TRUE(seen.err.contains("/image needs a file")) << seen.err;
  EXPECT_TRUE(seen.err.contains("taken back from \"What is this\"")) << seen.err;
  const Ran blind = ask({}, "chat", "/image " + in_folder("cat.bmp") + "\nWhat is this\nHello\n/quit\n");
  EXPECT_TRUE(blind.err.contains("--mmproj FILE")) << blind.err;
}

// The run.ended line of --jsonl.
Json end_of_run(const Ran& ran) {
  const std::size_t last = ran.out.rfind("{\"type\":\"run.ended\"");
  const auto line =
      Json::parse(last == std::string::npos ? "null" : ran.out.substr(last, ran.out.find('\n', last) - last));
  EXPECT_TRUE(line && line->is_object()) << ran.out << ran.err;
  return line.value_or(Json());
}

TEST_F(MediaCommand, ALlamaServerWithTheSameFilesSaysTheSame) {
  if (run_program({"/bin/sh", "-c", "llama-server --version"}).exit_status != 0) {
    GTEST_SKIP() << "no llama-server on this machine";
  }
  const std::vector<std::string> question{
      "--mmproj", in_folder("mmproj.gguf"), "--image", in_folder("cat.bmp"), "--jsonl", "What is this"};
  const Json here = end_of_run(ask(question));
  std::vector<std::string> words{kProgram, "ask", "-m", in_folder("model.gguf"), "-c",          "1024", "-t",
                                 "1",      "-n",  "4",  "--serve-with",          "llama-server"};
  words.insert(words.end(), question.begin(), question.end());
  const Json there = end_of_run(run_program(words));
  EXPECT_FALSE(here.text_or("answer").empty());
  EXPECT_EQ(here.text_or("answer"), there.text_or("answer"));
  EXPECT_EQ(here.find("usage")->find("prompt_tokens")->as_integer(),
            there.find("usage")->find("prompt_tokens")->as_integer());
}

TEST_F(MediaCommand, ShowSaysWhatAProjectorReads) {
  const Ran shown = run_program({kProgram, "show", in_folder("mmproj.gguf")});
  EXPECT_EQ(shown.exit_status, 0) << shown.err;
  EXPECT_TRUE(shown.out.contains("mlp, reads pictures")) << shown.out;
  EXPECT_TRUE(shown.out.contains("of 64 values")) << shown.out;
  const auto json = Json::parse(run_program({kProgram, "show", "--jsonl", in_folder("mmproj.gguf")}).out);
  ASSERT_TRUE(json);
  EXPECT_EQ(json->text_or("projector"), "mlp");
}

}  // namespace
}  // namespace puna::test

// What a user can do wrong on the command line: each mistake is a message that names what, where and what to do, and
// the right exit status.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "program.h"

namespace puna::test {
namespace {

class BadInput : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("puna-bad-input-" + std::to_string(getpid()) + "-" +
                                                        testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string file(const std::string& name, const std::string& bytes) const {
    const std::filesystem::path path = folder_ / name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path.string();
  }
  [[nodiscard]] static std::string demo_bytes() {
    std::ifstream in(kDemoModel, std::ios::binary);
    std::ostringstream all;
    all << in.rdbuf();
    return all.str();
  }

  // The message is on stderr and nothing is on stdout.
  static void expect_refusal(const Ran& ran, int exit_status, std::initializer_list<std::string_view> parts) {
    EXPECT_EQ(ran.exit_status, exit_status) << ran.err;
    EXPECT_EQ(ran.out, "");
    for (const std::string_view part : parts) {
      EXPECT_NE(ran.err.find(part), std::string::npos) << "missing '" << part << "' in: " << ran.err;
    }
  }

  std::filesystem::path folder_;
};

TEST_F(BadInput, ARunWithoutATaskDoesNotOpenTheModel) {
  const Ran ran = run_program({kProgram, "run", ""});
  expect_refusal(ran, 2, {"the task is empty"});
  EXPECT_FALSE(ran.err.contains("load ")) << ran.err;
}

TEST_F(BadInput, AMissingModelFile) {
  const std::string missing = (folder_ / "none.gguf").string();
  expect_refusal(run_program({kProgram, "run", "-m", missing, "hello"}), 4, {"none.gguf", "try:"});
}

TEST_F(BadInput, AFolderAsModel) {
  expect_refusal(run_program({kProgram, "run", "-m", folder_.string(), "hello"}), 4, {"directory", "try:"});
}

TEST_F(BadInput, AnEmptyFileAsModel) {
  expect_refusal(run_program({kProgram, "run", "-m", file("empty.gguf", ""), "hello"}), 4, {"empty.gguf", "try:"});
}

TEST_F(BadInput, AFileThatIsNoGguf) {
  expect_refusal(run_program({kProgram, "show", file("text.gguf", "just some text, long enough for a header")}), 4,
                 {"text.gguf", "GGUF"});
}

TEST_F(BadInput, ATruncatedModel) {
  const std::string whole = demo_bytes();
  ASSERT_GT(whole.size(), 1'000'000U);
  for (const std::size_t bytes : {std::size_t{20}, std::size_t{5'000}, whole.size() / 2, whole.size() - 1}) {
    expect_refusal(run_program({kProgram, "run", "-m", file("cut.gguf", whole.substr(0, bytes)), "hello"}), 4,
                   {"cut.gguf", "try:"});
  }
}

TEST_F(BadInput, AModelWithoutATemplateUsesTheGenericOneAndSaysSo) {
  std::string bytes = demo_bytes();
  const std::string key = "tokenizer.chat_template";
  const auto at = bytes.find(key);
  ASSERT_NE(at, std::string::npos);
  bytes[at + key.size() - 1] = 'X';
  const Ran ran = run_program({kProgram, "ask", "-m", file("bare.gguf", bytes), "-n", "4", "hello"});
  EXPECT_TRUE(ran.exit_status == 0 || ran.exit_status == 5) << ran.exit_status << ran.err;
  EXPECT_NE(ran.err.find("no chat template"), std::string::npos) << ran.err;
}

TEST_F(BadInput, APromptLongerThanTheWindow) {
  const std::string input(20'000, 'x');
  expect_refusal(run_program({kProgram, "ask", "-c", "256", "-"}, input), 5, {"256", "try:"});
  const Ran ran = run_program({kProgram, "run", "-c", "256", "--keep-all", "-"}, input);
  EXPECT_EQ(ran.exit_status, 5);
  EXPECT_NE(ran.err.find("stopped: window_full\n  try: a larger window"), std::string::npos) << ran.err;
}

TEST_F(BadInput, TextThatIsNoUtf8) {
  expect_refusal(run_program({kProgram, "run", "caf\xE9"}), 2, {"UTF-8", "\xEF\xBF\xBD", "try:"});
  expect_refusal(run_program({kProgram, "ask", "-"}, "\xFF\xFE"), 2, {"UTF-8"});
}

TEST_F(BadInput, ASystemPromptThatIsNoUtf8) {
  expect_refusal(run_program({kProgram, "run", "--system", "caf\xE9", "hello"}), 2, {"--system", "UTF-8"});
}

TEST_F(BadInput, ALineOfAConversationThatIsNoUtf8IsAnsweredAndSaidToBeChanged) {
  const Ran ran = run_program({kProgram, "chat"}, "caf\xE9\n");
  EXPECT_EQ(ran.exit_status, 0) << ran.err;
  EXPECT_NE(ran.err.find("not valid UTF-8"), std::string::npos) << ran.err;
}

TEST_F(BadInput, AnEmptyTask) {
  expect_refusal(run_program({kProgram, "run", " "}), 2, {"empty"});
  expect_refusal(run_program({kProgram, "run", "-"}, ""), 2, {"empty"});
  expect_refusal(run_program({kProgram, "run"}), 2, {"task"});
}

TEST_F(BadInput, AnUnknownFlag) {
  expect_refusal(run_program({kProgram, "run", "--frobnicate", "hello"}), 2, {"--frobnicate", "puna run --help"});
}

TEST_F(BadInput, AnUnknownCommand) { expect_refusal(run_program({kProgram, "fly", "hello"}), 2, {"fly", "--help"}); }

TEST_F(BadInput, AFlagWhereACommandBelongs) {
  expect_refusal(run_program({kProgram, "--frob"}), 2, {"'--frob'", "puna --help"});
}

TEST_F(BadInput, AModelThatShowCannotRead) {
  expect_refusal(run_program({kProgram, "show", folder_.string()}), 4, {"directory", "try:"});
  expect_refusal(run_program({kProgram, "show", file("empty.gguf", "")}), 4, {"empty.gguf", "try:"});
}

// As of a shell variable that is not set: never another model than the one that was meant.
TEST_F(BadInput, AnEmptyModelName) {
  expect_refusal(run_program({kProgram, "run", "-m", "", "hello"}), 2, {"--model", "empty"});
}

TEST_F(BadInput, WhatDoctorWasToldIsPartOfItsJudgement) {
  const Ran device = run_program({kProgram, "doctor", "--device", "warp0"});
  EXPECT_EQ(device.exit_status, 1);
  EXPECT_NE(device.out.find("fail  device      there is no device \"warp0\""), std::string::npos) << device.out;
  const Ran chosen = run_program({kProgram, "doctor", "--chat-template", "nope"});
  EXPECT_EQ(chosen.exit_status, 1);
  EXPECT_NE(chosen.out.find("fail  template    'nope' is neither"), std::string::npos) << chosen.out;
  const Ran built_in = run_program({kProgram, "doctor", "--chat-template", "chatml"});
  EXPECT_NE(built_in.out.find("ok    template    chatml"), std::string::npos) << built_in.out;
}

TEST_F(BadInput, AnUnknownTool) {
  expect_refusal(run_program({kProgram, "run", "--tools", "calculator,teleport", "hello"}), 2,
                 {"teleport", "calculator"});
}

TEST_F(BadInput, AnUnknownChatTemplate) {
  expect_refusal(run_program({kProgram, "run", "--chat-template", "nope", "hello"}), 2, {"nope", "chatml"});
}

TEST_F(BadInput, AChatTemplateThatDoesNotParse) {
  expect_refusal(run_program({kProgram, "run", "--chat-template", file("t.jinja", "{% for %}"), "hello"}), 2,
                 {"template"});
}

TEST_F(BadInput, AnUnknownDevice) {
  expect_refusal(run_program({kProgram, "run", "--device", "warp0", "hello"}), 2, {"warp0"});
}

TEST_F(BadInput, ValuesOutOfRange) {
  expect_refusal(run_program({kProgram, "run", "--temp", "-1", "hello"}), 2, {"temperature"});
  expect_refusal(run_program({kProgram, "run", "--temp", "nan", "hello"}), 2, {"temperature"});
  expect_refusal(run_program({kProgram, "run", "-c", "0", "hello"}), 2, {"--ctx"});
  expect_refusal(run_program({kProgram, "run", "-t", "x", "hello"}), 2, {"--threads"});
  expect_refusal(run_program({kProgram, "run", "--profile", "quick", "hello"}), 2, {"--profile", "deterministic"});
}

TEST_F(BadInput, SamplingWithoutEffectOrOfAnUnknownKind) {
  expect_refusal(run_program({kProgram, "run", "--top-p", "0.5", "hello"}), 2, {"top_p", "--temp"});
  expect_refusal(run_program({kProgram, "ask", "--temp", "1", "--top-k", "5", "--mirostat", "2", "hello"}), 2,
                 {"top_k", "mirostat"});
  expect_refusal(run_program({kProgram, "run", "--temp", "1", "--samplers", "top_q", "hello"}), 2, {"top_q"});
  expect_refusal(run_program({kProgram, "run", "--temp", "1", "--logit-bias", "99999999+1", "hello"}), 2, {"99999999"});
}

TEST_F(BadInput, ARootThatDoesNotExist) {
  expect_refusal(run_program({kProgram, "run", "--root", (folder_ / "gone").string(), "hello"}), 2, {"--root", "gone"});
}

TEST_F(BadInput, ASchemaThatIsNoJsonOrNotSupported) {
  expect_refusal(run_program({kProgram, "ask", "--schema", file("s.json", "{"), "hello"}), 2, {"s.json"});
  expect_refusal(
      run_program({kProgram, "ask", "--schema", file("t.json", R"({"type": "string", "pattern": "(a)\\1"})"), "hello"}),
      2, {"pattern", "back-references"});
}

TEST_F(BadInput, AGrammarAPatternOrAChoiceThatCannotBeMet) {
  expect_refusal(run_program({kProgram, "ask", "--grammar", file("g.gbnf", "root ::= (\"a\""), "hello"}), 2,
                 {"line 1"});
  expect_refusal(
      run_program({kProgram, "ask", "--grammar", file("h.gbnf", "root ::= a\na ::= a \"b\" | \"c\""), "hello"}), 2,
      {"'a'", "begin with itself"});
  expect_refusal(run_program({kProgram, "ask", "--pattern", "[a", "hello"}), 2, {"[a"});
  expect_refusal(run_program({kProgram, "ask", "--choice", "", "hello"}), 2, {"choice"});
}

TEST_F(BadInput, AnErrorIsAlsoAJsonLine) {
  const Ran ran = run_program({kProgram, "run", "--jsonl", "-m", "/nonexistent.gguf", "hello"});
  EXPECT_EQ(ran.exit_status, 4);
  EXPECT_NE(ran.out.find(R"("type":"error","code":"not_found")"), std::string::npos) << ran.out;
}

}  // namespace
}  // namespace puna::test

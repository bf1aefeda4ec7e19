// --role and model cards, in the program.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "program.h"
#include "puna/base.h"

namespace puna::test {
namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

class RolesAndCards : public testing::Test {
 protected:
  RolesAndCards() { std::filesystem::create_directories(folder_); }
  ~RolesAndCards() override { std::filesystem::remove_all(folder_); }

  // A card of the demo model, with one member otherwise.
  [[nodiscard]] std::string card(std::string_view key = {}, const Json& value = {}) const {
    Json card = Json::object({{"name", "demo"},
                              {"path", kDemoModel},
                              {"architecture", architecture_},
                              {"parameters", parameters_},
                              {"quantization", "Q8_0"},
                              {"context_length", 512}});
    if (!key.empty()) {
      card.set(key, value);
    }
    std::ofstream(folder_ / "model.json") << card.dump(2);
    return (folder_ / "model.json").string();
  }
  void SetUp() override {
    const Ran shown = run_program({kProgram, "show", "--jsonl", kDemoModel});
    const auto facts = Json::parse(shown.out);
    ASSERT_TRUE(facts) << shown.out << shown.err;
    architecture_ = facts->text_or("architecture");
    parameters_ = std::to_string(facts->find("parameters")->as_integer());
  }

  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("puna-roles-" + std::to_string(::getpid()));
  std::string architecture_;
  std::string parameters_;
};

TEST_F(RolesAndCards, ARoleIsTheSystemPrompt) {
  const Ran ran = run_program({kProgram, "ask", "-v", "--role", "legal_logger", "-n", "4", "Hello"});
  EXPECT_TRUE(has(ran.err, "You are Legal Logger.")) << ran.err;
  EXPECT_FALSE(has(run_program({kProgram, "ask", "-v", "-n", "4", "Hello"}).err, "Legal Logger"));
}

TEST_F(RolesAndCards, AFileOfOnesOwnIsARoleToo) {
  std::ofstream(folder_ / "poet.md") << "---\nname: poet\ndescription: Verse.\n---\nYou rhyme on moss.\n";
  const Ran ran = run_program({kProgram, "run", "-v", "--role", folder_ / "poet.md", "-n", "4", "Hello"});
  EXPECT_TRUE(has(ran.err, "You rhyme on moss.")) << ran.err;
}

TEST_F(RolesAndCards, ARoleThatIsNotThereIsRefusedWithTheList) {
  const Ran ran = run_program({kProgram, "ask", "--role", "small-bear", "Hello"});
  EXPECT_EQ(ran.exit_status, 2);
  EXPECT_TRUE(has(ran.err, "trucker-tales")) << ran.err;
  EXPECT_NE(run_program({kProgram, "ask", "--role", "/nowhere/poet.md", "Hello"}).exit_status, 0);
  EXPECT_EQ(run_program({kProgram, "ask", "--role", "big-bear", "--system", "x", "Hello"}).exit_status, 2);
}

TEST_F(RolesAndCards, ACardThatSaysWhatTheFileIsPassesTheCheck) {
  const Ran ran = run_program({kProgram, "show", "--check", card()});
  EXPECT_EQ(ran.exit_status, 0) << ran.out << ran.err;
  EXPECT_TRUE(has(ran.out, "ok ")) << ran.out;
  EXPECT_FALSE(has(ran.out, "differs")) << ran.out;
  EXPECT_EQ(run_program({kProgram, "show", "--check", kDemoModel}).exit_status, 0);
}

TEST_F(RolesAndCards, EachDifferenceIsALineAndFailsTheCheck) {
  const Ran ran = run_program({kProgram, "show", "--check", card("quantization", "Q4_K_M")});
  EXPECT_EQ(ran.exit_status, 1) << ran.out;
  EXPECT_TRUE(has(ran.out, "differs      quantization: the card says Q4_K_M, the file Q8_0")) << ran.out;
}

TEST_F(RolesAndCards, AModelRunsByItsCardWithTheCardsWindowAndADifferenceIsANote) {
  const Ran ran = run_program({kProgram, "ask", "--jsonl", "-m", card("parameters", "7B"), "Hello"});
  EXPECT_EQ(ran.exit_status, 0) << ran.err;
  EXPECT_TRUE(has(ran.err, "note: parameters: the card says 7B")) << ran.err;
  const std::string long_prompt(4000, 'q');
  EXPECT_EQ(run_program({kProgram, "ask", "-m", card(), long_prompt}).exit_status, 5);  // 512 tokens are the card's
  EXPECT_EQ(run_program({kProgram, "ask", "-m", card(), "-n", "4", "Hello"}).exit_status, 5);  // cut, not refused
}

TEST_F(RolesAndCards, ABadCardSaysWhatIsWrongWithIt) {
  const Ran ran = run_program({kProgram, "ask", "-m", card("colour", "red"), "Hello"});
  EXPECT_NE(ran.exit_status, 0);
  EXPECT_TRUE(has(ran.err, "there is no 'colour'")) << ran.err;
  EXPECT_EQ(run_program({kProgram, "ask", "-m", "/nowhere/model.json", "Hello"}).exit_status, 4);
}

}  // namespace
}  // namespace puna::test

// The grammar check, and that what it accepts is accepted by libllama while what kills libllama is refused.
#include "engine/gbnf_check.h"

#include <gtest/gtest.h>

#include "puna/base.h"

namespace puna::engine {
namespace {

std::string repeat(std::string_view text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) {
    result += text;
  }
  return result;
}

// "root ::= r0 \n r0 ::= r1 ..." of the given length.
std::string chain(int rules) {
  std::string text = "root ::= r0\n";
  for (int i = 0; i < rules; ++i) {
    text += format_text("r{} ::= r{}\n", i, i + 1);
  }
  return text + format_text("r{} ::= \"a\"\n", rules);
}

const std::vector<std::string>& good() {
  static const std::vector<std::string> kGood = {
      "root ::= \"a\"",
      "root ::= ",
      "root ::= | \"a\"",
      "root ::= \"a\" \"b\" | \"c\"",
      "root ::=\n  \"a\" |\n  \"b\"\n",
      "root ::= (\"a\"\n \"b\" # words\n | \"c\")\n",
      "# first\nroot ::= x-1 x-1?\n\nx-1 ::= [a-z0-9_-]+ # last",
      "root ::= [^\"\\\\\\x00-\\x1F]*",
      "root ::= \"\\u00e9\\U0001F600\\t\\n\\r\\\\\\\"\" .",
      "root ::= \"\" \"a\"",
      "root ::= \"a\"{3} [0-9]{1,4} \"c\"{2,} \"d\"{0} \"e\" {2}",
      "root ::= (\"a\"{0,100} \"b\"){19}",
      "root ::= \"a\"{1999}",
      "root ::= a\na ::= \"x\" a | \"y\"",
      R"(root ::= object
object ::= "{" ws (pair ("," ws pair)*)? "}"
pair ::= string ":" ws value
value ::= object | string | "true"
string ::= "\"" [a-z]* "\""
ws ::= [ \t]*)",
      "root ::= ((\"a\"?)?)?",
      "root ::= " + repeat("(\"k\")? ", 48),
      "root ::= " + repeat("(", 200) + "\"a\"" + repeat(")", 200),
      "root ::= \"\u00e9\" [\u00e0-\u00ff]",
      chain(5000),
      "root ::= \"a\"\r\nb ::= \"c\"\r\n",
  };
  return kGood;
}

const std::vector<std::string>& bad() {
  static const std::vector<std::string> kBad = {
      "",
      "rot ::= \"a\"",
      "root = \"a\"",
      "root ::= foo",
      "root ::= \"a\"\nroot ::= \"b\"",
      "root ::= (\"a\"",
      "root ::= \"a\")",
      "root ::= \"a",
      "root ::= [a",
      "root ::= []",
      "root ::= [^]",
      "root ::= [z-a]",
      "root ::= \"\\q\"",
      "root ::= \"\\x4\"",
      "root ::= \"\\u12g4\"",
      "root ::= \"\\uD800\"",
      "root ::= \"\\U00110000\"",
      "root ::= *",
      "root ::= \"\"*",
      "root ::= \"a\"**",
      "root ::= \"a\"{2",
      "root ::= \"a\"{,2}",
      "root ::= \"a\"{5,2}",
      "root ::= \"a\"{2000}",
      "root ::= \"a\"{99999999999999999999}",
      "root ::= (\"a\"? \"b\"){1000}",
      "root ::= (\"a\"{0,1999} \"b\")*",
      "root ::= \"" + std::string(1000, 'x') + "\"{1999}",
      "root ::= \"a\"\n | \"b\"",
      "root ::= a_b\na_b ::= \"x\"",
      "root ::= \"a\"^",
      "root ::= root \"a\" | \"b\"",
      "root ::= x \"a\"\nx ::= y root\ny ::= \"c\"?",
      "root ::= x\nx ::= (x)",
      "root ::= \"a\"? root",
      "root ::= (\"a\"*)*",
      "root ::= x+ \"z\"\nx ::= \"a\"?",
      "root ::= (\"a\"?){500}",
      "root ::= " + repeat("x ", 49) + "\nx ::= \"a\"?",
      "root ::= " + repeat("(", 201) + "\"a\"" + repeat(")", 201),
      "root ::= " + repeat("(", 60'000) + "\"a\"" + repeat(")", 60'000),
      chain(30'000),
      "root ::= \"x\"" + repeat(" | \"x\"", 20'000),
      "root ::= <",
      "root ::= <>",
      "root ::= <[]>",
      "root ::= <[12a]>",
      "root ::= <[9999999999]>",
      "root ::= !\"a\"",
      std::string("root ::= \"a\0b\"", 14),
      "root ::= \"\xFF\"",
      std::string(kGbnfBytesMax + 1, ' '),
  };
  return kBad;
}

TEST(GbnfCheck, RightGrammarsPass) {
  for (const std::string& text : good()) {
    const auto tokens = check_gbnf(text, "root");
    EXPECT_TRUE(tokens) << text.substr(0, 200) << "\n" << tokens.error().message;
  }
}

TEST(GbnfCheck, WrongAndDangerousGrammarsAreRefusedWithAReason) {
  for (const std::string& text : bad()) {
    const auto tokens = check_gbnf(text, "root");
    ASSERT_FALSE(tokens) << text.substr(0, 200);
    EXPECT_EQ(tokens.error().code, ErrorCode::invalid_argument);
    EXPECT_TRUE(tokens.error().message.starts_with("grammar")) << tokens.error().message;
  }
}

TEST(GbnfCheck, TheLineOfAnErrorIsNamed) {
  EXPECT_TRUE(check_gbnf("root ::= a\na ::= \"x\"\nb = 1", "root").error().message.contains("line 3"));
}

TEST(GbnfCheck, NamedTokensAreHandedToTheCaller) {
  const auto tokens = check_gbnf("root ::= <think> [^<]* !<[7]> <[12]>", "root");
  ASSERT_TRUE(tokens);
  EXPECT_EQ(tokens->texts, std::vector<std::string>{"<think>"});
  EXPECT_EQ(tokens->ids, (std::vector<std::uint64_t>{7, 12}));
}

TEST(GbnfCheck, RandomTextsGetAnAnswerAndNothingElse) {
  Random random(31);
  constexpr std::string_view kPieces[] = {"root ::= ", "x ::= ", "x", "root",  "(",  ")", "\"a\"", "[a-z]",
                                          "*",         "+",      "?", "{1,3}", "{",  "}", "|",     "\n",
                                          " ",         "#c\n",   ".", "\\",    "\"", "[", "<[1]>"};
  int passed = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text = round % 2 == 0 ? "root ::= " : "";
    for (std::uint64_t i = 0; i < random.next() % 12; ++i) {
      text += kPieces[random.next() % std::size(kPieces)];
    }
    passed += check_gbnf(text, "root") ? 1 : 0;
  }
  EXPECT_GT(passed, 100);
}

}  // namespace
}  // namespace puna::engine

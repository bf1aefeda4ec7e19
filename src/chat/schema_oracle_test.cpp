// Schemas against outside judges: the official JSON Schema test suite (draft 2020-12) and MaskBench, schemas from the
// real world with instances that must and must not fit.
#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "chat/match_testing.h"
#include "chat/oracles_testing.h"
#include "puna/chat/schema.h"

namespace puna {
namespace {

struct Tally {
  int compiled = 0;
  int refused = 0;
  int valid = 0;
  int valid_refused = 0;
  int invalid = 0;
  int invalid_accepted = 0;  // by the grammar and, where it does not enforce everything, the check after it
  int only_checked = 0;      // accepted by the grammar, refused by that check
};

// What happens to a reply: the grammar must let it through, and what no grammar can enforce is checked afterwards.
void judge(const Json& schema, const Json& tests, const std::string& where, Tally& tally) {
  const auto grammar = grammar_from_schema(schema);
  if (!grammar) {
    ++tally.refused;
    std::printf("refused: %s: %s\n", where.c_str(), grammar.error().message.c_str());
    return;
  }
  ++tally.compiled;
  testing::TextMatcher matcher(grammar->grammar);
  for (const Json& test : tests.as_array()) {
    const Json& value = *test.find("data");
    const bool is_valid = test.find("valid")->as_bool();
    const bool passes = matcher.matches(value.dump());
    const bool is_taken = passes && (grammar->unenforced.empty() || schema_violations(schema, value).empty());
    ++(is_valid ? tally.valid : tally.invalid);
    if (!is_valid && passes && !is_taken) {
      ++tally.only_checked;
    }
    if (is_taken != is_valid) {
      ++(is_valid ? tally.valid_refused : tally.invalid_accepted);
      std::printf("%s: %s: %s %.200s\n", is_valid ? "valid, refused" : "invalid, accepted", where.c_str(),
                  std::string(test.text_or("description")).c_str(), value.dump().c_str());
    }
  }
}

void print(const Tally& tally) {
  std::printf(
      "compiled %d, refused %d; valid %d, of them refused %d; invalid %d, of them accepted %d, caught by the "
      "check only %d\n",
      tally.compiled, tally.refused, tally.valid, tally.valid_refused, tally.invalid, tally.invalid_accepted,
      tally.only_checked);
}

TEST(SchemaOracle, AgreesWithTheOfficialTestSuite) {
  const auto folder = testing::oracle("json-schema-test-suite/draft2020-12");
  if (!folder) {
    GTEST_SKIP() << "the oracle folder json-schema-test-suite is not here";
  }
  Tally tally;
  for (const auto& file : std::filesystem::directory_iterator(*folder)) {
    const Result<Json> groups = file.is_regular_file() ? Json::parse(testing::read_text(file.path())) : Json::array();
    if (!groups || file.path().filename() == "format.json") {
      continue;  // a file that is no JSON to us; that "format" only annotates, where we enforce it
    }
    for (const Json& group : groups->as_array()) {
      const std::string where = file.path().filename().string() + ": " + std::string(group.text_or("description"));
      judge(*group.find("schema"), *group.find("tests"), where, tally);
    }
  }
  print(tally);
  EXPECT_GE(tally.compiled, 9 * tally.refused);
  EXPECT_EQ(tally.invalid_accepted, 0);
  EXPECT_EQ(tally.valid_refused, 0);
}

TEST(SchemaOracle, AgreesWithMaskBench) {
  const auto folder = testing::oracle("maskbench");
  if (!folder) {
    GTEST_SKIP() << "the oracle folder maskbench is not here";
  }
  Tally tally;
  for (const auto& file : testing::oracle_files(*folder)) {
    const Result<Json> group = Json::parse(testing::read_text(file));
    if (group && group->find("schema") != nullptr && group->find("tests") != nullptr) {
      judge(*group->find("schema"), *group->find("tests"), file.filename().string(), tally);
    }
  }
  print(tally);
  EXPECT_GE(tally.compiled, 19 * tally.refused);
  EXPECT_LE(tally.invalid_accepted, tally.invalid / 500);
  EXPECT_LE(tally.valid_refused, tally.valid / 100);
}

}  // namespace
}  // namespace puna

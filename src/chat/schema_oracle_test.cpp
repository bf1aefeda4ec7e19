// Schemas against outside judges: the official JSON Schema test suite (draft 2020-12) and MaskBench, schemas from the
// real world with instances that must and must not fit.
#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "chat/gbnf_match_testing.h"
#include "chat/oracles_testing.h"
#include "puna/chat/schema.h"

namespace puna {
namespace {

// Every test of one schema. MaskBench lets `format` decide, which draft 2020-12 and we take as a note: there only what
// must fit is judged in schemas that use it. Returns false when the schema is not supported.
bool judge(const Json& schema, const Json& tests, const std::string& where, bool is_suite) {
  const Result<Grammar> grammar = grammar_from_schema(schema);
  if (!grammar) {
    EXPECT_FALSE(grammar.error().message.empty());
    return false;
  }
  testing::GbnfMatcher matcher(*grammar);
  for (const Json& test : tests.as_array()) {
    const bool is_valid = test.find("valid")->as_bool();
    if (!is_suite && !is_valid && schema.dump().contains("\"format\"")) {
      continue;
    }
    const Json& value = *test.find("data");
    const std::vector<std::string> violations = schema_violations(schema, value);
    EXPECT_EQ(violations.empty(), is_valid) << where << " " << schema.dump() << " " << value.dump();
    if (is_suite && !is_valid) {
      EXPECT_FALSE(matcher.matches(value.dump())) << where << " " << schema.dump() << " " << value.dump();
    }
  }
  return true;
}

TEST(SchemaOracle, AgreesWithTheOfficialTestSuiteOnEverySupportedSchema) {
  const auto folder = testing::oracle("json-schema-test-suite/draft2020-12");
  if (!folder) {
    GTEST_SKIP() << "the oracle folder json-schema-test-suite is not here";
  }
  int judged = 0;
  int refused = 0;
  for (const auto& file : std::filesystem::directory_iterator(*folder)) {
    const Result<Json> groups = file.is_regular_file() ? Json::parse(testing::read_text(file.path())) : Json::array();
    if (!groups || file.path().filename() == "format.json") {
      continue;  // a file that is no JSON to us; "format" only annotates, which that file also says
    }
    for (const Json& group : groups->as_array()) {
      const std::string where = file.path().filename().string() + ": " + std::string(group.text_or("description"));
      ++(judge(*group.find("schema"), *group.find("tests"), where, true) ? judged : refused);
    }
  }
  std::printf("judged %d schemas, refused %d\n", judged, refused);
  EXPECT_GT(judged, 30);
}

TEST(SchemaOracle, AgreesWithMaskBenchOnEverySupportedSchema) {
  const auto folder = testing::oracle("maskbench");
  if (!folder) {
    GTEST_SKIP() << "the oracle folder maskbench is not here";
  }
  int judged = 0;
  int refused = 0;
  for (const auto& file : std::filesystem::directory_iterator(*folder)) {
    const Result<Json> group = Json::parse(testing::read_text(file.path()));
    if (!group || group->find("schema") == nullptr || group->find("tests") == nullptr) {
      continue;
    }
    ++(judge(*group->find("schema"), *group->find("tests"), file.path().filename().string(), false) ? judged : refused);
  }
  std::printf("judged %d schemas, refused %d\n", judged, refused);
  EXPECT_GT(judged, 300);
}

}  // namespace
}  // namespace puna

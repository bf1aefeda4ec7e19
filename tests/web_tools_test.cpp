// The web's tools as a user asks for them. The demo model need not use them: what is looked at is that they are
// offered.
#include <gtest/gtest.h>

#include <string>

#include "program.h"

namespace puna::test {
namespace {

Ran run_with(std::vector<std::string> flags) {
  flags.insert(flags.begin(), {PUNA_PROGRAM, "run", "--max-turns", "1", "--jsonl", "-v"});
  flags.emplace_back("How fast is a leopard?");
  return run_program(flags);
}

TEST(WebTools, AreOfferedByNameAndFindTheBundledFacts) {
  const Ran ran = run_with({"--tools", "web_search,visit_page"});
  EXPECT_NE(ran.out.find("web_search"), std::string::npos) << ran.err;
  EXPECT_NE(ran.out.find("visit_page"), std::string::npos) << ran.err;
  EXPECT_EQ(run_with({}).out.find("web_search"), std::string::npos);
}

TEST(WebTools, MistakesInTheirFlagsAreNamed) {
  const Ran folder = run_with({"--tools", "web_search", "--facts", "/no/such/folder"});
  EXPECT_EQ(folder.exit_status, 4);
  EXPECT_NE(folder.err.find("/no/such/folder"), std::string::npos) << folder.err;
  const Ran engine = run_with({"--tools", "web_search", "--search", "altavista"});
  EXPECT_EQ(engine.exit_status, 2);
  const Ran searxng = run_with({"--tools", "web_search", "--search", "searxng"});
  EXPECT_EQ(searxng.exit_status, 2);
  EXPECT_NE(searxng.err.find("--searxng http://localhost:8888"), std::string::npos) << searxng.err;
  const Ran host = run_with({"--tools", "visit_page", "--allow-host", "a b"});
  EXPECT_EQ(host.exit_status, 2);
  EXPECT_NE(host.err.find("--allow-host"), std::string::npos) << host.err;
}

}  // namespace
}  // namespace puna::test

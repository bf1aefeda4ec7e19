// Servers that are programs: both revisions, and everything that such a program can do wrong.
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "puna/tools/files.h"
#include "puna/tools/mcp.h"
#include "source_folder.h"
#include "tools/test_folder.h"

namespace puna {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

McpServerConfig config(const std::string& mode, std::vector<std::string> more = {}) {
  std::vector<std::string> arguments{"-I", std::string(PUNA_SOURCE_DIR) + "/src/tools/test_mcp_server.py", mode};
  arguments.append_range(std::move(more));
  return {.name = "test", .place = McpProgram{.command = "/usr/bin/python3", .arguments = std::move(arguments)}};
}
McpOptions program_options() {
  return {.environment = {{"PATH", "/usr/bin:/bin"}, {"LANG", "C.UTF-8"}},
          .probe_time = 3s,
          .start_time = 20s,
          .grace = 1s};
}
Result<std::unique_ptr<McpServer>> open(const std::string& mode, const McpOptions& with = program_options()) {
  return McpServer::open(config(mode), with);
}
std::string called(McpServer& server, const std::string& tool, const Json& arguments = Json::object()) {
  const auto result = server.call(tool, arguments);
  return result ? mcp_observation(*result, Json()).content : "failed: " + result.error().message;
}
std::string content_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(McpProgramServer, BothRevisionsAreFoundAndTheirToolsWork) {
  for (const auto& [mode, revision] : std::map<std::string, std::string>{{"modern", "2026-07-28"},
                                                                         {"legacy", "2025-11-25"},
                                                                         {"legacy_2024", "2024-11-05"},
                                                                         {"legacy_dies", "2025-11-25"}}) {
    auto server = open(mode);
    ASSERT_TRUE(server) << mode << ": " << server.error().message;
    EXPECT_EQ((*server)->facts().protocol, revision) << mode;
    EXPECT_EQ(called(**server, "echo", Json::object({{"text", "hällo\nyou"}})), "hällo\nyou") << mode;
    EXPECT_EQ(called(**server, "add", Json::object({{"a", 2}, {"b", 40}})), "{\"sum\":42}") << mode;
    EXPECT_EQ(called(**server, "fail"), "error: it broke") << mode;
    EXPECT_EQ(called(**server, "absent"), "failed: MCP server 'test': it has no tool 'absent'") << mode;
  }
}

TEST(McpProgramServer, AServerThatIsSilentToTheProbeIsAskedAgainAsAnOlderOne) {
  McpOptions quick = program_options();
  quick.probe_time = 500ms;
  auto server = open("legacy_silent", quick);
  ASSERT_TRUE(server) << server.error().message;
  EXPECT_EQ((*server)->facts().protocol, "2025-11-25");
}

TEST(McpProgramServer, ToolsOfAllPagesAreSortedAndThoseThatCannotBeUsedAreNamed) {
  auto server = open("modern");
  ASSERT_TRUE(server) << server.error().message;
  std::vector<std::string> names;
  for (const McpToolFacts& tool : (*server)->tools()) {
    names.push_back(tool.name);
  }
  EXPECT_EQ(names, (std::vector<std::string>{"add", "again", "asks", "change", "crash", "echo", "fail", "ping me",
                                             "seen", "slow", "surroundings"}));
  const auto& problems = (*server)->problems();
  ASSERT_EQ(problems.size(), 6U);
  EXPECT_EQ(problems[0], "tool 'no schema' is left out: it has no inputSchema");
  EXPECT_EQ(problems[2], "tool 'echo' is left out: the name stands twice");
  EXPECT_EQ((*server)->facts().name, "modern\\x1b[31m one");
  EXPECT_EQ((*server)->facts().instructions, "Use it well.");
}

TEST(McpProgramServer, WhatIsWrittenBetweenTheAnswersDoesNoHarm) {
  auto server = open("modern_noisy");
  ASSERT_TRUE(server) << server.error().message;
  EXPECT_EQ(called(**server, "echo", Json::object({{"text", "x"}})), "x");
}

TEST(McpProgramServer, RequestsOfTheServersAreAnsweredWithNothing) {
  auto server = open("legacy");
  ASSERT_TRUE(server) << server.error().message;
  const auto got = Json::parse(called(**server, "ping me"));
  ASSERT_TRUE(got && got->is_array());
  EXPECT_EQ(got->as_array()[0], *Json::parse(R"({"jsonrpc": "2.0", "id": "mine", "result": {}})"));
  EXPECT_EQ(got->as_array()[1].find("error")->find("code")->as_integer(), -32601);
}

class Yes final : public User {
 public:
  [[nodiscard]] Result<std::string> answer(std::string_view question, const std::stop_token& /*stop*/) override {
    std::this_thread::sleep_for(pause);
    return question.contains("y or n") ? "y" : "Ada";
  }
  std::chrono::milliseconds pause{0};
};

// The form is the same in both revisions; a request of the server's in one, a result with questions in the other.
TEST(McpProgramServer, TheUserIsAskedAndTheServerGetsTheAnswerWhateverTheTimeItTook) {
  Yes user;
  user.pause = 700ms;
  McpOptions with = program_options();
  with.user = &user;
  with.call_time = 1s;
  const Json params = *Json::parse(R"({"requestedSchema": {"properties": {"name": {"type": "string"}}}})");
  auto modern = open("modern", with);
  ASSERT_TRUE(modern) << modern.error().message;
  EXPECT_EQ(called(**modern, "asks", Json::object({{"params", params}})),
            R"({"q": {"action": "accept", "content": {"name": "Ada"}}})");
  auto legacy = open("legacy", with);
  ASSERT_TRUE(legacy) << legacy.error().message;
  const auto got = Json::parse(called(
      **legacy, "ping me", Json::object({{"methods", Json::array({"elicitation/create"})}, {"params", params}})));
  ASSERT_TRUE(got);
  EXPECT_EQ(got->as_array()[0].find("result")->dump(), R"({"action":"accept","content":{"name":"Ada"}})");
}

TEST(McpProgramServer, AToolThatChangedOrWentAwayIsNotCalledUnderItsOldWords) {
  for (const std::string mode : {"modern", "legacy"}) {
    auto server = open(mode);
    ASSERT_TRUE(server) << server.error().message;
    const std::size_t tools = (*server)->tools().size();
    EXPECT_EQ(called(**server, "echo", Json::object({{"text", "x"}})), "x");
    EXPECT_EQ(called(**server, "change"), "changed");
    EXPECT_EQ(called(**server, "echo", Json::object({{"text", "x"}})),
              "failed: MCP server 'test': 'echo' is not what it was when it was listed");
    EXPECT_EQ(called(**server, "fail"), "failed: MCP server 'test': 'fail' is not offered any more");
    EXPECT_EQ(called(**server, "add", Json::object({{"a", 1}})), "{\"sum\":1}");
    EXPECT_EQ((*server)->tools().size(), tools);  // the prompt keeps what it has
  }
}

TEST(McpProgramServer, ACallThatWantsToBeRepeatedIsAndNobodyIsAskedWhereNobodyIs) {
  auto server = open("modern");
  ASSERT_TRUE(server) << server.error().message;
  EXPECT_EQ(called(**server, "again"), "after 3 rounds");
  EXPECT_EQ(called(**server, "asks"), R"({"q": {"action": "decline"}})");
  EXPECT_NE(called(**server, "asks", Json::object({{"method", "sampling/createMessage"}}))
                .find("'asks' asks for input that it cannot be given: 'sampling/createMessage' is not offered"),
            std::string::npos);
}

TEST(McpProgramServer, ProgressArrivesAndStoppingTellsTheServer) {
  for (const std::string mode : {"modern", "legacy"}) {
    const tools::TestFolder folder;
    McpOptions with = program_options();
    with.grace = 10s;
    std::stop_source stop;
    std::vector<double> progress;
    with.on_progress = [&](const McpProgress& step) {
      progress.push_back(step.done);
      EXPECT_EQ(step.tool, "slow");
      EXPECT_EQ(step.total, 100.0);
      if (progress.size() == 3) {
        stop.request_stop();
      }
    };
    auto server = McpServer::open(config(mode, {(folder.path() / "noted").string()}), with);
    ASSERT_TRUE(server) << server.error().message;
    const auto begin = Clock::now();
    const auto stopped = (*server)->call("slow", Json::object(), stop.get_token());
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, ErrorCode::cancelled);
    EXPECT_LT(Clock::now() - begin, 3s);
    EXPECT_EQ(progress, (std::vector<double>{1, 2, 3}));
    server->reset();  // it reads what came and ends
    EXPECT_NE(content_of(folder.path() / "noted").find("notifications/cancelled"), std::string::npos) << mode;
  }
}

TEST(McpProgramServer, OneThatEndsIsStartedAgainFiveTimes) {
  for (const std::string mode : {"modern", "legacy"}) {
    auto server = open(mode);
    ASSERT_TRUE(server) << server.error().message;
    for (int i = 0; i < 5; ++i) {
      const std::string crash = called(**server, "crash");
      EXPECT_NE(crash.find("exit status 9; it wrote: boom"), std::string::npos) << crash;
      EXPECT_EQ(called(**server, "echo", Json::object({{"text", "back"}})), "back") << mode << i;
    }
    (void)called(**server, "crash");
    EXPECT_NE(called(**server, "echo", Json::object({{"text", "x"}})).find("ended 6 times"), std::string::npos);
  }
}

TEST(McpProgramServer, SeesOnlyTheEnvironmentDescriptorsAndFolderThatItIsGiven) {
  const tools::TestFolder folder;
  ::setenv("PUNA_TEST_SECRET", "canary", 1);
  std::ifstream open_file("/proc/self/status");
  McpServerConfig with = config("modern");
  auto& program = std::get<McpProgram>(with.place);
  program.environment["TOKEN"] = Secret("t0ken");
  program.folder = folder.path();
  auto server = McpServer::open(with, program_options());
  ASSERT_TRUE(server) << server.error().message;
  const auto seen = Json::parse(called(**server, "surroundings"));
  ::unsetenv("PUNA_TEST_SECRET");
  ASSERT_TRUE(seen);
  std::vector<std::string> names;
  for (const Json::Member& member : seen->find("environment")->as_object()) {
    names.push_back(member.key);
  }
  std::erase(names, "LC_CTYPE");  // Python's own
  EXPECT_EQ(names, (std::vector<std::string>{"LANG", "PATH", "TOKEN"}));
  EXPECT_EQ(*seen->find("descriptors"), Json::array({0, 1, 2}));
  EXPECT_EQ(seen->text_or("folder"), std::filesystem::canonical(folder.path()).string());
}

struct Refused {
  std::string mode;
  ErrorCode code;
  std::string says;
};
TEST(McpProgramServer, WhatCannotBeOpenedSaysWhy) {
  McpOptions quick = program_options();
  quick.probe_time = 400ms;
  quick.start_time = 1'500ms;
  quick.grace = 200ms;
  quick.message_bytes_max = 1'000'000;
  for (const Refused& refused : std::vector<Refused>{
           {"exits", ErrorCode::unavailable, "exit status 3; it wrote: cannot read its\\x1b[2J configuration"},
           {"deaf", ErrorCode::unavailable, "no answer to initialize within 1500 ms"},
           {"endless_line", ErrorCode::limit, "more than 1000000 bytes"},
           {"flood", ErrorCode::unavailable, "no answer to initialize"},
           {"asking", ErrorCode::corrupt, "requests instead of an answer"},
           {"legacy_odd", ErrorCode::invalid_argument, "the revision '1999-01-01'"},
           {"modern_other_version", ErrorCode::invalid_argument, "not this one (-32022)"},
           {"modern_same_cursor", ErrorCode::corrupt, "does not end"},
           {"modern_new_cursors", ErrorCode::corrupt, "does not end"},
           {"modern_no_list", ErrorCode::corrupt, "its list of tools is none"}}) {
    McpOptions with = quick;
    if (refused.mode != "deaf" && refused.mode != "flood") {  // these two never end by themselves
      with.probe_time = 10s;
      with.start_time = 20s;
    }
    const auto begin = Clock::now();
    const auto server = open(refused.mode, with);
    ASSERT_FALSE(server) << refused.mode;
    EXPECT_EQ(server.error().code, refused.code) << refused.mode << ": " << server.error().message;
    EXPECT_NE(server.error().message.find(refused.says), std::string::npos) << server.error().message;
    EXPECT_LT(Clock::now() - begin, 25s) << refused.mode;
  }
  const auto absent =
      McpServer::open({.name = "x", .place = McpProgram{.command = "no-such-program-anywhere"}}, program_options());
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, ErrorCode::not_found);
}

TEST(McpProgramServer, AStopWhileItOpensReturnsAtOnce) {
  std::stop_source stop;
  std::jthread stopper([&] {
    std::this_thread::sleep_for(200ms);
    stop.request_stop();
  });
  McpOptions with = program_options();
  with.grace = 30s;  // for one that ends by itself, not for one that the user does not want any more
  const auto begin = Clock::now();
  const auto server = McpServer::open(config("deaf"), with, stop.get_token());
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code, ErrorCode::cancelled);
  EXPECT_LT(Clock::now() - begin, 3s);
}

TEST(McpProgramServer, EndsByItselfWhenItsInputIsClosed) {
  const tools::TestFolder folder;
  auto server = McpServer::open(config("modern", {(folder.path() / "noted").string()}), program_options());
  ASSERT_TRUE(server) << server.error().message;
  server->reset();
  EXPECT_TRUE(content_of(folder.path() / "noted").ends_with("ended\n"));
}

TEST(McpProgramServer, OneThatIgnoresEverythingIsKilledWithItsChildren) {
  const tools::TestFolder folder;
  McpOptions with = program_options();
  with.grace = 300ms;
  auto server = McpServer::open(config("modern_stays", {(folder.path() / "noted").string()}), with);
  ASSERT_TRUE(server) << server.error().message;
  std::ifstream in(folder.path() / "noted");
  pid_t leader = 0;
  pid_t child = 0;
  in >> leader >> child;
  ASSERT_GT(leader, 1);
  ASSERT_GT(child, 1);
  ASSERT_EQ(::kill(child, 0), 0);
  const auto begin = Clock::now();
  (*server)->close();
  EXPECT_LT(Clock::now() - begin, 3s);
  EXPECT_EQ(::kill(leader, 0), -1);
  for (int i = 0; i < 200 && ::kill(child, 0) == 0; ++i) {  // its new parent has to notice
    std::ifstream status("/proc/" + std::to_string(child) + "/stat");
    std::string text;
    std::getline(status, text);
    if (text.find(") Z ") != std::string::npos) {
      break;
    }
    std::this_thread::sleep_for(10ms);
    EXPECT_LT(i, 199) << "the child lives";
  }
  EXPECT_NE(called(**server, "echo").find("it was closed"), std::string::npos);
}

}  // namespace
}  // namespace puna

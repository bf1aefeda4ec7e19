// The program with a model that a server has: --url.
#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "model/test_chat_server.h"
#include "model/test_llama_server.h"
#include "program.h"

namespace puna::test {
namespace {

using model::ChatServer;
using model::kDone;
using model::kStreamHead;
using model::text_event;

std::string good_stream() {
  return std::string(kStreamHead) + text_event("Good ") + text_event("day") + model::end_event("stop") +
         model::usage_event(3, 2) + std::string(kDone);
}

TEST(ServerRun, AnAgentOnLlamaServerSaysAndDoesWhatItDoesOnTheFile) {
  std::string why = "no demo model";
  const auto server =
      std::filesystem::exists(kDemoModel)
          ? model::LlamaServer::start(kDemoModel, {"-c", "2048", "-np", "1", "-fa", "off", "--no-kv-unified"}, why)
          : nullptr;
  if (server == nullptr) {
    GTEST_SKIP() << why;
  }
  const auto folder = std::filesystem::temp_directory_path() / ("puna-server-run-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  const auto transcript = [&](const std::string& task, const std::vector<std::string>& where) {
    const std::filesystem::path file = folder / "transcript.jsonl";
    std::filesystem::remove(file);
    std::vector<std::string> words = {kProgram, "run", "--root",       folder.string(),
                                      "--seed", "7",   "--transcript", file.string()};
    words.insert(words.end(), where.begin(), where.end());
    words.push_back(task);
    const Ran ran = run_program(words);
    EXPECT_EQ(ran.exit_status, 0) << ran.err;
    std::ifstream in(file);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  for (const std::string task : {"What is 4817 * 36?", "Hello", "What is 12 * 7?"}) {
    const std::string here = transcript(task, {"--profile", "deterministic"});
    EXPECT_EQ(transcript(task, {"--url", server->url() + "/v1"}), here);
    EXPECT_GE(std::ranges::count(here, '\n'), 3) << here;
    EXPECT_EQ(here.contains("calculator"), task != "Hello") << here;
  }
  std::filesystem::remove_all(folder);
  const Ran code = run_program({kProgram, "run", "--code", "--max-tokens", "60", "--url", server->url(), "Hello"});
  EXPECT_TRUE(code.exit_status == 0 || code.exit_status == 5) << code.exit_status << code.err;
  EXPECT_FALSE(code.err.contains("puna: ")) << code.err;
  const Ran doctor = run_program({kProgram, "doctor", "--url", server->url()});
  EXPECT_TRUE(doctor.out.contains("ok    counting    exact")) << doctor.out;
  EXPECT_TRUE(doctor.out.contains("ok    answer")) << doctor.out;
  const Ran chat = run_program({kProgram, "chat", "--temp", "0", "--url", server->url()}, "Hello\n");
  EXPECT_EQ(chat.exit_status, 0) << chat.err;
  EXPECT_FALSE(chat.out.empty());
}

TEST(ServerRun, AnAnswerThatBreaksOffIsShownAsFarAsItCameAndIsToBeTriedAgain) {
  const ChatServer server(std::string(kStreamHead) + text_event("Good "));
  const Ran ran = run_program({kProgram, "ask", "--url", server.url(), "Hi"});
  EXPECT_EQ(ran.exit_status, 75) << ran.err;
  EXPECT_EQ(ran.out, "Good \n");
  EXPECT_TRUE(ran.err.contains("broke off after 5 bytes")) << ran.err;
}

TEST(ServerRun, TheKeyComesFromTheEnvironmentAndIsNeverShown) {
  const ChatServer server(good_stream());
  const Ran without = run_program({kProgram, "ask", "--url", server.url(), "--api-key-env", "PUNA_TEST_NO_KEY", "Hi"});
  EXPECT_EQ(without.exit_status, 2) << without.err;
  EXPECT_TRUE(without.err.contains("PUNA_TEST_NO_KEY holds no key")) << without.err;
  ::setenv("PUNA_TEST_KEY", "canary-key", 1);
  for (const std::string output : {"-v", "--jsonl"}) {
    const Ran ran =
        run_program({kProgram, "ask", output, "--url", server.url(), "--api-key-env", "PUNA_TEST_KEY", "Hi"});
    EXPECT_EQ(ran.exit_status, 0) << ran.err;
    EXPECT_FALSE((ran.out + ran.err).contains("canary")) << ran.out << ran.err;
  }
  ::unsetenv("PUNA_TEST_KEY");
  ASSERT_FALSE(server.requests().empty());
  EXPECT_TRUE(server.requests().back().contains("Authorization: Bearer canary-key"));
}

TEST(ServerRun, ParametersReachTheServerAndMistakesAreNamed) {
  const ChatServer server(good_stream());
  const Ran ran = run_program({kProgram, "ask", "--url", server.url(), "--param", "cache_prompt=false", "--param",
                               "reasoning_format=none", "--param", "temperature=0.5", "--top-k", "7", "Hi"});
  EXPECT_EQ(ran.exit_status, 0) << ran.err;
  EXPECT_EQ(ran.out, "Good day\n");
  const Json body = server.bodies().at(0);
  EXPECT_EQ(*body.find("cache_prompt"), Json(false));
  EXPECT_EQ(*body.find("reasoning_format"), Json("none"));
  EXPECT_EQ(*body.find("temperature"), Json(0.5));
  EXPECT_EQ(*body.find("top_k"), Json(7));
  for (const auto& [word, expected] : {std::pair("temprature=1", "did you mean temperature?"),
                                       {"tfs_z=1", "tail-free"},
                                       {"novalue", "has no value"}}) {
    const Ran wrong = run_program({kProgram, "ask", "--url", server.url(), "--param", word, "Hi"});
    EXPECT_EQ(wrong.exit_status, 2) << word;
    EXPECT_TRUE(wrong.err.contains(expected)) << wrong.err;
  }
  for (const std::string flag : {"--threads", "--gpu-layers"}) {
    const Ran wrong = run_program({kProgram, "ask", "--url", server.url(), flag, "2", "Hi"});
    EXPECT_EQ(wrong.exit_status, 2) << flag;
    EXPECT_TRUE(wrong.err.contains(flag + " excludes --url")) << wrong.err;
  }
}

TEST(ServerRun, ShowAndDoctorSayWhatAServerIsAndThatNoneIsThere) {
  std::string gone;
  {
    const ChatServer server(good_stream(), {.is_llama = false});
    const Ran shown = run_program({kProgram, "show", "--jsonl", "--url", server.url()});
    EXPECT_EQ(shown.exit_status, 0) << shown.err;
    const auto json = Json::parse(shown.out);
    ASSERT_TRUE(json) << shown.out;
    EXPECT_EQ(*json->find("window_tokens"), Json(1'000));
    EXPECT_EQ(*json->find("counts_tokens"), Json(false));
    const Ran doctor = run_program({kProgram, "doctor", "--url", server.url()});
    EXPECT_TRUE(doctor.out.contains("warn  counting    estimated")) << doctor.out;
    EXPECT_TRUE(doctor.out.contains("ok    answer      2 tokens in 2 pieces")) << doctor.out;
    gone = server.url();
  }
  const Ran doctor = run_program({kProgram, "doctor", "--url", gone});
  EXPECT_EQ(doctor.exit_status, 1);
  EXPECT_TRUE(doctor.out.contains("fail  server")) << doctor.out;
  const Ran run = run_program({kProgram, "run", "--url", gone, "Hi"});
  EXPECT_EQ(run.exit_status, 75) << run.err;
  EXPECT_TRUE(run.err.contains("llama-server -m")) << run.err;
}

}  // namespace
}  // namespace puna::test

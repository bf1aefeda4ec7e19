// puna pull, ls, rm and -hf, as a user starts them, with a hub on loopback that has the bundled demo model.
#include <gtest/gtest.h>

#include <csignal>
#include <thread>

#include "model/test_hub.h"
#include "program.h"

namespace puna::test {
namespace {

namespace fs = std::filesystem;
using model::content_of;
using model::HubFolder;
using model::HubRequest;
using model::HubServer;

class HubCommand : public ::testing::Test {
 protected:
  HubCommand() : demo_(content_of(kDemoModel)), server_({{"puna-demo-Q8_0.gguf", demo_}}, "puna/demo-GGUF") {}

  // With nothing of this machine's own settings.
  [[nodiscard]] Ran run(std::vector<std::string> words, const std::vector<std::string>& environment = {}) const {
    words.insert(words.begin(), kProgram);
    return run_any(words, environment);
  }
  [[nodiscard]] Ran run_any(const std::vector<std::string>& words, const std::vector<std::string>& environment) const {
    std::vector<std::string> all{"/usr/bin/env",
                                 "-i",
                                 "HOME=" + folder_.path.string(),
                                 "PATH=/usr/bin:/bin",
                                 "OMP_WAIT_POLICY=passive",
                                 "HF_ENDPOINT=" + server_.url()};
    all.insert(all.end(), environment.begin(), environment.end());
    all.insert(all.end(), words.begin(), words.end());
    return run_program(all);
  }
  [[nodiscard]] fs::path snapshot() const {
    return folder_.path / ".cache/huggingface/hub/models--puna--demo-GGUF/snapshots" / model::kTestCommit;
  }

  std::string demo_;
  HubFolder folder_;
  HubServer server_;
};

TEST_F(HubCommand, PulledListedAnsweredAndRemoved) {
  const Ran pull = run({"pull", "puna/demo-GGUF:q8_0"}, {"HF_TOKEN=hf_mine"});
  ASSERT_EQ(pull.exit_status, 0) << pull.err;
  EXPECT_EQ(pull.out, (snapshot() / "puna-demo-Q8_0.gguf").string() + "\n");
  EXPECT_TRUE(pull.err.contains("fetch  puna-demo-Q8_0.gguf")) << pull.err;
  EXPECT_FALSE(pull.err.contains('\r')) << "nothing moves where no terminal is";
  EXPECT_FALSE(pull.err.contains("hf_mine"));
  EXPECT_TRUE(content_of(snapshot() / "puna-demo-Q8_0.gguf") == demo_);
  EXPECT_TRUE(server_.hub_requests().front().contains("Authorization: Bearer hf_mine\r\n"));
  EXPECT_FALSE(server_.store_requests().front().contains("hf_mine"));

  const Ran ls = run({"ls"});
  EXPECT_TRUE(ls.out.contains("puna/demo-GGUF:Q8_0 ")) << ls.out;
  EXPECT_TRUE(ls.out.contains(" complete ")) << ls.out;
  const auto line = Json::parse(run({"ls", "--json"}).out);
  ASSERT_TRUE(line);
  EXPECT_EQ(line->text_or("repo"), "puna/demo-GGUF");
  EXPECT_EQ(line->text_or("quant"), "Q8_0");
  EXPECT_EQ(line->find("bytes")->as_integer(), static_cast<std::int64_t>(demo_.size()));
  EXPECT_TRUE(line->find("complete")->as_bool());

  const Ran ask = run({"ask", "-hf", "puna/demo-GGUF", "-t", "1", "Hello"});
  EXPECT_EQ(ask.exit_status, 0) << ask.err;
  EXPECT_EQ(ask.out, run_program({kProgram, "ask", "-t", "1", "Hello"}).out);
  EXPECT_EQ(server_.store_requests().size(), 1U);
  const std::size_t asked = server_.hub_requests().size();
  const Ran offline = run({"ask", "--hf-repo", "puna/demo-GGUF:Q8_0", "--offline", "-t", "1", "Hello"});
  EXPECT_EQ(offline.out, ask.out) << offline.err;
  EXPECT_EQ(run({"show", "-hf", "puna/demo-GGUF"}, {"HF_HUB_OFFLINE=1"}).exit_status, 0);
  EXPECT_EQ(server_.hub_requests().size(), asked);

  const Ran unsure = run({"rm", "puna/demo-GGUF"});
  EXPECT_EQ(unsure.exit_status, 2);
  EXPECT_TRUE(unsure.err.contains("puna rm --yes puna/demo-GGUF")) << unsure.err;
  const Ran rm = run({"rm", "--yes", "puna/demo-GGUF"});
  EXPECT_EQ(rm.exit_status, 0) << rm.err;
  EXPECT_TRUE(rm.out.contains(" freed\n")) << rm.out;
  EXPECT_FALSE(fs::exists(folder_.path / ".cache/huggingface/hub/models--puna--demo-GGUF"));
  EXPECT_EQ(run({"rm", "--yes", "puna/demo-GGUF"}).exit_status, 4);
}

TEST_F(HubCommand, MistakesAndMissingModelsAreNamed) {
  const Ran none = run({"ask", "-hf", "puna/demo-GGUF", "--offline", "Hello"});
  EXPECT_EQ(none.exit_status, 4);
  EXPECT_TRUE(none.err.contains("puna pull puna/demo-GGUF")) << none.err;
  const Ran quant = run({"pull", "puna/demo-GGUF:Q2_K"});
  EXPECT_EQ(quant.exit_status, 4);
  EXPECT_TRUE(quant.err.contains("it has: Q8_0")) << quant.err;
  EXPECT_EQ(run({"pull", "puna/other"}).exit_status, 4);
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"pull", "../../etc"},
                                             {"pull"},
                                             {"rm", "--yes", "../x"},
                                             {"rm"},
                                             {"ask", "-hf", "a/b", "-m", "x.gguf", "Hi"},
                                             {"ask", "-hf", "no-slash", "Hi"},
                                             {"show", "-hf", "a/b", "x.gguf"},
                                             {"ask", "-hf", "a/b", "--url", "x", "Hi"}}) {
    const Ran ran = run(words);
    EXPECT_EQ(ran.exit_status, 2) << words.back() << ran.err;
  }
  const Ran list = run({"pull", "--list"});
  EXPECT_EQ(list.exit_status, 0);
  EXPECT_TRUE(list.out.contains("recommended")) << list.out;
  EXPECT_TRUE(run({"ls"}).err.contains("puna pull --list"));
}

TEST_F(HubCommand, CtrlCKeepsWhatCameAndPullingAgainGoesOn) {
  const std::size_t half = demo_.size() / 2;
  server_.set_store([half](net::Peer& peer, const HubRequest& request, const std::string& all) {
    if (!request.has_range) {
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(all.size()) + "\r\n\r\n" + all.substr(0, half));
      peer.pause(std::chrono::milliseconds(60'000));  // the connection stays open
    }
    return !request.has_range;
  });
  const fs::path pid_file = folder_.path / "pid";
  const fs::path partial =
      folder_.path / ".cache/huggingface/hub/models--puna--demo-GGUF/blobs" / (sha256_hex(demo_) + ".incomplete");
  Ran stopped;
  {
    const std::jthread program([&] {
      stopped = run_any({"/bin/sh", "-c", "echo $$ >" + pid_file.string() + "; exec \"$@\"", "sh", kProgram, "pull",
                         "puna/demo-GGUF"},
                        {});
    });
    std::error_code ignored;
    for (int i = 0; i < 6'000 && fs::file_size(partial, ignored) != half; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    const std::string pid = content_of(pid_file);
    ASSERT_FALSE(pid.empty());
    ::kill(std::stoi(pid), SIGINT);
  }
  EXPECT_EQ(stopped.exit_status, 130) << stopped.err;
  EXPECT_TRUE(stopped.err.contains("puna pull puna/demo-GGUF goes on from there")) << stopped.err;
  EXPECT_EQ(fs::file_size(partial), half);
  EXPECT_TRUE(run({"ls"}).out.contains("incomplete"));
  const Ran rest = run({"pull", "puna/demo-GGUF"});
  EXPECT_EQ(rest.exit_status, 0) << rest.err;
  EXPECT_TRUE(rest.err.contains(" are there")) << rest.err;
  EXPECT_TRUE(content_of(snapshot() / "puna-demo-Q8_0.gguf") == demo_);
  EXPECT_TRUE(server_.store_requests().back().contains("Range: bytes=" + std::to_string(half) + "-\r\n"));
}

TEST_F(HubCommand, TwoProgramsAtOnceFetchAFileOnceIntoTheFolderThatTheUserNames) {
  server_.set_store([](net::Peer& peer, const HubRequest&, const std::string&) {
    peer.pause(std::chrono::milliseconds(500));
    return false;
  });
  const std::vector<std::string> environment{"HF_HUB_CACHE=" + (folder_.path / "shared").string()};
  Ran first;
  Ran second;
  {
    const std::jthread one([&] { first = run({"pull", "puna/demo-GGUF"}, environment); });
    const std::jthread two([&] { second = run({"pull", "puna/demo-GGUF"}, environment); });
  }
  EXPECT_EQ(first.exit_status, 0) << first.err;
  EXPECT_EQ(second.exit_status, 0) << second.err;
  EXPECT_EQ(first.out, second.out);
  EXPECT_TRUE(first.out.starts_with((folder_.path / "shared/models--puna--demo-GGUF").string())) << first.out;
  EXPECT_EQ(server_.store_requests().size(), 1U);
}

}  // namespace
}  // namespace puna::test

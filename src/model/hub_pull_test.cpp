// Pulling from a hub that behaves: the layout, what is not fetched again, what is not asked.
#include <gtest/gtest.h>

#include <thread>

#include "model/test_hub.h"

namespace puna::model {
namespace {

namespace fs = std::filesystem;

fs::path repo_folder(const HubFolder& folder) { return folder.path / "hub/models--me--tiny-GGUF"; }

TEST(HubPull, GivesTheLayoutThatOtherProgramsRead) {
  const HubFolder folder;
  const std::string bytes = random_bytes(100'000);
  const HubServer server({{"tiny-Q8_0.gguf", bytes}, {"sub/tiny-Q4_0.gguf", "four"}, {"README.md", "hello"}});
  const Hub hub = open_test_hub(hub_options(server, folder));
  const auto model = hub.pull(hub_name("me/tiny-GGUF:Q8_0"));
  ASSERT_TRUE(model) << why(model);
  const fs::path snapshot = repo_folder(folder) / "snapshots" / kTestCommit;
  EXPECT_EQ(model->file, snapshot / "tiny-Q8_0.gguf");
  EXPECT_EQ(content_of(model->file), bytes);
  EXPECT_EQ(model->bytes_fetched, bytes.size());
  EXPECT_EQ(model->quant, "Q8_0");
  EXPECT_EQ(fs::read_symlink(model->file), "../../blobs/" + sha256_hex(bytes));
  EXPECT_EQ(content_of(repo_folder(folder) / "refs/main"), kTestCommit);
  EXPECT_TRUE(fs::exists(folder.path / "hub/.locks/models--me--tiny-GGUF" / (sha256_hex(bytes) + ".lock")));
  ASSERT_TRUE(hub.pull(hub_name("me/tiny-GGUF:q4_0")));
  EXPECT_EQ(fs::read_symlink(snapshot / "sub/tiny-Q4_0.gguf"), "../../../blobs/" + sha256_hex("four"));
  EXPECT_FALSE(fs::exists(snapshot / "README.md"));
  for (const auto& entry : fs::recursive_directory_iterator(folder.path)) {
    EXPECT_FALSE(entry.path().filename().string().contains(".incomplete")) << entry.path();
    EXPECT_FALSE(entry.path().filename().string().starts_with(".puna")) << entry.path();
  }
}

TEST(HubPull, TheTokenGoesToTheHubAndNotToWhereItRedirects) {
  const HubFolder folder;
  const HubServer server({{"tiny-Q8_0.gguf", "abc"}});
  ASSERT_TRUE(open_test_hub(hub_options(server, folder)).pull(hub_name("me/tiny-GGUF")));
  ASSERT_EQ(server.hub_requests().size(), 2U);
  for (const std::string& request : server.hub_requests()) {
    EXPECT_TRUE(request.contains("Authorization: Bearer hf_secret\r\n")) << request;
  }
  ASSERT_EQ(server.store_requests().size(), 1U);
  EXPECT_FALSE(server.store_requests().front().contains("hf_secret"));
  EXPECT_TRUE(server.store_requests().front().contains("Accept-Encoding: identity\r\n"));
}

TEST(HubPull, WhatTheCacheHasIsNotFetchedAgain) {
  const HubFolder folder;
  HubServer server({{"tiny-Q8_0.gguf", random_bytes(1'000)}});
  const Hub hub = open_test_hub(hub_options(server, folder));
  ASSERT_TRUE(hub.pull(hub_name("me/tiny-GGUF")));
  const auto again = hub.pull(hub_name("me/tiny-GGUF"));
  ASSERT_TRUE(again) << why(again);
  EXPECT_EQ(again->bytes_fetched, 0U);
  EXPECT_EQ(server.store_requests().size(), 1U);
  // A new commit with the same file: a second link to the same bytes.
  const std::string next(40, 'd');
  server.set_file("README.md", "new", next);
  const auto newer = hub.pull(hub_name("me/tiny-GGUF"));
  ASSERT_TRUE(newer) << why(newer);
  EXPECT_EQ(newer->commit, next);
  EXPECT_EQ(server.store_requests().size(), 1U);
  EXPECT_TRUE(fs::equivalent(newer->file, again->file));
  EXPECT_EQ(content_of(repo_folder(folder) / "refs/main"), next);
}

// As huggingface_hub leaves it.
void lay_out(const HubFolder& folder, const std::string& content, const std::string& commit, const std::string& name) {
  const fs::path repo = repo_folder(folder);
  write_file(repo / "blobs" / sha256_hex(content), content);
  write_file(repo / "refs/main", commit + "\n");
  fs::create_directories(repo / "snapshots" / commit);
  fs::create_symlink("../../blobs/" + sha256_hex(content), repo / "snapshots" / commit / name);
}

TEST(HubPull, WhatAnotherProgramFetchedIsUsed) {
  const HubFolder folder;
  const std::string bytes = random_bytes(500);
  const HubServer server({{"tiny-Q8_0.gguf", bytes}});
  lay_out(folder, bytes, kTestCommit, "tiny-Q8_0.gguf");
  const auto model = open_test_hub(hub_options(server, folder)).pull(hub_name("me/tiny-GGUF"));
  ASSERT_TRUE(model) << why(model);
  EXPECT_EQ(model->bytes_fetched, 0U);
  EXPECT_TRUE(server.store_requests().empty());
  // Offline, nobody is asked at all.
  HubOptions options = hub_options(server, folder);
  options.is_offline = true;
  options.endpoint = "http://127.0.0.1:1";
  const auto offline = open_test_hub(options).pull(hub_name("me/tiny-GGUF:Q8_0"));
  ASSERT_TRUE(offline) << why(offline);
  EXPECT_EQ(offline->file, model->file);
  EXPECT_EQ(code_of(open_test_hub(options).pull(hub_name("me/tiny-GGUF:Q4_0"))), ErrorCode::not_found);
  EXPECT_EQ(code_of(open_test_hub(options).pull(hub_name("me/other"))), ErrorCode::not_found);
}

TEST(HubPull, ACopyWithoutLinksAndAPartialOfAnotherProgramAreUsed) {
  const HubFolder folder;
  const std::string bytes = random_bytes(50'000);
  const HubServer server({{"tiny-Q8_0.gguf", bytes}, {"tiny-F16.gguf", "sixteen"}});
  write_file(repo_folder(folder) / "snapshots" / kTestCommit / "tiny-F16.gguf", "sixteen");
  const Hub hub = open_test_hub(hub_options(server, folder));
  const auto plain = hub.pull(hub_name("me/tiny-GGUF:F16"));
  ASSERT_TRUE(plain) << why(plain);
  EXPECT_EQ(plain->bytes_fetched, 0U);
  write_file(repo_folder(folder) / "blobs" / (sha256_hex(bytes) + ".incomplete"), bytes.substr(0, 30'000));
  const auto rest = hub.pull(hub_name("me/tiny-GGUF:Q8_0"));
  ASSERT_TRUE(rest) << why(rest);
  EXPECT_EQ(rest->bytes_fetched, 20'000U);
  EXPECT_EQ(content_of(rest->file), bytes);
}

TEST(HubPull, AHubThatDoesNotAnswerLeavesWhatTheCacheHas) {
  const HubFolder folder;
  HubServer server({{"tiny-Q8_0.gguf", "abc"}});
  std::vector<std::string> notices;
  HubOptions options = hub_options(server, folder);
  options.notice = [&notices](std::string_view text) { notices.emplace_back(text); };
  const Hub hub = open_test_hub(options);
  ASSERT_TRUE(hub.pull(hub_name("me/tiny-GGUF")));
  EXPECT_TRUE(notices.empty());
  server.set_hub([](net::Peer& peer, const HubRequest&, const std::string&) {
    return peer.send(net::answer("503 Service Unavailable", "", ""));
  });
  const auto model = hub.pull(hub_name("me/tiny-GGUF"));
  ASSERT_TRUE(model) << why(model);
  EXPECT_EQ(content_of(model->file), "abc");
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_TRUE(notices.front().contains("the cache's copy is used")) << notices.front();
  // A refusal is no silence.
  server.set_hub([](net::Peer& peer, const HubRequest&, const std::string&) {
    return peer.send(net::answer("403 Forbidden", "X-Error-Code: GatedRepo\r\n", ""));
  });
  EXPECT_EQ(code_of(hub.pull(hub_name("me/tiny-GGUF"))), ErrorCode::invalid_argument);
  options.endpoint = "http://127.0.0.1:1";  // nobody listens
  EXPECT_TRUE(open_test_hub(options).pull(hub_name("me/tiny-GGUF")));
  EXPECT_EQ(code_of(open_test_hub(options).pull(hub_name("me/other"))), ErrorCode::unavailable);
}

TEST(HubPull, ASplitModelIsFetchedWholeAndItsFirstPartIsOpened) {
  const HubFolder folder;
  const HubServer server({{"q/tiny-Q4_K_M-00001-of-00002.gguf", "one"},
                          {"q/tiny-Q4_K_M-00002-of-00002.gguf", "two"},
                          {"mmproj-tiny-Q4_K_M.gguf", "eyes"}});
  std::vector<std::string> seen;
  HubOptions options = hub_options(server, folder);
  options.progress = [&seen](const HubProgress& now) {
    if (seen.empty() || seen.back() != now.file) {
      EXPECT_EQ(now.parts, 2);
      seen.push_back(now.file);
    }
  };
  const auto model = open_test_hub(options).pull(hub_name("me/tiny-GGUF"));
  ASSERT_TRUE(model) << why(model);
  EXPECT_EQ(seen.size(), 2U);
  ASSERT_EQ(model->parts.size(), 2U);
  EXPECT_TRUE(model->file.string().ends_with("q/tiny-Q4_K_M-00001-of-00002.gguf"));
  EXPECT_EQ(content_of(model->parts[1]), "two");
  EXPECT_EQ(model->bytes, 6U);
  EXPECT_EQ(server.store_requests().size(), 2U);
}

TEST(HubPull, AMirrorThatListsNamesAloneIsAskedForEachFile) {
  const HubFolder folder;
  const std::string bytes = random_bytes(2'000);
  HubServer server({{"tiny-Q8_0.gguf", bytes}});
  server.list_names_only();
  const auto model = open_test_hub(hub_options(server, folder)).pull(hub_name("me/tiny-GGUF"));
  ASSERT_TRUE(model) << why(model);
  EXPECT_EQ(content_of(model->file), bytes);
  EXPECT_EQ(fs::read_symlink(model->file), "../../blobs/" + sha256_hex(bytes));
  EXPECT_EQ(server.store_requests().size(), 1U);  // the question for the hash is not followed
}

TEST(HubPull, TwoAtATimeFetchAFileOnce) {
  const HubFolder folder;
  const std::string bytes = random_bytes(300'000);
  HubServer server({{"tiny-Q8_0.gguf", bytes}});
  server.set_store([](net::Peer& peer, const HubRequest&, const std::string&) {
    peer.pause(std::chrono::milliseconds(200));
    return false;
  });
  std::atomic<int> good = 0;
  std::atomic<std::uint64_t> fetched = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([&] {
        const auto model = open_test_hub(hub_options(server, folder)).pull(hub_name("me/tiny-GGUF"));
        good += model && content_of(model->file) == bytes ? 1 : 0;
        fetched += model ? model->bytes_fetched : 0;
      });
    }
  }
  EXPECT_EQ(good, 3);
  EXPECT_EQ(fetched, bytes.size());
  EXPECT_EQ(server.store_requests().size(), 1U);
}

TEST(HubPull, RefusesBeforeItFetchesWhatDoesNotFitTheDisk) {
  const HubFolder folder;
  const HubServer server({{"tiny-Q8_0.gguf", random_bytes(10'000)}});
  HubOptions options = hub_options(server, folder);
  options.free_bytes = [](const fs::path&) { return std::uint64_t{9'999}; };
  const auto model = open_test_hub(options).pull(hub_name("me/tiny-GGUF"));
  EXPECT_EQ(code_of(model), ErrorCode::limit);
  EXPECT_TRUE(why(model).contains("needs 10000 more bytes")) << why(model);
  EXPECT_TRUE(why(model).contains("has 9999 free")) << why(model);
  EXPECT_TRUE(server.store_requests().empty());
}

TEST(HubPull, OptionsThatCannotWorkAreRefused) {
  EXPECT_EQ(code_of(Hub::create({})), ErrorCode::invalid_argument);
  EXPECT_EQ(code_of(Hub::create({.cache = "/tmp/x", .endpoint = "ftp://x"})), ErrorCode::invalid_argument);
  EXPECT_EQ(code_of(Hub::create({.cache = "/tmp/x", .endpoint = "http://x/?a=b"})), ErrorCode::invalid_argument);
  const HubFolder folder;
  const HubServer server({{"tiny-Q8_0.gguf", "abc"}});
  const Hub hub = open_test_hub(hub_options(server, folder));
  EXPECT_EQ(code_of(hub.pull({.repo = "../x", .quant = ""})), ErrorCode::invalid_argument);
  write_file(folder.path / "file", "in the way");
  HubOptions options = hub_options(server, folder);
  options.cache = folder.path / "file";
  EXPECT_EQ(code_of(open_test_hub(options).pull(hub_name("me/tiny-GGUF"))), ErrorCode::io);
}

}  // namespace
}  // namespace puna::model

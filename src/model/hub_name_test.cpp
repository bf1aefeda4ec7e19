#include "model/hub_name.h"

#include <gtest/gtest.h>

#include "model/hub_client.h"
#include "model/test_hub.h"

namespace puna::model {
namespace {

TEST(HubName, IsAUserARepositoryAndPerhapsAQuant) {
  EXPECT_EQ(hub_name("Qwen/Qwen3-4B-GGUF"), (HubName{.repo = "Qwen/Qwen3-4B-GGUF", .quant = ""}));
  EXPECT_EQ(hub_name("a/b:Q4_K_M"), (HubName{.repo = "a/b", .quant = "Q4_K_M"}));
  EXPECT_EQ(hub_name("a/b:UD-Q4_K_XL").text(), "a/b:UD-Q4_K_XL");
  for (const char* bad : {"",
                          "a",
                          "a/",
                          "/b",
                          "a/b/c",
                          "../b",
                          "a/..",
                          "a/b..c",
                          "a/b--c",
                          "a//b",
                          "a/b:",
                          "a/b:../x",
                          "a/b:Q4/x",
                          "a/b:Q4:x",
                          "https://huggingface.co/a/b",
                          "./a/b",
                          "a/b c",
                          "-a/b",
                          "a/.b",
                          "a\\b/c",
                          "a/b\n",
                          "~/model.gguf",
                          "/etc/passwd",
                          "a/\xff"}) {
    const auto name = HubName::parse(bad);
    EXPECT_EQ(code_of(name), ErrorCode::invalid_argument) << bad;
    EXPECT_TRUE(name || utf8::is_valid(name.error().message)) << bad;
  }
}

TEST(HubNames, PathsThatLeaveTheirFolderAreNotPlain) {
  for (const char* good : {"a.gguf", "Q4_K_M/a-00001-of-00002.gguf", "a b.gguf", "..a/b..gguf", "ä.gguf"}) {
    EXPECT_TRUE(is_plain_path(good)) << good;
  }
  for (const char* bad : {"", "/a", "a/", "a//b", "../a", "a/../b", "a/..", "./a", "a\\b", "a\nb", "\x7f", "\xff"}) {
    EXPECT_FALSE(is_plain_path(bad)) << bad;
  }
  EXPECT_FALSE(is_plain_path(std::string_view("a\0b", 3)));
}

std::string quant_of(const std::string& path) {
  const auto models = models_among({path});
  return models.empty() ? "no model" : models.front().quant;
}

TEST(HubNames, AFilesNameSaysItsQuant) {
  EXPECT_EQ(quant_of("Qwen3-0.6B-Q8_0.gguf"), "Q8_0");
  EXPECT_EQ(quant_of("tinyllama-1.1b.q4_k_m.gguf"), "Q4_K_M");
  EXPECT_EQ(quant_of("gpt-oss-20b-mxfp4.gguf"), "MXFP4");
  EXPECT_EQ(quant_of("UD-Q4_K_XL/big-UD-Q4_K_XL-00001-of-00003.gguf"), "UD-Q4_K_XL");
  EXPECT_EQ(quant_of("m-Q4_K_M-imat.gguf"), "Q4_K_M");
  EXPECT_EQ(quant_of("m-IQ2_XXS.gguf"), "IQ2_XXS");
  EXPECT_EQ(quant_of("m-bf16.gguf"), "BF16");
  EXPECT_EQ(quant_of("model.gguf"), "");
  EXPECT_EQ(quant_of("phi-4.gguf"), "");
  for (const char* other :
       {"mmproj-m-F16.gguf", "m-imatrix.gguf", "mtp-m-Q8_0.gguf", "m.safetensors", "README.md", ".gguf"}) {
    EXPECT_EQ(quant_of(other), "no model") << other;
  }
}

TEST(HubNames, PartsAreOneModelInOrderAndMissingOnesAreSeen) {
  const auto models =
      models_among({"m-Q8_0-00003-of-00003.gguf", "m-Q8_0-00001-of-00003.gguf", "n-Q4_0-00001-of-00002.gguf",
                    "m-Q8_0-00002-of-00003.gguf", "m-Q8_0-00004-of-00003.gguf"});
  ASSERT_EQ(models.size(), 3U);
  EXPECT_EQ(models[0].parts, (std::vector<std::size_t>{1, 3, 0}));
  EXPECT_TRUE(models[0].is_whole);
  EXPECT_EQ(models[1].name, "m-Q8_0-00004-of-00003");  // no part of anything
  EXPECT_FALSE(models[2].is_whole);
}

Result<ModelGroup> choose(const std::vector<std::string>& paths, const char* name) {
  return chosen_model(models_among(paths), hub_name(name));
}
std::string chosen(const std::vector<std::string>& paths, const char* name) {
  const auto group = choose(paths, name);
  return group ? paths[group->parts.front()] : "error";
}

TEST(HubNames, WithoutAQuantTheOrderIsQ4KMThenQ40ThenQ80ThenTheFirst) {
  EXPECT_EQ(chosen({"m-Q8_0.gguf", "m-Q4_0.gguf", "m-Q4_K_M.gguf", "m-UD-Q4_K_M.gguf"}, "a/b"), "m-Q4_K_M.gguf");
  EXPECT_EQ(chosen({"m-Q8_0.gguf", "m-Q4_0.gguf", "m-Q2_K.gguf"}, "a/b"), "m-Q4_0.gguf");
  EXPECT_EQ(chosen({"m-Q8_0.gguf", "m-Q2_K.gguf"}, "a/b"), "m-Q8_0.gguf");
  EXPECT_EQ(chosen({"m-Q5_K_M.gguf", "m-F16.gguf", "mmproj-a.gguf"}, "a/b"), "m-F16.gguf");
}

TEST(HubNames, AQuantMeansItselfWhateverTheCaseElseANamePart) {
  const std::vector<std::string> paths{"m-Q4_K_M.gguf", "m-UD-Q4_K_M.gguf", "coder/m-Q6_K.gguf", "base/m-Q6_K.gguf"};
  EXPECT_EQ(chosen(paths, "a/b:q4_k_m"), "m-Q4_K_M.gguf");
  EXPECT_EQ(chosen(paths, "a/b:ud-q4_k_m"), "m-UD-Q4_K_M.gguf");
  EXPECT_EQ(chosen(paths, "a/b:coder"), "coder/m-Q6_K.gguf");
  EXPECT_EQ(chosen(paths, "a/b:m-UD-Q4_K_M"), "m-UD-Q4_K_M.gguf");
}

TEST(HubNames, WhatIsNotThereOrNotClearListsWhatThereIs) {
  const std::vector<std::string> paths{"coder/m-Q6_K.gguf", "base/m-Q6_K.gguf", "m-Q4_0-00001-of-00002.gguf"};
  const auto none = choose(paths, "a/b:Q8_0");
  EXPECT_EQ(code_of(none), ErrorCode::not_found);
  EXPECT_TRUE(why(none).contains("it has: Q6_K, Q6_K, Q4_0")) << why(none);
  const auto two = choose(paths, "a/b:Q6_K");
  EXPECT_EQ(code_of(two), ErrorCode::invalid_argument);
  EXPECT_TRUE(why(two).contains("base/m-Q6_K, coder/m-Q6_K")) << why(two);
  EXPECT_EQ(code_of(choose(paths, "a/b:Q4_0")), ErrorCode::not_found);
  EXPECT_TRUE(why(choose(paths, "a/b:Q4_0")).contains("parts of m-Q4_0 are missing"));
  EXPECT_EQ(code_of(choose({"README.md"}, "a/b")), ErrorCode::not_found);
}

TEST(HubListing, OddEntriesAreLeftOutAndOddAnswersRefused) {
  const std::string hash(64, 'a');
  const auto listing = read_listing(format_text(
      R"({{"sha": "{}", "siblings": [{{"rfilename": "a.gguf", "lfs": {{"sha256": "{}", "size": 5}}}}, {{"rfilename": "../x"}},
          {{"rfilename": "b", "blobId": "../../etc", "size": 1}}, {{"rfilename": "c", "lfs": {{"sha256": 3}}}}, 7, {{}},
          {{"rfilename": "d", "size": -1}}, {{"rfilename": "/e"}}]}})",
      kTestCommit, hash));
  ASSERT_TRUE(listing) << why(listing);
  EXPECT_EQ(listing->files, (std::vector<HubFile>{{.path = "a.gguf", .blob = hash, .bytes = 5},
                                                  {.path = "c", .blob = "", .bytes = std::nullopt},
                                                  {.path = "d", .blob = "", .bytes = std::nullopt}}));
  for (const char* bad : {"", "[]", "{}", R"({"sha": "main", "siblings": []})", R"({"sha": 3, "siblings": []})",
                          R"({"sha": "cccccccccccccccccccccccccccccccccccccccc"})", "<html>"}) {
    EXPECT_EQ(code_of(read_listing(bad)), ErrorCode::corrupt) << bad;
  }
}

// Nothing that arrives may crash it, or give a path or a name that leaves the cache.
TEST(HubListing, DamagedAnswersGiveNothingThatLeavesTheCache) {
  const std::string good = format_text(
      R"({{"sha": "{}", "siblings": [{{"rfilename": "x/a-Q8_0-00001-of-00002.gguf", "size": 5, "lfs": {{"sha256": "{}"}}}}]}})",
      kTestCommit, std::string(64, 'a'));
  Random random(3);
  for (int round = 0; round < 3'000; ++round) {
    std::string text = good;
    for (std::uint64_t changes = 1 + random.next() % 3; changes > 0; --changes) {
      text[random.next() % text.size()] = "./\\\"0{}[]:,-a\n\xff"[random.next() % 15];
    }
    const auto listing = read_listing(text);
    for (const HubFile& file : listing ? listing->files : std::vector<HubFile>()) {
      EXPECT_TRUE(is_plain_path(file.path)) << text;
      EXPECT_TRUE(file.blob.empty() || is_blob_name(file.blob)) << text;
    }
  }
}

}  // namespace
}  // namespace puna::model

#include "puna/model/model_card.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace puna {
namespace {

class ModelCards : public testing::Test {
 protected:
  ModelCards() { std::filesystem::create_directories(folder_); }
  ~ModelCards() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] Result<ModelCard> read(const std::string& text) const {
    std::ofstream(folder_ / "model.json") << text;
    return read_model_card(folder_ / "model.json");
  }
  // What the card's reader says of it.
  [[nodiscard]] Error refusal(const std::string& text) const {
    const auto card = read(text);
    EXPECT_FALSE(card) << text;
    return card ? Error{} : card.error();
  }

  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("puna-model-card-" + std::to_string(::getpid()));
  const std::string whole_ =
      R"({"name": "Tiny", "path": "tiny.gguf", "architecture": "llama", "parameters": "1.1B", "quantization": "Q8_0",
          "context_length": 2048, "description": "Small."})";
  const ModelFacts facts_{
      .architecture = "llama", .quantization = "Q8_0", .parameters = 1'100'048'384, .window_trained_tokens = 2048};
};

TEST_F(ModelCards, AreReadAndTheirPathIsTakenFromTheirFolder) {
  const auto card = read(whole_);
  ASSERT_TRUE(card) << card.error().message;
  EXPECT_EQ(card->name, "Tiny");
  EXPECT_EQ(card->path, folder_ / "tiny.gguf");
  EXPECT_EQ(card->context_length, 2048);
  EXPECT_EQ(card->description, "Small.");
  EXPECT_EQ(differences(*card, facts_), std::vector<std::string>{});
}

TEST_F(ModelCards, AnAbsolutePathStaysAndTheLastTwoMembersMayBeLeftOut) {
  const auto card = read(
      R"({"name": "Tiny", "path": "/m/t.gguf", "architecture": "llama", "parameters": 1100000000, "quantization": "q8-0"})");
  ASSERT_TRUE(card) << card.error().message;
  EXPECT_EQ(card->path, "/m/t.gguf");
  EXPECT_FALSE(card->context_length);
  EXPECT_EQ(differences(*card, facts_), std::vector<std::string>{});
}

TEST_F(ModelCards, EveryDifferenceIsASentenceWithBothSides) {
  auto card = read(whole_);
  ASSERT_TRUE(card);
  card->architecture = "qwen3";
  card->parameters = "7B";
  card->quantization = "Q4_K_M";
  card->context_length = 4096;
  const std::vector<std::string> found = differences(*card, facts_);
  ASSERT_EQ(found.size(), 4U);
  EXPECT_EQ(found[0], "architecture: the card says qwen3, the file llama");
  EXPECT_EQ(found[1], "parameters: the card says 7B, the file has 1100048384");
  EXPECT_EQ(found[2], "quantization: the card says Q4_K_M, the file Q8_0");
  EXPECT_EQ(found[3], "context_length: the card says 4096, the model was trained for 2048");
}

TEST_F(ModelCards, ANumberOfParametersThatIsNoneIsADifference) {
  for (const char* words : {"many", "7Q", "-1B", "B", "1.1BB"}) {
    auto card = read(whole_);
    ASSERT_TRUE(card);
    card->parameters = words;
    EXPECT_EQ(differences(*card, facts_).size(), 1U) << words;
  }
}

TEST_F(ModelCards, AMissingMemberIsNamed) {
  EXPECT_NE(refusal(R"({"name": "Tiny"})").message.find("'path' is missing"), std::string::npos);
}

TEST_F(ModelCards, AnUnknownMemberIsRefusedWithTheNearestName) {
  const Error error = refusal(whole_.substr(0, whole_.size() - 1) + R"(, "contextlength": 5})");
  EXPECT_EQ(error.code, ErrorCode::corrupt);
  EXPECT_NE(error.hint.find("context_length"), std::string::npos) << error.hint;
}

TEST_F(ModelCards, WhatIsNoCardIsRefused) {
  EXPECT_EQ(refusal("GGUF").code, ErrorCode::corrupt);
  EXPECT_EQ(refusal("[]").code, ErrorCode::corrupt);
  EXPECT_EQ(read_model_card(folder_ / "none.json").error().code, ErrorCode::not_found);
  EXPECT_EQ(refusal(std::string(2U << 20U, ' ')).code, ErrorCode::limit);
}

TEST_F(ModelCards, ALengthThatIsNoneIsRefused) {
  for (const char* words : {"0", "-1", "\"2048\"", "1.5", "99999999999"}) {
    std::string text = whole_;
    text.replace(text.find("2048"), 4, words);
    EXPECT_NE(refusal(text).message.find("context_length"), std::string::npos) << words;
  }
}

}  // namespace
}  // namespace puna

// Vectors over HTTP, on the demo model: OpenAI's, llama-server's and Ollama's forms of the same numbers.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <string>
#include <vector>

#include "server/test_kit.h"
#include "source_folder.h"

namespace puna::server {
namespace {

class EmbeddingServer : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto opened = LocalModel::open({.load = {.file = PUNA_SOURCE_DIR "/models/demo/puna-demo-Q8_0.gguf"},
                                    .engine = {.window_tokens = 256, .sequences_max = 2, .threads = 1},
                                    .embeddings = EmbedderOptions{.text_tokens_max = 64}});
    ASSERT_TRUE(opened) << opened.error().message;
    embedding_model_ = *std::move(opened);
  }
  static void TearDownTestSuite() { embedding_model_.reset(); }

  static std::vector<double> numbers(const Json& list) {
    std::vector<double> all;
    for (const Json& number : list.as_array()) {
      all.push_back(number.as_double());
    }
    return all;
  }

  static inline std::unique_ptr<LocalModel> embedding_model_;
};

// RFC 4648, the other way.
std::vector<double> floats_in(std::string_view text) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  std::uint32_t group = 0;
  int bits = 0;
  for (const char c : text.substr(0, text.find('='))) {
    group = (group << 6U) | static_cast<std::uint32_t>(kLetters.find(c));
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes += static_cast<char>((group >> static_cast<unsigned>(bits)) & 0xffU);
    }
  }
  std::vector<double> all;
  for (std::size_t i = 0; i + 4 <= bytes.size(); i += 4) {
    std::uint32_t value = 0;
    for (unsigned k = 0; k < 4; ++k) {
      value |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i + k])) << (8 * k);
    }
    all.push_back(static_cast<double>(std::bit_cast<float>(value)));
  }
  return all;
}

TEST_F(EmbeddingServer, GivesTheSameVectorInEveryForm) {
  TestServerRun run(*embedding_model_);
  const Json json = run.post("/v1/embeddings", R"({"model":"x","input":["The river is long.","Hello"]})").json();
  ASSERT_EQ(at(json, "data").as_array().size(), 2U) << json.dump();
  EXPECT_EQ(text_at(json, "object"), "list");
  EXPECT_EQ(at(json, "data.1.index").as_integer(), 1);
  EXPECT_GT(at(json, "usage.prompt_tokens").as_integer(), 2);
  EXPECT_EQ(at(json, "usage.prompt_tokens"), at(json, "usage.total_tokens"));
  const std::vector<double> vector = numbers(at(json, "data.0.embedding"));
  EXPECT_EQ(vector.size(), 256U);
  double square = 0;
  for (const double value : vector) {
    square += value * value;
  }
  EXPECT_NEAR(square, 1, 1e-5);

  const Json packed = run.post("/v1/embeddings", R"({"input":"The river is long.","encoding_format":"base64"})").json();
  EXPECT_EQ(floats_in(text_at(packed, "data.0.embedding")), vector);
  const Json tokens = at(run.post("/tokenize", R"({"content":"The river is long."})").json(), "tokens");
  const Json by_tokens = run.post("/v1/embeddings", Json::object({{"input", tokens}}).dump()).json();
  EXPECT_EQ(numbers(at(by_tokens, "data.0.embedding")), vector) << by_tokens.dump();
  const Json lists = run.post("/v1/embeddings", Json::object({{"input", Json::array({tokens, tokens})}}).dump()).json();
  EXPECT_EQ(numbers(at(lists, "data.1.embedding")), vector);

  const Json native = run.post("/embedding", R"({"content":"The river is long."})").json();
  EXPECT_EQ(numbers(at(native, "0.embedding.0")), vector) << native.dump();
  EXPECT_EQ(numbers(at(run.post("/embeddings", R"({"input":"The river is long."})").json(), "0.embedding.0")), vector);
  const Json ollama = run.post("/api/embed", R"({"model":"x","input":["Hello","The river is long."]})").json();
  EXPECT_EQ(numbers(at(ollama, "embeddings.1")), vector) << ollama.dump();
  EXPECT_GT(at(ollama, "total_duration").as_integer(), 0);
  EXPECT_EQ(numbers(at(run.post("/api/embeddings", R"({"prompt":"The river is long."})").json(), "embedding")), vector);
  EXPECT_TRUE(run.post("/api/show", "{}").body.contains("\"embedding\""));
}

TEST_F(EmbeddingServer, DimensionsCutAndScale) {
  TestServerRun run(*embedding_model_);
  const std::vector<double> narrow =
      numbers(at(run.post("/v1/embeddings", R"({"input":"Hello","dimensions":3})").json(), "data.0.embedding"));
  const std::vector<double> whole =
      numbers(at(run.post("/v1/embeddings", R"({"input":"Hello"})").json(), "data.0.embedding"));
  ASSERT_EQ(narrow.size(), 3U);
  const double length = std::hypot(whole[0], whole[1], whole[2]);
  for (std::size_t i = 0; i < narrow.size(); ++i) {
    EXPECT_NEAR(narrow[i], whole[i] / length, 1e-5);
  }
}

TEST_F(EmbeddingServer, WhatIsTooLongIsSaidOrCut) {
  TestServerRun run(*embedding_model_);
  std::string text;
  for (int i = 0; i < 100; ++i) {
    text += "river ";
  }
  const std::string input = Json(text).dump();
  const HttpAnswer refused = run.post("/v1/embeddings", R"({"input":["a",)" + input + "]}");
  EXPECT_EQ(refused.status, 400) << refused.body;
  EXPECT_TRUE(refused.body.contains("input 1: the text has ")) << refused.body;
  EXPECT_TRUE(refused.body.contains("64 at most")) << refused.body;
  const Json cut = run.post("/api/embed", R"({"input":)" + input + "}").json();
  EXPECT_EQ(at(cut, "prompt_eval_count").as_integer(), 64) << cut.dump();
  EXPECT_NE(run.post("/api/embed", R"({"truncate":false,"input":)" + input + "}").status, 200);
}

TEST_F(EmbeddingServer, BadInputsSayWhich) {
  TestServerRun run(*embedding_model_);
  struct Bad {
    std::string_view body;
    std::string_view says;
  };
  std::string many = "\"a\"";
  for (int i = 0; i < 2'048; ++i) {
    many += ",\"a\"";
  }
  const std::string too_many = R"({"input":[)" + many + "]}";
  for (const auto& [body, says] : std::vector<Bad>{
           {"{}", "'input' is missing"},
           {R"({"input":""})", "'input' must be a text"},
           {R"({"input":[]})", "'input' must be a text"},
           {R"({"input":7})", "'input' must be a text"},
           {R"({"input":["a",""]})", "'input[1]' must be a text"},
           {R"({"input":["a",{"b":1}]})", "'input[1]' must be a text"},
           {R"({"input":[1,99999999]})", "token"},
           {R"({"input":[[1],[-1]]})", "input[1]"},
           {R"({"input":"a","encoding_format":"hex"})", "encoding_format"},
           {R"({"input":"a","dimensions":0})", "dimensions"},
           {R"({"input":"a","dimensions":4096})", "this model's vectors have 256"},
           {too_many, "2049 texts"},
       }) {
    const HttpAnswer answer = run.post("/v1/embeddings", body);
    EXPECT_EQ(answer.status, 400) << body.substr(0, 80) << answer.body;
    EXPECT_TRUE(answer.body.contains(says)) << body.substr(0, 80) << answer.body;
  }
}

}  // namespace
}  // namespace puna::server

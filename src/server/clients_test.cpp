// What unchanged clients of others send and expect beyond their protocols' main roads: each test is a fault that one of
// them showed (scripts/interop runs them).
#include <gtest/gtest.h>

#include "server/anthropic.h"
#include "server/test_kit.h"

namespace puna::server {
namespace {

TEST(Clients, OfOpenAiAskForOneModel) {
  const auto model = scripted({});
  TestServerRun run(*model, {.model_name = "small"});
  EXPECT_EQ(text_at(run.get("/v1/models/small").json(), "id"), "small");
  const HttpAnswer other = run.get("/v1/models/large");
  EXPECT_EQ(other.status, 404);
  EXPECT_EQ(text_at(other.json(), "error.code"), "model_not_found");
  EXPECT_TRUE(text_at(other.json(), "error.message").contains("only 'small'")) << other.body;
}

TEST(Clients, OfAnthropicReadTheSameListOfModels) {
  const auto model = scripted({});
  TestServerRun run(*model, {.model_name = "small"});
  const Json list = run.get("/v1/models").json();
  EXPECT_EQ(text_at(list, "has_more"), "false");
  EXPECT_EQ(text_at(list, "last_id"), "small");
  EXPECT_EQ(text_at(list, "data.0.type"), "model");
  EXPECT_EQ(text_at(list, "data.0.object"), "model");
  EXPECT_TRUE(text_at(list, "data.0.created_at").ends_with("Z")) << list.dump();
}

TEST(Clients, OfAnthropicNameAFormatInTheOutputConfig) {
  const auto question = read_anthropic(
      json_of(
          R"({"max_tokens":9,"messages":[{"role":"user","content":"a"}],"output_config":{"effort":"low","format":{"type":"json_schema","schema":{"type":"object"}}}})"),
      {}, Length::required);
  ASSERT_TRUE(question) << question.error().message;
  EXPECT_TRUE(question->request.format);
  EXPECT_FALSE(read_anthropic(
      json_of(
          R"({"max_tokens":9,"messages":[{"role":"user","content":"a"}],"output_config":{"format":{"type":"xml"}}})"),
      {}, Length::required));
}

TEST(Clients, OfOllamaAreToldThatThereAreNoEmbeddings) {
  const auto model = scripted({});
  TestServerRun run(*model);
  for (const std::string_view path : {"/api/embed", "/api/embeddings", "/embeddings", "/embedding"}) {
    const HttpAnswer answer = run.post(path, R"({"input":"a"})");
    EXPECT_EQ(answer.status, 501) << path;
    EXPECT_TRUE(answer.body.contains("embeddings")) << answer.body;
  }
  EXPECT_TRUE(run.post("/api/embed", R"({"input":"a"})").json().find("error")->is_string());
}

}  // namespace
}  // namespace puna::server

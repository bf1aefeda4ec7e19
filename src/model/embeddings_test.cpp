// What servers answer to a request for vectors, and what they should not.
#include "model/embeddings.h"

#include <gtest/gtest.h>

#include <string_view>

namespace puna::model {
namespace {

Result<Embeddings> read(std::string_view text, std::size_t inputs) {
  return read_embeddings(Json::parse(text).value(), inputs);
}

TEST(RemoteEmbeddings, AreReadInTheOrderOfTheInputs) {
  const auto all = read(
      R"({"data":[{"index":1,"embedding":[3,4]},{"index":0,"embedding":[0.5,-2]}],"usage":{"prompt_tokens":9}})", 2);
  ASSERT_TRUE(all) << all.error().message;
  EXPECT_EQ(all->vectors, (std::vector<std::vector<float>>{{0.5F, -2.0F}, {3.0F, 4.0F}}));
  EXPECT_EQ(all->prompt_tokens, 9);
}

TEST(RemoteEmbeddings, AnAnswerThatIsNoneSaysWhatIsWrong) {
  for (const std::string_view text :
       {"{}", "[]", R"({"data":7})", R"({"data":[]})", R"({"data":[{"index":0}]})",
        R"({"data":[{"index":0,"embedding":[]}]})", R"({"data":[{"index":0,"embedding":["a"]}]})",
        R"({"data":[{"index":5,"embedding":[1]}]})", R"({"data":[{"index":-1,"embedding":[1]}]})",
        R"({"data":[{"index":0,"embedding":"AAAA"}]})"}) {
    const auto all = read(text, 1);
    ASSERT_FALSE(all) << text;
    EXPECT_EQ(all.error().code, ErrorCode::corrupt);
    EXPECT_TRUE(all.error().message.starts_with("the server's embeddings: ")) << all.error().message;
  }
  EXPECT_FALSE(read(R"({"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]})", 2));
  EXPECT_FALSE(read(R"({"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[1,2]}]})", 2));
}

TEST(RemoteEmbeddings, TheBodyHoldsTextsAndTokens) {
  const EmbeddingRequest request{.inputs = {std::string("a \"b\""), std::vector<Token>{1, 2}}};
  EXPECT_EQ(embeddings_body(request, "m").dump(),
            R"({"model":"m","input":["a \"b\"",[1,2]],"encoding_format":"float"})");
}

}  // namespace
}  // namespace puna::model

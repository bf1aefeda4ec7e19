// What users and other clients write as parameters, and what becomes of it.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "puna/model/remote_model.h"

namespace puna {
namespace {

Json json(std::string_view text) { return *Json::parse(text); }

TEST(ServerParameters, EverySamplingParameterOfTheEngineIsOne) {
  for (const SamplingParameter& parameter : sampling_parameters()) {
    Json one = Json::object();
    one.set(parameter.name, "no such value \x01");
    const auto read = server_parameters(one);
    ASSERT_FALSE(read) << parameter.name;
    EXPECT_FALSE(read.error().message.contains("no server parameter")) << read.error().message;
  }
}

TEST(ServerParameters, AreReadWithTheNamesThatOtherClientsSend) {
  const auto read = server_parameters(
      json(R"({"mirostat": 1, "mirostat_ent": 4, "mirostat_lr": 0.2, "slot_id": 2, "n_predict": 7, "seed": 3})"));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->sampling.mirostat_tau, 4.0F);
  EXPECT_EQ(read->sampling.mirostat_eta, 0.2F);
  EXPECT_EQ(read->sampling.seed, 3U);
  EXPECT_EQ(read->tokens_max, 7);
  EXPECT_EQ(read->other, json(R"({"id_slot": 2})"));
  const auto penalty = server_parameters(json(R"({"penalty_last_n": 5, "repeat_penalty": 1.2})"));
  ASSERT_TRUE(penalty) << penalty.error().message;
  EXPECT_EQ(penalty->sampling.repeat_last_n, 5);
  EXPECT_EQ(server_parameters({})->other, Json::object());
}

TEST(ServerParameters, AFormatIsReadInEachOfItsSpellings) {
  const Json schema = json(R"({"type": "object"})");
  for (const std::string_view text :
       {R"({"json_schema": {"type": "object"}})", R"({"response_format": {"type": "json_object"}})",
        R"({"response_format": {"type": "json_object", "schema": {"type": "object"}}})",
        R"({"response_format": {"type": "json_schema", "json_schema":
                                          {"name": "x", "schema": {"type": "object"}}}})"}) {
    const auto read = server_parameters(json(text));
    ASSERT_TRUE(read) << read.error().message;
    ASSERT_TRUE(read->format) << text;
    EXPECT_EQ(std::get<format::Schema>(*read->format).schema, schema) << text;
  }
  EXPECT_FALSE(server_parameters(json(R"({"response_format": {"type": "text"}})"))->format);
  EXPECT_EQ(std::get<format::Gbnf>(*server_parameters(json(R"({"grammar": "root ::= \"a\""})"))->format).text,
            "root ::= \"a\"");
}

TEST(ServerParameters, MistakesAreNamedWithARemedy) {
  struct Case {
    std::string_view text;
    std::string_view message;
    std::string_view hint;
  };
  for (const auto& [text, message, hint] : std::vector<Case>{
           {R"({"temprature": 1})", "no server parameter is called \"temprature\"", "temperature"},
           {R"({"cache_promt": true})", "no server parameter", "cache_prompt"},
           {R"({"tfs_z": 0.9})", "tfs_z cannot be set: llama.cpp has no tail-free sampling", "min_p"},
           {R"({"top_a": 0.9})", "top_a cannot be set", "min_p"},
           {R"({"extra_body": {"top_k": 3}})", "servers read no nested parameters", "beside"},
           {R"({"messages": []})", "part of every request", ""},
           {R"({"grammar": "root ::= \"a\"", "json_schema": {}})", "grammar and json_schema contradict", "leave one"},
           {R"({"json_schema": {}, "response_format": {"type": "json_object"}})", "contradict", "leave one"},
           {R"({"mirostat_tau": 3, "mirostat_ent": 3, "mirostat": 1})", "given twice", ""},
           {R"({"temperature": -1})", "temperature", ""},
           {R"({"temperature": "hot"})", "temperature", ""},
           {R"({"mirostat_tau": 3})", "mirostat", ""},
           {R"({"cache_prompt": 1})", "cache_prompt is 1 and must be true or false", ""},
           {R"({"id_slot": "a"})", "must be a whole number", ""},
           {R"({"chat_template_kwargs": []})", "must be an object", ""},
           {R"({"max_tokens": 1e30})", "max_tokens", ""},
           {R"({"stop": ["a", 3]})", "stop", ""},
           {R"({"stop": [""]})", "none of them empty", ""},
           {R"({"response_format": {"type": "xml"}})", "response_format", ""},
           {R"({"json_schema": true})", "must be a JSON Schema", ""},
           {R"([1])", "must be a JSON object", "top_k"}}) {
    const auto read = server_parameters(json(text));
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, ErrorCode::invalid_argument) << text;
    EXPECT_TRUE(read.error().message.contains(message)) << read.error().message;
    EXPECT_TRUE(read.error().hint.contains(hint)) << read.error().message << " / " << read.error().hint;
  }
}

}  // namespace
}  // namespace puna

// Bad requests: each gets an answer that says what is wrong, in the form of its family, and none a 500.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "server/test_kit.h"

namespace puna::server {
namespace {

struct BadBody {
  std::string body;
  std::string_view says;
};

std::string chat(std::string_view more) {
  return R"({"messages":[{"role":"user","content":"hi"}],)" + std::string(more) + "}";
}

std::vector<BadBody> large_bodies() {
  std::string stops;
  std::string tools;
  for (int i = 0; i < 5'000; ++i) {
    stops += format_text("{}\"s{}\"", i == 0 ? "" : ",", i);
    tools += format_text(R"({}{{"type":"function","function":{{"name":"t{}"}}}})", i == 0 ? "" : ",", i);
  }
  std::string keys;
  for (int i = 0; i < 100'000; ++i) {
    keys += format_text(",\"k{}\":{}", i, i);
  }
  return {{std::string(65'536, '['), "deep"},
          {chat("\"stop\":[" + stops + "]"), "stop"},
          {chat("\"tools\":[" + tools + "]"), "tools"},
          {"{\"a\":1" + keys + "}", "'messages' is missing"}};
}

std::vector<BadBody> bad_bodies() {
  return {
      {"", "no JSON"},
      {"hello", "no JSON"},
      {"[]", "object"},
      {"{}", "'messages' is missing"},
      {"\xef\xbb\xbf{}", ""},
      {"{\"messages\":\"\xff\xfe\"}", "no JSON"},
      {R"({"messages":"hi"})", "must be a list"},
      {R"({"messages":[]})", "no messages"},
      {R"({"messages":["hi"]})", "message 1"},
      {R"({"messages":[{"role":"user","content":"a"},{"role":"wizard","content":"b"}]})", "message 2"},
      {R"({"messages":[{"role":"user","content":3}]})", "message 1"},
      {R"({"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"file:///etc/passwd"}}]}]})",
       "message 1"},
      {R"({"messages":[{"role":"user","content":"a"},{"role":"tool","tool_call_id":"x","content":"b"}]})", "message 2"},
      {R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","tool_calls":[{"id":"x","function":{"name":"a\nb"}}]}]})",
       "message 2"},
      {R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","tool_calls":7}]})", "message 2"},
      {chat(R"("max_tokens":-5)"), "max_tokens"},
      {chat(R"("max_tokens":0)"), "max_tokens"},
      {chat(R"("max_tokens":1.5)"), "max_tokens"},
      {chat(R"("max_tokens":"many")"), "max_tokens"},
      {chat(R"("n":0)"), "'n'"},
      {chat(R"("n":1000000)"), "'n'"},
      {chat(R"("temperature":1e999)"), ""},
      {chat(R"("temperature":-1)"), "temperature"},
      {chat(R"("temperature":"hot")"), "temperature"},
      {chat(R"("top_k":1e30)"), "top_k"},
      {chat(R"("logit_bias":7)"), "logit_bias"},
      {chat(R"("stop":"")"), "stop"},
      {chat(R"("stop":[1])"), "stop"},
      {chat(R"("tools":[{"type":"function","function":{"name":"a\nb"}}])"), "tool 1"},
      {chat(R"("tools":[{"type":"function","function":{"name":"a"}},{"type":"function","function":{"name":"a"}}])"),
       "tool 2"},
      {chat(R"("tool_choice":"required")"), "tool_choice"},
      {chat(R"("tool_choice":"sometimes")"), "tool_choice"},
      {chat(
           R"("tools":[{"type":"function","function":{"name":"a"}}],"tool_choice":{"type":"function","function":{"name":"b"}})"),
       "tool_choice"},
      {chat(R"("response_format":{"type":"xml"})"), "response_format"},
      {chat(R"("response_format":{"type":"json_schema"})"), "response_format"},
      {chat(R"("grammar":"root ::= \"a\"","json_schema":{})"), "grammar"},
      {chat(R"("top_logprobs":3)"), "top_logprobs"},
      {chat(R"("logprobs":true,"top_logprobs":1000)"), "top_logprobs"},
      {chat(R"("stream":"yes")"), "stream"},
  };
}

TEST(BadRequests, GetAnErrorThatSaysWhat) {
  const auto model = scripted({});
  TestServerRun run(*model);
  std::vector<BadBody> cases = bad_bodies();
  cases.append_range(large_bodies());
  for (const BadBody& one : cases) {
    const HttpAnswer answer = run.post(kChat, one.body);
    EXPECT_EQ(answer.status, 400) << one.body.substr(0, 200) << "\n" << answer.body;
    EXPECT_TRUE(answer.is_whole);
    const Json json = answer.json();
    EXPECT_TRUE(text_at(json, "error.message").contains(one.says)) << one.body.substr(0, 200) << "\n" << answer.body;
    EXPECT_EQ(text_at(json, "error.type"), "invalid_request_error");
  }
  EXPECT_EQ(run.get("/health").status, 200);
}

TEST(BadRequests, NameTheMessageByItsIndex) {
  const auto model = scripted({});
  TestServerRun run(*model);
  const Json json =
      run.post(kChat, R"({"messages":[{"role":"user","content":"a"},{"role":"tool","content":"b"}]})").json();
  EXPECT_EQ(text_at(json, "error.param"), "messages[1]");
}

TEST(BadRequests, GetErrorsInTheFormOfTheirFamily) {
  const auto model = scripted({});
  TestServerRun run(*model);
  EXPECT_EQ(run.post("/v1/messages", "{}").body.substr(0, 60),
            R"({"type":"error","error":{"type":"invalid_request_error","mes)");
  EXPECT_EQ(run.post("/api/chat", "{}").body, R"({"error":"'messages' must be a list"})");
  EXPECT_EQ(
      run.get("/nothing").body,
      R"({"error":{"message":"there is nothing at '/nothing'","type":"not_found_error","param":null,"code":null}})");
}

}  // namespace
}  // namespace puna::server

// Responses, Anthropic's messages and Ollama's API: requests to questions, replies to bytes.
#include <gtest/gtest.h>

#include "server/anthropic.h"
#include "server/ollama.h"
#include "server/responses_request.h"
#include "server/test_kit.h"

namespace puna::server {
namespace {

// The type of each event of a stream, in order; a repeated one once.
std::string events_of(std::string_view body) {
  std::string names;
  std::string last;
  for (std::size_t at = body.find("event: "); at != std::string_view::npos; at = body.find("\nevent: ", at + 1)) {
    const std::size_t start = body.find(' ', at) + 1;
    const std::string name(body.substr(start, body.find('\n', start) - start));
    names += name == last ? "" : (names.empty() ? "" : " ") + name;
    last = name;
  }
  return names;
}

Json data_of(std::string_view body, std::string_view event) {
  const std::string start = "event: " + std::string(event) + "\ndata: ";
  const std::size_t at = body.find(start);
  EXPECT_NE(at, std::string_view::npos) << event << "\n" << body;
  const std::size_t from = at + start.size();
  return at == std::string_view::npos ? Json() : json_of(body.substr(from, body.find('\n', from) - from));
}

ScriptedReply everything() {
  return {.message = {.role = Role::assistant,
                      .content = "Let me see.",
                      .reasoning = "A sum.",
                      .calls = {{.id = "call00001", .name = "add", .arguments = Json::object({{"a", 1}})}}}};
}

// ---- responses ----

TEST(Responses, AnswerATextAndAreKept) {
  const auto model = scripted({says("Four."), says("Five.")});
  TestServerRun run(*model);
  const Json first = run.post("/v1/responses", R"({"input":"2+2?","instructions":"Be brief."})").json();
  EXPECT_EQ(text_at(first, "status"), "completed");
  EXPECT_EQ(text_at(first, "output.0.content.0.text"), "Four.");
  EXPECT_EQ(text_at(first, "instructions"), "Be brief.");
  const std::string id = text_at(first, "id");
  EXPECT_TRUE(id.starts_with("resp_"));
  EXPECT_EQ(run.get("/v1/responses/" + id).json(), first);
  const Json second =
      run.post("/v1/responses", R"({"input":"And one more?","previous_response_id":")" + id + "\"}").json();
  EXPECT_EQ(text_at(second, "output.0.content.0.text"), "Five.");
  const Request request = model->requests().back();
  ASSERT_EQ(request.messages.size(), 3U);  // instructions are not carried on
  EXPECT_EQ(request.messages[0].content, "2+2?");
  EXPECT_EQ(request.messages[1].content, "Four.");
  EXPECT_EQ(run.ask("DELETE", "/v1/responses/" + id).status, 200);
  EXPECT_EQ(run.get("/v1/responses/" + id).status, 404);
}

TEST(Responses, AnUnknownPredecessorIsAnError) {
  const auto model = scripted({says("a"), says("b")});
  TestServerRun run(*model, {.limits = {.responses_kept = 1}});
  const HttpAnswer unknown = run.post("/v1/responses", R"({"input":"a","previous_response_id":"resp_x"})");
  EXPECT_EQ(unknown.status, 400);
  EXPECT_EQ(text_at(unknown.json(), "error.code"), "previous_response_not_found");
  const std::string id = text_at(run.post("/v1/responses", R"({"input":"a","store":false})").json(), "id");
  EXPECT_EQ(run.post("/v1/responses", R"({"input":"a","previous_response_id":")" + id + "\"}").status, 400);
  TestServerRun forgetful(*model, {.limits = {.responses_kept = 0}});
  EXPECT_TRUE(forgetful.post("/v1/responses", R"({"input":"a","previous_response_id":"resp_x"})")
                  .body.contains("keeps no responses"));
}

TEST(Responses, StreamEveryEventInOrder) {
  const auto model = scripted({everything()});
  TestServerRun run(*model);
  const std::string body =
      run.post(
             "/v1/responses",
             R"({"stream":true,"input":"1+?","tools":[{"type":"function","name":"add","parameters":{"type":"object"}}]})")
          .body;
  EXPECT_EQ(events_of(body),
            "response.created response.in_progress response.output_item.added response.content_part.added "
            "response.reasoning_text.delta response.reasoning_text.done response.content_part.done "
            "response.output_item.done response.output_item.added response.content_part.added "
            "response.output_text.delta response.output_text.done response.content_part.done response.output_item.done "
            "response.output_item.added response.function_call_arguments.delta "
            "response.function_call_arguments.done response.output_item.done response.completed");
  int number = 0;
  for (std::size_t at = body.find("\"sequence_number\":"); at != std::string::npos;
       at = body.find("\"sequence_number\":", at + 1)) {
    EXPECT_EQ(std::stoi(body.substr(at + 18)), number++);
  }
  EXPECT_EQ(number, 19);
  const Json created = at(data_of(body, "response.created"), "response");
  EXPECT_EQ(text_at(created, "status"), "in_progress");
  EXPECT_EQ(text_at(created, "tools.0.name"), "add");
  const Json done = at(data_of(body, "response.completed"), "response");
  EXPECT_EQ(text_at(done, "output.0.content.0.text"), "A sum.");
  EXPECT_EQ(text_at(done, "output.1.content.0.text"), "Let me see.");
  EXPECT_EQ(text_at(done, "output.2.arguments"), R"({"a":1})");
  EXPECT_EQ(text_at(done, "output.2.call_id"), "call00001");
}

TEST(Responses, ReadItemsOfEveryKind) {
  const auto messages = read_input(json_of(R"([
      {"role":"user","content":"1+?"},
      {"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"A sum."}]},
      {"type":"message","role":"assistant","content":[{"type":"output_text","text":"Let me see."}]},
      {"type":"function_call","call_id":"c1","name":"add","arguments":"{\"a\":1}"},
      {"type":"function_call","call_id":"c2","name":"add","arguments":"not json"},
      {"type":"function_call_output","call_id":"c1","output":"2"},
      {"type":"function_call_output","call_id":"c2","output":[{"type":"input_text","text":"3"}]}])"),
                                   {});
  ASSERT_TRUE(messages) << messages.error().message;
  ASSERT_EQ(messages->size(), 4U);
  EXPECT_EQ((*messages)[1].reasoning, "A sum.");
  EXPECT_EQ((*messages)[1].calls.size(), 2U);
  EXPECT_EQ((*messages)[2].tool, "add");
  EXPECT_EQ((*messages)[3].content, "3");
}

TEST(Responses, BadItemsAreNumbered) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {R"([{"role":"user","content":"a"},{"type":"item_reference","id":"x"}])", "input item 2"},
      {R"([{"type":"function_call_output","call_id":"x","output":"y"}])", "input item 1"},
      {R"([{"type":"function_call","name":"add"}])", "input item 1"},
      {R"([{"role":"wizard","content":"a"}])", "input item 1"},
      {R"([{"role":"user"}])", "input item 1"},
      {R"([{"role":"user","content":[{"type":"input_image","image_url":"x"}]}])", "input item 1"},
      {R"([7])", "input item 1"},
      {R"(7)", "'input'"},
  };
  for (const auto& [input, says] : cases) {
    const auto read = read_input(json_of(input), {});
    ASSERT_FALSE(read) << input;
    EXPECT_EQ(read.error().status, 400);
    EXPECT_TRUE(read.error().message.contains(says)) << read.error().message;
  }
}

TEST(Responses, ToolsThatOnlyTheirMakersRunAreLeftOut) {
  const auto read = read_response(
      json_of(R"({"input":"a","tools":[{"type":"web_search"},{"type":"function","name":"add"}]})"), {}, {});
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->question.request.tools.size(), 1U);
  EXPECT_EQ(read->ignored_tools, std::vector<std::string>{"web_search"});
}

TEST(Responses, AReplyThatIsCutIsIncomplete) {
  const auto model = scripted({says(std::string(400, 'a')), says(std::string(400, 'a'))});
  TestServerRun run(*model);
  const Json json = run.post("/v1/responses", R"({"input":"a","max_output_tokens":3})").json();
  EXPECT_EQ(text_at(json, "status"), "incomplete");
  EXPECT_EQ(text_at(json, "incomplete_details.reason"), "max_output_tokens");
  const std::string body = run.post("/v1/responses", R"({"input":"a","max_output_tokens":3,"stream":true})").body;
  EXPECT_TRUE(events_of(body).ends_with("response.incomplete")) << body;
}

// ---- Anthropic ----

TEST(Anthropic, AnswersInBlocks) {
  const auto model = scripted({everything()});
  TestServerRun run(*model);
  const Json json =
      run.post(
             "/v1/messages",
             R"({"max_tokens":50,"system":[{"type":"text","text":"Be brief."}],"messages":[{"role":"user","content":"1+?"}],
                   "tools":[{"name":"add","description":"Adds.","input_schema":{"type":"object"}},{"type":"web_search_20250305","name":"web_search"}]})",
             "anthropic-version: 2026-10-21\r\n")
          .json();
  EXPECT_TRUE(text_at(json, "id").starts_with("msg_"));
  EXPECT_EQ(text_at(json, "content.0.thinking"), "A sum.");
  EXPECT_EQ(text_at(json, "content.1.text"), "Let me see.");
  EXPECT_EQ(at(json, "content.2.input"), Json::object({{"a", 1}}));
  EXPECT_EQ(text_at(json, "stop_reason"), "tool_use");
  const Request request = model->requests().back();
  EXPECT_EQ(request.messages.front().content, "Be brief.");
  EXPECT_EQ(request.tools.size(), 1U);
  EXPECT_EQ(request.tokens_max, 50);
}

TEST(Anthropic, StreamsEveryEventInOrder) {
  const auto model = scripted({everything(), says("")});
  TestServerRun run(*model);
  const std::string body =
      run.post(
             "/v1/messages",
             R"({"stream":true,"max_tokens":50,"messages":[{"role":"user","content":"1+?"}],"tools":[{"name":"add","input_schema":{"type":"object"}}]})")
          .body;
  EXPECT_EQ(events_of(body),
            "message_start content_block_start content_block_delta content_block_stop content_block_start "
            "content_block_delta content_block_stop content_block_start content_block_delta content_block_stop "
            "message_delta message_stop");
  EXPECT_TRUE(
      body.contains("event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":2,\"content_block\":"
                    "{\"type\":\"tool_use\",\"id\":\"call00001\",\"name\":\"add\",\"input\":{}}}\n\n"))
      << body;
  EXPECT_TRUE(body.contains(R"("delta":{"type":"input_json_delta","partial_json":"{\"a\":1}"})"));
  EXPECT_EQ(text_at(data_of(body, "message_delta"), "delta.stop_reason"), "tool_use");
  const std::string empty =
      run.post("/v1/messages", R"({"stream":true,"max_tokens":5,"messages":[{"role":"user","content":"a"}]})").body;
  EXPECT_EQ(events_of(empty), "message_start content_block_start content_block_stop message_delta message_stop");
}

TEST(Anthropic, ResultsComeBeforeWhatIsSaidBesideThem) {
  const auto read = read_anthropic(json_of(R"({"max_tokens":5,"messages":[
      {"role":"user","content":"1+?"},
      {"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":""},{"type":"text","text":"So"},
        {"type":"tool_use","id":"t1","name":"add","input":{"a":1}}]},
      {"role":"user","content":[{"type":"text","text":"Here."},{"type":"tool_result","tool_use_id":"t1","content":[{"type":"text","text":"2"}],"is_error":true}]}]})"),
                                   {}, Length::required);
  ASSERT_TRUE(read) << read.error().message;
  const std::vector<Message>& messages = read->request.messages;
  ASSERT_EQ(messages.size(), 4U);
  EXPECT_EQ(messages[1].reasoning, "hm");
  EXPECT_EQ(messages[2].role, Role::tool);
  EXPECT_EQ(messages[2].tool, "add");
  EXPECT_TRUE(messages[2].is_error);
  EXPECT_EQ(messages[3].content, "Here.");
}

TEST(Anthropic, BadMessagesAreNumbered) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {R"({"max_tokens":5})", "'messages'"},
      {R"({"max_tokens":5,"messages":[]})", "'messages'"},
      {R"({"messages":[{"role":"user","content":"a"}]})", "'max_tokens' is missing"},
      {R"({"max_tokens":5,"messages":[{"role":"wizard","content":"a"}]})", "message 1"},
      {R"({"max_tokens":5,"messages":[{"role":"user","content":"a"},{"role":"user"}]})", "message 2"},
      {R"({"max_tokens":5,"messages":[{"role":"user","content":[{"type":"image","source":{}}]}]})", "message 1"},
      {R"({"max_tokens":5,"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"x"}]}]})",
       "message 1"},
      {R"({"max_tokens":5,"messages":[{"role":"user","content":[{"type":"tool_use","id":"x","name":"y"}]}]})",
       "message 1"},
      {R"({"max_tokens":5,"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"x","name":"a b","input":{}}]}]})",
       "message 1"},
      {R"({"max_tokens":5,"messages":[{"role":"user","content":"a"}],"tool_choice":{"type":"any"}})", "tool_choice"},
      {R"([])", "object"},
  };
  for (const auto& [body, says] : cases) {
    const auto read = read_anthropic(json_of(body), {}, Length::required);
    ASSERT_FALSE(read) << body;
    EXPECT_TRUE(read.error().message.contains(says)) << read.error().message;
  }
}

TEST(Anthropic, ChoicesThoughtsAndStops) {
  const auto read = read_anthropic(
      json_of(
          R"({"max_tokens":5,"messages":[{"role":"user","content":"a"}],"tools":[{"name":"add","input_schema":{"type":"object"}}],
                  "tool_choice":{"type":"tool","name":"add","disable_parallel_tool_use":true},"thinking":{"type":"enabled","budget_tokens":9},
                  "stop_sequences":["END"],"top_k":4})"),
      {}, Length::required);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->request.tool_choice, ToolChoice::named("add"));
  EXPECT_FALSE(read->request.parallel_calls);
  EXPECT_EQ(read->request.reasoning_tokens_max, 9);
  EXPECT_EQ(read->request.stop, std::vector<std::string>{"END"});
  EXPECT_EQ(read->request.sampling.top_k, 4);
  EXPECT_EQ(anthropic_stop_sequence(*read, {.finish = FinishReason::stop_string}), Json("END"));
}

TEST(Anthropic, CountsTokensWithoutALength) {
  const auto model = scripted({});
  TestServerRun run(*model);
  EXPECT_EQ(run.post("/v1/messages/count_tokens", R"({"messages":[{"role":"user","content":"hi"}]})").body,
            R"({"input_tokens":8})");
}

// ---- Ollama ----

TEST(Ollama, StreamsLinesUnlessToldOtherwise) {
  const auto model = scripted({everything(), everything()});
  TestServerRun run(*model);
  const std::string body =
      R"({"messages":[{"role":"user","content":"1+?"}],"tools":[{"type":"function","function":{"name":"add","parameters":{"type":"object"}}}])";
  const HttpAnswer answer = run.post("/api/chat", body + "}");
  EXPECT_TRUE(answer.has_header("Content-Type: application/x-ndjson"));
  const std::string start =
      R"({"model":"scripted","created_at":"2023-11-14T22:13:20Z","message":{"role":"assistant","content":")";
  EXPECT_TRUE(answer.body.starts_with(
      start + R"(","thinking":"A sum."},"done":false})" + "\n" + start + R"(Let me see."},"done":false})" + "\n" +
      start + R"(","tool_calls":[{"function":{"name":"add","arguments":{"a":1}}}]},"done":false})" + "\n" + start +
      R"("},"done":true,"done_reason":"stop","total_duration":0,)"))
      << answer.body;
  const Json json = run.post("/api/chat", body + R"(,"stream":false})").json();
  EXPECT_EQ(at(json, "message.tool_calls.0.function.arguments"), Json::object({{"a", 1}}));
  EXPECT_EQ(text_at(json, "done"), "true");
}

TEST(Ollama, ReadsOptionsFormatsAndHistories) {
  const auto read = read_ollama_chat(json_of(R"({"messages":[
      {"role":"user","content":"1+?"},
      {"role":"assistant","content":"","tool_calls":[{"function":{"name":"add","arguments":{"a":1}}},{"function":{"name":"sub","arguments":{}}}]},
      {"role":"tool","tool_name":"sub","content":"0"},
      {"role":"tool","content":"2"}],
      "options":{"temperature":0.5,"num_predict":7,"stop":["x"],"num_ctx":4096,"seed":3},"format":{"type":"object"},"think":false})"),
                                     {});
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->request.messages[2].call_id, read->request.messages[1].calls[1].id);
  EXPECT_EQ(read->request.messages[3].call_id, read->request.messages[1].calls[0].id);
  EXPECT_EQ(read->request.messages[3].tool, "add");
  EXPECT_EQ(read->request.sampling.temperature, 0.5F);
  EXPECT_EQ(read->request.tokens_max, 7);
  EXPECT_EQ(read->request.reasoning_tokens_max, 0);
  EXPECT_TRUE(read->request.format);
  EXPECT_TRUE(read->request.watched);
}

TEST(Ollama, BadRequestsAreErrors) {
  const std::string_view cases[] = {
      R"([])",
      R"({})",
      R"({"messages":[]})",
      R"({"messages":[{"role":"wizard","content":"a"}]})",
      R"({"messages":[{"role":"user","content":7}]})",
      R"({"messages":[{"role":"user","content":"a","images":["aGk="]}]})",
      R"({"messages":[{"role":"tool","content":"a"}]})",
      R"({"messages":[{"role":"user","content":"a"}],"options":7})",
      R"({"messages":[{"role":"user","content":"a"}],"options":{"temperature":-2}})",
      R"({"messages":[{"role":"user","content":"a"}],"format":7})",
      R"({"messages":[{"role":"user","content":"a"}],"format":"xml"})",
  };
  for (const std::string_view body : cases) {
    const auto read = read_ollama_chat(json_of(body), {});
    ASSERT_FALSE(read) << body;
    EXPECT_EQ(read.error().status, 400) << body;
  }
}

TEST(Ollama, GeneratesAndSaysWhatItHas) {
  const auto model = scripted({says("Four.")});
  TestServerRun run(*model, {.version = "1.2.3"});
  const Json json = run.post("/api/generate", R"({"prompt":"2+2?","system":"Be brief.","stream":false})").json();
  EXPECT_EQ(text_at(json, "response"), "Four.");
  EXPECT_EQ(model->requests().back().messages.front().content, "Be brief.");
  EXPECT_EQ(run.get("/api/version").body, R"({"version":"1.2.3"})");
  EXPECT_EQ(text_at(run.get("/api/tags").json(), "models.0.name"), "scripted");
  EXPECT_EQ(text_at(run.get("/api/ps").json(), "models.0.context_length"), "100000");
  EXPECT_EQ(text_at(run.post("/api/show", "{}").json(), "capabilities.0"), "completion");
}

TEST(Ollama, WritesTimesInUtc) {
  EXPECT_EQ(utc_text(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(utc_text(951'782'400), "2000-02-29T00:00:00Z");
}

}  // namespace
}  // namespace puna::server

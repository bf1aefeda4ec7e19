// Answers as servers send them, well and oddly: what becomes of text, thoughts, calls, usage and reasons.
#include "model/chat_reply.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/test_chat_server.h"

namespace puna::model {
namespace {

Reply read(const std::vector<std::string>& chunks, const Request& request, EventSink& events,
           std::optional<Error> lost = std::nullopt) {
  ChatReply reader(request, events);
  for (const std::string& chunk : chunks) {
    EXPECT_TRUE(reader.take(json_of(chunk))) << chunk;
  }
  return reader.finish(std::move(lost));
}

std::string delta(std::string_view members) {
  return R"({"choices": [{"index": 0, "delta": {)" + std::string(members) + "}}]}";
}
std::string call(std::string_view members) { return delta(R"("tool_calls": [{)" + std::string(members) + "}]"); }
std::string ended(std::string_view reason) {
  return R"({"choices": [{"index": 0, "delta": {}, "finish_reason": ")" + std::string(reason) + R"("}]})";
}

const Request kRequest = request_of("Hi");

TEST(ChatReply, TextAndThoughtsComeUnderEachNameThatServersHaveForThem) {
  Heard heard;
  const Reply reply = read({delta(R"("role": "assistant", "content": null)"), delta(R"("reasoning_content": "Hm, ")"),
                            delta(R"("reasoning": "so.")"), delta(R"("content": "Yes")"), delta(R"("content": "")"),
                            delta(R"("content": [{"type": "text", "text": " é"}])"), ended("stop")},
                           kRequest, heard);
  EXPECT_EQ(reply.message.reasoning, "Hm, so.");
  EXPECT_EQ(reply.message.content, "Yes é");
  EXPECT_EQ(heard.text, reply.message.content);
  EXPECT_EQ(heard.reasoning, reply.message.reasoning);
  EXPECT_EQ(reply.finish, FinishReason::end_of_turn);
}

TEST(ChatReply, ArgumentsAreJoinedFromTheirPiecesForSeveralCallsAtOnce) {
  const Reply reply = read({call(R"("index": 0, "id": "x", "function": {"name": "a", "arguments": ""})"),
                            call(R"("index": 1, "id": "y", "function": {"name": "b", "arguments": "{\"n\""})"),
                            call(R"("index": 0, "function": {"arguments": "{\"m\": "})"),
                            call(R"("index": 1, "function": {"arguments": ": 2}"})"),
                            call(R"("index": 0, "function": {"name": "a", "arguments": "1}"})"), ended("tool_calls")},
                           kRequest, EventSink::none());
  ASSERT_EQ(reply.message.calls.size(), 2U);
  EXPECT_EQ(reply.message.calls[0], (ToolCall{.id = "call00001", .name = "a", .arguments = json_of(R"({"m": 1})")}));
  EXPECT_EQ(reply.message.calls[1], (ToolCall{.id = "call00002", .name = "b", .arguments = json_of(R"({"n": 2})")}));
  EXPECT_TRUE(reply.malformed_calls.empty());
  EXPECT_EQ(reply.message.content, "");
}

TEST(ChatReply, CallsAreToldApartWhereTheIndexIsMissingOrAlwaysTheSame) {
  for (const std::string index : {"", R"("index": 0, )"}) {
    const Reply reply =
        read({call(index + R"("id": "x", "function": {"name": "a", "arguments": "{\"m\":"})"),
              call(index + R"("function": {"arguments": " 1}"})"),
              call(index + R"("id": "y", "function": {"name": "a", "arguments": "{\"m\": 2}"})"), ended("tool_calls")},
             kRequest, EventSink::none());
    ASSERT_EQ(reply.message.calls.size(), 2U) << index;
    EXPECT_EQ(*reply.message.calls[0].arguments.find("m"), Json(1)) << index;
    EXPECT_EQ(*reply.message.calls[1].arguments.find("m"), Json(2)) << index;
  }
}

TEST(ChatReply, ArgumentsMayBeAnObjectOrMissingOrATextInAText) {
  for (const auto& [arguments, expected] :
       std::vector<std::pair<std::string, std::string>>{{R"(, "arguments": {"m": 1})", R"({"m": 1})"},
                                                        {"", "{}"},
                                                        {R"(, "arguments": null)", "{}"},
                                                        {R"(, "arguments": "  ")", "{}"},
                                                        {R"(, "arguments": "{'m': 1,}")", R"({"m": 1})"},
                                                        {R"(, "arguments": "\"{\\\"m\\\": 1}\"")", R"({"m": 1})"}}) {
    const Reply reply = read({call(R"("index": 0, "function": {"name": "a")" + arguments + "}"), ended("tool_calls")},
                             kRequest, EventSink::none());
    ASSERT_EQ(reply.message.calls.size(), 1U) << arguments;
    EXPECT_EQ(reply.message.calls[0].arguments, json_of(expected)) << arguments;
    EXPECT_EQ(reply.repairs.empty(), !arguments.contains('\'')) << arguments;
  }
}

TEST(ChatReply, ACallThatIsNotValidStaysTextAndIsMalformed) {
  for (const std::string arguments : {R"({\"m\": )", R"(nonsense here)", R"({\"m\": 1} and {\"m\": 2})"}) {
    Heard heard;
    const Reply reply =
        read({delta(R"("content": "Look:")"),
              call(R"("index": 0, "function": {"name": "a", "arguments": ")" + arguments + "\"}"), ended("length")},
             kRequest, heard);
    EXPECT_TRUE(reply.message.calls.empty()) << arguments;
    ASSERT_EQ(reply.malformed_calls.size(), 1U) << arguments;
    EXPECT_TRUE(reply.message.content.contains(reply.malformed_calls[0]));
    EXPECT_TRUE(reply.message.content.starts_with("Look:\n"));
    EXPECT_EQ(heard.text, reply.message.content);
  }
  const Reply nameless =
      read({call(R"("index": 0, "function": {"arguments": "{}"})"), ended("tool_calls")}, kRequest, EventSink::none());
  EXPECT_TRUE(nameless.message.calls.empty());
  EXPECT_EQ(nameless.malformed_calls.size(), 1U);
}

TEST(ChatReply, CutAnywhereACallIsWholeOrNone) {
  const std::string arguments = R"({"path": "a}b", "n": [1, {"x": 2}]})";
  for (std::size_t cut = 0; cut <= arguments.size(); ++cut) {
    const std::string piece = Json(arguments.substr(0, cut)).dump();
    const Reply reply =
        read({call(R"("index": 0, "function": {"name": "a", "arguments": )" + piece + "}"), ended("length")}, kRequest,
             EventSink::none());
    EXPECT_EQ(reply.message.calls.size(), cut == arguments.size() ? 1U : 0U) << cut;
    EXPECT_EQ(reply.malformed_calls.size(), cut == arguments.size() ? 0U : 1U) << cut;
  }
}

TEST(ChatReply, UsageIsReadWhereverItStands) {
  const std::string usage = R"("usage": {"prompt_tokens": 20, "completion_tokens": 5,
      "prompt_tokens_details": {"cached_tokens": 12}})";
  const std::string timings =
      R"("timings": {"cache_n": 12, "prompt_n": 8, "prompt_ms": 1.5, "predicted_n": 5, "predicted_ms": 2})";
  for (const std::vector<std::string>& end : std::vector<std::vector<std::string>>{
           {ended("stop"), R"({"choices": [], )" + usage + ", " + timings + "}"},
           {R"({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], )" + usage + ", " + timings + "}"},
           {R"({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": null, )" + timings + "}"}}) {
    std::vector<std::string> chunks = {delta(R"("content": "x")")};
    chunks.insert(chunks.end(), end.begin(), end.end());
    const Reply reply = read(chunks, kRequest, EventSink::none());
    EXPECT_EQ(reply.usage, (Usage{.prompt_tokens = 20,
                                  .cached_tokens = 12,
                                  .output_tokens = 5,
                                  .prefill_time = std::chrono::microseconds(1'500),
                                  .decode_time = std::chrono::microseconds(2'000)}));
  }
}

TEST(ChatReply, NumbersOutOfTheirRangeHarmNobody) {
  const Reply reply = read({R"({"choices": [{"index": 0, "delta": {"content": "x"}}], "usage": {"prompt_tokens": -5,
      "completion_tokens": -1, "prompt_tokens_details": {"cached_tokens": 9e99}}, "timings": {"prompt_ms": 1e300,
      "predicted_ms": -4, "prompt_n": "x"}})",
                            R"({"choices": "none", "usage": 3, "timings": []})",
                            R"({"choices": [3, null, {"index": 5, "delta": {"content": "other"}}, {"delta": 4}]})"},
                           kRequest, EventSink::none());
  EXPECT_EQ(reply.message.content, "x");
  EXPECT_EQ(reply.usage.prompt_tokens, 0);
  EXPECT_EQ(reply.usage.output_tokens, 0);
  EXPECT_GE(reply.usage.prefill_time.count(), 0);
  EXPECT_EQ(reply.usage.decode_time.count(), 0);
}

TEST(ChatReply, TheReasonOfTheEndIsWhatTheEngineWouldSay) {
  Request limited = kRequest;
  limited.tokens_max = 5;
  const std::string used = R"({"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 5}})";
  const std::string less = R"({"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 4}})";
  EXPECT_EQ(read({ended("length"), used}, limited, EventSink::none()).finish, FinishReason::tokens_max);
  EXPECT_EQ(read({ended("length"), less}, limited, EventSink::none()).finish, FinishReason::window_full);
  EXPECT_EQ(read({ended("length"), used}, kRequest, EventSink::none()).finish, FinishReason::window_full);
  EXPECT_EQ(read({ended("length")}, limited, EventSink::none()).finish, FinishReason::tokens_max);
  EXPECT_EQ(read({ended("stop"), R"({"__verbose": {"stop_type": "word"}})"}, kRequest, EventSink::none()).finish,
            FinishReason::stop_string);
}

TEST(ChatReply, ProbabilitiesHaveTheBytesOfTheirTokens) {
  const Reply reply = read({R"({"choices": [{"index": 0, "delta": {"content": "é"}, "logprobs": {"content": [
          {"id": 7, "token": "?", "bytes": [195], "logprob": -0.5, "top_logprobs": [{"token": "x", "logprob": -1}]},
          {"token": "b", "bytes": null, "logprob": -0.25}]}}]})"},
                           kRequest, EventSink::none());
  ASSERT_EQ(reply.probabilities.size(), 2U);
  EXPECT_EQ(reply.probabilities[0].chosen.token, 7);
  EXPECT_EQ(reply.probabilities[0].chosen.text, "\xc3");
  EXPECT_FLOAT_EQ(reply.probabilities[0].chosen.log_probability, -0.5F);
  ASSERT_EQ(reply.probabilities[0].best.size(), 1U);
  EXPECT_EQ(reply.probabilities[0].best[0].token, -1);
  EXPECT_EQ(reply.probabilities[1].chosen.text, "b");
}

TEST(ChatReply, TooMuchIsALimitAndWhatIsNoObjectIsCorrupt) {
  ChatReply reader(kRequest, EventSink::none());
  EXPECT_EQ(reader.take(Json("text")).error().code, ErrorCode::corrupt);
  EXPECT_EQ(reader.take(Json::array()).error().code, ErrorCode::corrupt);
  const std::string million(1'000'000, 'x');
  Json text = Json::object();
  text.set("content", million);
  const Json chunk = chunk_of(text);
  Result<void> taken;
  for (int i = 0; taken && i < 100; ++i) {
    taken = reader.take(chunk);
  }
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::limit);
  EXPECT_LE(reader.bytes(), kReplyBytesMax + million.size());

  ChatReply calls(kRequest, EventSink::none());
  Result<void> called;
  for (int i = 0; called && i < 5'000; ++i) {
    called = calls.take(json_of(call(format_text(R"("index": {}, "function": {{"name": "a"}})", i))));
  }
  ASSERT_FALSE(called);
  EXPECT_EQ(called.error().code, ErrorCode::limit);
}

TEST(ChatReply, AWholeAnswerInOnePieceIsTheSame) {
  Heard heard;
  const Reply reply = read({R"({"choices": [{"index": 0, "finish_reason": "tool_calls", "message": {"role": "assistant",
      "content": "", "reasoning_content": "Hm.", "tool_calls": [{"type": "function", "id": "q",
      "function": {"name": "a", "arguments": "{\"m\": 1}"}}]}}], "usage": {"prompt_tokens": 4, "completion_tokens": 2}})"},
                           kRequest, heard);
  EXPECT_EQ(reply.message.reasoning, "Hm.");
  ASSERT_EQ(reply.message.calls.size(), 1U);
  EXPECT_EQ(reply.message.calls[0].arguments, json_of(R"({"m": 1})"));
  EXPECT_EQ(reply.usage.output_tokens, 2);
}

// Members that servers send, each with values that they might send and values that none should.
Json random_chunk(Random& random) {
  const std::vector<std::string> texts = {"a", "é", "{\"m\": ", "1}", "</tool_call>", "", "\"", "stop", "length"};
  const auto value = [&]() -> Json {
    const std::uint64_t kind = random.next() % 8;
    return kind == 0   ? Json()
           : kind == 1 ? Json(static_cast<std::int64_t>(random.next() % 4))
           : kind == 2 ? Json::array({Json(1)})
                       : Json(texts[random.next() % texts.size()]);
  };
  const auto some = [&](Json& object, std::string_view name, const Json& member) {
    if (random.next() % 2 == 0) {
      object.set(name, member);
    }
  };
  Json function = Json::object();
  some(function, "name", random.next() % 2 == 0 ? Json("tool") : value());
  some(function, "arguments", value());
  Json call = Json::object();
  some(call, "index", random.next() % 4 == 0 ? value() : Json(static_cast<std::int64_t>(random.next() % 3)));
  some(call, "id", value());
  some(call, "function", random.next() % 8 == 0 ? value() : function);
  Json delta = Json::object();
  some(delta, "content", value());
  some(delta, "reasoning_content", value());
  Json calls = Json::array();
  calls.push(call);
  some(delta, "tool_calls", random.next() % 8 == 0 ? value() : calls);
  Json chunk = chunk_of(random.next() % 16 == 0 ? value() : delta, random.next() % 8 == 0 ? value() : Json());
  some(chunk, "usage", value());
  some(chunk, "__verbose", value());
  return chunk;
}

TEST(ChatReply, WhateverIsSentTheReplyKeepsItsPromises) {
  for (std::uint64_t seed = 0; seed < 3'000; ++seed) {
    Random random(seed);
    Heard heard;
    ChatReply reader(kRequest, heard);
    for (std::uint64_t i = random.next() % 8; i > 0; --i) {
      ASSERT_TRUE(reader.take(random_chunk(random)));
    }
    const bool is_lost = random.next() % 4 == 0;
    const Reply reply = reader.finish(is_lost ? std::optional(Error{}) : std::nullopt);
    EXPECT_EQ(heard.text, reply.message.content) << seed;
    EXPECT_EQ(heard.reasoning, reply.message.reasoning) << seed;
    EXPECT_EQ(reply.lost.has_value(), is_lost);
    for (const std::string& malformed : reply.malformed_calls) {
      EXPECT_TRUE(reply.message.content.contains(malformed)) << seed;
    }
    for (std::size_t i = 0; i < reply.message.calls.size(); ++i) {
      EXPECT_EQ(reply.message.calls[i].id, format_text("call{:05}", i + 1)) << seed;
      EXPECT_FALSE(reply.message.calls[i].name.empty()) << seed;
    }
  }
}

}  // namespace
}  // namespace puna::model

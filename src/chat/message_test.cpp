// The JSON forms of messages and tools: what is written can be read again, and what is wrong is refused by name.
#include "puna/chat/message.h"

#include <gtest/gtest.h>

#include <vector>

#include "chat/json_testing.h"
#include "chat/test_media.h"

namespace puna {
namespace {

using testing::json;

std::vector<Message> examples() {
  return {
      {.role = Role::system, .content = "Be brief."},
      {.role = Role::user, .content = "Größe?\n\"quoted\" \\ \u2028"},
      {.role = Role::user},
      {.role = Role::assistant, .content = "four", .reasoning = "2+2"},
      {.role = Role::assistant,
       .calls = {{.id = "c1", .name = "add", .arguments = json(R"({"a": 1, "b": [2, null, 2.5]})")},
                 {.id = "", .name = "odd", .arguments = json("[1]")},
                 {.id = "c3", .name = "none", .arguments = {}}}},
      {.role = Role::tool, .content = "3", .call_id = "c1", .tool = "add"},
      {.role = Role::tool, .content = "no", .call_id = "c1", .tool = "add", .is_error = true},
  };
}

TEST(Message, ReadsBackWhatItWrites) {
  for (const Message& message : examples()) {
    const Json written = to_json(message);
    const Result<Message> read = message_from_json(json(written.dump()));
    ASSERT_TRUE(read) << written.dump() << ": " << read.error().message;
    EXPECT_EQ(*read, message) << written.dump();
  }
}

Message with_attachments() {
  Message message{.role = Role::user, .content = "What is "};
  EXPECT_TRUE(attach(message, *Media::create(testing::png(3, 2), "cat.png")));
  message.content += " beside ";
  EXPECT_TRUE(attach(message, *Media::create(testing::wav(16'000, 4), "bark.wav")));
  EXPECT_TRUE(attach(message, *Media::create("some text", "notes.txt")));
  message.content += "?";
  return message;
}

TEST(Message, AttachmentsAreReadBackInBothForms) {
  const Message message = with_attachments();
  const auto line = message_from_json(json(to_json(message).dump()));
  ASSERT_TRUE(line) << line.error().message;
  EXPECT_EQ(*line, message);
  const auto wire = messages_from_json(json(Json::array({to_openai_json(message)}).dump()));
  ASSERT_TRUE(wire) << wire.error().message;
  ASSERT_EQ(wire->size(), 1U);
  EXPECT_EQ(wire->front().content, message.content);
  ASSERT_EQ(wire->front().attachments.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {  // the wire has names for files only
    EXPECT_EQ(wire->front().attachments[i].at, message.attachments[i].at);
    EXPECT_EQ(wire->front().attachments[i].media.hash(), message.attachments[i].media.hash());
  }
}

TEST(Message, TheWireHasPartsInTheirOrderAndTextAloneAsText) {
  const Json wire = to_openai_json(with_attachments());
  std::string types;
  for (const Json& part : wire.find("content")->as_array()) {
    types += std::string(part.text_or("type")) + " ";
  }
  EXPECT_EQ(types, "text image_url text input_audio file text ");
  EXPECT_EQ(to_openai_json({.role = Role::user, .content = "hi"}).dump(), R"({"role":"user","content":"hi"})");
}

TEST(Message, AWrongAttachmentIsRefusedByName) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      {R"({"role": "assistant", "attachments": []})", "'attachments' belongs to the role user"},
      {R"({"role": "user", "attachments": {}})", "'attachments'"},
      {R"({"role": "user", "attachments": [3]})", "an attachment must be an object"},
      {R"({"role": "user", "attachments": [{"at": 1, "data": "aGk="}]})", "'at' of an attachment"},
      {R"({"role": "user", "attachments": [{"at": 0, "data": "!"}]})", "not valid base64"},
      {R"({"role": "user", "content": "ab", "attachments": [{"at": 2, "data": "aGk="}, {"at": 1, "data": "aGk="}]})",
       "in the order"},
      {R"({"role": "user", "attachments": [{"at": 0, "data": ""}]})", "empty"}};
  for (const auto& [text, part] : cases) {
    const auto message = message_from_json(json(text));
    ASSERT_FALSE(message) << text;
    EXPECT_TRUE(message.error().message.contains(part)) << text << ": " << message.error().message;
  }
}

TEST(Message, LeavesEmptyMembersOut) {
  EXPECT_EQ(to_json({.role = Role::user, .content = "hi"}).dump(), R"({"role":"user","content":"hi"})");
  EXPECT_EQ(to_json({.role = Role::assistant}).dump(), R"({"role":"assistant"})");
}

TEST(Message, RefusesWhatItDoesNotUnderstandByName) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      {R"([])", "must be an object"},
      {R"({"content": "x"})", "'role'"},
      {R"({"role": "robot"})", "'role' must be"},
      {R"({"role": 3})", "'role' must be"},
      {R"({"role": "user", "content": 3})", "'content'"},
      {R"({"role": "user", "contents": "x"})", "'contents'"},
      {R"({"role": "user", "calls": []})", "'calls' belongs to the role assistant"},
      {R"({"role": "user", "reasoning": "x"})", "'reasoning' belongs"},
      {R"({"role": "assistant", "is_error": true})", "'is_error' belongs to the role tool"},
      {R"({"role": "tool", "is_error": 1})", "'is_error'"},
      {R"({"role": "assistant", "calls": {}})", "'calls'"},
      {R"({"role": "assistant", "calls": [3]})", "a call"},
      {R"({"role": "assistant", "calls": [{"arguments": {}}]})", "no 'name'"},
      {R"({"role": "assistant", "calls": [{"name": "a", "function": {}}]})", "'function'"},
  };
  for (const auto& [text, expected] : cases) {
    const Result<Message> read = message_from_json(json(text));
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, ErrorCode::invalid_argument);
    EXPECT_TRUE(read.error().message.contains(expected)) << text;
  }
}

TEST(OpenAiMessages, AreReadWithTheirCallsThoughtsAndResults) {
  const auto messages = messages_from_json(json(R"([
      {"role": "developer", "content": [{"type": "text", "text": "Be "}, {"type": "text", "text": "brief."}]},
      {"role": "assistant", "content": null, "reasoning_content": "Hm.", "tool_calls": [
          {"id": "c1", "type": "function", "function": {"name": "add", "arguments": "{\"a\": 1}"}}]},
      {"role": "tool", "tool_call_id": "c1", "content": "2"},
      {"role": "tool", "call_id": "c1", "tool": "add", "content": "failed", "is_error": true}])"));
  ASSERT_TRUE(messages) << messages.error().message;
  const std::vector<Message> expected = {
      {.role = Role::system, .content = "Be brief."},
      {.role = Role::assistant,
       .reasoning = "Hm.",
       .calls = {{.id = "c1", .name = "add", .arguments = json(R"({"a": 1})")}}},
      {.role = Role::tool, .content = "2", .call_id = "c1", .tool = "add"},
      {.role = Role::tool, .content = "failed", .call_id = "c1", .tool = "add", .is_error = true}};
  EXPECT_EQ(*messages, expected);
  for (std::size_t i = 0; i + 1 < expected.size(); ++i) {  // is_error is no word of the protocol
    EXPECT_EQ(messages_from_json(Json::array({to_openai_json(expected[i])})).value().front(), expected[i]) << i;
  }
  EXPECT_EQ(to_openai_json(expected[2]),
            json(R"({"role": "tool", "content": "2", "tool_call_id": "c1", "name": "add"})"));
}

TEST(OpenAiMessages, AWrongMessageIsNamedByItsNumber) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      {R"({"role": "user"})", "must be a list"},
      {R"([{"role": "user", "content": "x"}, {"role": "robot"}])", "message 2: 'role'"},
      {R"([{"role": "user", "content": 3}])", "message 1: 'content'"},
      {R"([{"role": "user", "content": [{"type": "image_url"}]}])", "an image without image_url"},
      {R"([{"role": "user", "content": [{"type": "video_url"}]}])", "'video_url'"},
      {R"([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://x.example/a.png"}}]}])",
       "is not fetched"},
      {R"([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}]}])",
       "an image that is none: its bytes are text/plain"},
      {R"([{"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "R0lGODlhAQABAAAAAA=="}}]}])",
       "audio that is none"},
      {R"([{"role": "user", "content": [{"type": "file", "file": {"file_id": "f1"}}]}])", "without file_data"},
      {R"([{"role": "system", "content": [{"type": "image_url", "image_url": "R0lGODlhAQABAAAAAA=="}]}])",
       "only the user's can have attachments"},
      {R"([{"role": "assistant", "tool_calls": 1}])", "'tool_calls'"},
      {R"([{"role": "assistant", "tool_calls": [{"function": {}}]}])", "function name"},
      {R"([{"role": "user", "calls": []}])", "belongs to the role assistant"},
  };
  for (const auto& [text, expected] : cases) {
    const auto read = messages_from_json(json(text));
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, ErrorCode::invalid_argument) << text;
    EXPECT_TRUE(read.error().message.contains(expected)) << read.error().message;
  }
}

TEST(ToolSpec, ReadsBackWhatItWritesAndTheBareInnerObject) {
  const ToolSpec spec{.name = "read_file",
                      .description = "Reads.",
                      .parameters = json(R"({"type": "object", "properties": {"path": {"type": "string"}}})")};
  EXPECT_EQ(tool_spec_from_json(to_json(spec)).value(), spec);
  EXPECT_EQ(tool_spec_from_json(*to_json(spec).find("function")).value(), spec);
  const ToolSpec bare{.name = "now", .description = "", .parameters = {}};
  EXPECT_EQ(tool_spec_from_json(to_json(bare)).value(), bare);
}

TEST(ToolSpec, RefusesNamesAndTypesThatCannotBeUsed) {
  for (const std::string_view text :
       {R"({"name": "two words"})", R"({"name": ""})", R"({"description": "no name"})", R"({"name": "a\nb"})",
        R"({"name": "x", "parameters": [1]})", R"({"type": "retrieval", "function": {"name": "x"}})",
        R"({"type": "function", "function": "x"})", R"("x")", R"({"name": 3})"}) {
    EXPECT_FALSE(tool_spec_from_json(json(text))) << text;
  }
  EXPECT_FALSE(is_tool_name(std::string(65, 'a')));
  EXPECT_TRUE(is_tool_name(std::string(64, 'a')));
}

}  // namespace
}  // namespace puna

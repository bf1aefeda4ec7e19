// The audit of prompts: its form, what is cut, what is taken out, and the file.
#include "puna/model/prompt_audit.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "model/test_hub.h"
#include "model/test_script.h"
#include "puna/base/sha256.h"

namespace puna {
namespace {

using model::content_of;
using model::says;

class PromptAuditTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path file() const { return folder_.path / "audit.jsonl"; }
  [[nodiscard]] std::unique_ptr<PromptAudit> open(PromptAuditOptions options = {}) const {
    auto audit = PromptAudit::open(file(), std::move(options));
    EXPECT_TRUE(audit) << (audit ? "" : audit.error().message);
    return audit ? *std::move(audit) : nullptr;
  }
  [[nodiscard]] std::vector<Json> entries() const {
    std::vector<Json> entries;
    const std::string text = content_of(file());
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = text.find('\n', at);
      EXPECT_NE(end, std::string::npos) << "half a line";
      entries.push_back(Json::parse(std::string_view(text).substr(at, end - at)).value());
      at = end + 1;
    }
    return entries;
  }
  // One question through an audited model that says `reply`.
  void ask(PromptAudit& audit, ScriptedReply reply, std::vector<Message> messages) const {
    std::vector<ScriptedReply> script;
    script.push_back(std::move(reply));
    const auto below = ScriptedModel::create(std::move(script), 1'000'000);
    const auto asked = make_audited_model(*below, audit);
    static_cast<void>(asked->ask({.messages = std::move(messages), .agent = AgentId{7}}, EventSink::none()));
  }

 private:
  model::HubFolder folder_;
};

// -1: there is none.
std::int64_t number_in(const Json& entry, std::string_view member) {
  const Json* value = entry.find(member);
  return value != nullptr && value->is_integer() ? value->as_integer() : -1;
}

const std::vector<Message> kConversation{{.role = Role::system, .content = "Be brief."},
                                         {.role = Role::user, .content = "An old question."},
                                         {.role = Role::assistant, .content = "An old answer."},
                                         {.role = Role::user, .content = "A new question."}};

TEST_F(PromptAuditTest, AnEntryHasWhatWasNewAndTheHashOfTheSystemPrompt) {
  const auto audit = open();
  ask(*audit, says("An answer."), kConversation);
  ASSERT_EQ(entries().size(), 1U);
  const Json entry = entries()[0];
  EXPECT_EQ(entry.text_or("agent_id"), "7");
  EXPECT_EQ(entry.text_or("kind"), "ask");
  EXPECT_EQ(entry.text_or("system_prompt_sha256"), sha256_hex("Be brief."));
  EXPECT_EQ(entry.text_or("user_prompt"), "A new question.");
  EXPECT_EQ(entry.text_or("response_text"), "An answer.");
  EXPECT_EQ(number_in(entry, "messages"), 4);
  EXPECT_EQ(entry.find("llm")->text_or("provider"), "llama_cpp");
  EXPECT_GT(entry.find("tokens")->find("prompt")->as_integer(), 0);
  for (const char* absent : {"ts", "system_prompt", "error", "secrets", "user_prompt_cut", "calls", "extra", "epoch"}) {
    EXPECT_EQ(entry.find(absent), nullptr) << absent;
  }
}

TEST_F(PromptAuditTest, TheSystemPromptIsTextOnlyWhenAskedFor) {
  const auto audit = open({.has_system_prompt = true, .clock = &Clock::system()});
  ask(*audit, says("Yes."), kConversation);
  EXPECT_EQ(entries()[0].text_or("system_prompt"), "Be brief.");
  EXPECT_GT(entries()[0].find("ts")->as_double(), 1.7e9);
}

TEST_F(PromptAuditTest, CallsAndReasoningArePartOfTheAnswer) {
  const auto audit = open();
  ScriptedReply reply = says("");
  reply.message.reasoning = "Look it up.";
  reply.message.calls.push_back({.id = "", .name = "read", .arguments = Json::object({{"path", "a.txt"}})});
  ask(*audit, std::move(reply), {{.role = Role::user, .content = "Read a.txt."}});
  EXPECT_EQ(entries()[0].text_or("reasoning_text"), "Look it up.");
  EXPECT_EQ(entries()[0].text_or("calls"), R"([{"name":"read","arguments":{"path":"a.txt"}}])");
  EXPECT_TRUE(entries()[0].find("system_prompt_sha256")->is_null());
}

TEST_F(PromptAuditTest, AFileIsItsHash) {
  const auto audit = open();
  Message message{.role = Role::user, .content = "Sum it up."};
  ASSERT_TRUE(attach(message, Media::create("Some notes.", "notes.txt").value()));
  ask(*audit, says("Notes."), {message});
  EXPECT_EQ(entries()[0].find("attachments")->dump(),
            format_text(R"([{{"type":"text/plain","sha256":"{}"}}])", sha256_hex("Some notes.")));
}

TEST_F(PromptAuditTest, AFailureIsAnEntryOfItsOwnKind) {
  const auto audit = open({.error_max = 20});
  ScriptedReply reply;
  reply.error = Error{.code = ErrorCode::unavailable, .message = "the server is gone for good", .hint = ""};
  ask(*audit, std::move(reply), kConversation);
  const Json entry = entries()[0];
  EXPECT_EQ(entry.text_or("kind"), "ask_error");
  EXPECT_EQ(entry.text_or("error"), "unavailable: the ser");
  EXPECT_EQ(number_in(entry, "error_cut"), 20);
  EXPECT_EQ(entry.find("response_text"), nullptr);
}

TEST_F(PromptAuditTest, TextsAreCutBetweenCharactersAndTheRestIsCounted) {
  const auto audit = open({.text_max = 3});
  ask(*audit, says("ab"), {{.role = Role::user, .content = "\u00e4\u00f6\u00fc\U0001F600\u00df"}});
  EXPECT_EQ(entries()[0].text_or("user_prompt"), "\u00e4\u00f6\u00fc");
  EXPECT_EQ(number_in(entries()[0], "user_prompt_cut"), 2);
  EXPECT_EQ(entries()[0].text_or("response_text"), "ab");
  EXPECT_EQ(entries()[0].find("response_text_cut"), nullptr);
}

TEST_F(PromptAuditTest, SecretsAreTakenOutBeforeTheCut) {
  std::vector<Secret> secrets;
  secrets.emplace_back("correct horse");
  const auto audit = open({.text_max = 30, .secrets = std::move(secrets)});
  const std::string key = "sk-proj-" + std::string(24, 'k');
  ask(*audit, says("It is correct horse."), {{.role = Role::user, .content = "My key, for you, is " + key}});
  const std::string text = content_of(file());
  EXPECT_FALSE(text.contains("kkkk")) << text;
  EXPECT_FALSE(text.contains("correct horse")) << text;
  EXPECT_EQ(entries()[0].text_or("response_text"), "It is [secret].");
  EXPECT_EQ(number_in(entries()[0], "secrets"), 2);
}

TEST_F(PromptAuditTest, TheFileIsItsOwnersAloneAndGoesOnBehindTheLastWholeLine) {
  std::ofstream(file()) << "{\"kind\":\"ask\"}\n{\"kind\":\"half";
  ::chmod(file().c_str(), 0644);
  ask(*open(), says("Yes."), kConversation);
  ASSERT_EQ(entries().size(), 2U);
  EXPECT_EQ(entries()[1].text_or("response_text"), "Yes.");
  struct stat facts{};
  ASSERT_EQ(::stat(file().c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
}

TEST_F(PromptAuditTest, AFullFileSaysSoOnce) {
  const auto audit = open({.entries_max = 2});
  for (int i = 0; i < 4; ++i) {
    ask(*audit, says("Yes."), kConversation);
  }
  ASSERT_EQ(entries().size(), 3U);
  EXPECT_EQ(entries()[2].text_or("kind"), "full");
  ask(*open({.entries_max = 2}), says("Yes."), kConversation);
  EXPECT_EQ(entries().size(), 3U) << "also when it is opened again";
}

TEST_F(PromptAuditTest, AnAnswerWhoseEntryCannotBeWrittenIsAnError) {
  if (!std::filesystem::exists("/dev/full")) {
    GTEST_SKIP() << "no /dev/full here";
  }
  auto audit = PromptAudit::open("/dev/full");
  ASSERT_TRUE(audit);
  const auto below = ScriptedModel::create({says("Yes.")});
  const auto reply = make_audited_model(*below, **audit)->ask({.messages = kConversation}, EventSink::none());
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::io);
  EXPECT_TRUE(reply.error().message.contains("/dev/full")) << reply.error().message;
}

TEST_F(PromptAuditTest, AFolderOrNoFolderIsAClearError) {
  const auto none = PromptAudit::open(file() / "x");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::not_found);
  EXPECT_FALSE(PromptAudit::open(file().parent_path()));
}

struct RedactCase {
  std::string text;
  std::string expected;
};
TEST(Redact, WhatHasTheFormOfASecretIsTakenOut) {
  const std::string a40(40, 'A');
  const std::vector<RedactCase> cases{
      {"export OPENAI_API_KEY=" + a40, "export OPENAI_API_KEY=[secret]"},
      {"key sk-ant-api03-" + a40 + " end", "key [secret] end"},
      {"sk_live_" + a40, "[secret]"},
      {"ghp_" + a40 + ", github_pat_" + a40, "[secret], [secret]"},
      {"xoxb-1234567890-abcdef", "[secret]"},
      {"AKIAIOSFODNN7EXAMPLE", "[secret]"},
      {"hf_" + a40, "[secret]"},
      {"Authorization: Bearer " + a40 + "==", "Authorization: Bearer [secret]"},
      {"postgres://me:hunter2@db/x", "postgres://me:[secret]@db/x"},
      {R"({"password": "two words", "user": "me"})", R"({"password": "[secret]", "user": "me"})"},
      {R"({"body": "{\"client_secret\": \"abcdef123\"}"})", R"({"body": "{\"client_secret\": \"[secret]\"}"})"},
      {"password: hunter2\nname: x", "password: [secret]\nname: x"},
      {"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl", "[secret]"},
      {"-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----\nrest", "[secret]\nrest"},
      {"-----BEGIN PRIVATE KEY-----\nabc", "[secret]"},
  };
  for (const RedactCase& one : cases) {
    EXPECT_EQ(redact(one.text).text, one.expected);
    EXPECT_GE(redact(one.text).secrets, 1) << one.text;
  }
}

TEST(Redact, OrdinaryTextStays) {
  for (const std::string text :
       {"What is 4817 * 36?", "max_tokens: 4096, tokens: 123456789", "the token is a word", "http://host:8080/a@b",
        "sk-short", "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----", "bearer of bad news", "pass: 1",
        "a\xff\x80 not UTF-8"}) {
    EXPECT_EQ(redact(text).text, text);
    EXPECT_EQ(redact(text).secrets, 0) << text;
  }
}

TEST(Redact, GivenSecretsGoLongestFirstAndShortOnesStay) {
  std::vector<Secret> secrets;
  for (const char* value : {"abcdef", "abcdefgh", "the"}) {
    secrets.emplace_back(value);
  }
  const Redacted result = redact("the abcdefgh and abcdef", secrets);
  EXPECT_EQ(result.text, "the [secret] and [secret]");
  EXPECT_EQ(result.secrets, 2);
}

}  // namespace
}  // namespace puna

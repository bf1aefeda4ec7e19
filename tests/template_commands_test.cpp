// puna render and puna parse, as a user runs them: what goes in by files comes out on stdout, and a mistake is named.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "program.h"
#include "puna/base.h"

namespace puna::test {
namespace {

class TemplateCommands : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "puna-template-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string file(const std::string& name, const std::string& text) const {
    const std::string path = (folder_ / name).string();
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  [[nodiscard]] std::string template_file() const {
    return file("chat.jinja",
                "{{ bos_token }}{% if tools %}{{ tools | tojson }}{% endif %}{% for m in messages %}<{{ m.role }}>{{ "
                "m.content }}"
                "{% for c in m.tool_calls or [] %}[CALL]{{ c.function.name }}[ARGS]{{ c.function.arguments | tojson }}"
                "{% endfor %}</{{ m.role }}>{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}");
  }

  std::filesystem::path folder_;
};

TEST_F(TemplateCommands, RenderPrintsThePromptInTheTemplatesOwnForm) {
  const std::string messages = file("messages.json", R"([{"role": "user", "content": "1+1?"},
      {"role": "assistant", "content": "", "tool_calls": [{"id": "a", "type": "function",
       "function": {"name": "add", "arguments": "{\"a\": 1}"}}]},
      {"role": "tool", "tool_call_id": "a", "content": "2"}])");
  const Ran ran =
      run_program({kProgram, "render", "--template", template_file(), "--bos", "^", "--messages", messages});
  EXPECT_EQ(ran.exit_status, 0) << ran.err;
  EXPECT_EQ(ran.out, "^<user>1+1?</user><assistant>[CALL]add[ARGS]{\"a\": 1}</assistant><tool>2</tool><assistant>");
  const std::string tools = file("tools.json", R"([{"type": "function", "function": {"name": "add"}}])");
  const Ran sent = run_program(
      {kProgram, "render", "--template", template_file(), "--messages", messages, "--tools", tools, "--as-sent"});
  EXPECT_TRUE(sent.out.contains("[CALL]add[ARGS]{\"a\": 1}")) << sent.out;
  EXPECT_TRUE(sent.err.contains("own form")) << sent.err;
}

TEST_F(TemplateCommands, ATemplateWithoutAFormOfItsOwnIsNamedWithTheReason) {
  const std::string messages = file("messages.json", R"([{"role": "user", "content": "1+1?"}])");
  const std::string tools = file("tools.json", R"([{"type": "function", "function": {"name": "add"}}])");
  const Ran sent =
      run_program({kProgram, "render", "--template", "chatml", "--messages", messages, "--tools", tools, "--as-sent"});
  EXPECT_EQ(sent.exit_status, 0) << sent.err;
  EXPECT_TRUE(sent.out.contains("<tool_call>")) << sent.out;
  EXPECT_TRUE(sent.err.contains("generic form: the template does not show calls")) << sent.err;
}

TEST_F(TemplateCommands, ParsePrintsWhatAReplySays) {
  const Ran ran = run_program({kProgram, "parse", "--template", template_file(), "--text",
                               file("reply.txt", "<think>Hm.</think>I add.[CALL]add[ARGS]{\"a\": 1}")});
  ASSERT_EQ(ran.exit_status, 0) << ran.err;
  const auto reply = Json::parse(ran.out);
  ASSERT_TRUE(reply) << ran.out;
  EXPECT_EQ(reply->text_or("content"), "I add.");
  EXPECT_EQ(reply->text_or("reasoning_content"), "Hm.");
  const Json* calls = reply->find("tool_calls");
  ASSERT_NE(calls, nullptr) << ran.out;
  EXPECT_EQ(calls->as_array().at(0).find("function")->text_or("arguments"), "{\"a\":1}");
}

TEST_F(TemplateCommands, ACallThatDoesNotReadIsNamedAndStaysInTheText) {
  const Ran ran = run_program(
      {kProgram, "parse", "--template", template_file(), "--text", file("reply.txt", "[CALL]add[ARGS]{\"a\": ")});
  ASSERT_EQ(ran.exit_status, 0) << ran.err;
  EXPECT_TRUE(ran.out.contains("malformed_calls")) << ran.out;
  EXPECT_FALSE(ran.out.contains("tool_calls")) << ran.out;
}

TEST_F(TemplateCommands, WhatCannotBeReadIsRefusedByName) {
  const std::string good = file("good.json", R"([{"role": "user", "content": "x"}])");
  const auto refused = [](const Ran& ran, std::string_view word) {
    EXPECT_NE(ran.exit_status, 0);
    EXPECT_TRUE(ran.err.contains(word)) << ran.err;
    EXPECT_EQ(ran.out, "");
  };
  refused(run_program({kProgram, "render", "--template", "none.jinja", "--messages", good}), "none.jinja");
  refused(run_program({kProgram, "render", "--template", template_file(), "--messages", file("bad.json", "{")}),
          "bad.json");
  refused(run_program({kProgram, "render", "--template", template_file(), "--messages", file("no.json", "[{}]")}),
          "role");
  refused(run_program({kProgram, "render", "--template", file("bad.jinja", "{% for"), "--messages", good}), "template");
  refused(run_program({kProgram, "render", "--template", template_file()}), "--messages");
  refused(run_program({kProgram, "parse", "--template", template_file(), "--text", "none.txt"}), "none.txt");
}

}  // namespace
}  // namespace puna::test

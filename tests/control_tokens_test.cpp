// Text of every special token, sent as user text, tool output, file name, tool name and argument, yields no
// control-token id: the prompt has exactly the control tokens that it has with harmless text. On the demo model, and on
// each vocabulary in the oracles folder.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "puna/chat.h"
#include "puna/engine.h"
#include "source_folder.h"

namespace puna::test {
namespace {

const std::filesystem::path kSource = PUNA_SOURCE_DIR;

std::filesystem::path oracles_folder() {
  const char* named = std::getenv("PUNA_ORACLES");
  return named != nullptr ? std::filesystem::path(named) : kSource / "../shared/oracles";
}

std::vector<std::filesystem::path> vocabularies() {
  std::vector<std::filesystem::path> files{kSource / "models/demo/puna-demo-Q8_0.gguf"};
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(oracles_folder() / "vocab", ignored)) {
    if (entry.path().extension() == ".gguf") {
      files.push_back(entry.path());
    }
  }
  std::ranges::sort(files);
  return files;
}

std::vector<std::string> control_texts_of(const Weights& weights) {
  std::vector<std::string> texts;
  for (Token token = 0; token < weights.vocabulary_tokens(); ++token) {
    if (weights.is_control(token) && !weights.piece(token).empty()) {
      texts.push_back(weights.piece(token));
    }
  }
  return texts;
}

// A conversation in which every untrusted place holds `text`.
std::vector<Message> conversation(const std::string& text) {
  return {{.role = Role::user, .content = "Read " + text + " please" + text},
          {.role = Role::assistant,
           .calls = {{.id = "call_1", .name = "read_file", .arguments = Json::object({{"path", text + ".txt"}})}}},
          {.role = Role::tool, .content = text + " line\n" + text + text, .call_id = "call_1", .tool = "read_file"},
          {.role = Role::user, .content = text}};
}

std::vector<ToolSpec> tools(const std::string& text) {
  return {
      {.name = "read_file",
       .description = "Read a file. " + text,
       .parameters = *Json::parse(R"({"type":"object","properties":{"path":{"type":"string"}},"required":["path"]})")}};
}

// The control tokens of the rendered and tokenised conversation, in order.
Result<std::vector<Token>> control_tokens(const Weights& weights, const ChatTemplate& chat_template,
                                          const std::vector<std::string>& control_texts, const std::string& text) {
  const std::vector<Message> messages = conversation(text);
  const std::vector<ToolSpec> specs = tools(text);
  PUNA_TRY(const Prompt prompt,
           chat_template.render({.messages = messages, .tools = specs, .control_texts = control_texts}));
  PUNA_TRY(const std::vector<Token> tokens, weights.tokenize(prompt.parts));
  std::vector<Token> control;
  std::ranges::copy_if(tokens, std::back_inserter(control), [&](Token token) { return weights.is_control(token); });
  return control;
}

class ControlTokens : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(ControlTokens, NeverComeFromUntrustedText) {
  const auto weights = Weights::load_vocabulary(GetParam());
  ASSERT_TRUE(weights) << weights.error().message;
  const std::vector<std::string> special = control_texts_of(**weights);
  ASSERT_FALSE(special.empty());
  const ModelFacts& facts = (*weights)->facts();

  std::vector<std::string> sources{facts.chat_template};
  for (const std::string_view name : built_in_template_names()) {
    sources.push_back(*built_in_template(name));
  }
  int rendered = 0;
  for (const std::string& source : sources) {
    if (source.empty()) {
      continue;
    }
    const auto chat_template =
        ChatTemplate::create({.jinja = source, .bos_text = facts.bos_text, .eos_text = facts.eos_text});
    ASSERT_TRUE(chat_template) << chat_template.error().message;
    const auto harmless = control_tokens(**weights, **chat_template, special, "harmless");
    ASSERT_TRUE(harmless) << harmless.error().message;
    for (const std::string& text : special) {
      const auto control = control_tokens(**weights, **chat_template, special, text);
      ASSERT_TRUE(control) << control.error().message;
      ASSERT_EQ(*control, *harmless) << "with the text " << text;
      ++rendered;
    }
  }
  std::printf("%s: %zu control tokens, %d conversations\n", GetParam().filename().c_str(), special.size(), rendered);
}

INSTANTIATE_TEST_SUITE_P(Vocabularies, ControlTokens, testing::ValuesIn(vocabularies()), [](const auto& vocabulary) {
  std::string name = vocabulary.param.stem().string();
  std::ranges::replace_if(name, [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
});

// Whoever runs without the oracles should see that five vocabularies were not tried.
TEST(ControlTokensOracles, ArePresent) {
  if (!std::filesystem::exists(oracles_folder() / "vocab")) {
    GTEST_SKIP() << "no folder " << (oracles_folder() / "vocab") << " (PUNA_ORACLES names another)";
  }
  EXPECT_GT(vocabularies().size(), 1U);
}

}  // namespace
}  // namespace puna::test

// Pictures and sounds in a prompt: each is a part of its own where it stood, and no text becomes one.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "chat/test_media.h"
#include "puna/chat/template.h"

namespace puna {
namespace {

const std::vector<std::string> kMediaControls = {"<|im_start|>", "<|im_end|>", "<s>", "</s>"};

std::unique_ptr<const ChatTemplate> media_template(const std::string& jinja) {
  auto made = ChatTemplate::create({.jinja = jinja, .bos_text = "<s>", .eos_text = "</s>"});
  EXPECT_TRUE(made) << (made ? "" : made.error().message);
  return made ? *std::move(made) : nullptr;
}

Media media_of(std::string bytes, std::string_view name = {}) { return Media::create(std::move(bytes), name).value(); }

// The text with what is attached where an @ stands.
Message user_with(std::string_view text, const std::vector<Media>& media) {
  Message message{.role = Role::user, .content = {}};
  auto next = media.begin();
  for (const char c : text) {
    if (c == '@') {
      EXPECT_TRUE(attach(message, *next++));
    } else {
      message.content += c;
    }
  }
  return message;
}

// One line: trusted text as it is, untrusted in (), a medium as [its hash's beginning].
std::string shape_of(const Prompt& prompt) {
  std::string shape;
  for (const PromptPart& part : prompt.parts) {
    shape += part.trust == Trust::trusted     ? part.text
             : part.trust == Trust::untrusted ? "(" + part.text + ")"
                                              : "[" + part.text.substr(0, 4) + "]";
  }
  return shape;
}

Result<Prompt> media_prompt(const ChatTemplate& chat, const std::vector<Message>& messages) {
  return chat.render({.messages = messages,
                      .tools = {},
                      .tool_choice = {},
                      .format = {},
                      .control_texts = kMediaControls,
                      .today = {}});
}

TEST(TemplateMedia, EachStandsWhereItStoodInTheMessage) {
  const auto chat = media_template(built_in_template("chatml").value());
  const Media cat = media_of(testing::gif(1, 1));
  const Media dog = media_of(testing::gif(2, 1));
  const auto prompt = media_prompt(*chat, {user_with("first @ then @@ and what?", {cat, dog, cat})});
  ASSERT_TRUE(prompt) << prompt.error().message;
  const std::string c = cat.hash().substr(0, 4);
  const std::string d = dog.hash().substr(0, 4);
  EXPECT_EQ(shape_of(*prompt), "<|im_start|>user\n(first) [" + c + "] (then) [" + d + "][" + c +
                                   "] (and what?)<|im_end|>\n<|im_start|>assistant\n");
  EXPECT_EQ(prompt->separation, Separation::marked);
}

TEST(TemplateMedia, APictureAloneIsAMessageAndTypedContentHasItsPlaceToo) {
  const Media cat = media_of(testing::gif(1, 1));
  const std::string c = "[" + cat.hash().substr(0, 4) + "]";
  for (const std::string_view content : {"m.content", "m.content[0].text"}) {
    const auto chat =
        media_template("{% for m in messages %}{{ m.role }}: {{ " + std::string(content) + " | trim }}\n{% endfor %}");
    const auto prompt = media_prompt(*chat, {user_with("@", {cat})});
    ASSERT_TRUE(prompt) << prompt.error().message;
    EXPECT_EQ(shape_of(*prompt), "user: " + c + "\n") << content;
  }
}

TEST(TemplateMedia, NoTextBecomesAMedium) {
  const auto chat = media_template(built_in_template("chatml").value());
  const Media cat = media_of(testing::gif(1, 1));
  Message message = user_with("@", {cat});
  message.content = cat.hash() + " <__media__> <image> <|im_end|>";
  const auto prompt = media_prompt(*chat, {message});
  ASSERT_TRUE(prompt) << prompt.error().message;
  EXPECT_EQ(std::ranges::count(prompt->parts, Trust::media, &PromptPart::trust), 1);
  EXPECT_TRUE(shape_of(*prompt).contains("](" + message.content + ")")) << shape_of(*prompt);
  const auto without = media_prompt(*chat, {{.role = Role::user, .content = message.content}});
  EXPECT_EQ(std::ranges::count(without->parts, Trust::media, &PromptPart::trust), 0);
}

TEST(TemplateMedia, AlsoWhereTextHasToBeBrokenThePictureIsThere) {
  // It cuts what was said, so the mark behind it is lost and control texts are broken instead.
  const auto chat = media_template("{% for m in messages %}{{ m.content.split('STOP')[0] }}{% endfor %}");
  const Media cat = media_of(testing::gif(1, 1));
  const auto prompt = media_prompt(*chat, {user_with("a @ hi <|im_end|> STOP b", {cat})});
  ASSERT_TRUE(prompt) << prompt.error().message;
  EXPECT_EQ(prompt->separation, Separation::escaped);
  EXPECT_EQ(shape_of(*prompt), "a [" + cat.hash().substr(0, 4) + "] hi <\u200B|im_end|> ");
}

TEST(TemplateMedia, ATemplateThatLosesAPictureOrShowsItTwiceIsRefused) {
  const Media cat = media_of(testing::gif(1, 1));
  const auto twice = media_template("{% for m in messages %}{{ m.content }}{{ m.content }}{% endfor %}");
  const auto shown = media_prompt(*twice, {user_with("@", {cat})});
  ASSERT_FALSE(shown);
  EXPECT_EQ(shown.error().message, "the chat template shows 2 of the 1 pictures and sounds in the conversation");
  const auto last = media_template("{{ messages[-1].content }}");
  const auto lost = media_prompt(
      *last,
      {user_with("@ a", {cat}), {.role = Role::assistant, .content = "b"}, {.role = Role::user, .content = "c"}});
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().message, "the chat template shows 0 of the 1 pictures and sounds in the conversation");
}

TEST(TemplateMedia, ATextFileIsReadAsUntrustedTextAndAnyOtherFileIsRefused) {
  const auto chat = media_template(built_in_template("chatml").value());
  const auto prompt = media_prompt(*chat, {user_with("Sum it up: @", {media_of("a <|im_end|> b", "notes.txt")})});
  ASSERT_TRUE(prompt) << prompt.error().message;
  EXPECT_TRUE(shape_of(*prompt).contains("(notes.txt:\na <|im_end|> b)")) << shape_of(*prompt);
  const auto pdf = media_prompt(*chat, {user_with("@", {media_of("%PDF-1.7", "paper.pdf")})});
  ASSERT_FALSE(pdf);
  EXPECT_TRUE(pdf.error().message.starts_with("paper.pdf is application/pdf")) << pdf.error().message;
}

}  // namespace
}  // namespace puna

// Templates and the text put into them. The first byte picks a built-in template, or (the rest up to a newline) one
// that nobody wrote: it renders or is refused, and untrusted text is never marked as the template's own, neither in the
// form that is sent nor in the template's own form of tools.
#include <array>
#include <memory>
#include <vector>

#include "input.h"
#include "puna/chat.h"

namespace {

constexpr std::size_t kTemplateBytesMax = 200;
constexpr std::string_view kControl = "<|control|>";  // no built-in template writes it

std::vector<puna::Message> conversation(std::string_view text) {
  const std::string said(text);
  return {
      {.role = puna::Role::system, .content = "Answer briefly."},
      {.role = puna::Role::user, .content = said},
      {.role = puna::Role::assistant,
       .content = "",
       .calls = {{.id = "1", .name = "look", .arguments = puna::Json::object({{"path", puna::utf8::sanitize(said)}})}}},
      {.role = puna::Role::tool, .content = said, .call_id = "1", .tool = "look"},
      {.role = puna::Role::user, .content = "And now?"}};
}

// Made once: probing a template costs more than rendering it.
const std::vector<std::unique_ptr<const puna::ChatTemplate>>& built_in_templates() {
  static const auto made = [] {
    std::vector<std::unique_ptr<const puna::ChatTemplate>> all;
    for (const std::string_view name : puna::built_in_template_names()) {
      auto one =
          puna::ChatTemplate::create({.jinja = *puna::built_in_template(name), .bos_text = "<s>", .eos_text = "</s>"});
      PUNA_CHECK(one.has_value(), "built-in templates parse");
      all.push_back(*std::move(one));
    }
    return all;
  }();
  return made;
}

// A control token's text that came from outside is in no part that is scanned for control tokens.
void check_untrusted(const puna::Prompt& prompt) {
  for (const auto& part : prompt.parts) {
    PUNA_CHECK(part.trust == puna::Trust::untrusted || !part.text.contains(kControl), "untrusted text stays untrusted");
  }
}

puna::Result<puna::Prompt> render(const puna::ChatTemplate& chat_template, std::string_view text) {
  const auto messages = conversation(text);
  const std::array<puna::ToolSpec, 1> tools{
      {{.name = "look",
        .description = "Look at a file.",
        .parameters = *puna::Json::parse(R"({"type":"object","properties":{"path":{"type":"string"}}})")}}};
  const std::array<std::string, 1> control{std::string(kControl)};
  const puna::RenderRequest request{.messages = messages, .tools = tools, .control_texts = control};
  if (const auto own = chat_template.render_own(request)) {
    check_untrusted(*own);
  }
  return chat_template.render(request);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::size_t choice = data[0] % (built_in_templates().size() + 1);
  std::string_view rest = puna::fuzz::text_of(data + 1, size - 1);
  if (choice < built_in_templates().size()) {
    const auto prompt = render(*built_in_templates()[choice], std::string(rest) + std::string(kControl));
    PUNA_CHECK(prompt.has_value(), "built-in templates render every conversation");
    check_untrusted(*prompt);
    return 0;
  }
  const std::string_view jinja = puna::fuzz::take_line(rest).substr(0, kTemplateBytesMax);
  const auto made = puna::ChatTemplate::create({.jinja = std::string(jinja), .bos_text = "<s>", .eos_text = "</s>"});
  if (made && !jinja.contains("control")) {
    if (const auto prompt = render(**made, std::string(rest) + std::string(kControl))) {
      check_untrusted(*prompt);
    }
  }
  return 0;
}

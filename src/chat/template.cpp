// ChatTemplate: parse, probe, render. One render is a plain rendering, which is the prompt, and a marked one, which
// tells whose text is where. The marked one counts only if it is the plain one with marks; else the marks retreat,
// first from tools and calls, then altogether, and what they leave is escaped.
#include "puna/chat/template.h"

#include <algorithm>
#include <utility>

#include "chat/conversation.h"
#include "chat/grammar_cache.h"
#include "chat/jinja.h"
#include "chat/marks.h"
#include "chat/needles.h"
#include "chat/plain_talk.h"
#include "chat/reply_tags.h"
#include "chat/template_probe.h"

namespace puna {
namespace {

using Parts = std::vector<PromptPart>;

std::string joined(const Parts& parts) {
  std::string text;
  for (const PromptPart& part : parts) {
    text += part.text;
  }
  return text;
}

// The template's own text, with the places where others' text was.
Parts trusted_only(const Parts& parts) {
  Parts trusted = parts;
  for (PromptPart& part : trusted) {
    if (part.trust == Trust::untrusted) {
      part.text.clear();
    }
  }
  return trusted;
}

// Whether the prompt ends inside the reasoning: the last text of the template opens it, and nothing follows.
bool opens_reasoning(const Parts& parts, std::string_view reasoning_start) {
  if (parts.empty() || reasoning_start.empty() || parts.back().trust != Trust::trusted) {
    return false;
  }
  const std::string_view text = parts.back().text;
  const std::size_t last = text.find_last_not_of(" \t\r\n");
  return last != std::string_view::npos && text.substr(0, last + 1).ends_with(reasoning_start);
}

// A call that must come needs a tool that it can go to.
Result<void> check_choice(const RenderRequest& request) {
  if (!request.tool_choice.needs_call()) {
    return {};
  }
  if (request.tools.empty()) {
    return fail(ErrorCode::invalid_argument, "a tool call is required, and no tool is offered");
  }
  const std::string& name = request.tool_choice.tool();
  const bool is_named = request.tool_choice.kind() == ToolChoice::Kind::named;
  if (is_named && std::ranges::find(request.tools, name, &ToolSpec::name) == request.tools.end()) {
    std::string names;
    for (const ToolSpec& tool : request.tools) {
      names += (names.empty() ? "" : ", ") + tool.name;
    }
    return fail(ErrorCode::invalid_argument,
                format_text("the tool choice names '{}', which is not offered", printable(utf8::truncate(name, 80))),
                "the tools are: " + names);
  }
  return {};
}

Result<void> check_request(const RenderRequest& request) {
  const auto wrong = [](std::string message) { return fail(ErrorCode::invalid_argument, std::move(message)); };
  if (request.messages.empty()) {
    return wrong("there are no messages to render");
  }
  if (request.tools.size() > kToolsMax) {
    return fail(ErrorCode::limit, format_text("{} tools were offered, more than the {} that are allowed",
                                              request.tools.size(), kToolsMax));
  }
  for (std::size_t i = 0; i < request.tools.size(); ++i) {
    const ToolSpec& tool = request.tools[i];
    if (!is_tool_name(tool.name)) {
      return wrong(format_text("tool name '{}' must be 1 to 64 letters, digits, '_' or '-'",
                               printable(utf8::truncate(tool.name, 80))));
    }
    for (const ToolSpec& other : request.tools.subspan(i + 1)) {
      if (tool.name == other.name) {
        return wrong(format_text("two tools are named '{}'", tool.name));
      }
    }
  }
  if (request.format && !request.tools.empty() && request.tool_choice != ToolChoice::none) {
    return wrong("a reply cannot be held to a format and be offered tools at once");
  }
  return check_choice(request);
}

// Files that are no text cannot be put into a prompt.
Result<void> check_attachments(std::span<const Message> messages) {
  for (const Message& message : messages) {
    for (const Attachment& attachment : message.attachments) {
      const Media& media = attachment.media;
      if (media.kind() == MediaKind::file && !media.is_text()) {
        return fail(
            ErrorCode::invalid_argument,
            format_text("{} is {}, and a local model reads texts, pictures and sounds", media.name(), media.type()),
            "convert it to text first");
      }
    }
  }
  return {};
}

// How many pictures and sounds the messages have.
std::size_t media_in(std::span<const Message> messages) {
  std::size_t count = 0;
  for (const Message& message : messages) {
    count += static_cast<std::size_t>(std::ranges::count_if(
        message.attachments, [](const Attachment& attachment) { return attachment.media.kind() != MediaKind::file; }));
  }
  return count;
}

// Gives each of them its own part. A template that loses one, or shows it twice, is refused.
Result<Prompt> with_media(Prompt prompt, const Marks& marks, std::span<const Message> messages) {
  const std::size_t wanted = media_in(messages);
  if (wanted == 0) {
    return prompt;
  }
  std::optional<Parts> parts = marks.lift_media(std::move(prompt.parts));
  const auto shown = static_cast<std::size_t>(parts ? std::ranges::count(*parts, Trust::media, &PromptPart::trust) : 0);
  if (shown != wanted) {
    return fail(
        ErrorCode::invalid_argument,
        format_text("the chat template shows {} of the {} pictures and sounds in the conversation", shown, wanted),
        "choose another one with --chat-template");
  }
  prompt.parts = *std::move(parts);
  return prompt;
}

class JinjaTemplate : public ChatTemplate {
 public:
  JinjaTemplate(Jinja jinja, TemplateSource source, Probed probed)
      : jinja_(std::move(jinja)), source_(std::move(source)), probed_(std::move(probed)) {
    reply_format_ = probed_.own_format;
    if (!probed_.abilities.own_calls) {
      reply_format_.channels.call_end.clear();  // calls are not asked for in the channels' form
      reply_format_.calls = generic_reply_format().calls;
    }
  }

  [[nodiscard]] const TemplateAbilities& abilities() const override { return probed_.abilities; }

  [[nodiscard]] const ReplyFormat& reply_format() const override { return reply_format_; }
  [[nodiscard]] const ReplyFormat& own_format() const override { return probed_.own_format; }
  [[nodiscard]] const std::string& own_problem() const override { return probed_.own_problem; }

  [[nodiscard]] Result<Prompt> render(const RenderRequest& request) const override {
    PUNA_TRY_VOID(check_request(request));
    const std::span<const ToolSpec> tools = offered(request);
    // Schemas are read before anything is rendered: the pens rely on knowing every keyword.
    PUNA_TRY_VOID(grammars_.get({.tools = tools, .markup = &reply_format_}, kReplies).transform([](const auto&) {}));
    PUNA_TRY(Prompt prompt, separate_or_plain(request, tools));
    prompt.reasoning_open = opens_reasoning(prompt.parts, reply_format_.reasoning_start);
    PUNA_TRY(prompt.grammar, grammars_.get({.tools = tools,
                                            .tool_choice = request.tool_choice,
                                            .parallel_calls = request.parallel_calls,
                                            .format = request.format ? &*request.format : nullptr,
                                            .markup = &reply_format_,
                                            .control_texts = request.control_texts,
                                            .reasoning_open = prompt.reasoning_open,
                                            .reasoning = probed_.abilities.reasoning},
                                           kReplies));
    return prompt;
  }

  [[nodiscard]] Result<Prompt> render_own(const RenderRequest& request) const override {
    PUNA_TRY_VOID(check_request(request));
    const std::span<const ToolSpec> tools = offered(request);
    PUNA_TRY_VOID(grammars_.get({.tools = tools}, kGeneric).transform([](const auto&) {}));
    PUNA_TRY(Prompt prompt, separate(request, tools, probed_.own));
    prompt.reasoning_open = opens_reasoning(prompt.parts, probed_.own_format.reasoning_start);
    return prompt;
  }

 private:
  static std::span<const ToolSpec> offered(const RenderRequest& request) {
    return request.tool_choice == ToolChoice::none ? std::span<const ToolSpec>() : request.tools;
  }

  // The request's text for the pens of one rendering.
  struct Run {
    const RenderRequest& request;
    std::span<const ToolSpec> tools;
    const Shape& shape;
    const ControlTexts& controls;
    Marks& marks;
  };
  struct Written {
    std::string text;
    bool saw_control_text = false;
  };

  Result<Written> write(const Run& run, Pen::Mode said_mode, Pen::Mode tools_mode) const {
    Pen said(said_mode, run.marks, run.controls);
    Pen about_tools(tools_mode, run.marks, run.controls);
    const Pens pens{.said = said, .tools = about_tools};
    Json messages = template_messages(run.request.messages, run.tools, run.shape, pens);
    Json tools = run.shape.native_tools ? template_tools(run.tools, about_tools) : Json::array();
    Written written;
    PUNA_TRY(written.text,
             jinja_.render(template_variables(std::move(messages), std::move(tools), source_, run.shape, true),
                           run.request.today));
    written.saw_control_text = said.saw_control_text() || about_tools.saw_control_text();
    return written;
  }

  // The parts, when marks (on what was said, and on tools or not) tell them apart without doubt.
  std::optional<Parts> try_marks(const Run& run, const std::string& plain, Pen::Mode tools_mode) const {
    const Result<Written> marked = write(run, Pen::Mode::marked, tools_mode);
    std::optional<Parts> parts = marked ? run.marks.split(marked->text) : std::nullopt;
    if (!parts || joined(*parts) != plain) {
      return std::nullopt;
    }
    if (!marked->saw_control_text) {
      return parts;
    }
    // A template may cut a piece out of a string, from between its marks. Breaking the control texts in every string
    // must not change a letter of what we took for the template's own text.
    const Pen::Mode broken_tools = tools_mode == Pen::Mode::marked ? Pen::Mode::marked_escaped : tools_mode;
    const Result<Written> broken = write(run, Pen::Mode::marked_escaped, broken_tools);
    const std::optional<Parts> broken_parts = broken ? run.marks.split(broken->text) : std::nullopt;
    if (!broken_parts || trusted_only(*broken_parts) != trusted_only(*parts)) {
      return std::nullopt;
    }
    return parts;
  }

  Result<Prompt> separate(const RenderRequest& request, std::span<const ToolSpec> tools, const Shape& shape) const {
    PUNA_TRY_VOID(check_attachments(request.messages));
    Marks marks;
    PUNA_TRY(Prompt prompt, separate(request, tools, shape, marks));
    return with_media(std::move(prompt), marks, request.messages);
  }

  Result<Prompt> separate(const RenderRequest& request, std::span<const ToolSpec> tools, const Shape& shape,
                          Marks& marks) const {
    const ControlTexts controls(request.control_texts);
    const Run run{.request = request, .tools = tools, .shape = shape, .controls = controls, .marks = marks};
    const Result<Written> plain = write(run, Pen::Mode::plain, Pen::Mode::plain);
    if (!plain) {
      return without_think_tags(run, plain.error());
    }
    if (std::optional<Parts> parts = try_marks(run, plain->text, Pen::Mode::marked)) {
      return Prompt{.parts = *std::move(parts), .grammar = {}};
    }
    if (const Result<Written> half = write(run, Pen::Mode::plain, Pen::Mode::escaped)) {
      if (std::optional<Parts> parts = try_marks(run, half->text, Pen::Mode::escaped)) {
        return Prompt{.parts = *std::move(parts), .grammar = {}, .separation = Separation::escaped};
      }
    }
    return escaped(run);
  }

  // Templates with a form of their own for calls may allow less than a conversation can have.
  Result<Prompt> separate_or_plain(const RenderRequest& request, std::span<const ToolSpec> tools) const {
    const bool loses_calls =
        probed_.shape.native_tools && !probed_.abilities.parallel_calls &&
        std::ranges::any_of(request.messages, [](const Message& message) { return message.calls.size() > 1; });
    Result<Prompt> prompt = loses_calls ? fail(ErrorCode::invalid_argument, "it shows one call in a turn")
                                        : separate(request, tools, probed_.shape);
    if (prompt || !probed_.shape.native_tools) {
      return prompt;
    }
    const std::vector<Message> messages = plain_talk(request.messages);
    RenderRequest plain = request;
    plain.messages = messages;
    Result<Prompt> second = separate(plain, tools, probed_.shape);
    return second || loses_calls ? second : prompt;
  }

  Result<Prompt> escaped(const Run& run) const {
    PUNA_TRY(const Written written, write(run, Pen::Mode::escaped, Pen::Mode::escaped));
    // Its control texts must all be the template's own, as they are when others wrote nothing but x.
    PUNA_TRY(const Written blank, write(run, Pen::Mode::blank, Pen::Mode::blank));
    if (run.controls.count_in(written.text) > run.controls.count_in(blank.text)) {
      return fail(ErrorCode::invalid_argument, "the chat template makes control texts out of what others wrote",
                  "choose another one with --chat-template");
    }
    Prompt prompt{.parts = {}, .grammar = {}, .separation = Separation::escaped};
    append_part(prompt.parts, written.text, Trust::trusted);
    return prompt;
  }

  // Templates take old reasoning apart at its tags, and some fail when a tag stands where they do not expect it. A tag
  // that a model once wrote must not end its conversation: break them too, before the template's refusal is final.
  Result<Prompt> without_think_tags(const Run& run, Error refusal) const {
    std::vector<std::string> texts(run.request.control_texts.begin(), run.request.control_texts.end());
    texts.emplace_back(kThinkStart);
    texts.emplace_back(kThinkEnd);
    const ControlTexts controls(texts);
    if (Result<Prompt> prompt = escaped({.request = run.request,
                                         .tools = run.tools,
                                         .shape = run.shape,
                                         .controls = controls,
                                         .marks = run.marks})) {
      return prompt;
    }
    if (probed_.abilities.needs_date && !run.request.today) {
      refusal.hint = "this template prints the date: it needs RenderRequest::today";
    }
    return std::unexpected(std::move(refusal));
  }

  Jinja jinja_;
  TemplateSource source_;
  Probed probed_;
  ReplyFormat reply_format_;
  mutable GrammarCache grammars_;  // of replies in reply_format_ (kReplies), or in the generic format
  static constexpr char kReplies = 'r';
  static constexpr char kGeneric = 'g';
};

}  // namespace

std::string Prompt::text() const { return joined(parts); }

Result<std::unique_ptr<const ChatTemplate>> ChatTemplate::create(const TemplateSource& source) {
  PUNA_TRY(Jinja jinja, Jinja::parse(source.jinja));
  PUNA_TRY(const Probed probed, probe_template(jinja, source));
  return std::make_unique<const JinjaTemplate>(std::move(jinja), source, probed);
}

}  // namespace puna

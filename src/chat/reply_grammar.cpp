// The grammar of a reply, always on (no triggers): free text in which the beginning of a call can only begin a call to
// an offered tool with arguments that fit its schema. White space is allowed where models differ, and is bounded
// everywhere.
#include "chat/reply_grammar.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "chat/call_grammar.h"
#include "chat/channel_grammar.h"
#include "chat/format_grammar.h"
#include "chat/reply_tags.h"

namespace puna {
namespace {

// More calls in one reply than this are a loop.
constexpr std::uint32_t kCallsMax = 32;

// The reply as one text with tags in it.
class TextReply {
 public:
  TextReply(const ReplyShape& shape, JsonTerminals& json, Markup& markup, ArgumentsGrammar& arguments)
      : shape_(shape), format_(*shape.markup), json_(json), markup_(markup), arguments_(arguments) {}

  Result<ExprId> formatted() {
    PUNA_TRY(const ExprId value, add_format(json_, *shape_.format));
    if (!shape_.reasoning_open) {
      return value;
    }
    const Regex newline = pool().sequence(pool().optional(pool().literal("\n")), json_.space());
    return json_.sequence({json_.text(markup_.up_to(reasoning_end())), json_.text(newline), value});
  }

  Result<ExprId> with_calls(const CallTools& tools) {
    PUNA_CHECK(!format_.calls.empty(), "a reply with tools needs a form of calls");
    std::vector<Regex> beginnings;
    std::vector<Regex> bare;
    std::vector<Regex> strong;
    for (const CallSyntax& syntax : format_.calls) {
      const CallForm form(syntax);
      beginnings.push_back(call_beginning(markup_, form));
      bare.push_back(bare_beginning(markup_, form, shape_.tools));
      strong.push_back(form.is_strong() ? markup_.written(form.mark()) : Regex::nothing);
    }
    beginning_ = pool().either(beginnings);
    bare_ = pool().either(bare);
    strong_ = pool().either(strong);
    const CallForm form(format_.calls.front());
    PUNA_TRY(const CallGrammar calls, call_grammar(json_, markup_, form, tools, arguments_));
    const Regex newline = pool().optional(pool().literal("\n"));
    const Regex own = pool().optional(pool().literal(calls.space));
    const Regex lead = pool().sequence(std::array{newline, json_.space(), own});
    only_calls_ = json_.sequence({json_.text(pool().sequence(lead, calls.opening)), calls.calls});
    is_bare_ = form.mark().empty();
    calls_ = calls;
    return with_reasoning();
  }

 private:
  RegexPool& pool() { return json_.pool(); }
  // A template without reasoning gets the tags that the parser knows.
  Regex reasoning_start() {
    return markup_.written(format_.reasoning_start.empty() ? kThinkStart : std::string_view(format_.reasoning_start));
  }
  Regex reasoning_end() {
    return markup_.written(format_.reasoning_end.empty() ? kThinkEnd : std::string_view(format_.reasoning_end));
  }

  // Text, or text and then calls, without what `refused` matches in it.
  ExprId body(Regex refused) {
    const Regex not_bare = pool().either({refused, markup_.starting(bare_)});
    const Regex text = pool().without(markup_.anything(), markup_.holding(beginning_));
    const Regex start = tag(format_.content_start);
    const Regex end = tag(format_.content_end);
    std::vector<ExprId> options = {json_.text(pool().without(text, not_bare))};
    if (start != Regex::empty) {
      options.push_back(json_.text(pool().sequence(std::array{start, text, pool().optional(end)})));
    }
    if (is_bare_) {
      options.push_back(only_calls_);
      return json_.choice(std::move(options));
    }
    const Regex before = markup_.up_to(calls_.opening, beginning_);
    options.push_back(json_.sequence({json_.text(pool().without(before, not_bare)), calls_.calls}));
    if (start != Regex::empty) {
      options.push_back(json_.sequence(
          {json_.text(pool().sequence(std::array{start, text, pool().optional(end), before})), calls_.calls}));
    }
    return json_.choice(std::move(options));
  }
  // Markup around text.
  Regex tag(std::string_view text) {
    return text.empty() ? Regex::empty
                        : pool().sequence(std::array{json_.space(), markup_.written(text), json_.space()});
  }

  ExprId with_reasoning() {
    const bool needs_call = shape_.tool_choice.needs_call();
    const ExprId thought = thinking(needs_call);
    if (shape_.reasoning_open) {
      return thought;
    }
    // Text that starts with the reasoning's tag is reasoning to the parser, so it must be that to the grammar as well.
    const ExprId reply = needs_call ? only_calls_ : body(markup_.starting(reasoning_start()));
    const Regex opening = pool().sequence(json_.space(), reasoning_start());
    return shape_.reasoning || !needs_call ? json_.choice({reply, json_.sequence({json_.text(opening), thought})})
                                           : reply;
  }

  // From inside the reasoning on. A call begun there counts when nothing follows, so then it must be a valid one; a
  // mark that is only talked about is followed by more than white space.
  ExprId thinking(bool needs_call) {
    const Regex end = markup_.up_to(reasoning_end());
    const ExprId after = needs_call ? only_calls_ : body(Regex::nothing);
    if (strong_ == Regex::nothing) {
      return json_.sequence({json_.text(end), after});
    }
    const Regex mention = markup_.holding(strong_);
    const ExprId said = needs_call ? only_calls_ : body(markup_.blanks());
    std::vector<ExprId> ways = {json_.sequence({json_.text(pool().without(end, mention)), after}),
                                json_.sequence({json_.text(pool().both({end, mention})), said})};
    if (!is_bare_) {
      const Regex before = pool().without(markup_.up_to(calls_.opening, beginning_), markup_.holding(reasoning_end()));
      const Regex close = pool().optional(pool().sequence(reasoning_end(), json_.space()));
      ways.push_back(json_.sequence({json_.text(before), calls_.calls, json_.text(close)}));
    }
    return json_.choice(std::move(ways));
  }

  const ReplyShape& shape_;
  const ReplyFormat& format_;
  JsonTerminals& json_;
  Markup& markup_;
  ArgumentsGrammar& arguments_;
  Regex beginning_ = Regex::nothing;  // of calls, wherever it stands
  Regex bare_ = Regex::nothing;       // ... at the start of a text
  Regex strong_ = Regex::nothing;     // marks that are looked for in the reasoning too
  bool is_bare_ = false;
  CallGrammar calls_;
  ExprId only_calls_{};
};

std::vector<ToolSpec> callable(const ReplyShape& shape) {
  std::vector<ToolSpec> tools(shape.tools.begin(), shape.tools.end());
  if (shape.tool_choice.kind() == ToolChoice::Kind::named) {
    std::erase_if(tools, [&shape](const ToolSpec& tool) { return tool.name != shape.tool_choice.tool(); });
  }
  return tools;
}

}  // namespace

std::vector<std::string> control_texts_in(const ReplyShape& shape) {
  std::vector<std::string> texts = control_texts_of(*shape.markup, shape.control_texts);
  const bool has_type_mark = std::ranges::find(shape.control_texts, kConstrain) != shape.control_texts.end();
  if (has_type_mark && !shape.markup->channels.empty()) {
    texts.emplace_back(kConstrain);
  }
  return texts;
}

Result<std::shared_ptr<const Grammar>> reply_grammar(const ReplyShape& shape) {
  if (shape.format == nullptr && (shape.tools.empty() || shape.tool_choice == ToolChoice::none)) {
    return nullptr;
  }
  auto grammar = std::make_shared<Grammar>();
  grammar->depth_max = kJsonGrammarDepthMax + 12;
  JsonTerminals json(*grammar);
  Markup markup(grammar->regexes, json.space(),
                {.are_known = !shape.control_texts.empty(), .texts = control_texts_in(shape)});
  ArgumentsGrammar arguments(*grammar);
  const std::vector<ToolSpec> tools = callable(shape);
  const CallTools calls{.tools = tools, .calls_max = shape.parallel_calls ? kCallsMax : 1};
  const auto write = [&]() -> Result<ExprId> {
    if (!shape.markup->channels.call_end.empty()) {
      ChannelReply reply(shape, json, markup, arguments);
      return shape.format != nullptr ? reply.formatted() : reply.with_calls(tools);
    }
    TextReply reply(shape, json, markup, arguments);
    return shape.format != nullptr ? reply.formatted() : reply.with_calls(calls);
  };
  PUNA_TRY(const ExprId root, write());
  PUNA_TRY_VOID(grammar->finish(root));
  PUNA_TRY_VOID(arguments.check());
  return grammar;
}

}  // namespace puna

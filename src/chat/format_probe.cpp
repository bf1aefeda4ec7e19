// The order of work: where replies start in a rendering; what stands around a thought and around text; what stands
// around names and arguments of one call and of two; and the proofs, that the parser reads these renderings back and
// that a grammar lets them through.
#include "chat/format_probe.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "chat/call_form.h"
#include "chat/call_probe.h"
#include "chat/lexemes.h"
#include "chat/reply_grammar.h"
#include "puna/base/grammar_matcher.h"
#include "puna/chat/reply.h"

namespace puna {
namespace {

using namespace needle;

std::string_view without_space_at_end(std::string_view text) {
  while (!text.empty() && is_space(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

// The tag at the end, or at the start, of the text; short other text as it is, and nothing else.
std::string_view tag_at_end(std::string_view text) {
  const std::vector<std::string_view> units = lexemes(trimmed(text));
  return !units.empty() && is_tag(units.back()) ? units.back() : std::string_view();
}
std::string_view tag_at_start(std::string_view text) {
  const std::vector<std::string_view> units = lexemes(trimmed(text));
  return !units.empty() && is_tag(units.front()) ? units.front() : std::string_view();
}

Json two_arguments() {
  Json arguments = needle_arguments();
  arguments.set(kArgumentToo, kValueToo);
  return arguments;
}

class FormatProber {
 public:
  FormatProber(const NeedleTalk& talk, bool shows_calls) : talk_(talk), shows_calls_(shows_calls) {
    const Json user = talk_.message(Role::user, kUser);
    prompt_ = talk_.render({user}, {.tools = true, .opens_reply = true}).value_or("");
    text_ = talk_.render({user, talk_.message(Role::assistant, kAnswer)}, {.tools = true}).value_or("");
    if (shows_calls_) {
      one_ =
          talk_.render({user, talk_.calls_message({{kTool, kCallId}}, two_arguments())}, {.tools = true}).value_or("");
      two_ = talk_
                 .render({user, talk_.calls_message({{kTool, kCallId}, {kToolToo, kCallIdToo}}, two_arguments())},
                         {.tools = true})
                 .value_or("");
    }
  }

  FoundFormat run() {
    find_reasoning();
    find_content();
    if (!shows_calls_) {
      found_.problem = "the template does not show calls";
      return std::move(found_);
    }
    if (!find_channels()) {
      find_calls();
    }
    if (found_.problem.empty()) {
      prove();
    }
    if (found_.problem.empty()) {
      prove_types();
    }
    if (found_.problem.empty()) {
      prove_grammar();
    }
    if (found_.problem.empty() && found_.format.channels.empty()) {
      find_built_in_calls();
    }
    if (!found_.problem.empty()) {
      found_.format.calls.clear();
      found_.format.channels.call_end.clear();
    }
    return std::move(found_);
  }

 private:
  // Where the reply begins in what was rendered: where the opened prompt ends, or, for templates that close and open
  // turns in other ways, where a reply of text begins.
  [[nodiscard]] std::string_view reply_in(std::string_view rendered) const {
    const std::string_view tag = tag_at_end(prompt_);
    std::string_view unopened = without_space_at_end(prompt_);
    unopened.remove_suffix(tag.size());
    const std::string_view head = std::string_view(text_).substr(0, text_.find(kAnswer));
    const std::string_view plain_head = head.substr(0, head.size() - found_.format.content_start.size());
    std::size_t start = common_start(rendered, head);
    if (rendered.starts_with(prompt_)) {
      start = prompt_.size();
    } else if (tag == found_.format.reasoning_start && !tag.empty() && rendered.starts_with(unopened)) {
      start = unopened.size();
    } else if (rendered.starts_with(plain_head)) {
      start = plain_head.size();
    }
    return without_empty_thought(rendered.substr(start));
  }

  // Some templates write the tags of reasoning also where there was none.
  [[nodiscard]] std::string_view without_empty_thought(std::string_view reply) const {
    std::string_view rest = trimmed(reply);
    const std::string_view end = found_.format.reasoning_end;
    if (rest.starts_with(found_.format.reasoning_start)) {
      rest = trimmed(rest.substr(found_.format.reasoning_start.size()));
      if (rest.starts_with(end)) {
        rest.remove_prefix(end.size());
        return rest.substr(std::min(rest.find_first_not_of(" \n\t\r"), rest.size()));
      }
    } else if (rest.starts_with(end)) {
      rest.remove_prefix(end.size());
      return rest.substr(std::min(rest.find_first_not_of(" \n\t\r"), rest.size()));
    }
    return reply;
  }

  // A rendering with a thought in it, in a reply of text or, where those lose it, of calls.
  [[nodiscard]] std::string with_thought() const {
    const Json user = talk_.message(Role::user, kUser);
    const auto text =
        talk_.render({user, talk_.with_thought(talk_.message(Role::assistant, kAnswer))}, {.tools = true});
    if (has_all(text, {kThought}) || !shows_calls_) {
      return text.value_or("");
    }
    return talk_.render({user, talk_.with_thought(talk_.calls_message({{kTool, kCallId}}))}, {.tools = true})
        .value_or("");
  }

  void find_reasoning() {
    thought_ = with_thought();
    const std::size_t at = thought_.find(kThought);
    if (at == std::string::npos) {
      return;
    }
    const std::string_view before = std::string_view(thought_).substr(0, at);
    const std::string_view after = std::string_view(thought_).substr(at + kThought.size());
    std::string_view start = tag_at_end(before);
    if (start.empty() && before.starts_with(prompt_)) {  // a tag and a word, as <|channel>thought
      start = trimmed(before.substr(prompt_.size()));
      start = start.size() <= kTagBytesMax && !tag_at_start(start).empty() ? start : std::string_view();
    }
    const std::string_view end = tag_at_start(after);
    if (!start.empty() && !end.empty()) {
      found_.format.reasoning_start = start;
      found_.format.reasoning_end = end;
    }
  }

  // Markup around text in a reply of text.
  void find_content() {
    const std::size_t at = text_.find(kAnswer);
    if (at == std::string::npos || !text_.starts_with(prompt_)) {
      return;
    }
    const std::string_view before =
        without_empty_thought(std::string_view(text_).substr(prompt_.size(), at - prompt_.size()));
    const std::string_view after = std::string_view(text_).substr(at + kAnswer.size());
    if (!tag_at_start(before).empty() && !tag_at_end(before).empty()) {
      found_.format.content_start = trimmed(before);
      found_.format.content_end = tag_at_start(after);
    }
  }

  // Text and thoughts have headers that differ in one word: <mark>word<mark>.
  bool find_channels() {
    const std::vector<std::string_view> content = lexemes(found_.format.content_start);
    const std::size_t at = thought_.find(kThought);
    if (content.size() != 3 || at == std::string::npos || !is_tag(content[0]) || !is_tag(content[2])) {
      return false;
    }
    const std::vector<std::string_view> before = lexemes(std::string_view(thought_).substr(0, at));
    if (before.size() < 3 || before.back() != content[2] || before[before.size() - 3] != content[0]) {
      return false;
    }
    Channels& channels = found_.format.channels;
    channels.channel_mark = content[0];
    channels.content_name = content[1];
    channels.body_mark = content[2];
    channels.reasoning_name = before[before.size() - 2];
    channels.end_mark = found_.format.reasoning_end;
    found_.format.content_start.clear();
    found_.format.reasoning_start = channels.channel_mark + channels.reasoning_name + channels.body_mark;
    read_call_header();
    return true;
  }

  // "<mark>" and " to=functions.NAME" of a call, in either order, and what ends it.
  void read_call_header() {
    Channels& channels = found_.format.channels;
    const std::size_t name = one_.find(kTool, std::min(prompt_.size(), one_.size()));
    const std::size_t to = one_.rfind("to=", name);
    const std::size_t body = name == std::string::npos ? name : one_.find(channels.body_mark, name);
    const std::size_t value = one_.rfind(kValueToo);
    if (to == std::string::npos || body == std::string::npos || value == std::string::npos) {
      found_.problem = "a call has no recipient in its header, or not its arguments behind it";
      return;
    }
    channels.recipient_start = one_.substr(to + 3, name - to - 3);
    const std::size_t mark = one_.rfind(channels.channel_mark, body);
    const std::vector<std::string_view> header =
        lexemes(std::string_view(one_).substr(mark + channels.channel_mark.size(), body - mark));
    channels.call_name = header.empty() ? std::string_view() : header.front();
    const std::string_view after = std::string_view(one_).substr(value + kValueToo.size());
    channels.call_end = tag_at_start(after.substr(std::min(after.find_first_not_of("\"} \n"), after.size())));
    // What begins the next message in one reply: the mark of a role that the prompt opened.
    const std::size_t role = prompt_.rfind('<');
    channels.turn_start = role == std::string::npos ? "" : prompt_.substr(role);
  }

  void find_calls() {
    std::string_view tail =
        std::string_view(text_).substr(std::min(text_.size(), text_.find(kAnswer) + kAnswer.size()));
    typed_ = typed_replies();
    const bool several = two_.contains(kValue) && reply_in(two_).contains(kToolToo);  // the tools are listed before it
    const std::string_view reply = reply_in(several ? two_ : one_);
    const Result<CallSyntax> syntax =
        derive_calls({.reply = reply, .tail = tail, .arguments = two_arguments(), .several = several, .typed = typed_});
    if (!syntax) {
      found_.problem = syntax.error().message;
      return;
    }
    found_.format.calls = {*syntax};
    find_python_values();
  }

  // Some templates write calls to tools that the model knows by itself in a second form: it is read as well.
  void find_built_in_calls() {
    const Json user = talk_.message(Role::user, kUser);
    const auto opened = talk_.render({user}, {.tools = true, .opens_reply = true, .built_in = true});
    const auto called = talk_.render({user, talk_.calls_message({{kTool, kCallId}}, two_arguments())},
                                     {.tools = true, .built_in = true});
    if (!opened || !has_all(called, {kTool, kArgument, kValueToo}) || !called->starts_with(*opened)) {
      return;
    }
    std::string_view reply = without_space_at_end(std::string_view(*called).substr(opened->size()));
    if (one_.contains(reply)) {
      return;
    }
    reply.remove_suffix(tag_at_end(reply).size());  // such a turn may have an end of its own
    const Result<CallSyntax> syntax =
        derive_calls({.reply = reply, .tail = {}, .arguments = two_arguments(), .several = false, .typed = {}});
    if (!syntax || syntax->is_bare()) {
      return;
    }
    found_.format.calls.push_back(*syntax);
    const ParsedReply read_back = read(reply);
    if (read_back.calls.size() != 1 || read_back.calls.front().arguments != two_arguments()) {
      found_.format.calls.pop_back();
    }
  }

  // One call for each type of value, as the template writes it.
  [[nodiscard]] std::vector<CallSample::Typed> typed_replies() const {
    std::vector<CallSample::Typed> typed = {{.type = "integer", .value = 40417, .reply = {}},
                                            {.type = "number", .value = 1.5, .reply = {}},
                                            {.type = "boolean", .value = true, .reply = {}},
                                            {.type = "array", .value = Json::array({Json(kValue)}), .reply = {}},
                                            {.type = "object", .value = needle_arguments(), .reply = {}}};
    for (CallSample::Typed& one : typed) {
      Json arguments = Json::object();
      arguments.set(kArgument, one.value);
      const auto rendered = talk_.render(
          {talk_.message(Role::user, kUser), talk_.calls_message({{kTool, kCallId}}, arguments)}, {.tools = true});
      one.reply = rendered ? reply_in(*rendered) : std::string_view();
    }
    return typed;
  }

  // How bare values are written that are no text.
  void find_python_values() {
    CallSyntax& syntax = found_.format.calls.front();
    for (const CallSample::Typed& typed : typed_) {
      syntax.python_values = syntax.python_values || (syntax.shape == CallSyntax::Shape::parameters &&
                                                      typed.type == "boolean" && typed.reply.contains("True"));
    }
  }

  // The parser reads the renderings back: every call, nothing else.
  void prove() {
    for (const auto& [rendered, count] : {std::pair(&one_, 1), std::pair(&two_, 2)}) {
      if (count == 2 && (!found_.format.channels.empty() || !found_.format.calls.front().several)) {
        continue;
      }
      const ParsedReply reply = read(reply_in(*rendered));
      const std::string_view names[] = {kTool, kToolToo};
      bool is_same = reply.calls.size() == static_cast<std::size_t>(count) && reply.malformed_calls.empty();
      for (std::size_t i = 0; is_same && i < reply.calls.size(); ++i) {
        is_same = reply.calls[i].name == names[i] && reply.calls[i].arguments == two_arguments();
      }
      if (!is_same) {
        found_.problem =
            format_text("what the template writes for {} does not read back", count == 1 ? "one call" : "two calls");
        return;
      }
    }
  }

  // ... and so does every value that is no text.
  void prove_types() {
    for (const CallSample::Typed& typed : typed_) {
      const ParsedReply reply = read(typed.reply);
      const Json* value = reply.calls.size() == 1 ? reply.calls.front().arguments.find(kArgument) : nullptr;
      if (value == nullptr || *value != typed.value) {
        found_.problem =
            format_text("what the template writes for an argument of type {} does not read back", typed.type);
        return;
      }
    }
  }

  // The grammar lets through what the template writes.
  void prove_grammar() {
    std::vector<std::string_view> texts = {reply_in(one_)};
    if (found_.format.channels.empty() && found_.format.calls.front().several) {
      texts.push_back(reply_in(two_));
    }
    std::vector<std::string_view> others;
    Json types = Json::array();
    for (const CallSample::Typed& typed : typed_) {
      others.push_back(typed.reply);
      types.push(Json(typed.type));
    }
    if (!lets_through(texts, "string") || (!others.empty() && !lets_through(others, types))) {
      found_.unconstrained = "no grammar can hold calls to the way in which it writes them";
    }
  }

  // Whether each reply, up to its last call, matches the grammar for tools whose first argument is of this type.
  [[nodiscard]] bool lets_through(const std::vector<std::string_view>& replies, const Json& type) const {
    Json first = Json::object();
    first.set("type", type);
    Json properties = Json::object();
    properties.set(kArgument, std::move(first));
    properties.set(kArgumentToo, Json::object({{"type", "string"}}));
    const std::vector<ToolSpec> tools =
        needle_tools(Json::object({{"type", "object"}, {"properties", std::move(properties)}}));
    const auto grammar = reply_grammar({.tools = tools, .markup = &found_.format, .reasoning = true});
    if (!grammar) {
      return false;
    }
    RegexPool pool;
    GrammarMatcher matcher(**grammar, pool);
    return std::ranges::all_of(replies, [&](std::string_view reply) {
      GrammarMatcher::State state = matcher.start();
      std::size_t fits = 0;
      for (std::size_t at = 0; at < reply.size() && state != GrammarMatcher::State::dead; ++at) {
        state = matcher.next(state, static_cast<std::uint8_t>(reply[at]));
        fits = matcher.may_end(state) ? at + 1 : fits;
      }
      const ParsedReply whole = read(reply);
      return !whole.calls.empty() && read(reply.substr(0, fits)).calls == whole.calls;
    });
  }

  [[nodiscard]] static std::vector<ToolSpec> needle_tools(const Json& parameters) {
    std::vector<ToolSpec> tools;
    for (const std::string_view name : {kTool, kToolToo}) {
      tools.push_back({.name = std::string(name), .description = {}, .parameters = parameters});
    }
    return tools;
  }

  [[nodiscard]] ParsedReply read(std::string_view reply) const {
    const std::vector<ToolSpec> tools = needle_tools({});
    ReplyParser parser(found_.format, {.reasoning_open = false, .calls = ReplyParser::Calls::read, .tools = tools});
    static_cast<void>(parser.feed(reply));
    ParsedReply read = parser.finish();
    return read.repairs.empty() ? read : ParsedReply();  // a form that needs repairs is not understood
  }

  const NeedleTalk& talk_;
  const bool shows_calls_;
  std::string prompt_;                    // one user message, the reply opened
  std::string text_;                      // ... answered with text
  std::string one_;                       // ... with one call
  std::string two_;                       // ... with two
  std::string thought_;                   // ... with a thought before it
  std::vector<CallSample::Typed> typed_;  // ... with a call for each type of value; not for channels
  FoundFormat found_;
};

}  // namespace

FoundFormat probe_format(const NeedleTalk& talk, bool shows_calls) { return FormatProber(talk, shows_calls).run(); }

}  // namespace puna

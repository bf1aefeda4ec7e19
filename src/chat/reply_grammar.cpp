// The grammar of a reply, always on (no triggers): free text in which "<tool_call>" can only begin a call to an offered
// tool with arguments that fit its schema. White space is allowed where models differ, and is bounded everywhere.
#include "chat/reply_grammar.h"

#include <array>
#include <string>
#include <utility>

#include "chat/format_grammar.h"
#include "chat/reply_tags.h"
#include "chat/schema_grammar.h"

namespace puna {
namespace {

// More calls in one reply than this are a loop.
constexpr std::uint32_t kCallsMax = 32;

class ReplyWriter {
 public:
  explicit ReplyWriter(const ReplyShape& shape)
      : shape_(shape),
        grammar_(std::make_shared<Grammar>()),
        json_(*grammar_),
        utf8_(grammar_->regexes, Spelling::Kind::utf8),
        anything_(grammar_->regexes.repeat(utf8_.any(), 0)) {
    grammar_->depth_max = kJsonGrammarDepthMax + 8;
  }

  Result<std::shared_ptr<const Grammar>> run() {
    PUNA_TRY(const ExprId root, shape_.format != nullptr ? formatted_reply() : calls_reply());
    PUNA_TRY_VOID(grammar_->finish(root));
    for (std::size_t i = 0; i < arguments_.size(); ++i) {
      const auto* text = std::get_if<expr::Text>(&grammar_->at(arguments_[i]));
      if (text != nullptr && text->regex == Regex::nothing) {
        return fail(ErrorCode::invalid_argument, format_text("tool '{}': no object fits its parameters", called_[i]));
      }
    }
    return grammar_;
  }

 private:
  RegexPool& pool() { return grammar_->regexes; }
  Regex literal(std::string_view text) { return pool().literal(text); }
  Regex space() { return json_.space(); }
  // A tag is a control token in some vocabularies and plain text in others.
  Regex written(std::string_view tag) { return pool().either({literal(tag), literal(control_token(tag))}); }

  // What follows a text that is excluded may be anything, control tokens too.
  Regex any_byte() { return pool().bytes(ByteSet::all()); }

  // Any text up to and with the first `tag`.
  Regex up_to(std::string_view tag) {
    const Regex ends_with = pool().sequence(anything_, written(tag));
    return pool().without(ends_with, pool().sequence(ends_with, pool().repeat(any_byte(), 1)));
  }
  Regex holding(std::string_view tag) {
    return pool().sequence(anything_, pool().sequence(written(tag), pool().repeat(any_byte(), 0)));
  }
  // Text that the parser would take for reasoning.
  Regex opening_thought() {
    ByteSet blanks = ByteSet::one(' ');
    for (const char c : {'\t', '\n', '\r'}) {
      blanks.add(static_cast<std::uint8_t>(c));
    }
    const Regex leading = pool().repeat(pool().bytes(blanks), 0);
    return pool().sequence(leading, pool().sequence(written(shape_.reasoning_start), pool().repeat(any_byte(), 0)));
  }

  Result<ExprId> formatted_reply() {
    PUNA_TRY(const ExprId value, add_format(json_, *shape_.format));
    if (!shape_.reasoning_open) {
      return value;
    }
    const Regex newline = pool().sequence(pool().optional(literal("\n")), space());
    return json_.sequence({json_.text(up_to(shape_.reasoning_end)), json_.text(newline), value});
  }

  // One call: its name and arguments, from after the opening tag.
  Result<ExprId> call() {
    std::vector<ExprId> choices;
    for (const ToolSpec& tool : shape_.tools) {
      if (shape_.tool_choice.kind() == ToolChoice::Kind::named && tool.name != shape_.tool_choice.tool()) {
        continue;
      }
      const Json no_arguments = Json::object({{"type", "object"}, {"additionalProperties", false}});
      const auto named = [&tool](Error error) {
        error.message = format_text("tool '{}': {}", tool.name, error.message);
        return error;
      };
      std::vector<UnenforcedKeyword> unenforced;
      PUNA_TRY(const ExprId arguments, add_schema(json_, tool.parameters.is_null() ? no_arguments : tool.parameters,
                                                  {.only_objects = true, .closed = true}, unenforced)
                                           .transform_error(named));
      const Regex name = pool().sequence(literal(Json(tool.name).dump()), key_after_comma("arguments"));
      choices.push_back(json_.sequence({json_.text(name), arguments}));
      arguments_.push_back(arguments);
      called_.push_back(tool.name);
    }
    const Regex open = pool().sequence(std::array{space(), literal("{"), space(), key("name")});
    const Regex close = pool().sequence(std::array{space(), literal("}"), space(), literal(kCallEnd)});
    return json_.sequence({json_.text(open), json_.choice(std::move(choices)), json_.text(close)});
  }
  Regex key(std::string_view name) {
    return pool().sequence(std::array{literal("\"" + std::string(name) + "\":"), pool().optional(literal(" "))});
  }
  Regex key_after_comma(std::string_view name) { return pool().sequence(std::array{literal(","), space(), key(name)}); }

  Result<ExprId> calls_reply() {
    PUNA_TRY(const ExprId one, call());
    const Regex next = pool().sequence(std::array{pool().optional(literal("\n")), space(), literal(kCallStart)});
    const ExprId more = grammar_->add(expr::Repeat{
        .inner = json_.sequence({json_.text(next), one}), .min = 0, .max = shape_.parallel_calls ? kCallsMax - 1 : 0});
    const ExprId calls = json_.sequence({one, more, json_.text(space())});
    if (shape_.tool_choice.needs_call()) {
      const ExprId only = json_.sequence({json_.text(next), calls});
      return with_reasoning(only, only);
    }
    const Regex plain = pool().without(anything_, holding(kCallStart));
    const ExprId after_thought =
        json_.choice({json_.text(plain), json_.sequence({json_.text(up_to(kCallStart)), calls})});
    const ExprId from_start =
        json_.choice({json_.text(pool().without(plain, opening_thought())),
                      json_.sequence({json_.text(pool().without(up_to(kCallStart), opening_thought())), calls})});
    return with_reasoning(after_thought, from_start);
  }

  // `after` is the reply behind its reasoning, `reply` one without any.
  ExprId with_reasoning(ExprId after, ExprId reply) {
    const ExprId thought = json_.sequence({json_.text(up_to(shape_.reasoning_end)), after});
    if (shape_.reasoning_open) {
      return thought;
    }
    // Text that starts with the reasoning's tag is reasoning to the parser, so it must be that to the grammar as well.
    const bool may_think = shape_.reasoning || !shape_.tool_choice.needs_call();
    const Regex opening = pool().sequence(space(), written(shape_.reasoning_start));
    return may_think ? json_.choice({reply, json_.sequence({json_.text(opening), thought})}) : reply;
  }

  const ReplyShape& shape_;
  std::shared_ptr<Grammar> grammar_;
  JsonTerminals json_;
  Spelling utf8_;
  Regex anything_;
  std::vector<ExprId> arguments_;  // of the tools that may be called
  std::vector<std::string_view> called_;
};

}  // namespace

Result<std::shared_ptr<const Grammar>> reply_grammar(const ReplyShape& shape) {
  if (shape.format == nullptr && (shape.tools.empty() || shape.tool_choice == ToolChoice::none)) {
    return nullptr;
  }
  return ReplyWriter(shape).run();
}

}  // namespace puna

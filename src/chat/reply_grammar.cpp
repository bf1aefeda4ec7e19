// The grammar of a reply, always on (no triggers): free text in which "<tool_call>" can only begin a call to an offered
// tool with arguments that fit its schema. White space is allowed where models differ, and is bounded everywhere.
#include "chat/reply_grammar.h"

#include <string>
#include <utility>

#include "chat/free_text.h"
#include "chat/grammar_writer.h"
#include "chat/reply_tags.h"
#include "chat/schema_grammar.h"

namespace puna {
namespace {

// More calls in one reply than this are a loop.
constexpr int kCallsMax = 32;

// One alternative per tool: its name, then arguments that fit its schema.
Result<std::string> write_tools(gbnf::Writer& writer, std::span<const ToolSpec> tools) {
  std::string choices;
  for (const ToolSpec& tool : tools) {
    const Json no_arguments = Json::object({{"type", "object"}, {"properties", Json::object()}});
    const auto named = [&tool](Error error) {
      error.message = format_text("tool '{}': {}", tool.name, error.message);
      return error;
    };
    PUNA_TRY(const schema::Tree tree,
             schema::read(tool.parameters.is_null() ? no_arguments : tool.parameters).transform_error(named));
    if (!tree.nodes[tree.root].types.has(schema::Type::object)) {
      return fail(ErrorCode::invalid_argument,
                  format_text("tool '{}': its parameters must be of type object", tool.name));
    }
    schema::Tree arguments = tree;
    arguments.nodes[arguments.root].types = schema::TypeSet();
    arguments.nodes[arguments.root].types.add(schema::Type::object);
    PUNA_TRY(const std::string value, schema::write_rules(writer, arguments).transform_error(named));
    choices += format_text(R"({}{} "," {} "\"arguments\":" " "? {})", choices.empty() ? "" : " | ",
                           gbnf::json_literal(Json(tool.name)), writer.space(), value);
  }
  return writer.rule(choices);
}

// What follows an opening tag: the call, its closing tag, and more calls. Then nothing but white space.
Result<std::string> write_calls(gbnf::Writer& writer, std::span<const ToolSpec> tools) {
  PUNA_TRY(const std::string any_tool, write_tools(writer, tools));
  const std::string space = writer.space();
  const std::string call = writer.rule(
      format_text(R"({0} "{{" {0} "\"name\":" " "? {1} {0} "}}" {0} {2})", space, any_tool, gbnf::literal(kCallEnd)));
  const std::string next = writer.rule(format_text(R"("\n"? {} {} {})", space, gbnf::literal(kCallStart), call));
  return writer.rule(format_text("{} {}{{0,{}}} {}", call, next, kCallsMax - 1, space));
}

std::string write_thinking(gbnf::Writer& writer, std::string_view after) {
  return gbnf::free_text_rule(writer, {.tag = kThinkEnd, .after_tag = after, .may_end = false});
}

// The body of the root: `reply` after what may come before it.
std::string with_reasoning(gbnf::Writer& writer, const ReplyShape& shape, std::string_view after,
                           std::string_view reply) {
  if (shape.reasoning_open) {
    return write_thinking(writer, after);
  }
  if (!shape.reasoning) {
    return std::string(reply);
  }
  return format_text("{} | {} {} {}", reply, writer.space(), gbnf::literal(kThinkStart), write_thinking(writer, after));
}

Result<Grammar> schema_grammar(const ReplyShape& shape) {
  PUNA_TRY(const schema::Tree tree, schema::read(*shape.schema));
  gbnf::Writer writer;
  PUNA_TRY(const std::string value, schema::write_rules(writer, tree));
  if (!shape.reasoning_open) {
    return writer.finish(value);
  }
  return writer.finish(write_thinking(writer, writer.rule(format_text(R"("\n"? {} {})", writer.space(), value))));
}

Result<Grammar> calls_grammar(const ReplyShape& shape) {
  gbnf::Writer writer;
  PUNA_TRY(const std::string calls, write_calls(writer, shape.tools));
  const std::string start = gbnf::literal(kCallStart);
  if (shape.tool_choice == ToolChoice::required) {
    const std::string only_calls = writer.rule(format_text(R"("\n"? {} {} {})", writer.space(), start, calls));
    return writer.finish(with_reasoning(writer, shape, only_calls, only_calls));
  }
  // Text that starts with <think> is reasoning to the parser, so it must be that to the grammar as well.
  ReplyShape open = shape;
  open.reasoning = true;
  const std::string text = gbnf::free_text_rule(writer, {.tag = kCallStart, .after_tag = calls});
  const std::string fresh =
      gbnf::free_text_rule(writer, {.tag = kCallStart, .after_tag = calls, .not_at_start = kThinkStart});
  return writer.finish(with_reasoning(writer, open, text, fresh));
}

}  // namespace

Result<std::optional<Grammar>> reply_grammar(const ReplyShape& shape) {
  if (shape.schema != nullptr) {
    PUNA_TRY(Grammar grammar, schema_grammar(shape));
    return grammar;
  }
  if (shape.tools.empty() || shape.tool_choice == ToolChoice::none) {
    return std::nullopt;
  }
  PUNA_TRY(Grammar grammar, calls_grammar(shape));
  return grammar;
}

}  // namespace puna

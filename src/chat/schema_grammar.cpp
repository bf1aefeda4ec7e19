// Schema tree to GBNF. An object with n members costs 2n small rules, whichever of them are optional: `rest` rules
// follow a member and start with a comma, `first` rules come before any member, and each chain skips forward over
// optional members.
#include "chat/schema_grammar.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace puna {
namespace schema {
namespace {

// How deep values nest where the schema says nothing about them.
constexpr int kAnyDepth = 6;

class RuleWriter {
 public:
  RuleWriter(gbnf::Writer& writer, const Tree& tree) : writer_(writer), tree_(tree), done_(tree.nodes.size()) {}

  Result<std::string> rule(NodeIndex index) {
    if (done_[index].empty()) {
      PUNA_TRY(done_[index], write(tree_.nodes[index]));
    }
    return done_[index];
  }

 private:
  Result<std::string> write(const Node& node) {
    if (node.values) {
      return write_values(node);
    }
    // Without a type, members make it an object and items make it an array: what the author of the schema meant.
    const bool is_object_like = node.lists_properties || node.is_closed;
    if (node.types.is_all()) {
      if (is_object_like) {
        return write_object(node);
      }
      return node.items ? write_array(node) : writer_.any_value(kAnyDepth);
    }
    std::vector<std::string> choices;
    const auto offer = [&](Type type, auto&& make) -> Result<void> {
      if (node.types.has(type)) {
        PUNA_TRY(std::string choice, make());
        choices.push_back(std::move(choice));
      }
      return {};
    };
    using Text = Result<std::string>;
    PUNA_TRY_VOID(offer(Type::object, [&] { return write_object(node); }));
    PUNA_TRY_VOID(offer(Type::array, [&] { return write_array(node); }));
    PUNA_TRY_VOID(offer(Type::string, [&] { return Text(writer_.json_string()); }));
    PUNA_TRY_VOID(offer(Type::number, [&] { return Text(writer_.json_number()); }));
    if (!node.types.has(Type::number)) {
      PUNA_TRY_VOID(offer(Type::integer, [&] { return Text(writer_.json_integer()); }));
    }
    PUNA_TRY_VOID(offer(Type::boolean, [&] { return Text(R"(("true" | "false"))"); }));
    PUNA_TRY_VOID(offer(Type::null, [&] { return Text(R"("null")"); }));
    return choices.size() == 1 ? choices.front() : writer_.rule(joined(choices));
  }

  static std::string joined(const std::vector<std::string>& choices) {
    std::string body;
    for (const std::string& choice : choices) {
      body += (body.empty() ? "" : " | ") + choice;
    }
    return body;
  }

  // Listed values, without those that another keyword of the same schema excludes.
  Result<std::string> write_values(const Node& node) {
    std::vector<std::string> choices;
    const auto index = static_cast<NodeIndex>(&node - tree_.nodes.data());
    for (const Json& value : *node.values) {
      const bool fits = violations(tree_, index, value, 1).empty();
      const std::string choice = gbnf::json_literal(value);
      if (fits && std::ranges::find(choices, choice) == choices.end()) {
        choices.push_back(choice);
      }
    }
    if (choices.empty()) {
      return fail(ErrorCode::invalid_argument,
                  format_text("no value of 'enum' fits the other keywords of the schema at '{}'", node.path));
    }
    return writer_.rule(joined(choices));
  }

  Result<std::string> write_array(const Node& node) {
    if (!node.items) {
      return writer_.any_array(kAnyDepth);
    }
    PUNA_TRY(const std::string item, rule(*node.items));
    return writer_.rule(format_text(R"("[" {0} ({1} ("," {0} {1})* {0})? "]")", writer_.space(), item));
  }

  Result<std::string> write_object(const Node& node) {
    if (!node.lists_properties) {
      return node.is_closed ? writer_.rule("\"{\" \" \"? \"}\"") : writer_.any_object(kAnyDepth);
    }
    if (node.is_closed && node.listed < node.properties.size()) {
      return fail(ErrorCode::invalid_argument,
                  format_text("the schema at '{}' requires '{}', which it does not list and does not allow", node.path,
                              node.properties[node.listed].name));
    }
    const std::string space = writer_.space();
    std::string rest = writer_.rule(space);  // after a member: what may follow it, from the last member backwards
    std::string first = writer_.rule("\"\"");
    for (auto property = node.properties.rbegin(); property != node.properties.rend(); ++property) {
      PUNA_TRY(const std::string value, rule(property->node));
      const std::string key = gbnf::literal(Json(property->name).dump() + ":");
      const std::string pair = writer_.rule(format_text(R"({} " "? {})", key, value));
      const bool is_required = property->is_required;
      const std::string skip_first = is_required ? "" : format_text(" | {}", first);
      const std::string skip_rest = is_required ? "" : format_text(" | {}", rest);
      first = writer_.rule(format_text("{} {}{}", pair, rest, skip_first));
      rest = writer_.rule(format_text(R"("," {} {} {}{})", space, pair, rest, skip_rest));
      if (writer_.is_over_bound()) {
        break;
      }
    }
    return writer_.rule(format_text(R"("{{" {} {} "}}")", space, first));
  }

  gbnf::Writer& writer_;
  const Tree& tree_;
  std::vector<std::string> done_;  // by node: its rule, once written
};

}  // namespace

Result<std::string> write_rules(gbnf::Writer& writer, const Tree& tree) {
  return RuleWriter(writer, tree).rule(tree.root);
}

}  // namespace schema

Result<Grammar> grammar_from_schema(const Json& schema) {
  PUNA_TRY(const schema::Tree tree, schema::read(schema));
  gbnf::Writer writer;
  PUNA_TRY(const std::string value, schema::write_rules(writer, tree));
  return writer.finish(value);
}

}  // namespace puna

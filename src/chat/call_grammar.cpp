#include "chat/call_grammar.h"

#include <algorithm>
#include <array>
#include <utility>

#include "chat/parameter_grammar.h"

namespace puna {
namespace {

constexpr std::uint32_t kIdBytesMax = 64;

Json without_parameters() { return Json::object({{"type", "object"}, {"additionalProperties", false}}); }

Regex digits(RegexPool& pool, std::uint32_t max) {
  ByteSet set;
  for (unsigned char c = '0'; c <= '9'; ++c) {
    set.add(c);
  }
  return pool.repeat(pool.bytes(set), 1, max);
}

Regex id_letters(RegexPool& pool) {
  ByteSet set = ByteSet::one('_');
  set.add(static_cast<std::uint8_t>('-'));
  for (unsigned char c = '0'; c <= 'z'; ++c) {
    if ((c <= '9') || (c >= 'A' && c <= 'Z') || c >= 'a') {
      set.add(c);
    }
  }
  return pool.repeat(pool.bytes(set), 1, kIdBytesMax);
}

// The form's mark, and what belongs to it, as the beginning of its opening without the white space before it.
std::string own_opening(const CallForm& form) {
  const std::string whole = form.syntax().opening();
  std::string_view text = whole;
  text.remove_prefix(static_cast<std::size_t>(std::ranges::find_if_not(text, is_space) - text.begin()));
  if (form.is_strong()) {
    return form.mark();
  }
  std::size_t end = 0;
  for (const std::string& piece : form.opening()) {
    end = text.find(piece, end) + piece.size();
  }
  return std::string(text.substr(0, end));
}

// Calls are written as the template writes them, because models write what they have read: what can be varied without
// another meaning is not, and so most of a call is certain text. Readers take it in any variation.
class CallWriter {
 public:
  CallWriter(JsonTerminals& json, Markup& markup, const CallForm& form, ArgumentsGrammar& arguments)
      : json_(json),
        markup_(markup),
        form_(form),
        syntax_(form.syntax()),
        arguments_(arguments),
        arguments_json_(json.grammar(), arguments_spelling(), syntax_.arguments_spacing),
        space_(syntax_.object_spacing ? Regex::empty : json.space()),
        comma_(gap(",", &JsonSpacing::comma)),
        colon_(gap(":", &JsonSpacing::colon)) {}

  Result<CallGrammar> run(const CallTools& tools) {
    CallGrammar made;
    const std::string opening = syntax_.opening();
    const std::size_t space = std::min(opening.find_first_not_of(" \t\r\n"), opening.size());
    const std::string own = form_.mark().empty() ? std::string() : own_opening(form_);
    made.space = opening.substr(0, space);
    made.opening = markup_.loose(own);
    const std::string rest = opening.substr(space + own.size());
    PUNA_TRY(const ExprId one, call(tools.tools));
    const Regex end = markup_.loose(syntax_.call_end);
    const Regex next =
        pool().sequence(std::array{end, markup_.loose(syntax_.separator), markup_.loose(syntax_.call_start)});
    const std::uint32_t more_max = syntax_.several ? tools.calls_max - 1 : 0;
    const ExprId more =
        json_.grammar().add(expr::Repeat{.inner = json_.sequence({json_.text(next), one}), .min = 0, .max = more_max});
    const Regex last = pool().sequence(std::array{end, markup_.loose(syntax_.list_end), json_.space()});
    made.calls = json_.sequence({json_.text(markup_.loose(rest)), one, more, json_.text(last)});
    return made;
  }

 private:
  RegexPool& pool() { return json_.pool(); }
  Regex literal(std::string_view text) { return pool().literal(text); }
  Spelling arguments_spelling() {
    const bool is_object = syntax_.arguments == CallSyntax::Arguments::object;
    const auto kind = is_object ? Spelling::Kind::json : Spelling::Kind::json_in_json;
    return {pool(), kind, Regex::nothing, Spelling::Escapes::required};
  }
  // Of the call's own object.
  Regex gap(std::string_view sign, std::string JsonSpacing::* written) {
    return syntax_.object_spacing ? literal((*syntax_.object_spacing).*written)
                                  : pool().sequence(std::array{json_.space(), literal(sign), json_.space()});
  }
  Regex key(std::string_view name) { return pool().sequence(json_key(name), colon_); }
  Regex json_key(std::string_view name) { return literal(Json(name).dump()); }

  // From after the call's start to its end.
  Result<ExprId> call(std::span<const ToolSpec> tools) {
    std::vector<ExprId> choices;
    for (const ToolSpec& tool : tools) {
      PUNA_TRY_VOID(check_name(tool.name));
      PUNA_TRY(const ExprId named, call_to(tool));
      choices.push_back(named);
    }
    const ExprId any = json_.choice(std::move(choices));
    return syntax_.shape == CallSyntax::Shape::json_object ? object(any) : any;
  }

  Result<void> check_name(std::string_view name) const {
    if (syntax_.shape == CallSyntax::Shape::json_object) {
      return {};
    }
    for (const std::string* end : {&syntax_.name_end, &syntax_.key_start, &syntax_.call_end, &syntax_.id_start}) {
      const std::vector<std::string> pieces = pieces_of(*end);
      if (!pieces.empty() && name.contains(pieces.front())) {
        return fail(ErrorCode::invalid_argument,
                    format_text("tool '{}': its name has '{}' in it, which this chat template's form of calls uses",
                                name, pieces.front()),
                    "rename it, or choose another template with --chat-template");
      }
    }
    return {};
  }

  Result<ExprId> call_to(const ToolSpec& tool) {
    if (syntax_.shape == CallSyntax::Shape::parameters) {
      PUNA_TRY(const ExprId parameters, arguments_.add(markup_, syntax_, tool));
      return json_.sequence({json_.text(named(tool)), parameters});
    }
    PUNA_TRY(const ExprId arguments, json_arguments(tool));
    if (syntax_.shape == CallSyntax::Shape::named_json) {
      const Regex space = syntax_.arguments_spacing ? Regex::empty : json_.space();
      return json_.sequence({json_.text(pool().sequence(named(tool), space)), arguments});
    }
    const Regex name = syntax_.name_is_key
                           ? key(tool.name)
                           : pool().sequence(std::array{json_key(tool.name), comma_, key(syntax_.arguments_key)});
    return json_.sequence({json_.text(name), arguments});
  }

  Result<ExprId> json_arguments(const ToolSpec& tool) {
    PUNA_TRY(const ExprId arguments, arguments_.add(arguments_json_, tool));
    if (syntax_.arguments == CallSyntax::Arguments::object) {
      return arguments;
    }
    return json_.sequence({json_.text("\""), arguments, json_.text("\"")});
  }

  // NAME id name_end
  Regex named(const ToolSpec& tool) {
    std::vector<Regex> parts = {literal(tool.name)};
    if (syntax_.ids != CallSyntax::Ids::none) {
      parts.push_back(markup_.loose(syntax_.id_start));
      parts.push_back(syntax_.ids == CallSyntax::Ids::number ? digits(pool(), 4) : id_letters(pool()));
    }
    parts.push_back(markup_.loose(syntax_.name_end));
    return pool().sequence(parts);
  }

  // {"id": ..., "name": ..., "arguments": ...}, with the id before or behind, and what protocols put around it.
  ExprId object(ExprId named) {
    if (syntax_.name_is_key) {
      return json_.sequence({json_.text(brace()), named, json_.text(brace_end())});
    }
    ExprId core = json_.sequence({json_.text(key(syntax_.name_key)), named});
    if (syntax_.ids != CallSyntax::Ids::none && !syntax_.id_key.empty()) {
      core = beside(core, id(syntax_.id_key));
    }
    const Regex type = pool().sequence(key("type"), literal(R"("function")"));
    if (syntax_.is_bare()) {  // models write it also where their template does not
      const Regex before = pool().sequence(type, comma_);
      core = json_.choice({core, json_.sequence({json_.text(before), core})});
    }
    core = json_.sequence({json_.text(brace()), core, json_.text(brace_end())});
    if (syntax_.inner_key.empty()) {
      return core;
    }
    const Regex about = pool().sequence(std::array{id("id"), comma_, type});
    const ExprId inner = json_.sequence({json_.text(key(syntax_.inner_key)), core});
    return json_.sequence({json_.text(brace()),
                           json_.choice({inner, beside(inner, about), beside(inner, type), beside(inner, id("id"))}),
                           json_.text(brace_end())});
  }
  Regex brace() { return pool().sequence(std::array{space_, literal("{"), space_}); }
  Regex brace_end() { return pool().sequence(std::array{space_, literal("}"), space_}); }
  Regex id(std::string_view name) {
    const Regex value = syntax_.ids == CallSyntax::Ids::number ? digits(pool(), 9) : id_letters(pool());
    return pool().sequence(std::array{key(name), literal("\""), value, literal("\"")});
  }
  ExprId beside(ExprId core, Regex members) {
    return json_.choice({json_.sequence({core, json_.text(pool().sequence(comma_, members))}),
                         json_.sequence({json_.text(pool().sequence(members, comma_)), core})});
  }

  JsonTerminals& json_;
  Markup& markup_;
  const CallForm& form_;
  const CallSyntax& syntax_;
  ArgumentsGrammar& arguments_;
  JsonTerminals arguments_json_;
  Regex space_;  // inside the braces of the call's own object
  Regex comma_;
  Regex colon_;
};

}  // namespace

Regex call_beginning(Markup& markup, const CallForm& form) {
  if (form.mark().empty()) {
    return Regex::nothing;
  }
  if (form.is_strong()) {
    return markup.written(form.mark());
  }
  const Regex words = markup.pieces(form.opening());
  if (form.syntax().shape != CallSyntax::Shape::json_object) {
    return words;
  }
  RegexPool& pool = markup.pool();  // words that are no markup must have JSON behind them
  return pool.sequence(std::array{words, markup.blanks(), pool.either({pool.literal("["), pool.literal("{")})});
}

Regex bare_beginning(Markup& markup, const CallForm& form, std::span<const ToolSpec> tools) {
  const CallSyntax& syntax = form.syntax();
  if (!form.mark().empty()) {
    return Regex::nothing;
  }
  RegexPool& pool = markup.pool();
  const bool is_object = syntax.shape == CallSyntax::Shape::json_object;
  const bool has_keys = is_object && !syntax.name_is_key;
  std::vector<Regex> words;
  if (has_keys) {
    for (const std::string_view word :
         {std::string_view(syntax.name_key), std::string_view(syntax.arguments_key), std::string_view("type"),
          std::string_view(syntax.inner_key), std::string_view(syntax.id_key)}) {
      words.push_back(word.empty() ? Regex::nothing : pool.literal(word));
    }
  } else {
    for (const ToolSpec& tool : tools) {
      words.push_back(pool.literal(tool.name));
    }
  }
  const auto one_of = [](std::string_view signs) {
    ByteSet set;
    for (const char c : signs) {
      set.add(static_cast<std::uint8_t>(c));
    }
    return set;
  };
  const Regex brackets = pool.sequence(pool.bytes(one_of("{[")),
                                       pool.repeat(pool.bytes(one_of(is_object ? "[{ \n\t\r" : "[{\" \n\t\r")), 0));
  const Regex quote = is_object ? pool.literal("\"") : Regex::empty;
  const Regex end = pool.bytes(one_of(is_object ? "\"\\\n" : "\"(\\ \n"));
  return pool.sequence(std::array{brackets, quote, pool.either(words), end});
}

Result<ExprId> ArgumentsGrammar::add(JsonTerminals& json, const ToolSpec& tool) {
  std::vector<UnenforcedKeyword> unenforced;
  PUNA_TRY(const ExprId arguments, add_schema(json, tool.parameters.is_null() ? without_parameters() : tool.parameters,
                                              {.only_objects = true, .closed = true}, unenforced)
                                       .transform_error([&tool](Error error) {
                                         error.message = format_text("tool '{}': {}", tool.name, error.message);
                                         return error;
                                       }));
  added_.push_back({.arguments = arguments, .tool = tool.name});
  return arguments;
}

Result<ExprId> ArgumentsGrammar::add(Markup& markup, const CallSyntax& syntax, const ToolSpec& tool) {
  std::vector<UnenforcedKeyword> unenforced;
  PUNA_TRY(const ExprId arguments,
           ParameterGrammar(grammar_, markup, syntax)
               .add(tool.parameters.is_null() ? without_parameters() : tool.parameters, unenforced)
               .transform_error([&tool](Error error) {
                 error.message = format_text("tool '{}': {}", tool.name, error.message);
                 return error;
               }));
  added_.push_back({.arguments = arguments, .tool = tool.name});
  return arguments;
}

Result<void> ArgumentsGrammar::check() const {
  for (const Added& one : added_) {
    const auto* text = std::get_if<expr::Text>(&grammar_.at(one.arguments));
    if (text != nullptr && text->regex == Regex::nothing) {
      return fail(ErrorCode::invalid_argument, format_text("tool '{}': no object fits its parameters", one.tool));
    }
  }
  return {};
}

Result<CallGrammar> call_grammar(JsonTerminals& json, Markup& markup, const CallForm& form, const CallTools& tools,
                                 ArgumentsGrammar& arguments) {
  return CallWriter(json, markup, form, arguments).run(tools);
}

}  // namespace puna

#include "chat/parameter_grammar.h"

#include <algorithm>
#include <optional>
#include <string>

#include "chat/call_form.h"

namespace puna {
namespace {

std::string_view first_piece(std::string_view literal) {
  literal = trimmed(literal);
  return literal.substr(0, static_cast<std::size_t>(std::ranges::find_if(literal, is_space) - literal.begin()));
}

std::unexpected<Error> cannot_write(std::string_view name) {
  return fail(ErrorCode::invalid_argument,
              format_text("the parameter '{}' has a name that this chat template's form of calls cannot hold",
                          printable(utf8::truncate(name, 80))),
              "rename it, or choose another template with --chat-template");
}

// Keys that no schema names: letters, digits and what joins them.
Regex plain_key(RegexPool& pool) {
  ByteSet signs = ByteSet::one('_');
  for (const char c : {'-', '.'}) {
    signs.add(static_cast<std::uint8_t>(c));
  }
  for (unsigned char c = 'a'; c <= 'z'; ++c) {
    signs.add(c);
    signs.add(static_cast<std::uint8_t>(c - 'a' + 'A'));
  }
  for (unsigned char c = '0'; c <= '9'; ++c) {
    signs.add(c);
  }
  return pool.repeat(pool.bytes(signs), 1, 64);
}

}  // namespace

ParameterGrammar::ParameterGrammar(Grammar& grammar, Markup& markup, const CallSyntax& syntax)
    : grammar_(grammar), markup_(markup), syntax_(syntax) {
  RegexPool& pool = grammar.regexes;
  // A value that stands there as it is ends where its mark is, also inside a string.
  const std::string_view end = is_raw() ? first_piece(syntax.value_end) : std::string_view();
  const Regex ended = end.empty() ? Regex::nothing : markup.holding(pool.literal(end));
  raw_texts_ = pool.without(markup.anything(), ended);
  value_end_ = markup.loose(syntax.value_end, {.start = is_raw()});
  if (!is_raw() && syntax.quote.size() > 1) {
    const Regex mark = markup.written(syntax.quote);
    ways_.emplace_back(grammar, Spelling(pool, mark, markup.holding(pool.literal(syntax.quote))));
  } else {
    ways_.emplace_back(grammar, Spelling(pool, Spelling::Kind::json, ended, Spelling::Escapes::required));
  }
  if (syntax.python_values || (!is_raw() && syntax.quote == "'")) {
    ways_.emplace_back(grammar, Spelling(pool, Spelling::Kind::python, ended));
  }
  ways_.emplace_back(grammar, Spelling(pool, Spelling::Kind::utf8));
}

Result<ExprId> ParameterGrammar::add(const Json& schema, std::vector<UnenforcedKeyword>& unenforced) {
  Trees roots;
  for (JsonTerminals& way : ways_) {
    std::vector<UnenforcedKeyword> again;
    PUNA_TRY(const ExprId root,
             add_schema(way, schema, {.only_objects = true, .closed = true}, roots.empty() ? unenforced : again));
    roots.push_back(root);
  }
  return part(roots, Part::members);
}

template <class T>
std::optional<std::vector<T>> ParameterGrammar::as(const Trees& trees) const {
  std::vector<T> all;
  for (const ExprId tree : trees) {
    const auto* expr = std::get_if<T>(&grammar_.at(tree));
    if (expr == nullptr) {
      return std::nullopt;
    }
    all.push_back(*expr);
  }
  return all;
}

// What is the part: an object's members, or, of a parameter's value with its end, the strings or everything else.
Result<ExprId> ParameterGrammar::part(const Trees& trees, Part part) {
  if (const auto references = as<expr::Reference>(trees)) {
    return of_rule(*references, part);
  }
  if (const auto choices = as<expr::Choice>(trees)) {
    const std::size_t options = choices->front().options.size();
    if (std::ranges::all_of(*choices, [options](const auto& choice) { return choice.options.size() == options; })) {
      expr::Choice all;
      for (std::size_t i = 0; i < options; ++i) {
        Trees option;
        std::ranges::transform(*choices, std::back_inserter(option),
                               [i](const expr::Choice& choice) { return choice.options[i]; });
        PUNA_TRY(const ExprId made, this->part(option, part));
        all.options.push_back(made);
      }
      return grammar_.add(std::move(all));
    }
  }
  if (part != Part::members) {
    return leaf(trees, part);
  }
  const auto sequences = as<expr::Sequence>(trees);
  Trees inside;
  if (sequences && std::ranges::all_of(*sequences, [](const auto& one) { return one.parts.size() == 3; })) {
    std::ranges::transform(*sequences, std::back_inserter(inside), [](const auto& one) { return one.parts[1]; });
  }
  const auto objects = inside.empty() ? std::nullopt : as<expr::Members>(inside);
  return objects ? members(*objects) : Result<ExprId>(grammar_.never());
}

Result<ExprId> ParameterGrammar::of_rule(const std::vector<expr::Reference>& references, Part part) {
  std::vector<RuleId> ids;
  std::ranges::transform(references, std::back_inserter(ids), &expr::Reference::rule);
  const auto [known, added] = rules_.try_emplace({ids, part});
  const RuleId rule = added ? (known->second = grammar_.declare("parameters")) : known->second;
  if (added) {
    if (++depth_ > kChoicesMax) {
      return fail(ErrorCode::limit, format_text("its choices lead to choices, more than {} deep", kChoicesMax));
    }
    Trees trees;
    std::ranges::transform(ids, std::back_inserter(trees), [this](RuleId id) { return grammar_.rule(id); });
    PUNA_TRY(const ExprId is, this->part(trees, part));
    --depth_;
    grammar_.define(rule, is);
  }
  return grammar_.add(expr::Reference{rule});
}

// A terminal, an object or an array: one whole value.
ExprId ParameterGrammar::leaf(const Trees& trees, Part part) {
  const auto* json = std::get_if<expr::Text>(&grammar_.at(trees.front()));
  const bool is_string = json != nullptr && grammar_.regexes.next(json->regex, '"') != Regex::nothing;
  if (is_string != (part == Part::strings)) {
    return grammar_.never();
  }
  if (is_string) {
    const auto* raw = std::get_if<expr::Text>(&grammar_.at(trees.back()));
    // One terminal with its end: the text may go on anywhere, and it is not over before the mark.
    RegexPool& pool = grammar_.regexes;
    return raw == nullptr ? grammar_.never()
                          : grammar_.text(pool.sequence(pool.both({raw->regex, raw_texts_}), value_end_));
  }
  const ExprId value = grammar_.add(expr::Choice{Trees(trees.begin(), trees.end() - 1)});
  return grammar_.add(expr::Sequence{{value, grammar_.text(value_end_)}});
}

Result<ExprId> ParameterGrammar::members(const std::vector<expr::Members>& all) {
  expr::Members made{.entries = {},
                     .others = {},
                     .separator = grammar_.text(markup_.loose(syntax_.parameter_separator)),
                     .min = all.front().min,
                     .max = all.front().max};
  for (std::size_t i = 0; i < all.front().entries.size(); ++i) {
    Trees entries;
    for (const expr::Members& one : all) {
      entries.push_back(i < one.entries.size() ? one.entries[i].entry : grammar_.never());
    }
    // A parameter that cannot be written and need not be, never is.
    const bool is_required = all.front().entries[i].is_required;
    Result<ExprId> each = entry(entries);
    if (!each && (is_required || each.error().code == ErrorCode::limit)) {
      return each;
    }
    made.entries.push_back({.entry = each ? *each : grammar_.never(), .is_required = is_required});
  }
  for (std::size_t i = 0; i < all.front().others.size(); ++i) {
    Trees entries;
    for (const expr::Members& one : all) {
      entries.push_back(i < one.others.size() ? one.others[i] : grammar_.never());
    }
    PUNA_TRY(const ExprId each, entry(entries));
    made.others.push_back(each);
  }
  return grammar_.add(std::move(made));
}

Result<ExprId> ParameterGrammar::entry(const Trees& entries) {
  const auto sequences = as<expr::Sequence>(entries);
  if (!sequences) {
    return grammar_.never();
  }
  PUNA_TRY(const Regex name, key(entries));
  Trees values;
  std::ranges::transform(*sequences, std::back_inserter(values), [](const auto& one) { return one.parts.back(); });
  PUNA_TRY(const ExprId written, value(values));
  const Regex start = grammar_.regexes.sequence(markup_.loose(syntax_.key_start), name);
  return grammar_.add(expr::Sequence{{grammar_.text(start), written}});
}

// The key as it is, which is what the last way spells.
Result<Regex> ParameterGrammar::key(const Trees& entries) {
  const ExprId first = std::get<expr::Sequence>(grammar_.at(entries.back())).parts.front();
  const Regex regex = std::get<expr::Text>(grammar_.at(first)).regex;
  const std::string* name = ways_.back().meaning(regex);
  if (name == nullptr) {
    return grammar_.regexes.both({regex, plain_key(grammar_.regexes)});
  }
  for (const std::string* literal : {&syntax_.key_end, &syntax_.type_end, &syntax_.value_end, &syntax_.call_end}) {
    if (const std::string_view piece = first_piece(*literal); !piece.empty() && name->contains(piece)) {
      return cannot_write(*name);
    }
  }
  const bool has_signs = !is_raw() && name->find_first_of("\"'()[]{}") != std::string::npos;
  if (name->empty() || trimmed(*name) != *name || has_signs) {
    return cannot_write(*name);
  }
  return regex;
}

Result<ExprId> ParameterGrammar::value(const Trees& values) {
  const auto behind = [this](bool is_string, ExprId value) {
    return grammar_.add(expr::Sequence{{grammar_.text(behind_key(is_string)), value}});
  };
  if (!is_raw()) {
    const ExprId any = grammar_.add(expr::Choice{Trees(values.begin(), values.end() - 1)});
    return behind(true, grammar_.add(expr::Sequence{{any, grammar_.text(value_end_)}}));
  }
  PUNA_TRY(const ExprId strings, part(values, Part::strings));
  PUNA_TRY(const ExprId others, part(values, Part::others));
  return grammar_.add(expr::Choice{{behind(true, strings), behind(false, others)}});
}

Regex ParameterGrammar::behind_key(bool is_string) {
  const Regex end = markup_.loose(syntax_.key_end, {.end = true});
  if (syntax_.type_words.empty()) {
    return end;
  }
  std::vector<Regex> words;
  for (const CallSyntax::TypeWord& type : syntax_.type_words) {
    if ((type.type == "string") == is_string) {
      words.push_back(grammar_.regexes.literal(type.word));
    }
  }
  return grammar_.regexes.sequence(
      end, grammar_.regexes.sequence(grammar_.regexes.either(words), markup_.loose(syntax_.type_end, {.end = true})));
}

}  // namespace puna

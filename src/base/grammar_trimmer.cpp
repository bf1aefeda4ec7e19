#include "base/grammar_trimmer.h"

#include <algorithm>
#include <deque>
#include <type_traits>
#include <utility>

#include "puna/base/format.h"

namespace puna {
namespace {

std::size_t index(ExprId id) { return static_cast<std::size_t>(id); }

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

template <class Each>
void for_each_item(const expr::Items& items, Each&& each) {
  for (const expr::Items::Item& item : items.first) {
    each(item.plain);
    if (items.counts()) {
      each(item.counted);
    }
  }
  each(items.rest.plain);
  if (items.counts()) {
    each(items.rest.counted);
  }
}

// Calls `each` with every expression that this one names, but for the rule behind a reference.
template <class Each>
void for_each_part(const Grammar::Expr& expr, Each&& each) {
  const Overloaded visitor{[](const expr::Text&) {},
                           [](const expr::Reference&) {},
                           [&](const expr::Sequence& sequence) { std::ranges::for_each(sequence.parts, each); },
                           [&](const expr::Choice& choice) { std::ranges::for_each(choice.options, each); },
                           [&](const expr::Repeat& repeat) { each(repeat.inner); },
                           [&](const expr::Members& members) {
                             std::ranges::for_each(members.entries, each, &expr::Members::Entry::entry);
                             std::ranges::for_each(members.others, each);
                             each(members.separator);
                           },
                           [&](const expr::Items& items) {
                             for_each_item(items, each);
                             each(items.separator);
                           }};
  std::visit(visitor, expr);
}

bool item_matches(const expr::Items& items, const expr::Items::Item& item, const std::vector<bool>& matching) {
  return matching[index(item.plain)] || (items.counts() && matching[index(item.counted)]);
}

bool items_match(const expr::Items& items, const std::vector<bool>& matching) {
  std::uint32_t possible = 0;
  std::uint32_t counted = 0;
  for (const expr::Items::Item& item : items.first) {
    if (possible == items.max || !item_matches(items, item, matching)) {
      return possible >= items.min && counted >= items.counted_min;
    }
    ++possible;
    counted += items.counts() && matching[index(item.counted)] ? 1U : 0U;
  }
  const std::uint32_t more = items.max - possible;  // how many of the rest may come
  const bool rest = more > 0 && item_matches(items, items.rest, matching);
  const bool rest_counts = rest && items.counts() && matching[index(items.rest.counted)];
  return (possible >= items.min || rest) &&
         (counted >= items.counted_min || (rest_counts && items.counted_min - counted <= more));
}

}  // namespace

Result<void> GrammarTrimmer::run() {
  const Flags matching = least([this](const auto& expr, const Flags& flags) { return can_match(expr, flags); });
  if (!matching[index(grammar_.root_)]) {
    return fail(ErrorCode::invalid_argument, "nothing matches the grammar");
  }
  remove(matching);
  const Flags empty = least([this](const auto& expr, const Flags& flags) { return can_be_empty(expr, flags); });
  for (Grammar::Expr& expr : grammar_.exprs_) {
    if (auto* repeat = std::get_if<expr::Repeat>(&expr); repeat != nullptr && empty[index(repeat->inner)]) {
      repeat->inner_may_be_empty = true;
      repeat->min = 0;
    }
  }
  return refuse_left_recursion(empty);
}

GrammarTrimmer::Flags GrammarTrimmer::least(const std::function<bool(const Grammar::Expr&, const Flags&)>& has) const {
  const std::vector<Grammar::Expr>& exprs = grammar_.exprs_;
  // Who must be asked again when an expression gets the property.
  std::vector<std::vector<std::uint32_t>> askers(exprs.size());
  for (std::size_t i = 0; i < exprs.size(); ++i) {
    const auto asker = static_cast<std::uint32_t>(i);
    for_each_part(exprs[i], [&](ExprId part) { askers[index(part)].push_back(asker); });
    if (const auto* reference = std::get_if<expr::Reference>(&exprs[i])) {
      askers[index(grammar_.rule(reference->rule))].push_back(asker);
    }
  }
  Flags flags(exprs.size(), false);
  std::deque<std::uint32_t> open;
  for (std::size_t i = 0; i < exprs.size(); ++i) {
    open.push_back(static_cast<std::uint32_t>(i));
  }
  while (!open.empty()) {
    const std::uint32_t i = open.front();
    open.pop_front();
    if (!flags[i] && has(exprs[i], flags)) {
      flags[i] = true;
      open.insert(open.end(), askers[i].begin(), askers[i].end());
    }
  }
  return flags;
}

bool GrammarTrimmer::can_match(const Grammar::Expr& expr, const Flags& matching) const {
  const auto matches = [&matching](ExprId id) { return matching[index(id)]; };
  const Overloaded visitor{
      [this](const expr::Text& text) { return !grammar_.regexes.is_dead(text.regex); },
      [&](const expr::Sequence& sequence) { return std::ranges::all_of(sequence.parts, matches); },
      [&](const expr::Choice& choice) { return std::ranges::any_of(choice.options, matches); },
      [&](const expr::Repeat& repeat) { return repeat.min == 0 || matches(repeat.inner); },
      [&](const expr::Reference& reference) { return matches(grammar_.rule(reference.rule)); },
      [&](const expr::Members& members) {
        std::size_t possible = 0;
        std::size_t required = 0;
        for (const auto& entry : members.entries) {
          possible += matches(entry.entry) ? 1U : 0U;
          required += entry.is_required ? 1U : 0U;
          if (entry.is_required && !matches(entry.entry)) {
            return false;
          }
        }
        const bool endless = std::ranges::any_of(members.others, matches);
        return members.min <= members.max && required <= members.max && (endless || possible >= members.min);
      },
      [&](const expr::Items& items) { return items.min <= items.max && items_match(items, matching); }};
  return std::visit(visitor, expr);
}

bool GrammarTrimmer::can_be_empty(const Grammar::Expr& expr, const Flags& empty) const {
  const auto is_empty = [&empty](ExprId id) { return empty[index(id)]; };
  const Overloaded visitor{
      [this](const expr::Text& text) { return grammar_.regexes.matches_empty(text.regex); },
      [&](const expr::Sequence& sequence) { return std::ranges::all_of(sequence.parts, is_empty); },
      [&](const expr::Choice& choice) { return std::ranges::any_of(choice.options, is_empty); },
      [&](const expr::Repeat& repeat) { return repeat.min == 0 || is_empty(repeat.inner); },
      [&](const expr::Reference& reference) { return is_empty(grammar_.rule(reference.rule)); },
      [](const expr::Members& members) {
        return members.min == 0 &&
               std::ranges::none_of(members.entries, [](const auto& entry) { return entry.is_required; });
      },
      [](const expr::Items& items) { return items.min == 0 && items.counted_min == 0; }};
  return std::visit(visitor, expr);
}

void GrammarTrimmer::remove(const Flags& matching) {
  for (std::size_t i = 0; i < grammar_.exprs_.size(); ++i) {
    Grammar::Expr& expr = grammar_.exprs_[i];
    if (!matching[i]) {
      expr = expr::Text{Regex::nothing};
    } else if (auto* choice = std::get_if<expr::Choice>(&expr)) {
      std::erase_if(choice->options, [&](ExprId option) { return !matching[index(option)]; });
    } else if (auto* repeat = std::get_if<expr::Repeat>(&expr); repeat != nullptr && !matching[index(repeat->inner)]) {
      repeat->max = 0;
    } else if (auto* members = std::get_if<expr::Members>(&expr)) {
      std::erase_if(members->entries, [&](const auto& entry) { return !matching[index(entry.entry)]; });
      std::erase_if(members->others, [&](ExprId other) { return !matching[index(other)]; });
    } else if (auto* items = std::get_if<expr::Items>(&expr)) {
      const auto last = std::ranges::find_if_not(
          items->first, [&](const auto& item) { return item_matches(*items, item, matching); });
      const auto possible = static_cast<std::uint32_t>(last - items->first.begin());
      if (last != items->first.end() || !item_matches(*items, items->rest, matching)) {
        items->max = std::min(items->max, possible);
      }
    }
  }
}

// A walk in depth over "may begin with": an expression that is met again while it is still open begins with itself.
Result<void> GrammarTrimmer::refuse_left_recursion(const Flags& empty) const {
  const auto beginnings = [&](std::size_t i) {
    std::vector<ExprId> found;
    const Grammar::Expr& expr = grammar_.exprs_[i];
    if (const auto* sequence = std::get_if<expr::Sequence>(&expr)) {
      for (const ExprId part : sequence->parts) {
        found.push_back(part);
        if (!empty[index(part)]) {
          break;
        }
      }
    } else if (const auto* reference = std::get_if<expr::Reference>(&expr)) {
      found.push_back(grammar_.rule(reference->rule));
    } else {
      for_each_part(expr, [&found](ExprId part) { found.push_back(part); });
    }
    return found;
  };
  enum class Mark : std::uint8_t { fresh, open, done };
  std::vector<Mark> marks(grammar_.exprs_.size(), Mark::fresh);
  std::vector<std::pair<std::size_t, std::vector<ExprId>>> path;
  const auto enter = [&](std::size_t i) {
    marks[i] = Mark::open;
    path.emplace_back(i, beginnings(i));
  };
  for (std::size_t rule = 0; rule < grammar_.rules_.size(); ++rule) {
    if (marks[index(grammar_.rules_[rule].is)] != Mark::fresh) {
      continue;
    }
    enter(index(grammar_.rules_[rule].is));
    while (!path.empty()) {
      if (path.back().second.empty()) {
        marks[path.back().first] = Mark::done;
        path.pop_back();
        continue;
      }
      const std::size_t to = index(path.back().second.back());
      path.back().second.pop_back();
      if (marks[to] == Mark::open) {
        return fail(ErrorCode::invalid_argument,
                    format_text("the rule '{}' can begin with itself", grammar_.rules_[rule].name),
                    "write the repetition with * or with the rule at the end of its alternative");
      }
      if (marks[to] == Mark::fresh) {
        enter(to);
      }
    }
  }
  return {};
}

}  // namespace puna

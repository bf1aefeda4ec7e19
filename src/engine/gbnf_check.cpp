// The findings about whole rules: undefined names, what can be empty, left recursion. All iterative: rule chains may be
// thousands long.
#include "engine/gbnf_check.h"

#include "engine/gbnf_parser.h"
#include "puna/base/format.h"
#include "puna/base/text.h"

namespace puna::engine {
namespace {

std::unexpected<Error> refuse(const std::string& message) {
  return fail(ErrorCode::invalid_argument, format_text("grammar: {}", message),
              "see the GBNF guide of llama.cpp for the language");
}

using Emptiable = std::vector<bool>;  // by rule

bool can_be_empty(const GbnfSymbol& symbol, const Emptiable& emptiable) {
  return symbol.optional || (symbol.rule != GbnfSymbol::kNoRule && emptiable[symbol.rule]);
}

// One sequence while it is being emptied: how many of its symbols cannot be empty as far as is known.
struct Pending {
  std::size_t rule;
  std::size_t left;
};

// Each occurrence of a rule is crossed out once, when the rule turns out to be emptiable: linear in the grammar's size.
Emptiable find_emptiable(const GbnfShape& shape) {
  Emptiable emptiable(shape.rules.size(), false);
  std::vector<Pending> pending;
  std::vector<std::vector<std::size_t>> occurrences(shape.rules.size());  // of each rule: indices into pending
  std::vector<std::size_t> found;
  for (std::size_t rule = 0; rule < shape.rules.size(); ++rule) {
    for (const GbnfSequence& sequence : shape.rules[rule].alternatives) {
      Pending entry{.rule = rule, .left = 0};
      for (const GbnfSymbol& symbol : sequence) {
        if (symbol.optional) {
          continue;
        }
        ++entry.left;
        if (symbol.rule != GbnfSymbol::kNoRule) {
          occurrences[symbol.rule].push_back(pending.size());
        }
      }
      if (entry.left == 0) {
        found.push_back(rule);
      }
      pending.push_back(entry);
    }
  }
  while (!found.empty()) {
    const std::size_t rule = found.back();
    found.pop_back();
    if (emptiable[rule]) {
      continue;
    }
    emptiable[rule] = true;
    for (const std::size_t index : occurrences[rule]) {
      if (--pending[index].left == 0) {
        found.push_back(pending[index].rule);
      }
    }
  }
  return emptiable;
}

Result<void> check_repetitions(const GbnfShape& shape, const Emptiable& emptiable) {
  for (const GbnfRule& rule : shape.rules) {
    for (const GbnfSequence& sequence : rule.alternatives) {
      int count = 0;
      for (const GbnfSymbol& symbol : sequence) {
        count += can_be_empty(symbol, emptiable) ? 1 : 0;
        if (symbol.repeats && symbol.rule != GbnfSymbol::kNoRule && emptiable[symbol.rule]) {
          return refuse(format_text("in \"{}\", something that can be empty is repeated", rule.name));
        }
      }
      if (count > kGbnfEmptiableMax) {
        return refuse(format_text("in \"{}\", a sequence of {} parts that can be empty (at most {}); nest them",
                                  rule.name, count, kGbnfEmptiableMax));
      }
    }
  }
  return {};
}

// The rules that can stand at the very beginning of `rule`.
std::vector<std::size_t> left_edges(const GbnfRule& rule, const Emptiable& emptiable) {
  std::vector<std::size_t> edges;
  for (const GbnfSequence& sequence : rule.alternatives) {
    for (const GbnfSymbol& symbol : sequence) {
      if (symbol.rule != GbnfSymbol::kNoRule) {
        edges.push_back(symbol.rule);
      }
      if (!can_be_empty(symbol, emptiable)) {
        break;
      }
    }
  }
  return edges;
}

// Depth-first over the left edges with a stack of our own; a rule met again while it is open is left recursion.
Result<void> check_left_recursion(const GbnfShape& shape, const Emptiable& emptiable) {
  enum class Mark : char { unseen, open, done };
  struct Visit {
    std::size_t rule;
    std::vector<std::size_t> edges;
    std::size_t next;
  };
  std::vector<Mark> marks(shape.rules.size(), Mark::unseen);
  std::vector<Visit> path;
  const auto enter = [&](std::size_t rule) {
    marks[rule] = Mark::open;
    path.push_back({.rule = rule, .edges = left_edges(shape.rules[rule], emptiable), .next = 0});
  };
  for (std::size_t start = 0; start < shape.rules.size(); ++start) {
    if (marks[start] != Mark::unseen) {
      continue;
    }
    enter(start);
    while (!path.empty()) {
      Visit& visit = path.back();
      if (visit.next == visit.edges.size()) {
        marks[visit.rule] = Mark::done;
        path.pop_back();
        continue;
      }
      const std::size_t edge = visit.edges[visit.next++];
      if (marks[edge] == Mark::open) {
        return refuse(format_text("the rule \"{}\" begins with itself (left recursion)", shape.rules[edge].name));
      }
      if (marks[edge] == Mark::unseen) {
        enter(edge);
      }
    }
  }
  return {};
}

}  // namespace

Result<GbnfTokens> check_gbnf(std::string_view text, std::string_view root) {
  if (text.size() > kGbnfBytesMax) {
    return refuse(format_text("{} bytes are more than the {} allowed", text.size(), kGbnfBytesMax));
  }
  if (text.contains('\0') || !utf8::is_valid(text)) {
    return refuse("the text holds a zero byte or is not UTF-8");
  }
  PUNA_TRY(GbnfShape shape, GbnfParser(text).parse());
  bool has_root = false;
  for (const GbnfRule& rule : shape.rules) {
    if (!rule.defined) {
      return refuse(format_text("the rule \"{}\" is used and not defined", rule.name));
    }
    has_root = has_root || rule.name == root;
  }
  if (!has_root) {
    return refuse(format_text("the rule \"{}\", where the grammar starts, is not defined", root));
  }
  const Emptiable emptiable = find_emptiable(shape);
  PUNA_TRY_VOID(check_repetitions(shape, emptiable));
  PUNA_TRY_VOID(check_left_recursion(shape, emptiable));
  return std::move(shape.tokens);
}

}  // namespace puna::engine

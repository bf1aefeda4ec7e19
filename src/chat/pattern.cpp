// From a parsed pattern to the texts that contain a match. What follows a part is handed down as an expression, because
// a lookahead speaks about everything to its right.
#include "chat/pattern.h"

#include <utility>

#include "chat/pattern_tree.h"
#include "puna/base/text.h"

namespace puna {
namespace {

using pattern::Node;
using Kind = Node::Kind;

class Compiler {
 public:
  Compiler(Spelling& spelling, bool whole) : spelling_(spelling), pool_(spelling.pool()) {
    const Regex anything = pool_.repeat(spelling.any(), 0);
    rest_ = pool_.sequence(anything, spelling.quote());
    before_ = whole ? spelling.quote() : pool_.sequence(spelling.quote(), anything);
    after_ = whole ? spelling.quote() : rest_;
  }

  Result<Regex> run(const Node& node) { return lead(node, after_); }

 private:
  // The texts in which this matches and `tail` follows, with all that may stand before it.
  Result<Regex> lead(const Node& node, Regex tail) {
    if (node.kind == Kind::start) {
      return pool_.sequence(spelling_.quote(), tail);
    }
    if (node.kind == Kind::either && node.has_assertion) {
      std::vector<Regex> options;
      for (const Node& part : node.parts) {
        PUNA_TRY(const Regex option, lead(part, tail));
        options.push_back(option);
      }
      return pool_.either(options);
    }
    if (node.kind == Kind::sequence && !node.parts.empty()) {
      for (std::size_t i = node.parts.size() - 1; i > 0; --i) {
        PUNA_TRY(tail, follow(node.parts[i], tail));
      }
      return lead(node.parts.front(), tail);
    }
    PUNA_TRY(const Regex rest, follow(node, tail));
    return pool_.sequence(before_, rest);
  }

  // This, then `tail`, where something may stand before it.
  Result<Regex> follow(const Node& node, Regex tail) {
    if (!node.has_assertion) {
      return pool_.sequence(plain(node), tail);
    }
    switch (node.kind) {
      case Kind::end:
        return tail == rest_ ? spelling_.quote() : pool_.both({spelling_.quote(), tail});
      case Kind::ahead:
      case Kind::not_ahead: {
        PUNA_TRY(const Regex inner, follow(node.parts.front(), rest_));  // it may look at a part of what comes
        return pool_.both({tail, node.kind == Kind::ahead ? inner : pool_.complement(inner)});
      }
      case Kind::either: {
        std::vector<Regex> options;
        for (const Node& part : node.parts) {
          PUNA_TRY(const Regex option, follow(part, tail));
          options.push_back(option);
        }
        return pool_.either(options);
      }
      case Kind::sequence: {
        for (std::size_t i = node.parts.size(); i > 0; --i) {
          PUNA_TRY(tail, follow(node.parts[i - 1], tail));
        }
        return tail;
      }
      default:
        return fail(ErrorCode::invalid_argument, "a pattern has '^' behind something else, which is not supported");
    }
  }

  Regex plain(const Node& node) {
    if (node.kind == Kind::one) {
      return spelling_.one_of(node.points);
    }
    if (node.kind == Kind::repeat) {
      return pool_.repeat(plain(node.parts.front()), node.min, node.max);
    }
    std::vector<Regex> parts;
    for (const Node& part : node.parts) {
      parts.push_back(plain(part));
    }
    return node.kind == Kind::either ? pool_.either(parts) : pool_.sequence(parts);
  }

  Spelling& spelling_;
  RegexPool& pool_;
  Regex before_ = Regex::empty;  // what may stand before the match and after it
  Regex after_ = Regex::empty;
  Regex rest_ = Regex::empty;  // anything, to the end
};

}  // namespace

Result<Regex> texts_with(Spelling& spelling, std::string_view pattern, bool whole) {
  if (!utf8::is_valid(pattern)) {
    return fail(ErrorCode::invalid_argument, "a pattern is not UTF-8");
  }
  PUNA_TRY(const Node node, pattern::parse(pattern));
  return Compiler(spelling, whole).run(node);
}

}  // namespace puna

// From a place in the grammar to the terminals that may come next. Used by GrammarMatcher only.
#pragma once

#include <cstdint>
#include <unordered_set>
#include <vector>

#include "puna/base/grammar_matcher.h"

namespace puna {

// The expression that stands for "the text is complete".
inline constexpr ExprId kEndOfText{0xFFFFFFFF};

class GrammarMatcher::Closure {
 public:
  explicit Closure(GrammarMatcher& matcher) : matcher_(matcher) {}

  // What may stand where this expression begins, `then` being where to go on after it.
  void expand(ExprId expr, Places then) {
    open_.push_back({expr, then});
    drain();
  }
  // What may come at these places.
  void resume(Places places) {
    go_on(places);
    drain();
  }
  // A terminal of which this much is left.
  void reach(Regex left, Places then);
  [[nodiscard]] State finish() { return matcher_.intern(items_, may_end_); }

 private:
  struct Open {
    ExprId expr;
    Places then;
  };
  void drain();
  void add(Regex regex, Places then);
  void go_on(Places places);
  void go_on(const Frame& frame);
  void open(ExprId expr, Places then);
  void open(ExprId expr, const Frame& then) { open(expr, matcher_.place(then)); }
  void begin(ExprId id, const expr::Sequence& sequence, std::uint32_t done, Places then);
  void begin(ExprId id, const expr::Repeat& repeat, std::uint32_t done, Places then);
  void begin(ExprId id, const expr::Members& members, const Progress& progress, Places then);
  void begin(ExprId id, const expr::Items& items, const Progress& progress, Places then);

  GrammarMatcher& matcher_;
  std::vector<Item> items_;
  bool may_end_ = false;
  std::vector<Open> open_;
  struct FrameHash {
    std::size_t operator()(const Frame& frame) const {
      const std::uint64_t where = (static_cast<std::uint64_t>(frame.expr) * 0x9E3779B97F4A7C15U) ^ frame.progress;
      return where * 0xC2B2AE3D27D4EB4FU + static_cast<std::uint64_t>(frame.parents);
    }
  };
  std::unordered_set<Frame, FrameHash> resumed_;  // in this closure: going on there again adds nothing
  std::unordered_set<std::uint64_t> references_;  // (rule, places) that were opened
};

}  // namespace puna

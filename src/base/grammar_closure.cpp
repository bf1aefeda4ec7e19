#include "base/grammar_closure.h"

#include <algorithm>
#include <utility>

namespace puna {
namespace {

constexpr std::uint32_t kEndless = RegexPool::kEndless;

// Counting further than this makes no difference.
std::uint32_t counted_up(std::uint32_t count, std::uint32_t min, std::uint32_t max) {
  return max == kEndless ? std::min(count + 1, min) : count + 1;
}

bool has(const std::vector<std::uint64_t>& bits, std::size_t i) { return (bits[i / 64] >> (i % 64) & 1) != 0; }

}  // namespace

void GrammarMatcher::Closure::reach(Regex left, Places then) {
  if (left == Regex::nothing) {
    return;
  }
  add(left, then);
  drain();
}

void GrammarMatcher::Closure::add(Regex regex, Places then) {
  if (regex != Regex::empty) {
    items_.push_back({.regex = regex, .places = then});
  }
  if (matcher_.pool_.matches_empty(regex)) {
    go_on(then);
  }
}

void GrammarMatcher::Closure::open(ExprId expr, Places then) {
  if (then != Places::none) {
    open_.push_back({expr, then});
  }
}

void GrammarMatcher::Closure::drain() {
  while (!open_.empty() && !matcher_.is_full()) {
    const auto [id, then] = open_.back();
    open_.pop_back();
    const Grammar::Expr& expr = matcher_.grammar_.at(id);
    if (std::holds_alternative<expr::Text>(expr)) {
      const Regex regex = matcher_.regex_of_[static_cast<std::size_t>(id)];
      if (regex != Regex::nothing) {
        add(regex, then);
      }
    } else if (const auto* sequence = std::get_if<expr::Sequence>(&expr)) {
      begin(id, *sequence, 0, then);
    } else if (const auto* choice = std::get_if<expr::Choice>(&expr)) {
      for (const ExprId option : choice->options) {
        open(option, then);
      }
    } else if (const auto* repeat = std::get_if<expr::Repeat>(&expr)) {
      begin(id, *repeat, 0, then);
    } else if (const auto* reference = std::get_if<expr::Reference>(&expr)) {
      const auto key = (static_cast<std::uint64_t>(reference->rule) << 32U) | static_cast<std::uint64_t>(then);
      if (references_.insert(key).second) {
        open(matcher_.grammar_.rule(reference->rule), then);
      }
    } else if (const auto* members = std::get_if<expr::Members>(&expr)) {
      begin(id, *members, Progress{.seen = std::vector<std::uint64_t>(members->entries.size() / 64 + 1, 0)}, then);
    } else if (const auto* items = std::get_if<expr::Items>(&expr)) {
      begin(id, *items, Progress{}, then);
    }
  }
}

void GrammarMatcher::Closure::go_on(Places places) {
  const Span span = matcher_.places_[index(places)];
  for (std::uint32_t i = 0; i < span.count; ++i) {
    const Frame frame = matcher_.frames_[span.first + i];
    if (resumed_.size() >= kPlacesMax) {
      matcher_.cells_ = kCellsMax;  // counters that multiply, or worse: full
    } else if (resumed_.insert(frame).second) {
      go_on(frame);
    }
  }
}

void GrammarMatcher::Closure::go_on(const Frame& frame) {
  if (frame.expr == kEndOfText) {
    may_end_ = true;
    return;
  }
  const Grammar::Expr& expr = matcher_.grammar_.at(frame.expr);
  if (const auto* sequence = std::get_if<expr::Sequence>(&expr)) {
    begin(frame.expr, *sequence, frame.progress, frame.parents);
  } else if (const auto* repeat = std::get_if<expr::Repeat>(&expr)) {
    begin(frame.expr, *repeat, frame.progress, frame.parents);
  } else if (const auto* members = std::get_if<expr::Members>(&expr)) {
    begin(frame.expr, *members, Progress(matcher_.progress_[frame.progress]), frame.parents);
  } else if (const auto* items = std::get_if<expr::Items>(&expr)) {
    begin(frame.expr, *items, Progress(matcher_.progress_[frame.progress]), frame.parents);
  }
}

void GrammarMatcher::Closure::begin(ExprId id, const expr::Sequence& sequence, std::uint32_t done, Places then) {
  if (done == sequence.parts.size()) {
    go_on(then);
  } else if (done + 1 == sequence.parts.size()) {
    open(sequence.parts[done], then);  // nothing to come back for: the stack stays flat in a loop
  } else {
    open(sequence.parts[done], Frame{.expr = id, .progress = done + 1, .parents = then});
  }
}

void GrammarMatcher::Closure::begin(ExprId id, const expr::Repeat& repeat, std::uint32_t done, Places then) {
  if (done < repeat.max) {
    const Frame again{.expr = id, .progress = counted_up(done, repeat.min, repeat.max), .parents = then};
    if (repeat.inner_may_be_empty) {
      resumed_.insert(again);  // a turn that takes no byte leads nowhere that is not reached without it
    }
    open(repeat.inner, again);
  }
  if (done >= repeat.min) {
    go_on(then);
  }
}

void GrammarMatcher::Closure::begin(ExprId id, const expr::Members& members, const Progress& progress, Places then) {
  std::size_t required = 0;  // that are still to come
  for (std::size_t i = 0; i < members.entries.size(); ++i) {
    required += members.entries[i].is_required && !has(progress.seen, i) ? 1U : 0U;
  }
  if (!progress.after_separator && progress.count >= members.min && required == 0) {
    go_on(then);
  }
  // An entry that is not required may only come where it leaves room for those that are.
  const std::size_t room = members.max == kEndless ? kEndless : members.max - progress.count;
  const bool has_room = room > required;
  const auto fits = [&](std::size_t i) {
    return !has(progress.seen, i) && (members.entries[i].is_required ? room > 0 : has_room);
  };
  Progress next = progress;
  if (progress.count > 0 && !progress.after_separator) {
    bool more = has_room && !members.others.empty();
    for (std::size_t i = 0; i < members.entries.size() && !more; ++i) {
      more = fits(i);
    }
    if (more) {
      next.after_separator = true;
      open(members.separator, Frame{.expr = id, .progress = matcher_.intern(next), .parents = then});
    }
    return;
  }
  next.after_separator = false;
  next.count = counted_up(progress.count, std::max(members.min, 1U), members.max);
  for (std::size_t i = 0; i < members.entries.size(); ++i) {
    if (fits(i)) {
      next.seen[i / 64] |= std::uint64_t{1} << (i % 64);
      open(members.entries[i].entry, Frame{.expr = id, .progress = matcher_.intern(next), .parents = then});
      next.seen = progress.seen;
    }
  }
  if (has_room) {
    for (const ExprId other : members.others) {
      open(other, Frame{.expr = id, .progress = matcher_.intern(next), .parents = then});
    }
  }
}

void GrammarMatcher::Closure::begin(ExprId id, const expr::Items& items, const Progress& progress, Places then) {
  if (!progress.after_separator && progress.count >= items.min && progress.counted >= items.counted_min) {
    go_on(then);
  }
  if (progress.count >= items.max) {
    return;
  }
  Progress next = progress;
  if (progress.count > 0 && !progress.after_separator) {
    next.after_separator = true;
    open(items.separator, Frame{.expr = id, .progress = matcher_.intern(next), .parents = then});
    return;
  }
  next.after_separator = false;
  const auto first = static_cast<std::uint32_t>(items.first.size());
  next.count = counted_up(progress.count, std::max({items.min, first, 1U}), items.max);
  const expr::Items::Item& item = progress.count < first ? items.first[progress.count] : items.rest;
  const std::uint32_t missing = items.counted_min - std::min(items.counted_min, progress.counted);
  if (items.max == kEndless || items.max - progress.count > missing) {
    open(item.plain, Frame{.expr = id, .progress = matcher_.intern(next), .parents = then});
  }
  if (items.counts() && progress.counted < items.counted_max) {
    next.counted = counted_up(progress.counted, items.counted_min, items.counted_max);
    open(item.counted, Frame{.expr = id, .progress = matcher_.intern(next), .parents = then});
  }
}

}  // namespace puna

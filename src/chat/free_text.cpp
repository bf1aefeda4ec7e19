// The automaton behind free text. A state is how much of the tag the last characters match, and how much of the
// forbidden start has been matched since the beginning (or that it can no longer match). States are found breadth
// first.
#include "chat/free_text.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>

namespace puna::gbnf {
namespace {

constexpr std::string_view kLeadingSpace = " \t\n\r";
constexpr int kPassed = -1;  // the forbidden start can no longer match

struct State {
  int start = kPassed;  // characters of not_at_start matched
  int tag = 0;          // characters of the tag matched

  auto operator<=>(const State&) const = default;
};

// The longest prefix of the tag that the matched part plus `c` ends with. '\0' stands for a character in no tag.
int next_progress(std::string_view tag, int matched, char c) {
  const std::string seen = std::string(tag.substr(0, static_cast<std::size_t>(matched))) + c;
  for (std::size_t length = std::min(seen.size(), tag.size()); length > 0; --length) {
    if (tag.starts_with(std::string_view(seen).substr(seen.size() - length))) {
      return static_cast<int>(length);
    }
  }
  return 0;
}

class Automaton {
 public:
  Automaton(Writer& writer, const FreeText& text) : writer_(writer), text_(text) {
    alphabet_.insert(text.tag.begin(), text.tag.end());
    if (!text.not_at_start.empty()) {
      alphabet_.insert(text.not_at_start.begin(), text.not_at_start.end());
      alphabet_.insert(kLeadingSpace.begin(), kLeadingSpace.end());
    }
  }

  std::string run() {
    const std::string name = name_of({.start = text_.not_at_start.empty() ? kPassed : 0});
    while (!open_.empty()) {
      const State state = open_.front();
      open_.pop_front();
      writer_.define(names_.at(state), body(state));
    }
    return name;
  }

 private:
  std::string name_of(State state) {
    const auto [known, added] = names_.try_emplace(state);
    if (added) {
      known->second = writer_.reserve();
      open_.push_back(state);
    }
    return known->second;
  }

  // What a rule says after reading `c` in `state`; empty = `c` is refused there.
  std::string target(State state, char c) {
    State next{.start = kPassed, .tag = next_progress(text_.tag, state.tag, c)};
    if (state.start != kPassed) {
      const auto matched = static_cast<std::size_t>(state.start);
      if (matched == 0 && c != '\0' && kLeadingSpace.contains(c)) {
        next.start = 0;
      } else if (text_.not_at_start[matched] == c) {
        next.start = state.start + 1;
        if (matched + 1 == text_.not_at_start.size()) {
          return {};
        }
      }
    }
    return next.tag == static_cast<int>(text_.tag.size()) ? std::string(text_.after_tag) : name_of(next);
  }

  std::string body(State state) {
    const std::string otherwise = target(state, '\0');
    std::map<std::string, std::string> classes;  // target to the characters that lead there
    std::string excluded;
    for (const char c : alphabet_) {
      const std::string to = target(state, c);
      if (to != otherwise) {
        excluded += class_member(c);
        if (!to.empty()) {
          classes[to] += class_member(c);
        }
      }
    }
    std::string out = text_.may_end ? "\"\" | " : "";
    out += format_text("[^{}] {}", excluded, otherwise);
    for (const auto& [to, members] : classes) {
      out += format_text(" | [{}] {}", members, to);
    }
    return out;
  }

  Writer& writer_;
  FreeText text_;
  std::set<char> alphabet_;
  std::map<State, std::string> names_;
  std::deque<State> open_;
};

}  // namespace

std::string free_text_rule(Writer& writer, const FreeText& text) { return Automaton(writer, text).run(); }

}  // namespace puna::gbnf

// Literals of a reply's markup as expressions, and text that must not hold some of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "puna/base/regex_pool.h"

namespace puna {

class Markup {
 public:
  // The vocabulary's control tokens, as far as the format contains them; unknown: each tag may be one.
  struct Controls {
    bool are_known = false;
    std::vector<std::string> texts;
  };
  // `space` is the white space that may stand where a literal has a line's end. The pool is borrowed.
  Markup(RegexPool& pool, Regex space, Controls controls);

  [[nodiscard]] RegexPool& pool() { return pool_; }
  [[nodiscard]] Regex space() const { return space_; }
  [[nodiscard]] Regex blanks() const { return blanks_; }      // any white space, without end
  [[nodiscard]] Regex anything() const { return anything_; }  // any text; control tokens are none

  // The text, in which a tag may be one control token.
  [[nodiscard]] Regex written(std::string_view text);
  // The text, with white space as models vary it: at its ends (unless they are exact), and inside at the ends of lines
  // and behind commas. Elsewhere white space is part of a tag.
  struct Exact {
    bool start = false;
    bool end = false;
  };
  [[nodiscard]] Regex loose(std::string_view text, Exact exact);
  [[nodiscard]] Regex loose(std::string_view text) { return loose(text, Exact{}); }
  // Pieces with any white space between them, as readers look for them.
  [[nodiscard]] Regex pieces(const std::vector<std::string>& pieces);

  // Texts with `what` in them somewhere; what follows it may be anything, control tokens too.
  [[nodiscard]] Regex holding(Regex what);
  // Texts that end with `what`, and have no `other` that ends before.
  [[nodiscard]] Regex up_to(Regex what, Regex other);
  [[nodiscard]] Regex up_to(Regex what) { return up_to(what, what); }
  // Texts that start with `what`.
  [[nodiscard]] Regex starting(Regex what);

 private:
  [[nodiscard]] Regex gap(std::string_view space);

  RegexPool& pool_;
  Regex space_;
  Regex blanks_;
  Regex anything_;
  Controls controls_;  // longest first
};

}  // namespace puna

// Patterns of commands, word by word.
#pragma once

#include <string_view>
#include <vector>

#include "tools/glob.h"
#include "tools/shell_words.h"

namespace puna::tools {

// "git status *": words between spaces, 'quoted' where a word has spaces. Each is a pattern of texts for one word; a
// last
// "*" is any number of further words that are no options, a last "**" any number of any words. A word that begins with
// a wildcard is for no option either: what begins with "-" must be written down, because an option can turn a harmless
// program into one that runs another.
class CommandPattern {
 public:
  // Errors  invalid_argument
  [[nodiscard]] static Result<CommandPattern> compile(std::string_view pattern);

  [[nodiscard]] bool matches(const Words& words) const;
  // Every word is written down.
  [[nodiscard]] bool is_literal() const;

 private:
  enum class Rest : std::uint8_t { none, plain, any };
  std::vector<Glob> words_;
  Rest rest_ = Rest::none;
};

// Whether the command starts another one that its words do not show in their places (env, xargs, sh -c, find -exec, git
// -c, awk, ...), or changes what later commands mean (export, alias, git config). Only a literal pattern may allow it.
// A list of what is known: what a program does with its words is the operator's to know who allows it.
[[nodiscard]] bool hides_another(const Words& words);

}  // namespace puna::tools

// Grammar rules for free text in which a tag may only start what must follow it.
#pragma once

#include <string>
#include <string_view>

#include "chat/grammar_writer.h"

namespace puna::gbnf {

struct FreeText {
  std::string_view tag;           // e.g. "<tool_call>"; not empty, ASCII
  std::string_view after_tag;     // the body of what follows the tag, once it is complete
  bool may_end = true;            // the text may end without the tag
  std::string_view not_at_start;  // a tag that the text, leading white space aside, must not start with; may be empty
};

// The rule that matches it: any characters, where the tag as a whole is followed by `after_tag`.
//
// The text is a deterministic automaton over characters, one rule per state, each ending in the next state's name, so
// that a reader's stack stays flat however long the text is. It has at most (|tag| + 1) x (|not_at_start| + 2) states.
[[nodiscard]] std::string free_text_rule(Writer& writer, const FreeText& text);

}  // namespace puna::gbnf

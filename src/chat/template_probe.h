// Finds out what a template can do by rendering small conversations with needles in them. Never looks at its name.
#pragma once

#include <string>

#include "chat/conversation.h"
#include "chat/jinja.h"
#include "puna/chat/reply_format.h"
#include "puna/chat/template.h"

namespace puna {

struct Probed {
  TemplateAbilities abilities;
  Shape shape;              // of what ChatTemplate::render() sends
  Shape own;                // of the template's own form of tools, calls and results
  ReplyFormat own_format;   // in which replies to that come
  std::string own_problem;  // why render() does not use it; empty = it does
};

// Errors  invalid_argument  the user's text does not come out, in any form that we know; with the template's own words
[[nodiscard]] Result<Probed> probe_template(const Jinja& jinja, const TemplateSource& source);

}  // namespace puna

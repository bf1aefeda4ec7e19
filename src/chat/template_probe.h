// Finds out what a template can do by rendering small conversations with needles in them. Never looks at its name.
#pragma once

#include <chrono>
#include <optional>

#include "chat/conversation.h"
#include "chat/jinja.h"
#include "puna/chat/template.h"

namespace puna {

struct Probed {
  TemplateAbilities abilities;
  Shape shape;
};

// The globals that every render has: messages, bos_token, eos_token, add_generation_prompt, and tools unless empty.
[[nodiscard]] Json template_variables(Json messages, Json tools, const TemplateSource& source, bool opens_reply);

// Errors  invalid_argument  the user's text does not come out, in any form that we know; with the template's own words
[[nodiscard]] Result<Probed> probe_template(const Jinja& jinja, const TemplateSource& source);

}  // namespace puna

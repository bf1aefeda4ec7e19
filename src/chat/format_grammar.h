// An output format as part of a larger grammar.
#pragma once

#include "chat/json_terminals.h"
#include "puna/chat/output_format.h"

namespace puna {

// Errors  as the functions of output_format.h, and grammar_from_schema()
[[nodiscard]] Result<ExprId> add_format(JsonTerminals& json, const OutputFormat& format);
[[nodiscard]] Result<ExprId> add_gbnf(Grammar& grammar, const format::Gbnf& gbnf);

}  // namespace puna

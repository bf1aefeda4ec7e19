// A schema as part of a larger grammar.
#pragma once

#include <vector>

#include "chat/json_terminals.h"
#include "chat/schema_compiler.h"

namespace puna {

// An object or array costs two levels of a grammar's depth; values then nest less deep than Json::parse() takes.
inline constexpr std::uint32_t kJsonGrammarDepthMax = 2 * (kJsonDepthMax - 2);

struct SchemaUse {
  bool only_objects = false;
  bool closed = false;  // an object whose members are listed takes no others, unless the schema speaks about others
};

// Errors  as grammar_from_schema()
[[nodiscard]] Result<ExprId> add_schema(JsonTerminals& json, const Json& schema, const SchemaUse& use,
                                        std::vector<UnenforcedKeyword>& unenforced);

}  // namespace puna

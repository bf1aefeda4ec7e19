// What a model that no grammar held wrote almost right. (Damaged JSON is repaired by ReplyParser: see
// ParsedReply::repairs.)
#pragma once

#include <optional>

#include "puna/base.h"

namespace puna {

// A value that does not fit the schema, in the types that the schema wants: "5" for an integer or a number, "true" for
// a boolean, one item where a list of such is wanted, the text of an object or a list. Looks into properties,
// additionalProperties and items; references and combined schemas are left alone.
//
// Returns  the changed value, which fits; nothing when the value fits already, or when there is no such change, or more
//          than one.
[[nodiscard]] std::optional<Json> coerced(const Json& schema, const Json& value);

}  // namespace puna

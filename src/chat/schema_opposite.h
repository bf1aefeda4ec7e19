// "Not this schema", as a schema.
#pragma once

#include <optional>
#include <string>

#include "chat/schema_facts.h"

namespace puna::schema {

// Values that fit what comes back are those that do not fit the fact. Empty where JSON Schema's keywords cannot say it;
// `why` names the keyword.
[[nodiscard]] std::optional<Json> opposite_schema(Facts& facts, FactId id, std::string& why);

}  // namespace puna::schema

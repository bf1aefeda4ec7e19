// JSON Schema: to a grammar before generation, and as a check after it. Both know the same keywords.
//
// Enforced: type (a name or a list of names), nullable, properties, required, additionalProperties (true or false),
// items, enum, const. Accepted without effect: title, description, default, examples, format and the other annotations
// of draft 2020-12, $defs, and names that start with "x-". Every other keyword is refused, never ignored.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "puna/base.h"

namespace puna {

inline constexpr int kSchemaDepthMax = 32;
inline constexpr std::size_t kSchemaNodesMax = 5000;  // schemas and enum values, in one schema
inline constexpr std::size_t kGrammarBytesMax = std::size_t{256} * 1024;

// A grammar for JSON values that fit the schema. It is narrower than the schema: members come in the schema's order,
// members that the schema does not list are not written (unless it lists none at all), numbers have at most 15 digits
// on each side of the point and two in the exponent, values without a schema nest at most 6 deep, and white space
// between tokens is one space, or a newline and at most 16 spaces or tabs.
//
// Errors  invalid_argument  any other keyword: the message names it, its path, and what is supported; a schema that no
//                           value fits
//         limit             deeper, larger or more text than the bounds above
[[nodiscard]] Result<Grammar> grammar_from_schema(const Json& schema);

// Every way in which the value does not fit the schema ("'path' is missing", "'n' must be a number, not \"x\""), at
// most 20; empty = fits. A schema that grammar_from_schema() would refuse to read is itself a violation.
[[nodiscard]] std::vector<std::string> schema_violations(const Json& schema, const Json& value);

}  // namespace puna

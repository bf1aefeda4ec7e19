// JSON Schema (draft 2020-12; the older spellings of drafts 4 to 7 where they differ): to a grammar before generation,
// and as a check after it. docs/schema-support.md says which keyword is enforced, checked or refused.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "puna/base.h"

namespace puna {

class Grammar;  // puna/base/grammar.h

inline constexpr int kSchemaDepthMax = kJsonDepthMax;
inline constexpr std::size_t kSchemaNodesMax = 50'000;  // objects in one schema

// A keyword that no grammar can enforce, and where it stands: values must be checked for it afterwards.
struct UnenforcedKeyword {
  std::string keyword;
  std::string path;  // JSON pointer
  std::string why;
  auto operator<=>(const UnenforcedKeyword&) const = default;
};

struct SchemaGrammar {
  std::shared_ptr<const Grammar> grammar;
  std::vector<UnenforcedKeyword> unenforced;  // empty: whatever matches the grammar fits the schema
};

// A grammar for JSON texts of the values that fit the schema. It is narrower than JSON in spelling only: white space
// between tokens is bounded, numbers have at most 25 digits on each side of the point, and no exponent where the schema
// bounds them; values nest at most as deep as Json::parse() reads.
//
// Errors  invalid_argument  a keyword that is refused or not well formed: the message names it and its path; a schema
//                           that no value fits
//         limit             deeper or larger than the bounds above, or a grammar over Grammar's
[[nodiscard]] Result<SchemaGrammar> grammar_from_schema(const Json& schema);

// Every way in which the value does not fit the schema, at most 20, each with the value's JSON pointer; empty = fits.
// A schema that cannot be read is itself a violation.
[[nodiscard]] std::vector<std::string> schema_violations(const Json& schema, const Json& value);

}  // namespace puna

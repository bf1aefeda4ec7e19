// A schema that was read, as grammar rules. The writer may be shared by many schemas; equal parts are written once.
#pragma once

#include <string>

#include "chat/grammar_writer.h"
#include "chat/schema_tree.h"

namespace puna::schema {

// The rule that matches JSON values that fit the tree's root.
// Errors  invalid_argument  no value fits; the message says where
[[nodiscard]] Result<std::string> write_rules(gbnf::Writer& writer, const Tree& tree);

}  // namespace puna::schema

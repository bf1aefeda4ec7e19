// From a schema to its grammar: facts, rules, a check of the whole.
#include "puna/chat/schema.h"

#include <utility>

#include "chat/schema_grammar.h"

namespace puna {

Result<ExprId> add_schema(JsonTerminals& json, const Json& schema, const SchemaUse& use,
                          std::vector<UnenforcedKeyword>& unenforced) {
  PUNA_TRY(schema::Facts facts, schema::Facts::read(schema));
  schema::Compiler compiler(json, facts, use.closed);
  PUNA_TRY(const ExprId value, compiler.run(use.only_objects));
  unenforced.insert(unenforced.end(), compiler.unenforced().begin(), compiler.unenforced().end());
  return value;
}

Result<SchemaGrammar> grammar_from_schema(const Json& schema) {
  auto grammar = std::make_shared<Grammar>();
  grammar->depth_max = kJsonGrammarDepthMax;
  JsonTerminals json(*grammar);
  SchemaGrammar made;
  PUNA_TRY(const ExprId value, add_schema(json, schema, {}, made.unenforced));
  PUNA_TRY_VOID(grammar->finish(value).transform_error([](Error error) {
    if (error.code == ErrorCode::invalid_argument) {
      error.message = "no value fits the schema";
      error.hint = "look for bounds, types or required members that exclude each other";
    }
    return error;
  }));
  made.grammar = std::move(grammar);
  return made;
}

}  // namespace puna

// The calls of one syntax as parts of a reply's grammar. What it lets through, BlockReader (call_reader.h) reads as the
// same calls.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "chat/call_form.h"
#include "chat/markup.h"
#include "chat/schema_grammar.h"
#include "puna/chat/message.h"

namespace puna {

// What readers take for the beginning of a block of calls: no text may have it in it.
[[nodiscard]] Regex call_beginning(Markup& markup, const CallForm& form);
// The same of a bare form, where only the start of a text counts.
[[nodiscard]] Regex bare_beginning(Markup& markup, const CallForm& form, std::span<const ToolSpec> tools);

struct CallTools {
  std::span<const ToolSpec> tools;  // those that may be called
  std::uint32_t calls_max = 1;
};

// The arguments of each tool as JSON text that fits its schema.
class ArgumentsGrammar {
 public:
  explicit ArgumentsGrammar(Grammar& grammar) : grammar_(grammar) {}

  // Errors  invalid_argument, limit  as add_schema(); the message names the tool
  [[nodiscard]] Result<ExprId> add(JsonTerminals& json, const ToolSpec& tool);
  // The same, written as parameters.
  [[nodiscard]] Result<ExprId> add(Markup& markup, const CallSyntax& syntax, const ToolSpec& tool);
  // To be asked when the grammar is finished.
  // Errors  invalid_argument  a tool that no arguments fit
  [[nodiscard]] Result<void> check() const;

 private:
  struct Added {
    ExprId arguments;
    std::string tool;
  };
  Grammar& grammar_;
  std::vector<Added> added_;
};

struct CallGrammar {
  std::string space;             // that the form has before its opening
  Regex opening = Regex::empty;  // of a block
  ExprId calls{};                // all that follows it
};
// Errors  as ArgumentsGrammar::add(), and  invalid_argument  a tool's name that the form cannot hold
[[nodiscard]] Result<CallGrammar> call_grammar(JsonTerminals& json, Markup& markup, const CallForm& form,
                                               const CallTools& tools, ArgumentsGrammar& arguments);

}  // namespace puna

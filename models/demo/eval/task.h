// One evaluation task: a conversation up to the point where the model acts, and what it should do from there.
// Written by models/demo/train/tasks.py, one JSON object a line.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "puna/chat.h"

namespace puna::demo {

struct ExpectedFinal {
  std::vector<std::string> all;       // each must occur in the answer (case and runs of white space do not count)
  std::vector<std::string> none;      // none may occur
  std::optional<std::string> equals;  // the whole answer
  std::optional<Json> json;           // the answer, read as JSON
};

struct ExpectedTurn {
  std::vector<ToolCall> calls;       // in any order; empty for the last turn
  std::vector<std::string> results;  // one for each call
  ExpectedFinal final;
};

struct Task {
  std::string id;
  std::string family;
  bool heldout_wording = false;
  std::vector<ToolSpec> tools;
  std::vector<Message> messages;
  std::vector<ExpectedTurn> turns;  // call turns, then one with the final answer (absent in call-only tasks)
  std::optional<Json> schema;
};

// Errors  corrupt  the message says what is wrong
[[nodiscard]] Result<Task> task_from_json(const Json& json);

// Whether a call does what was expected: same tool, same arguments (numbers by value, expressions without spaces).
[[nodiscard]] bool is_right(const ToolCall& expected, const ToolCall& made);
[[nodiscard]] bool is_right(const ExpectedFinal& expected, const std::string& answer);

}  // namespace puna::demo

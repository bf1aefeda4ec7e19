// Roles: system prompts with a name. Those that come with Puna are data/roles/*.md; anybody's own are files like them:
//
//   ---
//   name: poet
//   description: Answers in verse.
//   ---
//   You answer every question in four lines that rhyme.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "puna/base.h"

namespace puna {

struct RolePrompt {
  std::string name;
  std::string description;
  std::string system_prompt;
};

// Those that come with Puna, sorted by name.  Cost  reads them anew.
[[nodiscard]] std::vector<RolePrompt> built_in_roles();
// One of them; big_bear is big-bear.
// Errors  invalid_argument  there is none; the hint lists them
[[nodiscard]] Result<RolePrompt> built_in_role(std::string_view name);

// Errors  corrupt  no such beginning, no name, description or text, or a key that roles do not have: what limits an
//                  agent or gives it tools belongs in its own file (agent_files.h). The message names file_name
[[nodiscard]] Result<RolePrompt> parse_role(std::string_view text, std::string_view file_name);

}  // namespace puna

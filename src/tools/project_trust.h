// Whether somebody trusts a text that a project brings for agents. Trust is bound to the text itself.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>

#include "puna/tools/permission.h"

namespace puna::tools {

struct ProjectText {
  std::string_view kind;  // "skill", "agent"
  std::string_view name;
  std::string_view description;
  std::filesystem::path place;
  std::string_view text;
  std::string_view hash;
};
// By an earlier answer for exactly this text, or by one now; approver may be nullptr: nobody is there.
[[nodiscard]] bool is_trusted(const ProjectText& text, Approvals& approvals, Approver* approver,
                              const std::stop_token& stop);

}  // namespace puna::tools

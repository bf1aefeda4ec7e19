// Roles: those in the library, and the reader of anybody's own.
#include "puna/tools/roles.h"

#include <algorithm>
#include <utility>

#include "puna/tools/agent_files.h"
#include "role_texts.h"
#include "tools/front_matter.h"

namespace puna {

std::vector<RolePrompt> built_in_roles() {
  std::vector<RolePrompt> roles;
  for (const auto& [file_name, text] : tools::kRoleTexts) {
    auto role = parse_role(text, file_name);
    PUNA_CHECK(role, "a role of the library cannot be read");
    roles.push_back(*std::move(role));
  }
  std::ranges::sort(roles, {}, &RolePrompt::name);
  return roles;
}

Result<RolePrompt> built_in_role(std::string_view name) {
  std::string wanted(name);
  std::ranges::replace(wanted, '_', '-');
  std::string known;
  for (RolePrompt& role : built_in_roles()) {
    if (role.name == wanted) {
      return std::move(role);
    }
    known += (known.empty() ? "" : ", ") + role.name;
  }
  return fail(ErrorCode::invalid_argument, format_text("no role is called '{}'", printable(name)),
              "there are " + known + ", and files of one's own");
}

Result<RolePrompt> parse_role(std::string_view text, std::string_view file_name) {
  PUNA_TRY(const tools::FrontMatter read, tools::front_matter(text, file_name));
  for (const Json::Member& member : read.head.as_object()) {
    if (member.key != "name" && member.key != "description") {
      return tools::bad_file(
          file_name, format_text("a role has a name, a description and a text, and no '{}'", printable(member.key)));
    }
  }
  PUNA_TRY(AgentFile file, parse_agent_file(text, file_name));
  if (file.system_prompt.empty()) {
    return tools::bad_file(file_name, "there is no text behind the second ---");
  }
  return RolePrompt{.name = std::move(file.name),
                    .description = std::move(file.description),
                    .system_prompt = std::move(file.system_prompt)};
}

}  // namespace puna

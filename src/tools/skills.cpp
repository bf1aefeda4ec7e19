// Skills: reading SKILL.md files, trust, and the tool that shows one.
#include "puna/tools/skills.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "puna/base/sha256.h"
#include "tools/front_matter.h"
#include "tools/observation.h"
#include "tools/project_trust.h"
#include "tools/text_argument.h"

namespace puna {
namespace {

constexpr std::size_t kSkillNameBytesMax = 64;

bool is_skill_name(std::string_view name) {
  return !name.empty() && name.size() <= kSkillNameBytesMax &&
         std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

void add_skills(const std::filesystem::path& folder, Skill::Origin origin, FoundSkills& found) {
  std::error_code ignored;
  if (folder.empty() || !std::filesystem::is_directory(folder, ignored)) {
    return;
  }
  const auto problem = [&](const Error& error) { found.problems.push_back(error.message); };
  const auto root = FileRoot::open(folder);
  const auto entries = root ? (*root)->list("") : std::unexpected(root.error());
  if (!entries) {
    return problem(entries.error());
  }
  for (const FileRoot::Entry& entry : *entries) {
    const std::string name = entry.name + "/SKILL.md";
    const auto text = (*root)->read(name, kSkillBytesMax);
    if (!text && text.error().code == ErrorCode::not_found) {
      continue;
    }
    auto skill = text ? parse_skill(*text, (folder / name).string()) : std::unexpected(text.error());
    if (skill && skill->name != entry.name) {
      skill = tools::bad_file((folder / name).string(),
                              format_text("its name is '{}', not that of its folder", skill->name));
    }
    if (!skill) {
      problem(skill.error());
      continue;
    }
    if (found.skills.size() == kSkillsMax) {
      return found.problems.push_back(format_text("more than {} skills", kSkillsMax));
    }
    skill->folder = folder / entry.name;
    skill->origin = origin;
    found.skills.push_back(*std::move(skill));
  }
}

class SkillTool final : public Tool {
 public:
  explicit SkillTool(std::vector<Skill> skills) : skills_(std::move(skills)) {
    std::string text = "Show the instructions of a skill. Use it before doing what a skill is for. Skills:";
    Json names = Json::array();
    for (const Skill& skill : skills_) {
      text += format_text("\n- {}: {}", skill.name, skill.description);
      names.push(skill.name);
    }
    spec_ = {.name = "skill",
             .description = std::move(text),
             .parameters = Json::object(
                 {{"type", "object"},
                  {"properties", Json::object({{"name", Json::object({{"type", "string"}, {"enum", names}})}})},
                  {"required", Json::array({"name"})},
                  {"additionalProperties", false}})};
  }

  [[nodiscard]] const ToolSpec& spec() const override { return spec_; }
  [[nodiscard]] std::optional<ToolTraits> traits() const override { return ToolTraits(); }

  [[nodiscard]] ToolResult run(const Json& arguments, std::stop_token /*stop*/) override {
    const auto skill = std::ranges::find(skills_, arguments.text_or("name"), &Skill::name);
    if (skill == skills_.end()) {
      return tool_error("there is no such skill");
    }
    return {.content =
                format_text("The skill's folder is {}.\n\n{}", tools::shown(skill->folder.string()), skill->body)};
  }

 private:
  const std::vector<Skill> skills_;
  ToolSpec spec_;
};

}  // namespace

Result<Skill> parse_skill(std::string_view text, std::string_view file_name) {
  PUNA_TRY(tools::FrontMatter read, tools::front_matter(text, file_name));
  Skill skill{.name = std::string(read.head.text_or("name")),
              .description = tools::description_of(read.head),
              .body = std::move(read.body),
              .hash = sha256_hex(text)};
  if (!is_skill_name(skill.name)) {
    return tools::bad_file(file_name, "'name' must be 1 to 64 of a-z, 0-9 and -");
  }
  if (skill.description.empty()) {
    return tools::bad_file(file_name,
                           format_text("'description' must be a text of 1 to {} bytes", tools::kDescriptionBytesMax));
  }
  return skill;
}

FoundSkills find_skills(const std::filesystem::path& project_skills, const std::filesystem::path& user_skills) {
  FoundSkills found;
  add_skills(project_skills, Skill::Origin::project, found);
  add_skills(user_skills, Skill::Origin::user, found);
  std::ranges::stable_sort(found.skills, {}, &Skill::name);
  return found;
}

std::vector<Skill> trusted_skills(std::vector<Skill> skills, Approvals& approvals, Approver* approver,
                                  const std::stop_token& stop) {
  std::erase_if(skills, [&](const Skill& skill) {
    if (skill.origin == Skill::Origin::user) {
      return false;
    }
    return !tools::is_trusted({.kind = "skill",
                               .name = skill.name,
                               .description = skill.description,
                               .place = skill.folder,
                               .text = skill.body,
                               .hash = skill.hash},
                              approvals, approver, stop);
  });
  const auto same = std::ranges::unique(skills, {}, &Skill::name);  // one that nobody trusted hides no other
  skills.erase(same.begin(), same.end());
  return skills;
}

std::unique_ptr<Tool> make_skill_tool(std::vector<Skill> skills) {
  return std::make_unique<SkillTool>(std::move(skills));
}

}  // namespace puna

// Skills: reading SKILL.md files, trust, and the tool that shows one.
#include "puna/tools/skills.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <system_error>

#include "tools/observation.h"
#include "tools/sha256.h"
#include "tools/text_argument.h"

namespace puna {
namespace {

constexpr std::size_t kHeadBytesMax = 8'192;
constexpr std::size_t kNameBytesMax = 64;
constexpr std::size_t kDescriptionBytesMax = 1'024;
constexpr std::string_view kFence = "---\n";

bool is_skill_name(std::string_view name) {
  return !name.empty() && name.size() <= kNameBytesMax &&
         std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

std::unexpected<Error> bad(std::string_view file, std::string_view what) {
  return fail(ErrorCode::corrupt, format_text("{}: {}", tools::shown(file), what));
}

// One member of the YAML as text; empty: none, or not a text.
std::string text_of(const YAML::Node& head, const char* key) {
  const YAML::Node node = head[key];
  return node.IsDefined() && node.IsScalar() ? node.Scalar() : std::string();
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
      skill = bad((folder / name).string(), format_text("its name is '{}', not that of its folder", skill->name));
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

Result<Approval> asked(const Skill& skill, Approver* approver, const std::stop_token& stop) {
  if (approver == nullptr) {
    return fail(ErrorCode::unavailable, "nobody is here");
  }
  PermissionQuestion question;
  question.call.name = "skill " + skill.name;
  question.call.arguments.set("description", skill.description);
  question.call.arguments.set("folder", skill.folder.string());
  question.call.arguments.set("text", skill.body);
  question.call_hash = skill.hash;
  question.rule = "the project brings this skill";
  question.argument = "skill " + skill.name + " with this text";
  return approver->decide(question, stop);
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
  std::string whole(text);
  for (std::size_t at = 0; (at = whole.find("\r\n", at)) != std::string::npos;) {
    whole.erase(at, 1);
  }
  const std::size_t end = whole.find("\n---", kFence.size() - 1);
  if (!whole.starts_with(kFence) || end == std::string::npos || end > kHeadBytesMax) {
    return bad(file_name, "it does not begin with a head between two lines of ---");
  }
  const std::size_t body = std::min(whole.find('\n', end + 1), whole.size() - 1) + 1;
  Skill skill{.body = whole.substr(body), .hash = tools::sha256_hex(text)};
  try {
    const YAML::Node head = YAML::Load(whole.substr(kFence.size(), end + 1 - kFence.size()));
    if (!head.IsMap()) {
      return bad(file_name, "its head is not a list of names and values");
    }
    skill.name = text_of(head, "name");
    skill.description = text_of(head, "description");
  } catch (const std::exception& error) {  // yaml-cpp's own
    return bad(file_name, "not YAML: " + printable(utf8::sanitize(error.what())));
  }
  if (!is_skill_name(skill.name)) {
    return bad(file_name, "'name' must be 1 to 64 of a-z, 0-9 and -");
  }
  if (skill.description.empty() || skill.description.size() > kDescriptionBytesMax) {
    return bad(file_name, format_text("'description' must be a text of 1 to {} bytes", kDescriptionBytesMax));
  }
  std::ranges::replace_if(skill.description, [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  skill.description.erase(skill.description.find_last_not_of(' ') + 1);
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
    const Json key = Json::object({{"skill", skill.name}, {"hash", skill.hash}});
    if (approvals.holds(key)) {
      return false;
    }
    const Result<Approval> approval = asked(skill, approver, stop);
    if (!approval || approval->answer == Approval::Answer::no || approval->call_hash != skill.hash) {
      return true;
    }
    if (approval->answer == Approval::Answer::always_this) {
      (void)approvals.add(key);  // what cannot be kept is asked again
    }
    return false;
  });
  const auto same = std::ranges::unique(skills, {}, &Skill::name);  // one that nobody trusted hides no other
  skills.erase(same.begin(), same.end());
  return skills;
}

std::unique_ptr<Tool> make_skill_tool(std::vector<Skill> skills) {
  return std::make_unique<SkillTool>(std::move(skills));
}

}  // namespace puna

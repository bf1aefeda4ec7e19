// glob: paths that a pattern matches.
#include "puna/tools/files.h"
#include "tools/arguments.h"
#include "tools/folder_access.h"
#include "tools/glob.h"
#include "tools/observation.h"
#include "tools/walked.h"

namespace puna {
namespace tools {

std::string left_out(const Workspace::Walked& walked) {
  std::string parts;
  const auto add = [&parts](std::size_t count, std::string_view what) {
    if (count > 0) {
      parts += (parts.empty() ? "" : ", ") + format_text("{} {}{}", count, what, count == 1 ? "" : "s");
    }
  };
  add(walked.git_folders, ".git folder");
  add(walked.links, "link");
  add(walked.unreadable, "unreadable folder");
  std::string text = parts.empty() ? "" : "[not entered: " + parts + "]\n";
  if (!walked.is_whole) {
    text += format_text("[stopped after {} files and folders; choose a smaller folder]\n", walked.entries);
  }
  return text;
}

}  // namespace tools

namespace {

class GlobTool final : public Tool {
 public:
  explicit GlobTool(std::shared_ptr<const Workspace> workspace) : workspace_(std::move(workspace)) {}

  [[nodiscard]] const ToolSpec& spec() const override { return spec_; }
  [[nodiscard]] std::optional<ToolTraits> traits() const override {
    return ToolTraits{.reads_private = true, .path_arguments = {"path"}, .paths_are_trees = true};
  }

  [[nodiscard]] ToolResult run(const Json& arguments, std::stop_token stop) override {
    const auto pattern = tools::Glob::compile(arguments.text_or("pattern"), tools::Glob::Kind::path);
    if (!pattern) {
      return tool_error(pattern.error().message);
    }
    const std::string folder(arguments.text_or("path", "."));
    std::string lines;
    std::size_t matches = 0;
    const auto visit = [&](const Workspace::Found& found) {
      const std::string_view inner =
          folder.empty() || folder == "." ? found.path : std::string_view(found.path).substr(folder.size() + 1);
      if (pattern->matches(inner) && ++matches <= kGlobShownMax) {
        lines += tools::shown_name(found.path) + (found.is_folder ? "/\n" : "\n");
      }
      return true;
    };
    const auto walked = workspace_->walk(folder, visit, stop);
    if (!walked) {
      return tool_error(walked.error().message);
    }
    if (matches > kGlobShownMax) {
      lines += format_text("[{} more]\n", matches - kGlobShownMax);
    }
    return {.content = (lines.empty() ? "(no match)\n" : lines) + tools::left_out(*walked)};
  }

 private:
  const std::shared_ptr<const Workspace> workspace_;
  const ToolSpec spec_ = tools::arguments_spec(
      "glob",
      format_text("Find files by name: * and ? within a name, ** for any folders, [a-z], {{a,b}}. Shows at most {} of "
                  "at most {} that it looks at; does not enter .git and links.",
                  kGlobShownMax, kWalkEntriesMax),
      {{.name = "pattern", .type = "string", .description = "Such as src/**/*.h.", .need = tools::Need::required},
       {.name = "path", .type = "string", .description = "The folder to look in; the top one unless given."}});
};

}  // namespace

std::unique_ptr<Tool> make_glob(std::shared_ptr<const Workspace> workspace) {
  return std::make_unique<GlobTool>(std::move(workspace));
}

}  // namespace puna

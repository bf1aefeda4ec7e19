// write: a whole file at once.
#include "puna/tools/files.h"
#include "tools/arguments.h"
#include "tools/observation.h"

namespace puna {
namespace {

class WriteTool final : public Tool {
 public:
  explicit WriteTool(std::shared_ptr<const Workspace> workspace) : workspace_(std::move(workspace)) {}

  [[nodiscard]] const ToolSpec& spec() const override { return spec_; }
  [[nodiscard]] std::optional<ToolTraits> traits() const override {
    return ToolTraits{.writes = true, .path_arguments = {"path"}};
  }

  [[nodiscard]] ToolResult run(const Json& arguments, std::stop_token /*stop*/) override {
    const std::string_view path = arguments.text_or("path");
    const std::string_view content = arguments.text_or("content");
    if (content.size() > kWriteBytesMax) {
      return tool_error(format_text("the content is too large ({} bytes; at most {})", content.size(), kWriteBytesMax));
    }
    const bool make_folders = tools::flag_of(arguments, "make_folders");
    const auto written = workspace_->write(path, {.content = content, .make_folders = make_folders, .expected = {}});
    if (!written) {
      const bool helps = written.error().code == ErrorCode::not_found && !make_folders;
      return tool_error(written.error().message + (helps ? " (make_folders: true makes it)" : ""));
    }
    return {.content = format_text("{} {} ({} bytes)", *written == Workspace::Written::created ? "created" : "replaced",
                                   tools::shown(path), content.size())};
  }

 private:
  const std::shared_ptr<const Workspace> workspace_;
  const ToolSpec spec_ = tools::arguments_spec(
      "write", format_text("Create a file, or replace what is in it. At most {} MiB.", kWriteBytesMax / 1'048'576),
      {{.name = "path", .type = "string", .description = "The file.", .need = tools::Need::required},
       {.name = "content", .type = "string", .description = "All of its text.", .need = tools::Need::required},
       {.name = "make_folders", .type = "boolean", .description = "Make missing folders, too."}});
};

}  // namespace

std::unique_ptr<Tool> make_write(std::shared_ptr<const Workspace> workspace) {
  return std::make_unique<WriteTool>(std::move(workspace));
}

}  // namespace puna

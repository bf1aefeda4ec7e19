// list_files, list and read_file over a FileRoot. What the root refuses becomes the observation.
#include "puna/tools/files.h"
#include "tools/arguments.h"
#include "tools/observation.h"
#include "tools/text_argument.h"

namespace puna {
namespace {

constexpr std::size_t kReadBytesMax = 1'048'576;    // larger files are refused
constexpr std::size_t kFileShownBytesMax = 32'768;  // larger ones lose their middle

class ListFiles final : public Tool {
 public:
  ListFiles(std::shared_ptr<const FileRoot> root, ToolSpec spec) : root_(std::move(root)), spec_(std::move(spec)) {}

  [[nodiscard]] const ToolSpec& spec() const override { return spec_; }
  [[nodiscard]] std::optional<ToolTraits> traits() const override {
    return ToolTraits{.reads_private = true, .path_arguments = {"path"}};
  }

  [[nodiscard]] ToolResult run(const Json& arguments, std::stop_token /*stop*/) override {
    const auto entries = root_->list(arguments.text_or("path"));
    if (!entries) {
      return tool_error(entries.error().message);
    }
    std::string lines;
    for (const FileRoot::Entry& entry : *entries) {
      lines += (lines.empty() ? "" : "\n") + entry.name + (entry.is_folder ? "/" : "");
    }
    return {.content = lines.empty() ? "(empty)" : lines};
  }

 private:
  const std::shared_ptr<const FileRoot> root_;
  const ToolSpec spec_;
};

class ReadFile final : public Tool {
 public:
  explicit ReadFile(std::shared_ptr<const FileRoot> root) : root_(std::move(root)) {}

  [[nodiscard]] const ToolSpec& spec() const override { return spec_; }
  [[nodiscard]] std::optional<ToolTraits> traits() const override {
    return ToolTraits{.reads_private = true, .path_arguments = {"path"}};
  }

  [[nodiscard]] ToolResult run(const Json& arguments, std::stop_token /*stop*/) override {
    const auto content = root_->read(arguments.text_or("path"), kReadBytesMax);
    if (!content) {
      return tool_error(content.error().message);
    }
    return {.content = tools::fit_observation(*content, kFileShownBytesMax)};
  }

 private:
  const std::shared_ptr<const FileRoot> root_;
  const ToolSpec spec_ = tools::text_argument_spec("read_file", "Read a text file.",
                                                   {.name = "path", .description = "The file, such as notes.txt."});
};

}  // namespace

std::unique_ptr<Tool> make_list_files(std::shared_ptr<const FileRoot> root) {
  return std::make_unique<ListFiles>(
      std::move(root), tools::text_argument_spec("list_files", "List the files in a folder.",
                                                 {.name = "path", .description = "The folder; . is the top one."}));
}

std::unique_ptr<Tool> make_list(std::shared_ptr<const Workspace> workspace) {
  return std::make_unique<ListFiles>(
      std::move(workspace),
      tools::arguments_spec(
          "list", "List the files in a folder, folders with a / behind them. At most 2000.",
          {{.name = "path", .type = "string", .description = "The folder; the top one unless given."}}));
}

std::unique_ptr<Tool> make_read_file(std::shared_ptr<const FileRoot> root) {
  return std::make_unique<ReadFile>(std::move(root));
}

}  // namespace puna

// read: lines with their numbers, as many as fit; what does not fit is named by its line.
#include <algorithm>

#include "puna/tools/files.h"
#include "tools/arguments.h"
#include "tools/observation.h"

namespace puna {
namespace {

class Read final : public Tool {
 public:
  explicit Read(std::shared_ptr<const Workspace> workspace) : workspace_(std::move(workspace)) {}

  [[nodiscard]] const ToolSpec& spec() const override { return spec_; }
  [[nodiscard]] std::optional<ToolTraits> traits() const override {
    return ToolTraits{.reads_private = true, .path_arguments = {"path"}};
  }

  void limit_result(std::size_t bytes_max) override {
    shown_bytes_max_ = std::min(kReadShownBytesMax, bytes_max / 2);  // and a line, and the line that says what is left
  }

  [[nodiscard]] ToolResult run(const Json& arguments, std::stop_token /*stop*/) override {
    const std::string_view path = arguments.text_or("path");
    const auto content = workspace_->read(path, kReadFileBytesMax);
    if (!content) {
      return tool_error(content.error().message);
    }
    const auto lines_total = static_cast<std::int64_t>(std::ranges::count(*content, '\n')) +
                             (content->empty() || content->ends_with('\n') ? 0 : 1);
    const std::int64_t start = tools::integer_of(arguments, "start_line").value_or(1);
    const std::int64_t end = tools::integer_of(arguments, "end_line").value_or(lines_total);
    if (start > std::max<std::int64_t>(lines_total, 1)) {
      return tool_error(format_text("{} has {} lines; there is no line {}", tools::shown(path), lines_total, start));
    }
    if (tools::integer_of(arguments, "end_line") && end < start) {
      return tool_error(format_text("end_line {} is before start_line {}", end, start));
    }
    if (content->empty()) {
      return {.content = "(empty)"};
    }
    return {.content = numbered(*content, start, std::min(end, lines_total), lines_total)};
  }

 private:
  [[nodiscard]] std::string numbered(std::string_view rest, std::int64_t start, std::int64_t end,
                                     std::int64_t lines_total) const {
    std::string shown;
    std::int64_t number = 1;
    bool has_crlf = false;
    for (; number <= end; ++number) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
      if (number < start) {
        continue;
      }
      if (number - start >= static_cast<std::int64_t>(kReadLinesMax) || shown.size() > shown_bytes_max_) {
        break;
      }
      has_crlf = has_crlf || line.ends_with('\r');
      add_line(shown, number, line.ends_with('\r') ? line.substr(0, line.size() - 1) : line);
    }
    if (has_crlf) {
      shown += "[the line ends are CRLF]\n";
    }
    if (number <= lines_total) {
      shown +=
          format_text("[lines {} to {} of {}; go on with start_line {}]\n", start, number - 1, lines_total, number);
    }
    return shown;
  }

  static void add_line(std::string& shown, std::int64_t number, std::string_view line) {
    const std::string_view kept = utf8::truncate(line, kReadLineBytesMax);
    shown += format_text("{:>5}\t{}", number, kept);
    shown +=
        kept.size() < line.size() ? format_text(" [... {} bytes left out ...]\n", line.size() - kept.size()) : "\n";
  }

  const std::shared_ptr<const Workspace> workspace_;
  std::size_t shown_bytes_max_ = kReadShownBytesMax;
  const ToolSpec spec_ = tools::arguments_spec(
      "read",
      format_text(
          "Read a text file, with line numbers. At most {} lines or {} KiB at once, of a file of at most {} MiB.",
          kReadLinesMax, kReadShownBytesMax / 1024, kReadFileBytesMax / 1'048'576),
      {{.name = "path",
        .type = "string",
        .description = "The file, such as src/main.c.",
        .need = tools::Need::required},
       {.name = "start_line",
        .type = "integer",
        .description = "The first line to show; 1 unless given.",
        .minimum = 1},
       {.name = "end_line", .type = "integer", .description = "The last line to show.", .minimum = 1}});
};

}  // namespace

std::unique_ptr<Tool> make_read(std::shared_ptr<const Workspace> workspace) {
  return std::make_unique<Read>(std::move(workspace));
}

}  // namespace puna

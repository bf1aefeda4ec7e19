// grep: lines that a regular expression matches. RE2, so no pattern takes more than linear time.
#include <re2/re2.h>

#include <algorithm>
#include <vector>

#include "puna/tools/files.h"
#include "tools/arguments.h"
#include "tools/folder_access.h"
#include "tools/glob.h"
#include "tools/observation.h"
#include "tools/walked.h"

namespace puna {
namespace {

constexpr std::int64_t kMemoryBytesMax = 8'388'608;  // RE2 refuses patterns that need more

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    lines.push_back(line.ends_with('\r') ? line.substr(0, line.size() - 1) : line);
  }
  return lines;
}

// What one call finds, in one text.
class Search {
 public:
  Search(const re2::RE2& expression, std::size_t context) : expression_(expression), context_(context) {}

  void look_into(const std::string& path, std::string_view content) {
    ++files_;
    bytes_ += content.size();
    const std::string clean = utf8::is_valid(content) ? std::string() : utf8::sanitize(content);
    const std::vector<std::string_view> lines = lines_of(clean.empty() ? content : clean);
    const std::string name = tools::shown_name(path);
    std::size_t shown_to = 0;  // lines before are in the text
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (!re2::RE2::PartialMatch(lines[i], expression_)) {
        continue;
      }
      if (++matches_ > kGrepLinesMax || text_.size() > kObservationBytesMax / 2) {
        ++hidden_;
        continue;
      }
      const std::size_t first = std::max(shown_to, i - std::min(i, context_));
      if (context_ > 0 && !text_.empty() && (first > shown_to || shown_to == 0)) {
        text_ += "--\n";
      }
      const std::size_t end = std::min(lines.size(), i + context_ + 1);
      for (std::size_t at = first; at < end; ++at) {
        add(name, at + 1, lines[at], at == i || re2::RE2::PartialMatch(lines[at], expression_));
      }
      shown_to = end;
      while (i + 1 < end && !re2::RE2::PartialMatch(lines[i + 1], expression_)) {
        ++i;
      }
    }
  }

  void skip_binary() { ++binary_; }
  void skip_large() { ++large_; }
  void skip_unreadable() { ++unreadable_; }
  [[nodiscard]] bool has_room() const { return bytes_ < kGrepBytesMax; }

  [[nodiscard]] std::string result(const Workspace::Walked& walked) const {
    std::string text = matches_ == 0 ? format_text("(no match in {} files)\n", files_) : text_;
    if (hidden_ > 0) {
      text += format_text("[{} more matching lines]\n", hidden_);
    }
    std::string skipped;
    const auto add = [&skipped](std::size_t count, std::string_view what) {
      if (count > 0) {
        skipped += (skipped.empty() ? "" : ", ") + format_text("{} {}", count, what);
      }
    };
    add(binary_, "binary");
    add(large_, format_text("over {} MiB", kGrepFileBytesMax / 1'048'576));
    add(unreadable_, "unreadable or not regular");
    text += skipped.empty() ? "" : "[files skipped: " + skipped + "]\n";
    text += has_room() ? "" : format_text("[stopped after {} MiB]\n", kGrepBytesMax / 1'048'576);
    return text + tools::left_out(walked);
  }

 private:
  void add(std::string_view name, std::size_t number, std::string_view line, bool matched) {
    const char mark = matched ? ':' : '-';
    const std::string_view kept = utf8::truncate(line, kGrepLineBytesMax);
    text_ += format_text("{}{}{}{}{}{}\n", name, mark, number, mark, kept, kept.size() < line.size() ? " [...]" : "");
  }

  const re2::RE2& expression_;
  const std::size_t context_;
  std::string text_;
  std::size_t files_ = 0;
  std::size_t bytes_ = 0;
  std::size_t matches_ = 0;
  std::size_t hidden_ = 0;
  std::size_t binary_ = 0;
  std::size_t large_ = 0;
  std::size_t unreadable_ = 0;
};

class Grep final : public Tool {
 public:
  explicit Grep(std::shared_ptr<const Workspace> workspace) : workspace_(std::move(workspace)) {}

  [[nodiscard]] const ToolSpec& spec() const override { return spec_; }
  [[nodiscard]] std::optional<ToolTraits> traits() const override {
    return ToolTraits{.reads_private = true, .path_arguments = {"path"}, .paths_are_trees = true};
  }

  [[nodiscard]] ToolResult run(const Json& arguments, std::stop_token stop) override {
    auto found = search(arguments, stop);
    return found ? ToolResult{.content = *std::move(found)} : tool_error(found.error().message);
  }

 private:
  [[nodiscard]] Result<std::string> search(const Json& arguments, const std::stop_token& stop) const {
    const std::string_view pattern = arguments.text_or("pattern");
    if (pattern.empty() || pattern.size() > kGrepPatternBytesMax) {
      return fail(ErrorCode::invalid_argument,
                  format_text("the pattern has {} bytes; 1 to {} are allowed", pattern.size(), kGrepPatternBytesMax));
    }
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(kMemoryBytesMax);
    options.set_case_sensitive(!tools::flag_of(arguments, "ignore_case"));
    const re2::RE2 expression(pattern, options);
    if (!expression.ok()) {
      return fail(ErrorCode::invalid_argument, "not a regular expression: " + tools::shown(expression.error()));
    }
    PUNA_TRY(const tools::Glob names, tools::Glob::compile(arguments.text_or("glob", "**"), tools::Glob::Kind::path));
    Search search(expression, static_cast<std::size_t>(tools::integer_of(arguments, "context").value_or(0)));
    const std::string path(arguments.text_or("path", "."));
    const auto visit = [&](const Workspace::Found& found) {
      const std::string_view inner =
          path.empty() || path == "." ? found.path : std::string_view(found.path).substr(path.size() + 1);
      if (!found.is_folder && !found.is_link && matches(names, inner)) {
        look_into(search, found.path);
      }
      return search.has_room();
    };
    auto walked = workspace_->walk(path, visit, stop);
    if (!walked && walked.error().message.starts_with("not a folder")) {
      PUNA_TRY_VOID(workspace_->read_bytes(path, kGrepFileBytesMax));
      look_into(search, path);
      walked = Workspace::Walked();
    }
    if (!walked) {
      return std::unexpected(std::move(walked).error());
    }
    return search.result(*walked);
  }

  // A pattern without a folder is for names, wherever they are.
  static bool matches(const tools::Glob& names, std::string_view path) {
    return names.matches(path) || names.matches(path.substr(path.rfind('/') + 1));
  }

  void look_into(Search& search, const std::string& path) const {
    const auto content = workspace_->read_bytes(path, kGrepFileBytesMax);
    if (!content) {
      content.error().code == ErrorCode::limit ? search.skip_large() : search.skip_unreadable();
    } else if (content->contains('\0')) {
      search.skip_binary();
    } else {
      search.look_into(path, *content);
    }
  }

  const std::shared_ptr<const Workspace> workspace_;
  const ToolSpec spec_ = tools::arguments_spec(
      "grep",
      format_text("Find lines by a regular expression, in a file or in all files of a folder. Shows at most {} lines; "
                  "skips binary files and those over {} MiB; does not enter .git and links.",
                  kGrepLinesMax, kGrepFileBytesMax / 1'048'576),
      {{.name = "pattern", .type = "string", .description = "RE2 syntax.", .need = tools::Need::required},
       {.name = "path", .type = "string", .description = "The file or folder; the top folder unless given."},
       {.name = "glob", .type = "string", .description = "Only files with such names: *.h, src/**."},
       {.name = "ignore_case", .type = "boolean", .description = "Do not tell A from a."},
       {.name = "context",
        .type = "integer",
        .description = "Lines to show around each.",
        .minimum = 0,
        .maximum = kGrepContextMax}});
};

}  // namespace

std::unique_ptr<Tool> make_grep(std::shared_ptr<const Workspace> workspace) {
  return std::make_unique<Grep>(std::move(workspace));
}

}  // namespace puna

// edit: one text for another, where it is clear which one is meant.
#include <algorithm>
#include <ranges>
#include <vector>

#include "puna/tools/files.h"
#include "tools/arguments.h"
#include "tools/diff.h"
#include "tools/observation.h"

namespace puna {
namespace {

constexpr std::size_t kPlacesShownMax = 8;

bool is_all_crlf(std::string_view text) {
  const auto ends = std::ranges::count(text, '\n');
  std::ptrdiff_t with_return = 0;
  for (std::size_t at = text.find("\r\n"); at != std::string_view::npos; at = text.find("\r\n", at + 2)) {
    ++with_return;
  }
  return ends > 0 && ends == with_return;
}

std::string with_crlf(std::string_view text) {
  std::string made;
  for (std::size_t i = 0; i < text.size(); ++i) {
    made += text[i] == '\n' && (i == 0 || text[i - 1] != '\r') ? "\r\n" : std::string(1, text[i]);
  }
  return made;
}

// Where the text is, also where two places overlap.
std::vector<std::size_t> places_of(std::string_view wanted, std::string_view text) {
  std::vector<std::size_t> places;
  for (std::size_t at = text.find(wanted); at != std::string_view::npos; at = text.find(wanted, at + 1)) {
    places.push_back(at);
  }
  return places;
}

std::int64_t line_of(std::string_view text, std::size_t byte) {
  return 1 + std::ranges::count(text.substr(0, byte), '\n');
}

class Edit final : public Tool {
 public:
  explicit Edit(std::shared_ptr<const Workspace> workspace) : workspace_(std::move(workspace)) {}

  [[nodiscard]] const ToolSpec& spec() const override { return spec_; }
  [[nodiscard]] std::optional<ToolTraits> traits() const override {
    return ToolTraits{.reads_private = true, .writes = true, .path_arguments = {"path"}};
  }

  [[nodiscard]] ToolResult run(const Json& arguments, std::stop_token /*stop*/) override {
    auto diff = edited(arguments);
    return diff ? ToolResult{.content = *std::move(diff)} : tool_error(diff.error().message);
  }

 private:
  [[nodiscard]] Result<std::string> edited(const Json& arguments) const {
    const std::string_view path = arguments.text_or("path");
    std::string wanted(arguments.text_or("old_text"));
    std::string put(arguments.text_or("new_text"));
    if (wanted.empty() || wanted == put) {
      return fail(ErrorCode::invalid_argument,
                  wanted.empty() ? "old_text is empty" : "old_text and new_text are the same");
    }
    PUNA_TRY(const std::string text, workspace_->read(path, kEditFileBytesMax));
    if (is_all_crlf(text)) {
      wanted = with_crlf(wanted);
      put = with_crlf(put);
    }
    PUNA_TRY(const std::vector<std::size_t> places,
             chosen(places_of(wanted, text), wanted, text, tools::flag_of(arguments, "replace_all")));
    std::vector<tools::Replaced> changes;
    std::string made;
    std::size_t at = 0;
    for (const std::size_t place : places) {
      changes.push_back({.begin = place, .end = place + wanted.size(), .text = put});
      made.append(text, at, place - at).append(put);
      at = place + wanted.size();
      if (made.size() > kEditFileBytesMax) {
        return fail(ErrorCode::limit, format_text("the file would be larger than {} bytes", kEditFileBytesMax));
      }
    }
    made.append(text, at);
    PUNA_TRY_VOID(workspace_->write(path, {.content = made, .expected = text}));
    return tools::fit_observation(tools::unified_diff(tools::shown(path), text, changes), kDiffBytesMax);
  }

  static Result<std::vector<std::size_t>> chosen(std::vector<std::size_t> places, std::string_view wanted,
                                                 std::string_view text, bool all) {
    if (places.empty()) {
      return fail(ErrorCode::not_found, "old_text is not in the file" + near_miss(wanted, text));
    }
    if (!all && places.size() > 1) {
      std::string lines;
      for (const std::size_t place : places | std::views::take(kPlacesShownMax)) {
        lines += (lines.empty() ? "" : ", ") + std::to_string(line_of(text, place));
      }
      return fail(ErrorCode::invalid_argument,
                  format_text("old_text is in the file {} times (lines {}{}). Give more of the text around it, or set "
                              "replace_all.",
                              places.size(), lines, places.size() > kPlacesShownMax ? ", ..." : ""));
    }
    std::size_t free_from = 0;  // of two that overlap, the first is replaced
    std::erase_if(places, [&](std::size_t place) {
      const bool overlaps = place < free_from;
      free_from = overlaps ? free_from : place + wanted.size();
      return overlaps;
    });
    return places;
  }

  // Where its first line is, if the rest is what differs.
  static std::string near_miss(std::string_view wanted, std::string_view text) {
    const std::string_view first = wanted.substr(0, wanted.find('\n'));
    const std::size_t at = first.size() == wanted.size() || first.empty() ? std::string_view::npos : text.find(first);
    return at == std::string_view::npos
               ? ""
               : format_text("; its first line is line {}, so what follows differs", line_of(text, at));
  }

  const std::shared_ptr<const Workspace> workspace_;
  const ToolSpec spec_ = tools::arguments_spec(
      "edit",
      format_text("Replace a text in a file by another. old_text must be in the file exactly once. Files of at most {} "
                  "MiB. Shows the difference.",
                  kEditFileBytesMax / 1'048'576),
      {{.name = "path", .type = "string", .description = "The file.", .need = tools::Need::required},
       {.name = "old_text",
        .type = "string",
        .description = "The text as it is in the file, with its spaces and line ends.",
        .need = tools::Need::required},
       {.name = "new_text", .type = "string", .description = "What to put there.", .need = tools::Need::required},
       {.name = "replace_all", .type = "boolean", .description = "Replace it everywhere."}});
};

}  // namespace

std::unique_ptr<Tool> make_edit(std::shared_ptr<const Workspace> workspace) {
  return std::make_unique<Edit>(std::move(workspace));
}

}  // namespace puna

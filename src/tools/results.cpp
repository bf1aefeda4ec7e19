// See results.h. The files are those of a Workspace of their own, so they are written and read as all files are.
#include "puna/tools/results.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <optional>
#include <stop_token>
#include <system_error>
#include <vector>

#include "puna/base/sha256.h"

namespace puna {
namespace {

constexpr std::size_t kResultNameDigits = 16;
constexpr std::string_view kResultEnding = ".txt";
constexpr std::int64_t kResultBytesMin = 1'024;

std::string with_short_lines(std::string_view text) {
  std::string lines;
  lines.reserve(text.size() + text.size() / kResultLineBytesMax + 1);
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    const bool is_short = line.size() <= kResultLineBytesMax;
    line = is_short ? line : utf8::truncate(line, kResultLineBytesMax);
    lines.append(line).push_back('\n');
    text.remove_prefix(std::min(text.size(), line.size() + (is_short ? 1 : 0)));
  }
  return lines;
}

bool has_long_line(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (line.size() > kResultLineBytesMax) {
      return true;
    }
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return false;
}

std::string as_file(std::string_view text) {
  std::string whole = utf8::sanitize(text);
  if (!has_long_line(whole)) {
    return whole;
  }
  const auto json = Json::parse(whole);
  return with_short_lines(json && (json->is_object() || json->is_array()) ? json->dump(2) : whole);
}

void remove_old(const std::filesystem::path& folder) {
  std::error_code ignored;
  const auto oldest = std::filesystem::file_time_type::clock::now() - std::chrono::days(kResultDaysMax);
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    if (entry.path().extension() == kResultEnding && entry.is_regular_file(ignored) &&
        entry.last_write_time(ignored) < oldest) {
      std::filesystem::remove(entry.path(), ignored);
    }
  }
}

// A workspace in which one folder is another workspace, that nobody writes.
class WorkspaceWithResults final : public Workspace {
 public:
  WorkspaceWithResults(std::shared_ptr<const Workspace> workspace, std::shared_ptr<const Workspace> results)
      : workspace_(std::move(workspace)), results_(std::move(results)) {}

  [[nodiscard]] Result<std::vector<Entry>> list(std::string_view path) const override {
    const std::optional<std::string_view> name = name_of_result(path);
    return name ? results_->list(*name) : workspace_->list(path);
  }
  [[nodiscard]] Result<std::string> read(std::string_view path, std::size_t bytes_max) const override {
    const std::optional<std::string_view> name = name_of_result(path);
    return name ? results_->read(*name, bytes_max) : workspace_->read(path, bytes_max);
  }
  [[nodiscard]] Result<std::string> read_bytes(std::string_view path, std::size_t bytes_max) const override {
    const std::optional<std::string_view> name = name_of_result(path);
    return name ? results_->read_bytes(*name, bytes_max) : workspace_->read_bytes(path, bytes_max);
  }
  [[nodiscard]] Result<std::string> locate(std::string_view path) const override {
    const std::optional<std::string_view> name = name_of_result(path);
    if (!name) {
      return workspace_->locate(path);
    }
    PUNA_TRY(const std::string inside, results_->locate(*name));
    return as_result(inside);
  }
  [[nodiscard]] Result<Written> write(std::string_view path, const Write& how) const override {
    if (name_of_result(path)) {
      return fail(ErrorCode::invalid_argument, "results of tools are only read: " + std::string(path),
                  "write to another folder");
    }
    return workspace_->write(path, how);
  }
  [[nodiscard]] Result<Walked> walk(std::string_view folder, const std::function<bool(const Found&)>& visit,
                                    const std::stop_token& stop) const override {
    const std::optional<std::string_view> name = name_of_result(folder);
    if (!name) {
      return workspace_->walk(folder, visit, stop);
    }
    const auto named = [&visit](const Found& found) {
      return visit({.path = as_result(found.path), .is_folder = found.is_folder, .is_link = found.is_link});
    };
    return results_->walk(*name, named, stop);
  }

 private:
  // What comes behind the folder's name, if the path begins with that.
  static std::optional<std::string_view> name_of_result(std::string_view path) {
    while (path.starts_with("./")) {
      path.remove_prefix(2);
    }
    if (!path.starts_with(kResultFolderName)) {
      return std::nullopt;
    }
    path.remove_prefix(kResultFolderName.size());
    if (!path.empty() && !path.starts_with('/')) {
      return std::nullopt;
    }
    while (path.starts_with('/')) {
      path.remove_prefix(1);
    }
    return path;
  }
  static std::string as_result(std::string_view name) {
    return name.empty() ? std::string(kResultFolderName) : format_text("{}/{}", kResultFolderName, name);
  }

  const std::shared_ptr<const Workspace> workspace_;
  const std::shared_ptr<const Workspace> results_;
};

}  // namespace

Result<std::shared_ptr<const ResultFolder>> ResultFolder::temporary() {
  std::error_code code;
  const std::filesystem::path parent = std::filesystem::temp_directory_path(code);
  std::string pattern = (parent / "puna-results-XXXXXX").string();
  if (code || ::mkdtemp(pattern.data()) == nullptr) {
    return fail(ErrorCode::io, "no folder can be made for large results in " + parent.string(),
                "set TMPDIR to a folder that can be written");
  }
  auto files = Workspace::open(pattern);
  if (!files) {
    std::filesystem::remove(pattern, code);
    return std::unexpected(std::move(files).error());
  }
  return std::shared_ptr<const ResultFolder>(new ResultFolder(pattern, *std::move(files), true));
}

Result<std::shared_ptr<const ResultFolder>> ResultFolder::open(const std::filesystem::path& folder) {
  std::error_code code;
  if (std::filesystem::create_directories(folder, code)) {
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, code);
  }
  if (code) {
    return fail(ErrorCode::io, format_text("no folder can be made at {}: {}", folder.string(), code.message()));
  }
  remove_old(folder);
  PUNA_TRY(auto files, Workspace::open(folder));
  return std::shared_ptr<const ResultFolder>(new ResultFolder(folder, std::move(files), false));
}

ResultFolder::~ResultFolder() {
  std::error_code ignored;
  if (is_temporary_) {
    std::filesystem::remove_all(folder_, ignored);
  }
}

Result<std::string> ResultFolder::keep(std::string_view text) const {
  const std::string file = as_file(text);
  const std::string name = sha256_hex(file).substr(0, kResultNameDigits).append(kResultEnding);
  PUNA_TRY_VOID(files_->write(name, {.content = file}));
  return format_text("{}/{}", kResultFolderName, name);
}

std::shared_ptr<const Workspace> ResultFolder::beside(std::shared_ptr<const Workspace> workspace) const {
  return std::make_shared<const WorkspaceWithResults>(std::move(workspace), files_);
}

std::size_t result_bytes_for(std::int64_t window_tokens) noexcept {
  return static_cast<std::size_t>(
      std::clamp(window_tokens, kResultBytesMin, static_cast<std::int64_t>(kObservationBytesMax)));
}

}  // namespace puna

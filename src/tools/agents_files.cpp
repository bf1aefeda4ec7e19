// AGENTS.md, from a folder up to its repository's root. Each is read beneath its own folder: a link to elsewhere would
// put somebody's private file into a prompt.
#include <system_error>

#include "puna/tools/skills.h"
#include "tools/observation.h"

namespace puna {
namespace {

constexpr std::string_view kName = "AGENTS.md";
constexpr int kFoldersMax = 64;

// The folder and those above it that belong to its repository.
std::vector<std::filesystem::path> repository_folders(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> folders;
  std::filesystem::path at = folder;
  for (int i = 0; i < kFoldersMax; ++i) {
    folders.push_back(at);
    std::error_code ignored;
    if (std::filesystem::exists(std::filesystem::symlink_status(at / ".git", ignored))) {
      return folders;
    }
    if (at == at.parent_path()) {
      break;
    }
    at = at.parent_path();
  }
  return {folder};
}

}  // namespace

Result<std::vector<AgentsFile>> agents_files(const std::filesystem::path& folder) {
  std::error_code code;
  const std::filesystem::path start = std::filesystem::canonical(folder, code);
  if (code) {
    return fail(ErrorCode::not_found, "no such folder: " + tools::shown(folder.string()));
  }
  std::vector<AgentsFile> files;
  std::size_t left = kAgentsBytesMax;
  for (const std::filesystem::path& place : repository_folders(start)) {
    PUNA_TRY(const auto root, FileRoot::open(place));
    auto text = root->read(kName, left);
    if (!text && text.error().code == ErrorCode::not_found) {
      continue;
    }
    if (!text) {
      Error error = std::move(text).error();
      error.message = format_text("{}: {}", tools::shown(place.string()), error.message);
      return std::unexpected(std::move(error));
    }
    left -= text->size();
    files.push_back({.file = place / kName, .text = *std::move(text)});
  }
  return files;
}

std::string as_instructions(const std::vector<AgentsFile>& files) {
  std::string text;
  for (const AgentsFile& file : files) {
    text += text.empty() ? "Instructions of this project. Where they differ, the first ones count.\n" : "";
    text += format_text("\n--- {} ---\n{}{}", tools::shown(file.file.string()), file.text,
                        file.text.ends_with('\n') ? "" : "\n");
  }
  return text;
}

}  // namespace puna

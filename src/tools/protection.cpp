// See protection.h.
#include "tools/protection.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "puna/tools/workspace.h"
#include "tools/folder_access.h"
#include "tools/observation.h"

namespace puna {

std::span<const std::string_view> protected_names() noexcept {
  static constexpr std::array<std::string_view, 27> kNames{
      // repositories, Puna's own folders, instructions for agents, editors that run tasks
      ".git", ".gitmodules", ".gitconfig", ".puna", ".agents", "agents.md", "skill.md", ".mcp.json", ".vscode", ".idea",
      ".devcontainer", ".ssh",
      // what shells and package managers run or obey
      ".bashrc", ".bash_profile", ".bash_login", ".bash_logout", ".profile", ".zshrc", ".zshenv", ".zprofile",
      ".zlogin", ".zlogout", ".envrc", ".netrc", ".npmrc", ".pypirc", ".husky"};
  return kNames;
}

namespace tools {
namespace {

constexpr std::size_t kLinksSearchedMax = 10'000;
constexpr int kLinkDepthMax = 3;

std::string lower(std::string_view text) {
  std::string small(text);
  std::ranges::transform(small, small.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return small;
}

bool has(const Descriptor& folder, const char* name, std::string_view about_to_be) {
  return about_to_be == name || ::faccessat(folder.number(), name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

// As git finds out whether a folder is a repository, with or without a name ending in .git.
bool is_repository(const Descriptor& folder, std::string_view about_to_be) {
  return has(folder, "HEAD", about_to_be) && has(folder, "objects", about_to_be) && has(folder, "refs", about_to_be);
}

std::optional<struct stat> facts_of(const Descriptor& file) {
  struct stat facts{};
  return ::fstat(file.number(), &facts) == 0 ? std::optional(facts) : std::nullopt;
}

std::unexpected<Error> refused(std::string_view path) {
  return fail(ErrorCode::invalid_argument, "protected, tools may not write it: " + shown(path));
}

// Whether a file beneath one of the folders is this one. A repository's objects are hard links by custom.
bool holds(const Descriptor& root, const std::string& path, std::pair<dev_t, ino_t> wanted, int depth,
           std::size_t& left) {
  const auto entries = entries_beneath(root, path, left, O_NOFOLLOW);
  if (!entries) {
    return entries.error().code == ErrorCode::limit;  // who cannot look assumes the worst
  }
  left -= entries->size();
  return std::ranges::any_of(*entries, [&](const RawEntry& entry) {
    const std::string inner = path + "/" + entry.name;
    const auto place = open_beneath(root, inner, O_PATH | O_NOFOLLOW);
    const auto facts = place ? facts_of(*place) : std::nullopt;
    if (!facts || entry.name == "objects") {
      return false;
    }
    return std::pair(facts->st_dev, facts->st_ino) == wanted ||
           (S_ISDIR(facts->st_mode) && depth > 1 && holds(root, inner, wanted, depth - 1, left));
  });
}

}  // namespace

bool is_protected_name(std::string_view name) { return std::ranges::contains(protected_names(), lower(name)); }

Protection::Protection(const Descriptor& root, const std::filesystem::path& folder,
                       const std::vector<std::filesystem::path>& paths) {
  std::error_code ignored;
  const std::filesystem::path base = std::filesystem::weakly_canonical(folder, ignored);
  for (const std::filesystem::path& path : paths) {
    const std::filesystem::path whole = std::filesystem::weakly_canonical(base / path, ignored);
    const std::string relative = whole.lexically_relative(base).string();
    if (!relative.empty() && relative != ".." && !relative.starts_with("../")) {
      paths_.push_back(relative);
      remember(root, relative);
    }
  }
  for (const RawEntry& entry : entries_beneath(root, "", kLinksSearchedMax).value_or(std::vector<RawEntry>())) {
    if (is_protected_name(entry.name)) {
      paths_.push_back(entry.name);
      remember(root, entry.name);
    }
  }
}

void Protection::remember(const Descriptor& root, const std::string& path) {
  const auto place = open_beneath(root, path, O_PATH);
  if (const auto facts = place ? facts_of(*place) : std::nullopt) {
    identities_.emplace(facts->st_dev, facts->st_ino);
  }
}

Result<void> Protection::check(const Descriptor& root, const Descriptor& folder, std::string_view name) const {
  auto path = location_beneath(root, folder);
  if (!path) {
    return std::unexpected(refusal(path.error(), name, Wanted::folder));
  }
  *path += (path->empty() ? "" : "/") + std::string(name);
  if (is_protected_path(*path)) {
    return refused(*path);
  }
  PUNA_TRY_VOID(check_ancestors(root, folder, *path));
  if (is_repository(folder, name) || is_protected_file(root, folder, std::string(name))) {
    return refused(*path);
  }
  return {};
}

bool Protection::is_protected_path(std::string_view path) const {
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    if (is_protected_name(path.substr(begin, end - begin))) {
      return true;
    }
    begin = end + 1;
  }
  return std::ranges::any_of(paths_,
                             [&](const std::string& one) { return path == one || path.starts_with(one + "/"); });
}

// From the folder up to the root, by what the folders are and not by what they are called.
Result<void> Protection::check_ancestors(const Descriptor& root, const Descriptor& folder,
                                         std::string_view path) const {
  const auto top = facts_of(root);
  auto place = open_beneath(folder, "", O_PATH | O_DIRECTORY);
  while (top && place) {  // every round is one folder nearer to the file system's root, which ends it
    const auto facts = facts_of(*place);
    if (!facts) {
      break;
    }
    const Identity identity(facts->st_dev, facts->st_ino);
    if (identities_.contains(identity) || is_repository(*place, {})) {
      return refused(path);
    }
    if (identity == Identity(top->st_dev, top->st_ino)) {
      return {};
    }
    Descriptor above(::openat(place->number(), "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
    const auto above_facts = facts_of(above);
    if (!above_facts || Identity(above_facts->st_dev, above_facts->st_ino) == identity) {
      return std::unexpected(refusal(EXDEV, path, Wanted::folder));
    }
    *place = std::move(above);
  }
  return std::unexpected(io_error("look at", path, errno));
}

bool Protection::is_protected_file(const Descriptor& root, const Descriptor& folder, const std::string& name) const {
  struct stat facts{};
  if (::fstatat(folder.number(), name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0) {
    return false;  // there is none
  }
  const Identity identity(facts.st_dev, facts.st_ino);
  if (identities_.contains(identity)) {
    return true;
  }
  std::size_t left = kLinksSearchedMax;
  return S_ISREG(facts.st_mode) && facts.st_nlink > 1 && std::ranges::any_of(paths_, [&](const std::string& one) {
           return holds(root, one, identity, kLinkDepthMax, left);
         });
}

}  // namespace tools
}  // namespace puna

// See chat_completion.h.
#include "cli/chat_completion.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "cli/attachments.h"
#include "cli/chat_words.h"

namespace puna::cli {
namespace {

constexpr std::size_t kPathsMax = 200;

// Paths that begin with `begun`; folders end in "/".
std::vector<std::string> paths_like(std::string_view begun) {
  const std::size_t slash = begun.rfind('/');
  const std::string folder(slash == std::string_view::npos ? "" : begun.substr(0, slash + 1));
  const std::string_view name = slash == std::string_view::npos ? begun : begun.substr(slash + 1);
  std::vector<std::string> paths;
  std::error_code failed;
  for (std::filesystem::directory_iterator entry(folder.empty() ? "." : folder, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    const std::string found = entry->path().filename().string();
    const bool is_hidden = found.starts_with('.') && !name.starts_with('.');
    if (found.starts_with(name) && !is_hidden && printable(found) == found && utf8::is_valid(found)) {
      std::error_code ignored;
      paths.push_back(folder + found + (entry->is_directory(ignored) ? "/" : ""));
    }
  }
  std::ranges::sort(paths);
  paths.resize(std::min(paths.size(), kPathsMax));
  return paths;
}

// Where the "@" of the word at the end is; npos: there is none.
std::size_t place_of_at(std::string_view before) {
  const std::size_t blank = before.find_last_of(" \t\n");
  const std::size_t word = blank == std::string_view::npos ? 0 : blank + 1;
  return word < before.size() && before[word] == '@' ? word : std::string_view::npos;
}

// The path of an "@" word without the marks of the sentence behind it.
std::string path_in(std::string_view word) {
  std::error_code ignored;
  while (!word.empty() && !std::filesystem::is_regular_file(std::filesystem::path(word), ignored) &&
         std::string_view(".,;:!?)\"'").contains(word.back())) {
    word.remove_suffix(1);
  }
  return std::string(word);
}

// Its text for the message, or its media.
std::string add_file(NamedFile& file) {
  Result<Media> media = read_attachment(file.path);
  if (!media) {
    file.problem = media.error().message;
    return {};
  }
  file.bytes = media->bytes().size();
  if (media->kind() != MediaKind::file) {
    file.media = *std::move(media);
    return {};
  }
  const std::string& text = media->bytes();
  if (text.size() > kNamedFileBytesMax) {
    file.problem = format_text("it has {} bytes, and {} of text are allowed", text.size(), kNamedFileBytesMax);
  } else if (!utf8::is_valid(text) || text.contains('\0')) {
    file.problem = "it is no text";
  } else {
    return format_text("\n\nThe file {}:\n```\n{}{}```", file.path, text, text.ends_with('\n') ? "" : "\n");
  }
  return {};
}

}  // namespace

std::vector<ChatCompletion> chat_completions(std::string_view before,
                                             const std::function<std::vector<std::string>()>& sessions) {
  std::vector<ChatCompletion> found;
  const auto offer = [&](std::string_view begun, const std::string& text) {
    if (text.starts_with(begun)) {
      found.push_back({.text = text, .bytes_before = begun.size(), .help = {}});
    }
  };
  if (const std::size_t at = place_of_at(before); at != std::string_view::npos) {
    const std::string_view begun = before.substr(at + 1);
    for (const std::string& path : paths_like(begun)) {
      if (!path.contains(' ')) {
        offer(begun, path);
      }
    }
    return found;
  }
  if (!before.starts_with('/')) {
    return found;
  }
  const std::size_t blank = before.find(' ');
  if (blank == std::string_view::npos) {
    for (const ChatWord& word : chat_words()) {
      if (word.name.starts_with(before)) {
        found.push_back({.text = std::string(word.name) + (word.arguments.empty() ? "" : " "),
                         .bytes_before = before.size(),
                         .help = std::string(word.what)});
      }
    }
    return found;
  }
  const std::string_view begun = before.substr(blank + 1);
  if (before.starts_with("/resume ")) {
    for (const std::string& name : sessions()) {
      offer(begun, name);
    }
  } else if (before.starts_with("/model ") || before.starts_with("/image ")) {
    for (const std::string& path : paths_like(begun)) {
      offer(begun, path);
    }
    if (before.starts_with("/model ")) {
      offer(begun, "demo");
    }
  }
  return found;
}

std::string with_named_files(std::string message, std::vector<NamedFile>& files) {
  std::string added;
  std::size_t end = 0;
  for (std::size_t at = message.find('@'); at != std::string::npos; at = message.find('@', end)) {
    end = std::min(message.find_first_of(" \t\n", at), message.size());
    if (at > 0 && !std::string_view(" \t\n(\"'").contains(message[at - 1])) {
      continue;
    }
    NamedFile file{.path = path_in(std::string_view(message).substr(at + 1, end - at - 1))};
    std::error_code ignored;
    if (file.path.empty() || !std::filesystem::is_regular_file(file.path, ignored) ||
        std::ranges::contains(files, file.path, &NamedFile::path)) {
      continue;
    }
    added += add_file(file);
    files.push_back(std::move(file));
  }
  return message + added;
}

}  // namespace puna::cli

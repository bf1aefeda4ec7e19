// The file tools: read, write, edit, glob, grep, list; and user_input. All files are those of a Workspace.
//
// What a tool cannot do is an observation that says why. Limits below; each stands in the tool's description, too.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "puna/tools.h"
#include "puna/tools/workspace.h"

namespace puna {

// {path, start_line?, end_line?}: the lines with their numbers, a tab between; 1-based, the end included. What does not
// fit is said with the line to go on from. UTF-8 text only.
inline constexpr std::size_t kReadFileBytesMax = 8'388'608;
inline constexpr std::size_t kReadLinesMax = 2'000;
inline constexpr std::size_t kReadShownBytesMax = 49'152;
inline constexpr std::size_t kReadLineBytesMax = 2'000;  // a longer line is cut, and that is said
[[nodiscard]] std::unique_ptr<Tool> make_read(std::shared_ptr<const Workspace> workspace);

// {path, content, make_folders?}: makes or replaces a file at once (Workspace::write).
inline constexpr std::size_t kWriteBytesMax = 4'194'304;
[[nodiscard]] std::unique_ptr<Tool> make_write(std::shared_ptr<const Workspace> workspace);

// {path, old_text, new_text, replace_all?}: old_text must be there exactly once, overlaps counted. The observation is a
// unified diff. In a file whose line ends are all CRLF, line ends of both texts are read as CRLF. A file that changes
// meanwhile is left alone.
inline constexpr std::size_t kEditFileBytesMax = 4'194'304;
inline constexpr std::size_t kDiffBytesMax = 16'384;  // of a longer diff the middle is left out
[[nodiscard]] std::unique_ptr<Tool> make_edit(std::shared_ptr<const Workspace> workspace);

// {pattern, path?}: files and folders whose path beneath `path` matches, sorted: * and ? within a name, ** for any
// number of folders, [a-z], [!a-z], {a,b}, a backslash before a character that is meant as it is. Hidden names count
// like others. Not entered: folders named .git, links, what lies deeper than kWalkDepthMax; the end of the list says
// so.
inline constexpr std::size_t kGlobShownMax = 1'000;
[[nodiscard]] std::unique_ptr<Tool> make_glob(std::shared_ptr<const Workspace> workspace);

// {pattern, path?, glob?, ignore_case?, context?}: lines that a regular expression (RE2) matches, in a file or beneath
// a folder, as "path:line:text", lines around them as "path-line-text". Links are not followed; binary files (a NUL
// byte) and larger ones are skipped and counted.
inline constexpr std::size_t kGrepFileBytesMax = 4'194'304;
inline constexpr std::size_t kGrepBytesMax = 268'435'456;  // of all files together
inline constexpr std::size_t kGrepLinesMax = 200;          // matching lines shown; the rest is counted
inline constexpr std::size_t kGrepLineBytesMax = 300;
inline constexpr std::size_t kGrepContextMax = 10;
inline constexpr std::size_t kGrepPatternBytesMax = 1'000;
[[nodiscard]] std::unique_ptr<Tool> make_grep(std::shared_ptr<const Workspace> workspace);

// {path?}: as list_files.
[[nodiscard]] std::unique_ptr<Tool> make_list(std::shared_ptr<const Workspace> workspace);

// Whoever sits before the program.
class User {
 public:
  User() = default;
  User(const User&) = delete;
  User& operator=(const User&) = delete;
  virtual ~User() = default;
  // One line. Errors  unavailable  nobody is there;  cancelled  stop was asked for
  [[nodiscard]] virtual Result<std::string> answer(std::string_view question, const std::stop_token& stop) = 0;
};
// {question}: the user's answer, at most 16 KiB of it. The user is borrowed; nullptr: the tool says that nobody is
// there.
[[nodiscard]] std::unique_ptr<Tool> make_user_input(User* user);

}  // namespace puna

// A shell line as the programs that it starts, for a decision about them: a small part of POSIX shell, read exactly,
// and a refusal for the rest.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "puna/base.h"

namespace puna::tools {

inline constexpr std::size_t kShellBytesMax = 65'536;

// One simple command: its program and arguments, without quotes. Never empty.
using Words = std::vector<std::string>;

// The commands of a line, in order, whatever joins them: ; && || | and line ends. Each word is what any POSIX shell
// (and bash) passes on.
//
// Errors  invalid_argument  the line has something whose words are known only when it runs, or that does more than
// start
//         programs: $ and backticks, redirections, here-documents, subshells, groups, &, patterns of file names, ~, !,
//         braces, comments, assignments, reserved words, an open quote, a control character, a program that is not
//         named in ASCII (it may only look like another), nothing at all, over kShellBytesMax. The message names it
//         and its byte.
[[nodiscard]] Result<std::vector<Words>> shell_commands(std::string_view line);

}  // namespace puna::tools

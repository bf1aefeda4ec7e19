// Reads a template before the Jinja engine does, and refuses what that engine does not survive. A template comes with a
// model file, from a stranger: it may fail, but it must not end the process.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "puna/base.h"

namespace puna {

inline constexpr int kTemplateBlocksDeepMax = 64;          // for, if, macro, ... inside one another
inline constexpr int kTemplateBracketsDeepMax = 24;        // ( [ { inside one another, in one tag
inline constexpr std::size_t kTemplateTagBytesMax = 4096;  // of one {{ }} or {% %}, strings aside
inline constexpr std::size_t kTemplateWordBytesMax = 256;
inline constexpr int kTemplateOperatorsMax = 160;  // in one tag: each may nest one level deeper
inline constexpr std::size_t kTemplateSpaceRunMax = 1024;

// The source with the text of its comments blanked and its white space as the engine must see it (row numbers stay
// right).
//
// Errors  limit             over kTemplateBytesMax or one of the bounds above
//         invalid_argument  not UTF-8; a comment, tag or string without an end; a divisor that is not a whole number,
//                           written out and not 0; a split at an empty string; a slice with a step and an end; a
//                           recursive loop; loop.cycle; a list or an object that the head of a loop changes. The
//                           message has the row.
//
// What it cannot see, the source it gives asks at run time, by names that the engine is to be given: kNotEmpty(TEXT) is
// TEXT or fails, and every macro looks for kHere.
inline constexpr std::string_view kNotEmpty = "puna_not_empty";
inline constexpr std::string_view kHere = "puna_here";
[[nodiscard]] Result<std::string> guard_template(std::string_view source);

}  // namespace puna

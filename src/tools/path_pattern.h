// Patterns of paths in a policy: what they say about a file, and about a folder.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/glob.h"

namespace puna::tools {

// A value. Paths are relative to the workspace, without links, "." and ".."; "." is the workspace itself.
class PathPattern {
 public:
  // Errors  those of Glob::compile
  [[nodiscard]] static Result<PathPattern> compile(std::string_view pattern);

  // The path is one of those that the pattern spells.
  [[nodiscard]] bool matches(std::string_view path) const;
  // All that may lie beneath the folder matches: "docs/**" covers docs and docs/old, "docs/*" covers nothing.
  [[nodiscard]] bool covers(std::string_view folder) const;
  // The path or a folder that it lies in matches, or is the docs of "docs/**": to forbid a folder is to forbid what is
  // in it.
  [[nodiscard]] bool is_about(std::string_view path) const;
  // Something beneath the folder may match. False only when that can be known.
  [[nodiscard]] bool may_reach_into(std::string_view folder) const;

 private:
  explicit PathPattern(Glob glob) : glob_(std::move(glob)) {}

  Glob glob_;
  std::optional<Glob> base_;        // of a pattern that ends in "/**": what stands before it
  bool is_everything_ = false;      // "**"
  std::vector<std::string> fixed_;  // its first components, as far as they have no wildcard
};

}  // namespace puna::tools

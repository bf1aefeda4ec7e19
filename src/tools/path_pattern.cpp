// See path_pattern.h.
#include "tools/path_pattern.h"

#include <algorithm>

namespace puna::tools {
namespace {

std::vector<std::string> components(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {  // every round takes at least one byte
    const std::size_t end = std::min(path.find('/'), path.size());
    if (const std::string_view part = path.substr(0, end); !part.empty() && part != ".") {
      parts.emplace_back(part);
    }
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return parts;
}

}  // namespace

Result<PathPattern> PathPattern::compile(std::string_view pattern) {
  constexpr std::string_view kDeep = "/**";
  PUNA_TRY(Glob glob, Glob::compile(pattern, Glob::Kind::path));
  PathPattern made(std::move(glob));
  made.is_everything_ = pattern == "**";
  if (pattern.size() > kDeep.size() && pattern.ends_with(kDeep)) {
    auto base = Glob::compile(pattern.substr(0, pattern.size() - kDeep.size()), Glob::Kind::path);
    if (base) {  // else the "/**" stands inside of {}
      made.base_ = *std::move(base);
    }
  }
  const std::string_view fixed = pattern.substr(0, pattern.find_first_of("*?[{\\"));
  made.fixed_ = components(fixed.substr(0, fixed.size() == pattern.size() ? fixed.size() : fixed.rfind('/') + 1));
  return made;
}

bool PathPattern::matches(std::string_view path) const { return glob_.matches(path); }

bool PathPattern::covers(std::string_view folder) const {
  return is_everything_ || (base_ && (base_->matches(folder) || glob_.matches(folder)));
}

bool PathPattern::is_about(std::string_view path) const {
  while (!path.empty()) {  // every round takes a component away
    if (glob_.matches(path) || (base_ && base_->matches(path))) {
      return true;
    }
    const std::size_t slash = path.rfind('/');
    path = path.substr(0, slash == std::string_view::npos ? 0 : slash);
  }
  return false;
}

bool PathPattern::may_reach_into(std::string_view folder) const {
  const std::vector<std::string> parts = components(folder);
  const auto shared = static_cast<std::ptrdiff_t>(std::min(parts.size(), fixed_.size()));
  return std::equal(parts.begin(), parts.begin() + shared, fixed_.begin());
}

}  // namespace puna::tools

// The tools of a server, as the pages of tools/list say them.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "puna/tools/mcp.h"

namespace puna::tools {

class McpListing {
 public:
  explicit McpListing(std::size_t tools_max) : tools_max_(tools_max) {}

  // Takes one page.  Returns  where the next one begins, or nothing: it was the last
  // Errors  corrupt  no list, or a list that does not end;  limit  too many tools
  [[nodiscard]] Result<std::optional<std::string>> add_page(const Json& result);

  // After the last page: sorted by name; what cannot be used is named in problems().
  [[nodiscard]] std::vector<McpToolFacts> take_tools();
  [[nodiscard]] std::vector<std::string> take_problems() { return std::move(problems_); }

 private:
  void add(const Json& json);

  std::size_t tools_max_;
  std::size_t pages_ = 0;
  std::vector<McpToolFacts> tools_;
  std::vector<std::string> problems_;
  std::set<std::string> names_;
  std::set<std::string> cursors_;
};

}  // namespace puna::tools

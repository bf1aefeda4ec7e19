// Arguments of calls that are repeated in HTTP headers (x-mcp-header).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "puna/tools/mcp.h"

namespace puna::tools {

// The value as a header can carry it: as it is, or in base64 between marks.
[[nodiscard]] std::string mcp_header_value(std::string_view value);

// The headers that a tool's schema asks for.
// Errors  invalid_argument  a name that is none or that stands twice, at a place or of a type that is not allowed: the
//                           tool must not be used
[[nodiscard]] Result<std::vector<std::pair<std::string, std::vector<std::string>>>> mcp_headers_of(const Json& schema);

// The headers of one call: those whose argument is there and not null.
[[nodiscard]] std::vector<HttpField> mcp_call_headers(const McpToolFacts& tool, const Json& arguments);

}  // namespace puna::tools

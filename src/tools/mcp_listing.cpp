#include "tools/mcp_listing.h"

#include <algorithm>
#include <utility>

#include "puna/chat.h"
#include "tools/mcp_header.h"
#include "tools/observation.h"

namespace puna::tools {
namespace {

constexpr std::size_t kPagesMax = 100;

}  // namespace

void McpListing::add(const Json& json) {
  const std::string name(json.text_or("name"));
  const auto leave_out = [&](std::string_view why) {
    problems_.push_back(format_text("tool '{}' is left out: {}", shown(name), why));
  };
  const Json* input = json.find("inputSchema");
  if (name.empty() || !names_.insert(name).second) {
    return leave_out(name.empty() ? "it has no name" : "the name stands twice");
  }
  if (input == nullptr || !input->is_object()) {
    return leave_out("it has no inputSchema");
  }
  const auto headers = mcp_headers_of(*input);
  if (!headers) {
    return leave_out(headers.error().message);
  }
  if (const auto grammar = grammar_from_schema(*input); !grammar) {
    return leave_out(grammar.error().message);
  }
  const Json* output = json.find("outputSchema");
  const std::string_view title = json.text_or("title");
  tools_.push_back({.name = name,
                    .description = utf8::sanitize(json.text_or("description", title)),
                    .input_schema = *input,
                    .output_schema = output != nullptr && output->is_object() ? *output : Json(),
                    .headers = *headers});
}

Result<std::optional<std::string>> McpListing::add_page(const Json& result) {
  const Json* list = result.find("tools");
  if (list == nullptr || !list->is_array()) {
    return fail(ErrorCode::corrupt, "its list of tools is none");
  }
  for (const Json& tool : list->as_array()) {
    add(tool);
  }
  if (names_.size() > tools_max_ || problems_.size() > tools_max_) {
    return fail(ErrorCode::limit, format_text("it has more than {} tools", tools_max_));
  }
  const Json* next = result.find("nextCursor");
  if (next == nullptr || next->is_null()) {
    return std::nullopt;
  }
  std::string cursor(result.text_or("nextCursor"));
  if (++pages_ == kPagesMax || !cursors_.insert(cursor).second) {
    return fail(ErrorCode::corrupt, "its list of tools does not end");
  }
  return cursor;
}

std::vector<McpToolFacts> McpListing::take_tools() {
  std::ranges::sort(tools_, {}, &McpToolFacts::name);
  return std::move(tools_);
}

}  // namespace puna::tools

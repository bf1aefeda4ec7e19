#include "tools/mcp_header.h"

#include <algorithm>

#include "tools/observation.h"
#include "tools/plain_text.h"

namespace puna::tools {
namespace {

using Headers = std::vector<std::pair<std::string, std::vector<std::string>>>;

constexpr std::string_view kKey = "x-mcp-header";
constexpr std::string_view kMarkBegin = "=?base64?";
constexpr std::string_view kMarkEnd = "?=";

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").contains(c);
  });
}

std::size_t count_in(const Json& json) {
  std::size_t count = 0;
  if (json.is_object()) {
    for (const Json::Member& member : json.as_object()) {
      count += (member.key == kKey ? 1 : 0) + count_in(member.value);
    }
  } else if (json.is_array()) {
    for (const Json& item : json.as_array()) {
      count += count_in(item);
    }
  }
  return count;
}

// Those that stand where they may: below "properties" only.
Result<void> collect(const Json& schema, std::vector<std::string>& path, Headers& headers) {
  const Json* properties = schema.find("properties");
  if (properties == nullptr || !properties->is_object()) {
    return {};
  }
  for (const Json::Member& member : properties->as_object()) {
    path.push_back(member.key);
    if (const Json* name = member.value.find(kKey)) {
      const std::string_view type = member.value.text_or("type");
      const bool is_simple = type == "string" || type == "integer" || type == "boolean";
      if (!name->is_string() || !is_token(name->as_string()) || !is_simple ||
          std::ranges::contains(headers, lowered(name->as_string()), [](const auto& h) { return lowered(h.first); })) {
        return fail(ErrorCode::invalid_argument, format_text("{} of '{}' is not allowed", kKey, shown(member.key)));
      }
      headers.emplace_back(name->as_string(), path);
    }
    PUNA_TRY_VOID(collect(member.value, path, headers));
    path.pop_back();
  }
  return {};
}

}  // namespace

std::string mcp_header_value(std::string_view value) {
  const bool is_plain = std::ranges::all_of(value, [](char c) { return c >= ' ' && c <= '~'; }) &&
                        trimmed(value).size() == value.size() &&
                        !(value.starts_with(kMarkBegin) && value.ends_with(kMarkEnd));
  return is_plain ? std::string(value) : std::string(kMarkBegin) + base64(value) + std::string(kMarkEnd);
}

Result<Headers> mcp_headers_of(const Json& schema) {
  Headers headers;
  std::vector<std::string> path;
  PUNA_TRY_VOID(collect(schema, path, headers));
  if (headers.size() != count_in(schema)) {
    return fail(ErrorCode::invalid_argument, format_text("{} stands where it is not allowed", kKey));
  }
  return headers;
}

std::vector<HttpField> mcp_call_headers(const McpToolFacts& tool, const Json& arguments) {
  std::vector<HttpField> fields;
  for (const auto& [name, path] : tool.headers) {
    const Json* value = &arguments;
    for (const std::string& key : path) {
      value = value == nullptr ? nullptr : value->find(key);
    }
    if (value != nullptr && (value->is_string() || value->is_integer() || value->is_bool())) {
      fields.push_back(
          {"Mcp-Param-" + name, mcp_header_value(value->is_string() ? value->as_string()
                                                 : value->is_bool() ? (value->as_bool() ? "true" : "false")
                                                                    : std::to_string(value->as_integer()))});
    }
  }
  return fields;
}

}  // namespace puna::tools

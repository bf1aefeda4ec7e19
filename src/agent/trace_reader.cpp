// Reading a trace back: line by line, taking what is whole.
#include "puna/agent/trace.h"

namespace puna {
namespace {

Result<std::vector<AgentCall>> path_of(const Json& record) {
  std::vector<AgentCall> path;
  const Json* calls = record.find("path");
  if (calls == nullptr) {
    return path;
  }
  if (!calls->is_array()) {
    return fail(ErrorCode::corrupt, "'path' is not a list");
  }
  constexpr std::size_t kAgentsDeepMax = 64;
  if (calls->as_array().size() > kAgentsDeepMax) {
    return fail(ErrorCode::corrupt, format_text("'path' names more than {} agents below one another", kAgentsDeepMax));
  }
  for (const Json& call : calls->as_array()) {
    path.push_back({.agent = std::string(call.text_or("agent")), .call_id = std::string(call.text_or("call_id"))});
  }
  return path;
}

Result<TraceRecord> record_of(std::string_view line) {
  PUNA_TRY(Json json, Json::parse(line));
  const Json* at = json.find("at_us");
  TraceRecord record{.type = std::string(json.text_or("type"))};
  if (record.type.empty() || at == nullptr || !at->is_integer()) {
    return fail(ErrorCode::corrupt, "not a record: it has no 'type' and 'at_us'");
  }
  record.at_us = at->as_integer();
  PUNA_TRY(record.path, path_of(json));
  record.json = std::move(json);
  return record;
}

Result<void> check_version(const TraceRecord& head) {
  const Json* version = head.json.find("version");
  if (version == nullptr || !version->is_integer()) {
    return fail(ErrorCode::corrupt, "not a trace: its first line has no version");
  }
  if (version->as_integer() > kTraceVersion) {
    return fail(
        ErrorCode::unavailable,
        format_text("the trace is of version {}; this program reads up to {}", version->as_integer(), kTraceVersion),
        "a newer puna");
  }
  return {};
}

}  // namespace

Result<ReadTrace> read_trace(std::string_view text) {
  ReadTrace trace;
  for (std::size_t number = 1; !text.empty(); ++number) {  // every round takes at least one byte
    const std::size_t end = text.find('\n');
    auto record = record_of(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    trace.is_cut = end == std::string_view::npos;
    if (record) {
      record->line = number;
      trace.records.push_back(*std::move(record));
    } else {
      trace.problems.push_back(format_text("line {}: {}", number, record.error().message));
    }
  }
  if (trace.records.empty()) {
    return fail(ErrorCode::corrupt, "not a trace: " + (trace.problems.empty() ? "it is empty" : trace.problems.front()),
                "puna run --trace FILE writes one");
  }
  if (trace.records.front().line == 1) {
    if (trace.records.front().type != "trace") {
      return fail(ErrorCode::corrupt, "not a trace: its first line is of another kind",
                  "puna run --trace FILE writes one");
    }
    PUNA_TRY_VOID(check_version(trace.records.front()));
  }
  return trace;
}

}  // namespace puna

// The lines of a recording: docs/replay.md has them.
#pragma once

#include "puna/agent/recording.h"

namespace puna::agent {

// The first line, without "type". Readers give corrupt, and say which member is wrong.
[[nodiscard]] Json head_json(const RecordedRun& run, const Model* model, std::span<const RecordedTool> tools,
                             bool has_gate);
[[nodiscard]] Result<void> read_head(const Json& head, Recording& recording);

[[nodiscard]] Json result_json(const RecordedResult& result);
[[nodiscard]] Json permit_json(const RecordedPermit& permit);
[[nodiscard]] Json code_json(const RecordedCode& code);
[[nodiscard]] RecordedResult result_from(const Json& line);
[[nodiscard]] Result<RecordedPermit> permit_from(const Json& line);
[[nodiscard]] Result<RecordedCode> code_from(const Json& line);

[[nodiscard]] Json failure_json(const Error& error);
// nullopt: it has no known code.
[[nodiscard]] std::optional<Error> failure_from(const Json& json);

}  // namespace puna::agent

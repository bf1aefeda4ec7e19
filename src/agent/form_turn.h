// One more turn that asks for an answer in a form.
#pragma once

#include <stop_token>
#include <vector>

#include "puna/agent.h"

namespace puna::agent {

// options.budget is what is left, without the turn itself.
// Errors  those of Model::ask, and  limit  no token or no time is left, or the time was up
[[nodiscard]] Result<Reply> ask_in_form(Model& model, const std::vector<ToolSpec>& tools, const Transcript& transcript,
                                        const AgentOptions& options, const Json& schema, EventSink& events,
                                        std::stop_token stop);

}  // namespace puna::agent

// See form_turn.h.
#include "agent/form_turn.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "agent/deadline.h"

namespace puna::agent {

Result<Reply> ask_in_form(Model& model, const std::vector<ToolSpec>& tools, const Transcript& transcript,
                          const AgentOptions& options, const Json& schema, EventSink& events, std::stop_token stop) {
  const Budget& budget = options.budget;
  if (budget.output_tokens_max <= 0 || budget.time_max <= std::chrono::milliseconds(0)) {
    return fail(ErrorCode::limit, format_text("the budget has no {} left for the answer in its form",
                                              budget.output_tokens_max <= 0 ? "output tokens" : "time"));
  }
  PUNA_TRY(const auto deadline, Deadline::start(*options.clock, budget.time_max, std::move(stop)));
  const auto tokens_max = std::min<std::int64_t>(budget.output_tokens_max, std::numeric_limits<int>::max());
  auto reply = model.ask({.messages = transcript,
                          .tools = tools,
                          .format = format::Schema{schema},
                          .sampling = options.sampling,
                          .tokens_max = static_cast<int>(tokens_max),
                          .reasoning_tokens_max = options.reasoning_tokens_max,
                          .agent = options.id,
                          .turn = transcript.size()},
                         events, deadline->token());
  if (!reply && reply.error().code == ErrorCode::cancelled && deadline->passed() == StopReason::time_max) {
    return fail(ErrorCode::limit, "the time was up before the answer in its form was whole");
  }
  return reply;
}

}  // namespace puna::agent

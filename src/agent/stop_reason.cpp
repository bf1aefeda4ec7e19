// The names of stop reasons, as --jsonl and the transcripts of tests have them: part of the outside contract.
#include "puna/agent.h"

namespace puna {

std::string_view name_of(StopReason reason) noexcept {
  switch (reason) {
    case StopReason::answered:
      return "answered";
    case StopReason::turns_max:
      return "turns_max";
    case StopReason::output_tokens_max:
      return "output_tokens_max";
    case StopReason::time_max:
      return "time_max";
    case StopReason::window_full:
      return "window_full";
    case StopReason::repeated_call:
      return "repeated_call";
    case StopReason::malformed_replies:
      return "malformed_replies";
    case StopReason::cancelled:
      return "cancelled";
  }
  return "unknown";
}

Json to_json(const Budget& budget) {
  return Json::object({{"turns_max", budget.turns_max},
                       {"output_tokens_max", budget.output_tokens_max},
                       {"time_max_ms", static_cast<std::int64_t>(budget.time_max.count())}});
}

}  // namespace puna

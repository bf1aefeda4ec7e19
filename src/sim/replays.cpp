// See replays.h.
#include "sim/replays.h"

#include "puna/sim/metrics.h"
#include "sim/event_log.h"

namespace puna::sim {
namespace {

std::string action_text(const Json& action) {
  Json kept = Json::object();
  for (const Json::Member& member : action.as_object()) {
    if (member.key != "text") {
      kept.set(member.key, member.value);
    }
  }
  return kept.dump();
}

}  // namespace

void Replays::add(std::string_view log) {
  ++replays_;
  for (std::size_t at = 0, end = 0; (end = log.find('\n', at)) != std::string_view::npos; at = end + 1) {
    const std::string_view line = log.substr(at, end - at);
    if (!line.contains(R"("type":"action")")) {
      continue;
    }
    const auto event = Json::parse(line);
    const Json* action = event ? event->find("action") : nullptr;
    if (action != nullptr && action->is_object()) {
      actions_[{integer_of(*event, "epoch"), integer_of(*event, "step"), std::string(event->text_or("agent"))}]
          .push_back(action_text(*action));
    }
  }
}

Json Replays::summary() const {
  int decisions = 0;
  double disagreement = 0;
  for (const auto& [place, actions] : actions_) {
    if (actions.size() > 1) {
      ++decisions;
      disagreement += incoherence_of(actions).disagreement;
    }
  }
  return Json::object({{"replays", replays_},
                       {"decisions", decisions},
                       {"disagreement", decisions == 0 ? 0.0 : disagreement / decisions}});
}

}  // namespace puna::sim

// See events.h.
#include "puna/sim/events.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "sim/read_events.h"
#include "sim/results.h"

namespace puna::sim {
namespace {

template <std::size_t n>
bool names(const Json& event, const std::array<std::string_view, n>& members, std::string_view wanted) {
  return wanted.empty() ||
         std::ranges::any_of(members, [&](std::string_view member) { return event.text_or(member) == wanted; });
}

bool lets_through(const EventFilter& filter, const Json& event) {
  static constexpr std::array<std::string_view, 3> kIds{"id", "interaction", "proposal"};
  static constexpr std::array<std::string_view, 3> kAgents{"agent", "initiator", "counterparty"};
  const StepPlace when = when_of(event);
  return (filter.types.empty() || std::ranges::contains(filter.types, event.text_or("type"))) &&
         names(event, kIds, filter.id) && names(event, kAgents, filter.agent) &&
         (!filter.from || when >= *filter.from) && (!filter.to || when <= *filter.to);
}

double number_of(const Json& event, std::string_view name) {
  const Json* value = event.find(name);
  return value != nullptr && value->is_number() ? value->as_double() : 0;
}

LoggedInteraction begun_by(const Json& event) {
  const Json* truth = event.find("truth");
  return {.id = std::string(event.text_or("interaction")),
          .proposal = std::string(event.text_or("proposal")),
          .when = when_of(event),
          .kind = std::string(event.text_or("kind")),
          .initiator = std::string(event.text_or("initiator")),
          .counterparty = std::string(event.text_or("counterparty")),
          .accepted = event.text_or("type") == "interaction_accepted",
          .v_hat = number_of(event, "v_hat"),
          .p = number_of(event, "p"),
          .truth = truth != nullptr && truth->is_bool() ? std::optional(truth->as_bool()) : std::nullopt};
}

// The log's text, and which file it is.
Result<std::pair<std::filesystem::path, std::string>> log_at(const std::filesystem::path& place) {
  std::error_code none;
  if (!std::filesystem::is_directory(place, none)) {
    PUNA_TRY(std::string text, read_result_file(place));
    return std::pair(place, std::move(text));
  }
  PUNA_TRY(const std::vector<std::filesystem::path> logs, event_logs(place));
  if (logs.size() != 1) {
    return fail(logs.empty() ? ErrorCode::not_found : ErrorCode::invalid_argument,
                format_text("{} event logs are in {}", logs.size(), printable(place.string())),
                logs.empty() ? "the folder that puna sim run --out wrote"
                             : "name one of them, as " + printable(logs.front().string()));
  }
  PUNA_TRY(std::string text, read_result_file(logs.front()));
  return std::pair(logs.front(), std::move(text));
}

// Puts interactions together from all events.
class Joiner {
 public:
  Fault join(const Json& event, bool is_wanted) {
    const std::string_view type = event.text_or("type");
    if (type == "interaction_accepted" || type == "interaction_rejected") {
      LoggedInteraction begun = begun_by(event);
      const auto place = is_wanted ? joined_.size() : kLeftOut;
      if (!places_.emplace(begun.id, place).second) {
        return "an interaction with this number was there before";
      }
      if (is_wanted) {
        joined_.push_back(std::move(begun));
      }
      return {};
    }
    if (type == "governance_cost_applied" && event.find("interaction") != nullptr) {
      return change(event, [&](LoggedInteraction& one) {
        one.cost_a += number_of(event, "a");
        one.cost_b += number_of(event, "b");
      });
    }
    return type != "payoff_computed" ? Fault() : change(event, [&](LoggedInteraction& one) {
      one.surplus = number_of(event, "surplus");
      one.externality = number_of(event, "externality");
      one.a = number_of(event, "a");
      one.b = number_of(event, "b");
    });
  }
  std::vector<LoggedInteraction> result() && { return std::move(joined_); }

 private:
  static constexpr std::size_t kLeftOut = static_cast<std::size_t>(-1);

  template <typename Change>
  Fault change(const Json& event, const Change& change) {
    const auto found = places_.find(std::string(event.text_or("interaction")));
    if (found == places_.end()) {
      return "no interaction has this number";
    }
    if (found->second != kLeftOut) {
      change(joined_[found->second]);
    }
    return {};
  }

  std::vector<LoggedInteraction> joined_;
  std::unordered_map<std::string, std::size_t> places_;  // in joined_
};

Json interaction_row(const LoggedInteraction& one) {
  return Json::object({{"interaction", one.id},
                       {"epoch", one.when.epoch},
                       {"step", one.when.step},
                       {"kind", one.kind},
                       {"initiator", one.initiator},
                       {"counterparty", one.counterparty},
                       {"accepted", one.accepted},
                       {"v_hat", one.v_hat},
                       {"p", one.p},
                       {"truth", one.truth ? Json(*one.truth) : Json()},
                       {"surplus", one.surplus},
                       {"externality", one.externality},
                       {"a", one.a},
                       {"b", one.b},
                       {"cost_a", one.cost_a},
                       {"cost_b", one.cost_b},
                       {"proposal", one.proposal}});
}

}  // namespace

Result<void> each_event(const std::filesystem::path& place, const EventFilter& filter,
                        const std::function<void(const Json& event, std::string_view line)>& take) {
  PUNA_TRY(const auto log, log_at(place));
  return each_event_of(log.first, log.second, [&](const Json& event, std::string_view line) {
    if (lets_through(filter, event)) {
      take(event, line);
    }
    return Fault();
  });
}

Result<std::vector<LoggedInteraction>> read_interactions(const std::filesystem::path& place,
                                                         const EventFilter& filter) {
  PUNA_TRY(const auto log, log_at(place));
  Joiner joiner;
  PUNA_TRY_VOID(each_event_of(log.first, log.second, [&](const Json& event, std::string_view) {
    return joiner.join(event, lets_through(filter, event));
  }));
  return std::move(joiner).result();
}

std::string interactions_csv(std::span<const LoggedInteraction> interactions) {
  std::string text = csv_head(interaction_row({}));
  for (const LoggedInteraction& one : interactions) {
    text += csv_row(interaction_row(one));
  }
  return text;
}

}  // namespace puna::sim

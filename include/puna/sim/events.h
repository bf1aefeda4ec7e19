// An event log read back: events by what they are, when and about whom, and the interactions that they tell of.
// docs/scenarios.md has the members of each event.
#pragma once

#include <compare>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "puna/base.h"

namespace puna::sim {

// When something happened. Both count from 0, as in the log.
struct StepPlace {
  int epoch = 0;
  int step = 0;

  friend auto operator<=>(const StepPlace&, const StepPlace&) = default;
};

// What an event must be; what is left empty asks for nothing.
struct EventFilter {
  std::vector<std::string> types;  // one of these
  std::string id;                  // its own, or that of the interaction or proposal it is about
  std::string agent;               // who does it, to whom, or whom it is about
  std::optional<StepPlace> from;   // in this step or later
  std::optional<StepPlace> to;     // in this step or earlier
};

// A log, or a folder that `puna sim run` wrote. Calls `take` with each event that the filter lets through, in order,
// and with its line. A last line without an end, of a run that was broken off, is left out.
// Errors  corrupt    a line is no event, is out of order, or says what cannot be: p outside [0, 1], v_hat outside
//                    [-1, 1]; "FILE:LINE: what"
//         not_found  no log is there;  invalid_argument  the folder holds more than one
//         io, limit  it cannot be read, or has more than 1 GiB
[[nodiscard]] Result<void> each_event(const std::filesystem::path& place, const EventFilter& filter,
                                      const std::function<void(const Json& event, std::string_view line)>& take);

// An interaction, put together from its events. Numbers of what did not happen are 0.
struct LoggedInteraction {
  std::string id;
  std::string proposal;  // that it answers; empty: none
  StepPlace when;
  std::string kind;
  std::string initiator;
  std::string counterparty;  // empty: everybody
  bool accepted = false;
  double v_hat = 0;
  double p = 0;
  std::optional<bool> truth;  // whether it did good, where the world's rules say so
  double cost_a = 0;          // of governance: taxes and audits
  double cost_b = 0;
  // When it was accepted.
  double surplus = 0;
  double externality = 0;
  double a = 0;  // what the initiator got
  double b = 0;  // the counterparty; everybody together
};

// Those whose own event the filter lets through (interaction_accepted, interaction_rejected), in order.
// Errors  those of each_event();  corrupt  a payoff or cost of an interaction that is not there
[[nodiscard]] Result<std::vector<LoggedInteraction>> read_interactions(const std::filesystem::path& place,
                                                                       const EventFilter& filter = {});

// A row for each, below a line of names.
[[nodiscard]] std::string interactions_csv(std::span<const LoggedInteraction> interactions);

}  // namespace puna::sim

// How much the runs of one combination of values disagree: replays of one scenario that differ in nothing but their
// seed.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "puna/base.h"

namespace puna::sim {

class Replays {
 public:
  // log: the whole event log of a run that ended.
  void add(std::string_view log);
  // Of the decisions that several replays made, the part that is not the most frequent action, on average
  // (incoherence_of()). Texts that agents write are no part of an action here: no two are ever equal.
  [[nodiscard]] Json summary() const;

 private:
  using Place = std::tuple<std::int64_t, std::int64_t, std::string>;  // epoch, step, agent
  std::map<Place, std::vector<std::string>> actions_;
  int replays_ = 0;
};

}  // namespace puna::sim

// What a run of a scenario shows while it goes on: how far it is, how long it will take, and how the epochs went. Pure:
// the time is passed in, and the text is printed by whoever has the console.
//
// Thread  one.
#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "puna/sim/run.h"

namespace puna::cli {

// A block for each value, from lowest to highest; values outside count as the nearer end.
[[nodiscard]] std::string sparkline(const std::vector<double>& values, double lowest, double highest);

class SimView {
 public:
  using Time = std::chrono::steady_clock::time_point;
  SimView(std::string scenario, Time begin) : scenario_(std::move(scenario)), said_(begin) {
    seen_.emplace_back(begin, 0);
  }

  // After each step.
  void update(const sim::Progress& now, Time time);
  // For a terminal, which draws it over: at most so many columns; what does not fit is left out, the least important
  // first.
  [[nodiscard]] std::string line(int columns) const;
  // For anything else: a plain line when ten seconds have passed since the one before, or since the beginning.
  [[nodiscard]] std::optional<std::string> plain_line();

 private:
  [[nodiscard]] std::string time_left() const;

  const std::string scenario_;
  Time said_;
  sim::Progress now_;
  std::deque<std::pair<Time, std::int64_t>> seen_;  // the last steps: when, and how many were done then
  std::vector<double> toxicity_;                    // of epochs that ended
  std::vector<double> welfare_;
};

}  // namespace puna::cli

// Scenarios of many agents: the same file and seed give the same bytes.
//
//   auto scenario = puna::sim::read_scenario(text, puna::sim::Worlds::built_in());
//   auto result = puna::sim::run(*scenario, {.folder = "results"}, models);
#pragma once

#include "puna/sim/events.h"
#include "puna/sim/metrics.h"
#include "puna/sim/models.h"
#include "puna/sim/report.h"
#include "puna/sim/run.h"
#include "puna/sim/scenario.h"
#include "puna/sim/soft.h"
#include "puna/sim/sweep.h"
#include "puna/sim/world.h"

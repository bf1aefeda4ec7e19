// What every room may use: results, JSON, text, clocks, random numbers, events. No llama, no I/O.
//
// The parts live in include/puna/base/; this door includes them all.
#pragma once

#include "puna/base/error.h"
#include "puna/base/event.h"
#include "puna/base/format.h"
#include "puna/base/grammar.h"
#include "puna/base/grammar_matcher.h"
#include "puna/base/json.h"
#include "puna/base/queue.h"
#include "puna/base/seam.h"
#include "puna/base/text.h"

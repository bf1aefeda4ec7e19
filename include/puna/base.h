// What every room may use: results, JSON, text, clocks, random numbers, events. No llama, no I/O.
//
// The parts live in include/puna/base/; this door includes all but grammars (puna/base/grammar.h, grammar_matcher.h),
// which few files look into.
#pragma once

#include "puna/base/error.h"
#include "puna/base/event.h"
#include "puna/base/format.h"
#include "puna/base/json.h"
#include "puna/base/queue.h"
#include "puna/base/seam.h"
#include "puna/base/secret.h"
#include "puna/base/text.h"

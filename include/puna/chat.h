// Messages, tools and replies; templates that turn messages into prompts; parsers that turn output into replies;
// JSON Schema to grammar. Pure functions: no I/O, no threads, no clock.
//
// The parts live in include/puna/chat/; this door includes them all but typed.h.
#pragma once

#include "puna/chat/media.h"
#include "puna/chat/message.h"
#include "puna/chat/output_format.h"
#include "puna/chat/repair.h"
#include "puna/chat/reply.h"
#include "puna/chat/reply_format.h"
#include "puna/chat/schema.h"
#include "puna/chat/template.h"

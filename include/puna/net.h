// HTTP: which address a URL really names, whether it may be reached, and a client that goes there and nowhere else.
//
// The parts live in include/puna/net/. Bytes only: what a body means is the business of the rooms above.
#pragma once

#include "puna/net/address.h"
#include "puna/net/http.h"
#include "puna/net/sse.h"
#include "puna/net/url.h"

// Which hub and which cache: what the environment says to every program of this kind.
//
// Source: huggingface_hub, "Environment variables".
#pragma once

#include <stop_token>

#include "cli/console.h"
#include "puna/model/hub.h"

namespace puna::cli {

// HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, HF_HOME, XDG_CACHE_HOME, HF_ENDPOINT, HF_TOKEN, HUGGING_FACE_HUB_TOKEN,
// HF_TOKEN_PATH, HF_HUB_DISABLE_IMPLICIT_TOKEN, HF_HUB_OFFLINE and TRANSFORMERS_OFFLINE. Says how far a fetch is, and
// notices, on the console (borrowed).
// Errors  invalid_argument  no place for the cache, or HF_ENDPOINT is no address
[[nodiscard]] Result<Hub> open_hub(Console& console, bool offline);

}  // namespace puna::cli

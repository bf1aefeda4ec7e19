// What every entry of a pronunciation dictionary must be.
#pragma once

#include "puna/chat/pronunciation.h"

namespace puna::chat {

// Errors  invalid_argument  the word or its spoken form is empty, not UTF-8, or has control characters
[[nodiscard]] Result<void> check_pronounced(const PronouncedWord& word);

}  // namespace puna::chat

// A conversation in the plainest shape: for templates that refuse it as it is.
#pragma once

#include <span>
#include <vector>

#include "puna/chat/message.h"

namespace puna {

// The same conversation, but: each assistant's message has at most one call, with its result right behind it, and no
// reasoning beside both text and a call; ids are nine letters and digits; between results and the user's next turn
// stands a turn of the assistant that says "(no answer)".
[[nodiscard]] std::vector<Message> plain_talk(std::span<const Message> messages);

}  // namespace puna

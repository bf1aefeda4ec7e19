// A limit on the tokens of reasoning, around the filter of the rest.
//
// It follows the output's text: reasoning begins with the limit's `start` (or the prompt was inside it), and ends with
// its `end`. Behind the last token that it may have, only the closing text is allowed, token by token.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/backend.h"

namespace puna::engine {

// inner: may be null: anything is allowed. Errors  invalid_argument  no end, or a negative limit
[[nodiscard]] Result<std::unique_ptr<TokenFilter>> limit_reasoning(std::unique_ptr<TokenFilter> inner,
                                                                   const ReasoningLimit& limit,
                                                                   std::shared_ptr<const EngineWeights> weights);

}  // namespace puna::engine

// The bytes of llama-server's event stream, read as they arrive. Pure.
// Source: the packaged server's /completion with "stream": one line `data: {...}` for each event.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "puna/base.h"
#include "puna/engine/weights.h"

namespace puna::bench {

class ServerReply {
 public:
  // Tokens that these bytes completed.
  // Errors  corrupt  an event that is not JSON, a line beyond a mebibyte;  unavailable  the server reported an error
  [[nodiscard]] Result<std::vector<Token>> feed(std::string_view bytes);

  [[nodiscard]] bool finished() const { return finished_; }
  [[nodiscard]] std::int64_t prompt_tokens_computed() const { return prompt_tokens_computed_; }
  [[nodiscard]] std::int64_t tokens_predicted() const { return tokens_predicted_; }

 private:
  [[nodiscard]] Result<void> event(std::string_view data, std::vector<Token>& tokens);

  std::string line_;  // not ended yet
  bool finished_ = false;
  std::int64_t prompt_tokens_computed_ = 0;
  std::int64_t tokens_predicted_ = 0;
};

// The request's body: token ids, greedy, as cheap for the server as it can be asked. never: tokens that it must not
// generate.
[[nodiscard]] std::string completion_body(const std::vector<Token>& prompt, int output_tokens,
                                          const std::vector<Token>& never);

}  // namespace puna::bench

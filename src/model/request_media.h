// The pictures and sounds of one request, on their way through an encoder.
//
// Borrows the request's messages and the encoder; both must outlive it. One caller at a time.
#pragma once

#include <vector>

#include "puna/model.h"

namespace puna::model {

class RequestMedia {
 public:
  // What stands for each of them in a prompt; nothing is encoded.
  // encoder  may be null
  // Errors   invalid_argument  the model does not take one of them; the message names it
  [[nodiscard]] static Result<RequestMedia> of(const std::vector<Message>& messages, MediaEncoder* encoder);

  [[nodiscard]] const std::vector<Weights::MediaTokens>& tokens() const { return views_; }
  // The vectors for the prompt.   Errors  those of MediaEncoder::encode()
  [[nodiscard]] Result<std::vector<MediaRun>> encode(const std::vector<Token>& prompt,
                                                     const std::stop_token& stop) const;

 private:
  std::vector<MediaBytes> media_;
  std::vector<std::vector<Token>> tokens_;
  std::vector<Weights::MediaTokens> views_;
  MediaEncoder* encoder_ = nullptr;
};

}  // namespace puna::model

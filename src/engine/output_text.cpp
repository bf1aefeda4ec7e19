// Stop strings are looked for in the held bytes only: what was emitted cannot begin one.
#include "engine/output_text.h"

#include <algorithm>

namespace puna::engine {

Result<void> validate_stops(std::span<const std::string> stops) {
  if (stops.size() > kStopStringsMax) {
    return fail(ErrorCode::invalid_argument,
                format_text("{} stop strings are more than the {} allowed", stops.size(), kStopStringsMax));
  }
  for (const std::string& stop : stops) {
    if (stop.empty() || stop.size() > kStopBytesMax) {
      return fail(ErrorCode::invalid_argument,
                  format_text("a stop string of {} bytes (1 to {} are allowed)", stop.size(), kStopBytesMax));
    }
  }
  return {};
}

// Where the first stop string begins in pending_, or npos.
std::size_t OutputText::stop_position() const {
  std::size_t first = std::string::npos;
  for (const std::string& stop : stops_) {
    first = std::min(first, pending_.find(stop));
  }
  return first;
}

// The longest end of pending_ that is the beginning of a stop string.
std::size_t OutputText::held_bytes() const {
  const std::string_view pending = pending_;
  std::size_t held = 0;
  for (const std::string& stop : stops_) {
    for (std::size_t length = std::min(stop.size() - 1, pending.size()); length > held; --length) {
      if (pending.ends_with(std::string_view(stop).substr(0, length))) {
        held = length;
        break;
      }
    }
  }
  return held;
}

piece::Text OutputText::emit(std::size_t bytes) {
  piece::Text text{.text = utf8::sanitize(std::string_view(pending_).substr(0, bytes)), .tokens = {}};
  pending_.erase(0, bytes);
  emitted_ += bytes;
  if (bytes > 0) {
    while (!tokens_.empty() && tokens_.front().end <= emitted_) {
      text.tokens.push_back(tokens_.front().token);
      tokens_.pop_front();
    }
  }
  return text;
}

piece::Text OutputText::push(Token token, std::string_view bytes) {
  pending_ += bytes;
  tokens_.push_back({.token = token, .end = emitted_ + pending_.size()});
  if (const std::size_t stop = stop_position(); stop != std::string::npos) {
    stopped_ = true;
    pending_.resize(stop);
    return finish();
  }
  return emit(utf8::complete_prefix(std::string_view(pending_).substr(0, pending_.size() - held_bytes())));
}

piece::Text OutputText::finish() {
  piece::Text text = emit(pending_.size());
  for (const PendingToken& token : tokens_) {
    text.tokens.push_back(token.token);
  }
  tokens_.clear();
  return text;
}

}  // namespace puna::engine

// Stream and Generation: both sides of the handle.
#include "engine/stream.h"

#include <utility>

namespace puna {

// Joins the piece to the last one when the stream is full. True: it is taken care of.
bool Generation::Stream::join(Piece& piece) {
  if (pieces_.size() < kStreamPiecesMax) {
    return false;
  }
  if (auto* text = std::get_if<piece::Text>(&piece)) {
    auto* last = std::get_if<piece::Text>(&pieces_.back());
    if (last != nullptr) {
      last->text += text->text;
      last->tokens.insert(last->tokens.end(), text->tokens.begin(), text->tokens.end());
    }
    return last != nullptr;
  }
  if (std::holds_alternative<piece::Prefill>(piece) && std::holds_alternative<piece::Prefill>(pieces_.back())) {
    pieces_.back() = std::move(piece);
    return true;
  }
  return false;
}

void Generation::Stream::push(Piece piece) {
  {
    const std::scoped_lock lock(mutex_);
    if (error_) {
      return;
    }
    if (std::holds_alternative<piece::Finished>(piece)) {
      error_ = Error{.code = ErrorCode::invalid_argument, .message = "the generation has finished", .hint = {}};
    }
    if (!join(piece)) {
      pieces_.push_back(std::move(piece));
    }
  }
  arrived_.notify_one();
}

void Generation::Stream::fail(Error error) {
  {
    const std::scoped_lock lock(mutex_);
    if (error_) {
      return;
    }
    error_ = std::move(error);
  }
  arrived_.notify_one();
}

Result<Piece> Generation::Stream::next(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const bool arrived = arrived_.wait(lock, stop, [this] { return !pieces_.empty() || error_.has_value(); });
  if (stop.stop_requested() || !arrived) {
    cancel();
    return puna::fail(ErrorCode::cancelled, "the generation was cancelled");
  }
  if (!pieces_.empty()) {
    Piece piece = std::move(pieces_.front());
    pieces_.pop_front();
    return piece;
  }
  return std::unexpected(*error_);
}

Generation::Generation(std::shared_ptr<Stream> stream) : stream_(std::move(stream)) {}
Generation::Generation(Generation&&) noexcept = default;

Generation& Generation::operator=(Generation&& other) noexcept {
  if (this != &other) {
    if (stream_) {
      stream_->cancel();
    }
    stream_ = std::move(other.stream_);
  }
  return *this;
}

Generation::~Generation() {
  if (stream_) {
    stream_->cancel();
  }
}

Result<Piece> Generation::next(std::stop_token stop) {
  PUNA_CHECK(stream_ != nullptr, "a Generation that was moved from has no next piece");
  return stream_->next(stop);
}

std::string_view name_of(FinishReason reason) noexcept {
  switch (reason) {
    case FinishReason::end_of_turn:
      return "end_of_turn";
    case FinishReason::stop_string:
      return "stop_string";
    case FinishReason::tokens_max:
      return "tokens_max";
    case FinishReason::window_full:
      return "window_full";
    case FinishReason::grammar_end:
      return "grammar_end";
  }
  return "unknown";
}

}  // namespace puna

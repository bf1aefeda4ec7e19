// Stream and Generation: both sides of the handle.
#include "engine/stream.h"

#include <algorithm>
#include <utility>

#include "engine/no_memory.h"

namespace puna {

Generation::Stream::Stream(std::size_t tokens_max, std::vector<std::string> stops, Bytes bytes,
                           engine::StreamExtras extras)
    : extras_(std::move(extras)),
      tokens_(std::make_unique<Token[]>(tokens_max)),
      hashes_(extras_.logit_hashes ? std::make_unique<std::uint64_t[]>(tokens_max) : nullptr),
      probabilities_each_(extras_.sampling.n_probs == 0 ? 0 : static_cast<std::size_t>(extras_.sampling.n_probs) + 1),
      probabilities_(probabilities_each_ == 0 ? nullptr
                                              : std::make_unique<TokenProbability[]>(tokens_max * probabilities_each_)),
      capacity_(tokens_max),
      text_(std::move(stops)),
      bytes_(std::move(bytes)) {}

void Generation::Stream::announce() noexcept {
  news_.fetch_add(1, std::memory_order_release);
  news_.notify_one();
}

void Generation::Stream::prefilled(const piece::Prefill& progress) noexcept {
  prefill_total_.store(progress.tokens_total, std::memory_order_relaxed);
  prefill_cached_.store(progress.tokens_cached, std::memory_order_relaxed);
  prefill_done_.store(progress.tokens_done, std::memory_order_release);
  announce();
}

void Generation::Stream::push(Token token, std::uint64_t logit_hash,
                              std::span<const TokenProbability> probabilities) noexcept {
  const std::size_t at = ready_.load(std::memory_order_relaxed);
  PUNA_CHECK(at < capacity_, "a generation has no more tokens than were announced");
  tokens_[at] = token;
  if (hashes_) {
    hashes_[at] = logit_hash;
  }
  if (probabilities_ && probabilities.size() == probabilities_each_) {
    std::ranges::copy(probabilities, probabilities_.get() + at * probabilities_each_);
  }
  ready_.store(at + 1, std::memory_order_release);
  announce();
}

void Generation::Stream::finish(FinishReason reason, const Usage& usage) noexcept {
  if (end_.load(std::memory_order_relaxed) == End::open) {
    finished_ = {.reason = reason, .usage = usage};
    end_.store(End::finished, std::memory_order_release);
    announce();
  }
}

void Generation::Stream::fail(const Error& error) noexcept {
  if (end_.load(std::memory_order_relaxed) == End::open) {
    error_ = engine::error_of([&error] { return error; });
    end_.store(End::failed, std::memory_order_release);
    announce();
  }
}

// What the tokens that have arrived add to the text. A stop string ends it, whatever comes after.
piece::Text Generation::Stream::take_text() {
  piece::Text all;
  const std::size_t ready = ready_.load(std::memory_order_acquire);
  for (; read_ < ready && !text_.stopped(); ++read_) {
    piece::Text text = text_.push(tokens_[read_], bytes_(tokens_[read_]));
    all.text += text.text;
    all.tokens.insert(all.tokens.end(), text.tokens.begin(), text.tokens.end());
  }
  return all;
}

// Of the tokens that are handed out now.
void Generation::Stream::add_extras(piece::Text& text) {
  if (hashes_) {
    text.logit_hashes.assign(hashes_.get() + given_, hashes_.get() + given_ + text.tokens.size());
  }
  for (std::size_t i = 0; probabilities_ && i < text.tokens.size(); ++i) {
    const TokenProbability* first = probabilities_.get() + (given_ + i) * probabilities_each_;
    text.probabilities.push_back({.chosen = *first, .best = {first + 1, first + probabilities_each_}});
  }
  given_ += text.tokens.size();
}

std::optional<Result<Piece>> Generation::Stream::take() {
  const End end = end_.load(std::memory_order_acquire);  // before the tokens: what is finished is complete
  const std::int64_t done = prefill_done_.load(std::memory_order_acquire);
  if (done != prefill_seen_) {
    prefill_seen_ = done;
    return Piece(piece::Prefill{.tokens_done = done,
                                .tokens_total = prefill_total_.load(std::memory_order_relaxed),
                                .tokens_cached = prefill_cached_.load(std::memory_order_relaxed)});
  }
  piece::Text text = take_text();
  if (end == End::finished && !std::exchange(flushed_, true) && !text_.stopped()) {
    piece::Text rest = text_.finish();
    text.text += rest.text;
    text.tokens.insert(text.tokens.end(), rest.tokens.begin(), rest.tokens.end());
  }
  if (!text.text.empty() || !text.tokens.empty()) {
    add_extras(text);
    return Piece(std::move(text));
  }
  if (end == End::failed) {
    return std::unexpected(*error_);
  }
  if (end == End::finished) {
    if (std::exchange(told_, true)) {
      return puna::fail(ErrorCode::invalid_argument, "the generation has finished");
    }
    return Piece(finished_);
  }
  return std::nullopt;
}

std::optional<Result<Piece>> Generation::Stream::poll() {
  std::optional<Result<Piece>> piece;
  if (lost_ || !engine::if_memory_allows([&] { piece = take(); })) {
    lost_ = true;
    cancel();
    return std::unexpected(engine::out_of_memory());
  }
  return piece;
}

Result<Piece> Generation::Stream::next(const std::stop_token& stop) {
  const std::stop_callback wake(stop, [this] {
    news_.fetch_add(1, std::memory_order_release);
    news_.notify_all();
  });
  for (;;) {
    const std::uint32_t seen = news_.load(std::memory_order_acquire);
    if (stop.stop_requested()) {
      cancel();
      return std::unexpected(engine::error_of(
          [] { return Error{.code = ErrorCode::cancelled, .message = "the generation was cancelled", .hint = {}}; }));
    }
    if (auto piece = poll()) {
      return *std::move(piece);
    }
    news_.wait(seen, std::memory_order_acquire);
  }
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

const Sampling& Generation::sampling() const {
  PUNA_CHECK(stream_ != nullptr, "a Generation that was moved from has no sampling");
  return stream_->sampling();
}

Result<Piece> Generation::next(std::stop_token stop) {
  PUNA_CHECK(stream_ != nullptr, "a Generation that was moved from has no next piece");
  return stream_->next(stop);
}

Pin::Pin(std::shared_ptr<State> state) : state_(std::move(state)) {}
Pin::Pin(Pin&&) noexcept = default;

Pin& Pin::operator=(Pin&& other) noexcept {
  if (this != &other) {
    if (state_) {
      state_->dropped = true;
    }
    state_ = std::move(other.state_);
  }
  return *this;
}

Pin::~Pin() {
  if (state_) {
    state_->dropped = true;
  }
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
    case FinishReason::deadline:
      return "deadline";
  }
  return "unknown";
}

}  // namespace puna

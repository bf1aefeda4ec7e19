// The numbers of media and the cache of their vectors, over any Projector.
//
// A piece of a medium that has vectors gets a number when it is first seen, for as long as the encoder lives; its
// token is that number, so tokens are equal only for equal content: whole hashes are compared, once. Vectors may be
// forgotten, numbers are not: the engine's cache may still hold what they mean. A known medium takes some 200 bytes.
#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <utility>

#include "engine/projector.h"

namespace puna::engine {
namespace {

using Vectors = std::shared_ptr<const std::vector<float>>;

constexpr std::chrono::milliseconds kStopPoll{20};  // while another medium is being encoded
constexpr std::int64_t kNumbersMax = 2'000'000'000;

class CachingEncoder final : public MediaEncoder {
 public:
  CachingEncoder(std::unique_ptr<Projector> projector, std::size_t width, std::uint64_t cache_bytes_max)
      : projector_(std::move(projector)), width_(width), cache_bytes_max_(cache_bytes_max) {}

  [[nodiscard]] bool sees() const override { return projector_->sees(); }
  [[nodiscard]] bool hears() const override { return projector_->hears(); }

  [[nodiscard]] Result<std::vector<Token>> tokens(const MediaBytes& medium) override {
    if (auto known = known_tokens(medium.hash)) {
      return *std::move(known);
    }
    const std::scoped_lock cutting(cutting_);
    if (auto known = known_tokens(medium.hash)) {
      return *std::move(known);
    }
    PUNA_TRY(std::vector<MediaPiece> pieces, projector_->cut(medium));
    const std::scoped_lock lock(mutex_);
    PUNA_TRY(const Known* known, add(std::string(medium.hash), std::move(pieces)));
    return tokens_of(*known);
  }

  [[nodiscard]] Result<std::vector<MediaRun>> encode(std::span<const Token> prompt, std::span<const MediaBytes> media,
                                                     const std::stop_token& stop) override {
    PUNA_TRY(std::vector<MediaRun> runs, runs_of(prompt));
    for (MediaRun& run : runs) {
      PUNA_TRY(run.vectors, vectors_of(prompt[run.begin], media, stop));
    }
    return runs;
  }

  [[nodiscard]] MediaStats stats() const override {
    const std::scoped_lock lock(mutex_);
    return stats_;
  }

 private:
  struct Known {
    std::vector<MediaPiece> pieces;
    std::int64_t first_number = 0;  // of its first piece with vectors; the others follow
    std::vector<Vectors> vectors;   // of each such piece; empty = forgotten, or never computed
    std::uint64_t last_use = 0;
  };
  using Entry = std::map<std::string, Known, std::less<>>::iterator;
  struct Numbered {
    Entry medium;
    std::size_t index = 0;    // among its pieces with vectors
    std::size_t vectors = 0;  // how many it has
  };

  static Token token_of(std::int64_t number) { return static_cast<Token>(kMediaTokensEnd - number); }
  static std::size_t number_of(Token token) { return static_cast<std::size_t>(kMediaTokensEnd - std::int64_t{token}); }

  std::optional<std::vector<Token>> known_tokens(std::string_view hash) const {
    const std::scoped_lock lock(mutex_);
    const auto known = known_.find(hash);
    return known == known_.end() ? std::nullopt : std::optional(tokens_of(known->second));
  }

  // Requires  the lock
  static std::vector<Token> tokens_of(const Known& known) {
    std::vector<Token> tokens;
    std::int64_t number = known.first_number;
    for (const MediaPiece& piece : known.pieces) {
      if (const auto* words = std::get_if<std::vector<Token>>(&piece)) {
        tokens.insert(tokens.end(), words->begin(), words->end());
      } else {
        tokens.insert(tokens.end(), std::get<std::size_t>(piece), token_of(number++));
      }
    }
    return tokens;
  }

  // Requires  the lock
  Result<const Known*> add(std::string hash, std::vector<MediaPiece> pieces) {
    const auto [medium, is_new] = known_.try_emplace(std::move(hash));
    if (!is_new) {
      return &medium->second;
    }
    if (numbers_.size() + pieces.size() > static_cast<std::size_t>(kNumbersMax)) {
      known_.erase(medium);
      return fail(ErrorCode::limit, "more pictures and sounds were shown than can be numbered", "start again");
    }
    medium->second.first_number = static_cast<std::int64_t>(numbers_.size());
    std::size_t index = 0;
    for (const MediaPiece& piece : pieces) {
      if (const auto* vectors = std::get_if<std::size_t>(&piece)) {
        numbers_.push_back({.medium = medium, .index = index++, .vectors = *vectors});
      }
    }
    medium->second.pieces = std::move(pieces);
    return &medium->second;
  }

  Result<std::vector<MediaRun>> runs_of(std::span<const Token> prompt) const {
    const std::scoped_lock lock(mutex_);
    std::vector<MediaRun> runs;
    for (std::size_t i = 0; i < prompt.size(); ++i) {
      if (!is_media(prompt[i])) {
        continue;
      }
      const std::size_t number = number_of(prompt[i]);
      if (number >= numbers_.size() || numbers_[number].vectors > prompt.size() - i) {
        return fail(ErrorCode::invalid_argument, format_text("token {} of the prompt belongs to no medium here", i));
      }
      runs.push_back({.begin = i, .tokens = numbers_[number].vectors, .vectors = {}});
      i += runs.back().tokens - 1;
    }
    return runs;
  }

  Result<Vectors> vectors_of(Token token, std::span<const MediaBytes> media, const std::stop_token& stop) {
    Numbered wanted;
    MediaBytes medium;
    {
      const std::scoped_lock lock(mutex_);
      wanted = numbers_[number_of(token)];
      if (Vectors found = cached(wanted)) {
        ++stats_.found;
        return found;
      }
      const auto bytes = std::ranges::find(media, std::string_view(wanted.medium->first), &MediaBytes::hash);
      if (bytes == media.end()) {
        return fail(ErrorCode::invalid_argument, "a picture or sound in the prompt came without its bytes");
      }
      medium = *bytes;
    }
    std::unique_lock encoding(encoding_, std::defer_lock);
    while (!encoding.try_lock_for(kStopPoll)) {
      if (stop.stop_requested()) {
        return stopped();
      }
    }
    {
      const std::scoped_lock lock(mutex_);  // whoever held the other lock may have had the same picture
      if (Vectors found = cached(wanted)) {
        ++stats_.found;
        return found;
      }
    }
    if (stop.stop_requested()) {
      return stopped();
    }
    PUNA_TRY(auto vectors, projector_->encode(medium, stop));
    return keep(wanted, std::move(vectors), medium);
  }

  static std::unexpected<Error> stopped() {
    return fail(ErrorCode::cancelled, "the question was stopped while its pictures were read");
  }

  // Requires  the lock
  Vectors cached(const Numbered& wanted) {
    Known& known = wanted.medium->second;
    known.last_use = ++uses_;
    return known.vectors.empty() ? nullptr : known.vectors[wanted.index];
  }

  Result<Vectors> keep(const Numbered& wanted, std::vector<std::vector<float>> vectors, const MediaBytes& medium) {
    const std::scoped_lock lock(mutex_);
    Known& known = wanted.medium->second;
    std::vector<std::size_t> sizes;
    for (const MediaPiece& piece : known.pieces) {
      if (const auto* count = std::get_if<std::size_t>(&piece)) {
        sizes.push_back(*count * width_);
      }
    }
    if (!std::ranges::equal(vectors, sizes, {}, [](const std::vector<float>& values) { return values.size(); })) {
      return fail(ErrorCode::internal, format_text("the library cut {} otherwise than before", medium.name));
    }
    for (std::vector<float>& values : vectors) {
      stats_.cached_bytes += values.size() * sizeof(float);
      known.vectors.push_back(std::make_shared<const std::vector<float>>(std::move(values)));
    }
    ++stats_.encoded;
    Vectors kept = known.vectors[wanted.index];
    forget_others(wanted.medium);
    return kept;
  }

  // Requires  the lock
  void forget_others(Entry newest) {
    while (stats_.cached_bytes > cache_bytes_max_) {
      Entry oldest = known_.end();
      for (Entry entry = known_.begin(); entry != known_.end(); ++entry) {
        const bool older = oldest == known_.end() || entry->second.last_use < oldest->second.last_use;
        if (entry != newest && !entry->second.vectors.empty() && older) {
          oldest = entry;
        }
      }
      if (oldest == known_.end()) {
        return;
      }
      for (const Vectors& values : oldest->second.vectors) {
        stats_.cached_bytes -= values->size() * sizeof(float);
      }
      oldest->second.vectors.clear();
    }
  }

  const std::unique_ptr<Projector> projector_;
  const std::size_t width_;
  const std::uint64_t cache_bytes_max_;
  // Both are held while the projector works, and taken before mutex_: a picture unpacks to much, so one at a time.
  std::mutex cutting_;
  std::timed_mutex encoding_;

  mutable std::mutex mutex_;                         // guards all below
  std::map<std::string, Known, std::less<>> known_;  // by content hash
  std::vector<Numbered> numbers_;
  std::uint64_t uses_ = 0;
  MediaStats stats_;
};

}  // namespace

std::unique_ptr<MediaEncoder> make_media_encoder(std::unique_ptr<Projector> projector, std::size_t width,
                                                 std::uint64_t cache_bytes_max) {
  return std::make_unique<CachingEncoder>(std::move(projector), width, cache_bytes_max);
}

}  // namespace puna::engine

// The engine's two seams: what it needs from a library that computes logits, and from one that knows grammars. Real
// ones are made by the llama files; tests have fakes, so scheduler, ledger, sampling and the engine itself are tested
// without a model.
//
// A lane is one row of the KV cache with an id of its own (libllama calls it a sequence; a sequence is a generation
// here).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "puna/engine.h"

namespace puna::engine {

enum class LaneId : std::int32_t {};

[[nodiscard]] constexpr std::size_t index_of(LaneId lane) { return static_cast<std::size_t>(lane); }

// One token to compute.
struct Row {
  Token token = 0;
  std::int32_t position = 0;
  LaneId lane{};
  bool wants_logits = false;
  // Of a media token: input_width() values in its place. Borrowed until decode() returns.
  const float* vector = nullptr;
};

// What the library's attention takes at a time where each lane has a memory of its own: a part of a prompt with fewer
// rows takes about as long.
inline constexpr int kPassRows = 64;

enum class DecodeStatus : std::uint8_t {
  ok,
  no_room,  // nothing was computed, the cache is as before
  aborted,  // interrupt() was called; some rows may be in the cache
  failed,   // some rows may be in the cache
};

// What share_prefix() can do.
enum class Share : std::uint8_t {
  any_part,    // the lanes look into one pool; nothing is copied
  whole_lane,  // a lane's whole memory is copied; what is too much can be forgotten afterwards if `cut`
  nothing,
};

// What this memory can do, found out by trying it when the model was loaded.
struct Abilities {
  Share share = Share::nothing;
  bool cut = false;    // remove_from() works at every position
  bool mark = false;   // mark() and rewind() work, for memories that cannot be cut
  bool save = false;   // save() and restore() work, and what is restored goes on bit for bit
  bool shift = false;  // positions can be moved

  bool operator==(const Abilities&) const = default;
};

struct BackendShape {
  int lanes = 1;
  int cells = 0;  // of the whole cache
  Abilities abilities;
};

// Thread  one owner, but for interrupt().
class Backend {
 public:
  Backend() = default;
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;
  virtual ~Backend() = default;

  [[nodiscard]] virtual const BackendShape& shape() const = 0;

  // Requires  positions of a lane follow what it holds, without gaps; at least one row; all of words, or all of media.
  [[nodiscard]] virtual DecodeStatus decode(std::span<const Row> rows) = 0;
  // The logits of row `index` of the last decode(), vocabulary_tokens() of them. Borrowed until the next decode().
  // Empty when that row asked for none.
  [[nodiscard]] virtual std::span<const float> logits(std::size_t index) = 0;

  // Forgets positions [position, end). False: this lane cannot forget that part, and may have to be cleared.
  [[nodiscard]] virtual bool remove_from(LaneId lane, std::int32_t position) = 0;
  virtual void clear(LaneId lane) = 0;
  // Lets the empty lane `to` hold the first `tokens` tokens of `from`. False: this memory cannot; `to` is then empty.
  [[nodiscard]] virtual bool share_prefix(LaneId from, LaneId to, std::int32_t tokens) = 0;

  // Lets the lane's first `tokens` tokens be those of `from`, which are the same tokens: their memory is then held
  // once. For Share::any_part. False: it stays as it is, or is empty.
  [[nodiscard]] virtual bool relink(LaneId lane, LaneId from, std::int32_t tokens) = 0;

  // What has to be remembered so that the lane, when it has gone on, can come back to where it is now.
  [[nodiscard]] virtual bool mark(LaneId lane, std::vector<std::byte>& bytes) = 0;
  // Goes back to a position where mark() gave these bytes, for this lane or the one it is a copy of. False: it cannot;
  // the lane must be cleared.
  [[nodiscard]] virtual bool rewind(LaneId lane, std::int32_t position, std::span<const std::byte> bytes) = 0;

  // False: a copy from or to this lane is carried out with the next decode(); until then save() and restore() must
  // leave the lane alone.
  [[nodiscard]] virtual bool settled(LaneId lane) const = 0;
  // How many bytes save() would give, nearly; 0: the library refused.
  [[nodiscard]] virtual std::size_t saved_bytes(LaneId lane) = 0;
  // The lane's whole memory as bytes that only this context understands, or one like it. False: the library refused.
  [[nodiscard]] virtual bool save(LaneId lane, std::vector<std::byte>& bytes) = 0;
  // Into an empty lane. False: no room, or not bytes of such a context; the lane is then empty.
  [[nodiscard]] virtual bool restore(LaneId lane, std::span<const std::byte> bytes) = 0;
  // What else must be the same where such bytes are restored: model, kind of cache, library. The same for as long as
  // the backend lives; any thread.
  [[nodiscard]] virtual const std::string& state_key() const = 0;
  // How many tokens the lane holds by the library's own account.
  [[nodiscard]] virtual std::int32_t length(LaneId lane) = 0;
  // The first position that it still has for itself, by the same account; -1 when it is empty. Rises with a sliding
  // window; the last position where one state stands for all tokens.
  [[nodiscard]] virtual std::int32_t oldest(LaneId lane) = 0;

  // At most so many compute threads from the next decode() on. Requires  count >= 1.
  virtual void limit_threads(int count) = 0;

  // Makes a running decode() return soon, and later ones at once. For shutdown. Thread  any.
  virtual void interrupt() noexcept = 0;
};

// Which tokens may come next. One for each generation; it moves on with accept().
class TokenFilter {
 public:
  TokenFilter() = default;
  TokenFilter(const TokenFilter&) = delete;
  TokenFilter& operator=(const TokenFilter&) = delete;
  virtual ~TokenFilter() = default;

  // Sets allowed[i] to 1 or 0 for tokens[i]. Requires spans of one length.
  // Errors  internal  the library failed
  [[nodiscard]] virtual Result<void> test(std::span<const Token> tokens, std::span<std::uint8_t> allowed) = 0;
  // Requires  test() allows the token.
  [[nodiscard]] virtual Result<void> accept(Token token) = 0;
  // What has to come next whatever is chosen, as tokens, and the filter moves on past them. `last`, accepted just now
  // (none: nothing was yet), comes first and may be spelled otherwise: the tokens stand in its place, their bytes begin
  // with its bytes. Empty: nothing is certain. Borrowed until the next call.
  [[nodiscard]] virtual std::span<const Token> forced(std::optional<Token> /*last*/) { return {}; }
  // The text is whole and nothing can follow.
  [[nodiscard]] virtual bool is_complete() { return false; }
};

// What Engine::create() needs from weights beyond their door. Implemented by the real weights and by the tests' fake.
class EngineWeights : public Weights {
 public:
  // Replaces every 0 in the options by what is in force and opens the cache.
  // Errors  limit  not enough memory;  invalid_argument  a vocabulary without weights, a model that does not generate
  [[nodiscard]] virtual Result<std::unique_ptr<Backend>> open_backend(EngineOptions& options) const = 0;
  // The tokens of a text in which no control token is recognised, without BOS. The library may put a space before it.
  [[nodiscard]] virtual Result<std::vector<Token>> plain_tokens(std::string_view text) const = 0;
  // The bytes of a token, for as long as the weights live; nothing is allocated.
  [[nodiscard]] virtual std::string_view bytes(Token token) const = 0;
  // The token that ends the model's turn, or its text; -1 = it has none.
  [[nodiscard]] virtual Token end_of_turn() const = 0;
  // How many values a vector has that stands in a token's place.
  [[nodiscard]] virtual int input_width() const = 0;
  // Tokens that the model's file forbids to generate.
  [[nodiscard]] virtual std::span<const Token> suppressed() const = 0;
};

}  // namespace puna::engine

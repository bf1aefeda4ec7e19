// Reading judges the sizes against the file's own before anything is allocated.
#include "engine/state_file.h"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>

#include "engine/new_file.h"

namespace puna::engine {
namespace {

static_assert(std::endian::native == std::endian::little, "state files are written as they lie in memory");

constexpr std::array<char, 8> kMagic = {'P', 'U', 'N', 'A', 'K', 'V', '0', '1'};
constexpr std::array<char, 8> kMagicOfNoted = {'P', 'U', 'N', 'A', 'K', 'V', '0', '2'};
constexpr std::size_t kStateKeyBytesMax = 4096;
constexpr std::streamoff kPieceBytes = 1 << 16;  // of a model file that is too long to be read whole
constexpr std::streamoff kPiecesMax = 1024;

struct Head {
  std::array<char, 8> magic = kMagic;
  std::uint64_t key_bytes = 0;
  std::uint64_t tokens = 0;
  std::uint64_t state_bytes = 0;
};
static_assert(sizeof(Head) == 32);

struct Sizes {
  Head head;
  std::uint64_t note_bytes = 0;  // in the file only with kMagicOfNoted

  [[nodiscard]] std::uint64_t content_bytes() const {
    return head.tokens * sizeof(Token) + head.state_bytes + note_bytes;
  }
  [[nodiscard]] bool is_noted() const { return head.magic == kMagicOfNoted; }
};

class Hash {
 public:
  Hash() : state_(XXH3_createState()) { XXH3_64bits_reset(state_.get()); }
  void add(std::string_view bytes) { XXH3_64bits_update(state_.get(), bytes.data(), bytes.size()); }
  [[nodiscard]] std::uint64_t value() const { return XXH3_64bits_digest(state_.get()); }

 private:
  struct Free {
    void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
  };
  std::unique_ptr<XXH3_state_t, Free> state_;
};

template <class T>
std::string_view view(std::span<const T> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

std::unexpected<Error> damaged(const std::filesystem::path& file, std::string_view why) {
  return fail(ErrorCode::corrupt, format_text("{} is not a whole saved state: {}", file.string(), why),
              "delete it; what it held will be computed again");
}

Result<std::ifstream> open(const std::filesystem::path& file) {
  std::error_code ignored;
  if (const auto status = std::filesystem::status(file, ignored);
      std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    return fail(ErrorCode::io, format_text("{} is not a regular file", file.string()), "name a file");
  }
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    const int error = errno;
    return fail(error == ENOENT ? ErrorCode::not_found : ErrorCode::io,
                format_text("cannot read {}: {}", file.string(), std::strerror(error)), "check the path");
  }
  return stream;
}

bool read_into(std::ifstream& stream, char* data, std::uint64_t bytes) {
  stream.read(data, static_cast<std::streamsize>(bytes));
  return static_cast<std::uint64_t>(stream.gcount()) == bytes;
}

// What stands in front of the hash, in order.
std::array<std::string_view, 6> parts_of(const Sizes& sizes, std::string_view key, const SavedState& state) {
  return {view(std::span(&sizes.head, 1)),
          sizes.is_noted() ? view(std::span(&sizes.note_bytes, 1)) : std::string_view(),
          key,
          view(std::span(state.tokens)),
          view(std::span(state.bytes)),
          std::string_view(state.note)};
}

// The sizes in the head must be those of a file of this length.
Result<Sizes> read_sizes(std::ifstream& stream, const std::filesystem::path& file, std::uint64_t bytes_max) {
  std::error_code code;
  const std::uint64_t length = std::filesystem::file_size(file, code);
  Sizes sizes;
  Head& head = sizes.head;
  if (code || length < sizeof(Head) + sizeof(std::uint64_t) ||
      !read_into(stream, reinterpret_cast<char*>(&head), sizeof head)) {
    return damaged(file, "it is too short");
  }
  if (head.magic != kMagic && !sizes.is_noted()) {
    return damaged(file, "it begins with other bytes");
  }
  std::uint64_t fixed = sizeof(Head) + sizeof(std::uint64_t);
  if (sizes.is_noted()) {
    fixed += sizeof(std::uint64_t);
    if (!read_into(stream, reinterpret_cast<char*>(&sizes.note_bytes), sizeof sizes.note_bytes)) {
      return damaged(file, "it is too short");
    }
  }
  if (head.key_bytes > kStateKeyBytesMax || head.tokens > length / sizeof(Token) || head.state_bytes > length ||
      sizes.note_bytes > length || fixed + head.key_bytes + sizes.content_bytes() != length) {
    return damaged(file, format_text("it has {} bytes, and its head says otherwise", length));
  }
  if (sizes.content_bytes() > bytes_max) {
    return fail(ErrorCode::limit,
                format_text("{} holds a state of {} bytes, and {} are allowed", file.string(), sizes.content_bytes(),
                            bytes_max),
                "give the engine more memory for saved prefixes");
  }
  return sizes;
}

// Its length, and pieces of it.
Result<void> add_file(const std::filesystem::path& file, Hash& hash) {
  PUNA_TRY(std::ifstream stream, open(file));
  stream.seekg(0, std::ios::end);
  const std::streamoff length = stream.tellg();
  hash.add(view(std::span(&length, 1)));
  std::string piece(static_cast<std::size_t>(kPieceBytes), '\0');
  const std::streamoff apart = std::max(kPieceBytes, length / kPiecesMax);
  for (std::streamoff begin = 0; begin < length; begin += apart) {
    const bool is_last = begin + apart >= length;
    stream.clear();
    stream.seekg(is_last ? std::max(begin, length - kPieceBytes) : begin);
    stream.read(piece.data(), kPieceBytes);
    hash.add(std::string_view(piece).substr(0, static_cast<std::size_t>(stream.gcount())));
  }
  if (stream.bad()) {
    return fail(ErrorCode::io, format_text("cannot read {}: {}", file.string(), std::strerror(errno)));
  }
  return {};
}

}  // namespace

Result<void> write_state(const std::filesystem::path& file, std::string_view key, const SavedState& state,
                         const FileCalls& calls) {
  PUNA_CHECK(key.size() <= kStateKeyBytesMax, "a state's key is short");
  const Sizes sizes{.head = {.magic = state.note.empty() ? kMagic : kMagicOfNoted,
                             .key_bytes = key.size(),
                             .tokens = state.tokens.size(),
                             .state_bytes = state.bytes.size()},
                    .note_bytes = state.note.size()};
  PUNA_TRY(NewFile out, NewFile::create(file, calls));
  Hash hash;
  for (const std::string_view part : parts_of(sizes, key, state)) {
    hash.add(part);
    PUNA_TRY_VOID(part.empty() ? Result<void>() : out.write(part));
  }
  const std::uint64_t sum = hash.value();
  PUNA_TRY_VOID(out.write(view(std::span(&sum, 1))));
  return out.finish();
}

Result<SavedState> read_state(const std::filesystem::path& file, std::string_view key, std::uint64_t bytes_max,
                              const std::function<Result<void>(std::uint64_t)>& admit) {
  PUNA_TRY(std::ifstream stream, open(file));
  PUNA_TRY(const Sizes sizes, read_sizes(stream, file, bytes_max));
  if (admit) {
    PUNA_TRY_VOID(admit(sizes.content_bytes()));
  }
  const Head& head = sizes.head;
  std::string found(head.key_bytes, '\0');
  SavedState state;
  state.tokens.resize(head.tokens);
  state.bytes.resize(head.state_bytes);
  state.note.resize(sizes.note_bytes);
  std::uint64_t sum = 0;
  if (!read_into(stream, found.data(), head.key_bytes) ||
      !read_into(stream, reinterpret_cast<char*>(state.tokens.data()), head.tokens * sizeof(Token)) ||
      !read_into(stream, reinterpret_cast<char*>(state.bytes.data()), head.state_bytes) ||
      !read_into(stream, state.note.data(), sizes.note_bytes) ||
      !read_into(stream, reinterpret_cast<char*>(&sum), sizeof sum)) {
    return damaged(file, "it became shorter");
  }
  Hash hash;
  for (const std::string_view part : parts_of(sizes, found, state)) {
    hash.add(part);
  }
  if (hash.value() != sum) {
    return damaged(file, "its bytes are not those that were written");
  }
  if (found != key) {
    return fail(ErrorCode::invalid_argument,
                format_text("{} was saved by [{}], and this is [{}]", file.string(), found, key),
                "wake it with the same model, options and library");
  }
  return state;
}

Result<std::uint64_t> fingerprint(std::span<const std::filesystem::path> files) {
  Hash hash;
  for (const std::filesystem::path& file : files) {
    PUNA_TRY_VOID(add_file(file, hash));
  }
  return hash.value();
}

}  // namespace puna::engine

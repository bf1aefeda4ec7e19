// Reads little-endian values from the head of a file and tells two shortages apart: the file is too short (corrupt) and
// the head that was read so far is too short (ask for more).
//
// Invariant: position() <= head size; a failed read does not move it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "puna/base/error.h"
#include "puna/base/format.h"

namespace puna::engine {

static_assert(std::endian::native == std::endian::little, "GGUF values are read in place");

class GgufCursor {
 public:
  GgufCursor(std::span<const std::byte> head, std::uint64_t file_bytes) : head_(head), file_bytes_(file_bytes) {}

  [[nodiscard]] std::uint64_t position() const { return position_; }
  [[nodiscard]] std::uint64_t left_in_file() const { return file_bytes_ - position_; }
  // True after a read failed only because the head ends before the file does.
  [[nodiscard]] bool needs_more() const { return needs_more_; }

  template <class T>
  [[nodiscard]] Result<T> number(std::string_view what) {
    PUNA_TRY(const std::span<const std::byte> bytes, take(sizeof(T), what));
    T value;
    std::memcpy(&value, bytes.data(), sizeof(T));
    return value;
  }

  // A length and that many bytes. The view borrows from the head.
  [[nodiscard]] Result<std::string_view> string(std::string_view what) {
    const std::uint64_t start = position_;
    PUNA_TRY(const auto length, number<std::uint64_t>(what));
    auto bytes = take(length, what);
    if (!bytes) {
      position_ = start;
      return std::unexpected(std::move(bytes).error());
    }
    return std::string_view(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  }

  [[nodiscard]] Result<std::span<const std::byte>> take(std::uint64_t bytes, std::string_view what) {
    if (bytes > left_in_file()) {
      return fail(ErrorCode::corrupt,
                  format_text("{} at byte {} needs {} bytes and the file has only {} more", what, position_, bytes,
                              left_in_file()),
                  "the file is damaged or was not downloaded completely");
    }
    if (bytes > head_.size() - position_) {
      needs_more_ = true;
      return fail(ErrorCode::limit, "the head is too short");
    }
    const auto taken = head_.subspan(position_, bytes);
    position_ += bytes;
    return taken;
  }

 private:
  std::span<const std::byte> head_;
  std::uint64_t file_bytes_;
  std::uint64_t position_ = 0;
  bool needs_more_ = false;
};

}  // namespace puna::engine

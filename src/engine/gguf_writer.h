// Builds the head of a GGUF file: the metadata and the list of tensors. Whoever has the tensors' data writes them after
// it.
//
// Pure. Source: the description of the format in ggml's gguf.h (version 3, little-endian).
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/gguf_header.h"
#include "engine/gguf_types.h"

namespace puna::engine {

inline constexpr std::uint64_t kGgufAlignment = 32;

static_assert(std::endian::native == std::endian::little, "GGUF values are written as they are in memory");

// A value as it is in memory.
template <class T>
void append_bytes(std::string& bytes, T value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

// How many zero bytes follow `bytes` bytes, so that what comes next is aligned.
[[nodiscard]] constexpr std::uint64_t gguf_padding(std::uint64_t bytes) {
  return (kGgufAlignment - bytes % kGgufAlignment) % kGgufAlignment;
}

class GgufWriter {
 public:
  void number(std::string_view key, std::uint32_t value);
  void real(std::string_view key, float value);
  void boolean(std::string_view key, bool value);
  void text(std::string_view key, std::string_view value);
  void numbers(std::string_view key, std::span<const std::int32_t> values);
  void reals(std::string_view key, std::span<const float> values);
  void texts(std::string_view key, std::span<const std::string> values);

  // The next tensor; its data follow the padded data of the one before. `sizes` begins with the length of a row, which
  // is whole blocks. Returns the bytes of its data, without padding.
  std::uint64_t tensor(std::string_view name, std::span<const std::uint64_t> sizes, const TensorType& type);

  // Everything before the data of the first tensor, padded.
  [[nodiscard]] std::string head() const;

 private:
  void begin(std::string_view key, GgufType type);
  void begin_array(std::string_view key, GgufType type, std::uint64_t count);

  std::string entries_;
  std::string tensors_;
  std::uint64_t entry_count_ = 0;
  std::uint64_t tensor_count_ = 0;
  std::uint64_t data_bytes_ = 0;  // with padding
};

}  // namespace puna::engine

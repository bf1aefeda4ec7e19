// A bounded reader of GGUF headers. It judges a file before libllama sees it: no size in the file is believed until it
// was compared with the file's length, and nothing is allocated that the bytes at hand do not justify.
//
// Pure: bytes in, facts or an Error out; the file itself is read by model_file.cpp. Fuzzed.
// Source: the description of the format in ggml's gguf.h (versions 2 and 3, little-endian).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "puna/base/error.h"

namespace puna::engine {

inline constexpr std::uint64_t kGgufHeaderBytesMax = std::uint64_t{256} << 20;
inline constexpr std::uint64_t kGgufArrayNumbersKept = 4096;

enum class GgufType : std::uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, string, array, u64, i64, f64 };

// The error of a file that contradicts itself or its format.
[[nodiscard]] inline std::unexpected<Error> corrupt_gguf(std::string message) {
  return fail(ErrorCode::corrupt, std::move(message), "the file is damaged or was made by a faulty converter");
}

struct GgufArray {
  GgufType type = GgufType::u8;
  std::uint64_t count = 0;
  std::uint64_t offset = 0;           // of the first item, from the start of the file
  std::vector<std::int64_t> numbers;  // the items, for integer arrays of at most kGgufArrayNumbersKept
};

using GgufValue = std::variant<std::uint64_t, std::int64_t, double, bool, std::string, GgufArray>;

struct GgufHeader {
  std::uint32_t version = 0;
  std::uint64_t alignment = 32;
  std::uint64_t data_offset = 0;  // where the tensors' bytes begin
  std::uint64_t tensors = 0;
  std::uint64_t weights_bytes = 0;
  std::uint64_t parameters = 0;
  std::string_view largest_type;  // the tensor type that holds most bytes; empty without tensors
  std::vector<std::pair<std::string, GgufValue>> entries;

  [[nodiscard]] const GgufValue* find(std::string_view key) const;
};

// Requires  `head` is the first head.size() bytes of a file of `file_bytes` bytes.
// Returns   the header, or nothing when `head` ends before the header does (read more and ask again).
// Errors    corrupt  not a GGUF, a version we do not know, sizes that the file cannot hold, a file that was cut short;
//           limit    a header larger than kGgufHeaderBytesMax
// Cost      O(head); memory O(head).
[[nodiscard]] Result<std::optional<GgufHeader>> parse_gguf_header(std::span<const std::byte> head,
                                                                  std::uint64_t file_bytes);

// Item `index` of an array of strings. Requires `head` as it was given to parse_gguf_header; empty when out of range.
[[nodiscard]] std::string_view gguf_array_string(std::span<const std::byte> head, const GgufArray& array,
                                                 std::uint64_t index);

}  // namespace puna::engine

// The tensor types and file types of GGUF, as facts about their sizes and names.
//
// Source: ggml 0.27's table of types; gguf_types_test checks it against the installed library.
#pragma once

#include <cstdint>
#include <string_view>

namespace puna::engine {

// Values are stored in rows of whole blocks.
struct TensorType {
  std::uint32_t id;
  std::string_view name;
  std::uint64_t block_values;
  std::uint64_t block_bytes;
};

// nullptr: no such type, or one that was withdrawn.
[[nodiscard]] const TensorType* tensor_type(std::uint32_t id) noexcept;

// What people call a file of this general.file_type ("Q4_K_M"); empty when unknown.
[[nodiscard]] std::string_view file_type_name(std::uint64_t id) noexcept;

}  // namespace puna::engine

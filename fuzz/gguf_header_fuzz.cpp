// Any bytes as the head of a GGUF file: a header, "read more", or a refusal; sizes are those of the file.
#include <span>

#include "engine/gguf_header.h"
#include "input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto head = std::as_bytes(std::span(data, size));
  const auto whole = puna::engine::parse_gguf_header(head, size);
  PUNA_CHECK(!whole || whole->has_value(), "a file that is there to its end is a header or refused");
  if (whole) {
    for (const auto& [key, value] : (*whole)->entries) {
      PUNA_CHECK((*whole)->find(key) != nullptr, "every key is found");
      if (const auto* array = std::get_if<puna::engine::GgufArray>(&value)) {
        static_cast<void>(puna::engine::gguf_array_string(head, *array, array->count / 2));
        PUNA_CHECK(puna::engine::gguf_array_string(head, *array, array->count).empty(),
                   "past the end there is nothing");
      }
    }
  }
  // The same bytes as the beginning of a longer file.
  static_cast<void>(puna::engine::parse_gguf_header(head.first(size / 2), size));
  static_cast<void>(puna::engine::parse_gguf_header(head, std::uint64_t{1} << 32U));
  return 0;
}

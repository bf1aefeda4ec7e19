// What is left to do when memory runs out: std::bad_alloc stays inside the room.
#pragma once

#include <new>
#include <type_traits>
#include <utility>

#include "puna/base.h"

namespace puna::engine {

// Its text is short enough to lie in the string itself: making it takes no memory.
[[nodiscard]] inline Error out_of_memory() {
  return {.code = ErrorCode::limit, .message = "out of memory", .hint = {}};
}

// Does something that can be left undone. False: there was no memory for it.
template <class Work>
bool if_memory_allows(Work&& work) {
  try {
    std::forward<Work>(work)();
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

// What `work` returns, a Result, or out_of_memory().
template <class Work>
[[nodiscard]] std::invoke_result_t<Work> or_out_of_memory(Work&& work) {
  try {
    return std::forward<Work>(work)();
  } catch (const std::bad_alloc&) {
    return std::unexpected(out_of_memory());
  }
}

// The error that `make` makes, or out_of_memory().
template <class Make>
[[nodiscard]] Error error_of(Make&& make) {
  try {
    return std::forward<Make>(make)();
  } catch (const std::bad_alloc&) {
    return out_of_memory();
  }
}

}  // namespace puna::engine

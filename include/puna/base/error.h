// Failure, in four kinds (ARCHITECTURE.md): observation, outcome, error, bug. This file has the last two.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace puna {

enum class ErrorCode : std::uint8_t {
  invalid_argument,  // the caller's value is wrong; asking again with the same value fails again
  not_found,         // a file, model, tool or device that was named does not exist
  unavailable,       // it exists and cannot be used now
  limit,             // a stated limit would be passed; the message says both sizes
  cancelled,         // the caller asked to stop
  corrupt,           // data was read and is damaged or of another format
  io,                // the operating system refused to read or write
  internal,          // a foreign library failed in a way that has no better name
};

// What went wrong, where, with which value (message), and what to try next (hint; may be empty).
struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string message;
  std::string hint;

  bool operator==(const Error&) const = default;
};

template <class T>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> fail(ErrorCode code, std::string message, std::string hint = {}) {
  return std::unexpected(Error{.code = code, .message = std::move(message), .hint = std::move(hint)});
}

[[nodiscard]] std::string_view name_of(ErrorCode code) noexcept;

// The one table from errors to the outside world (exit status of the program, HTTP status of the server).
struct ErrorStatus {
  int exit_status;
  int http_status;
};
[[nodiscard]] ErrorStatus status_of(ErrorCode code) noexcept;

// Stops the process with file, line and text. For bugs only: a broken invariant, never bad input.
[[noreturn]] void bug(const char* file, int line, std::string_view text) noexcept;

}  // namespace puna

// PUNA_TRY(auto x, call());  declares x as the value of call(), or returns its error from this function.
// PUNA_TRY_VOID(call());     the same for Result<void>.
// One use per line; the last argument may contain commas.
#define PUNA_TRY(declaration, ...) PUNA_TRY_AT(__LINE__, declaration, __VA_ARGS__)
#define PUNA_TRY_VOID(...)                                        \
  do {                                                            \
    auto puna_try_result = (__VA_ARGS__);                         \
    if (!puna_try_result) {                                       \
      return std::unexpected(std::move(puna_try_result).error()); \
    }                                                             \
  } while (false)
#define PUNA_TRY_AT(line, declaration, ...) PUNA_TRY_IN(line, declaration, __VA_ARGS__)
#define PUNA_TRY_IN(line, declaration, ...)                     \
  auto puna_try_##line = (__VA_ARGS__);                         \
  if (!puna_try_##line) {                                       \
    return std::unexpected(std::move(puna_try_##line).error()); \
  }                                                             \
  declaration = *std::move(puna_try_##line)

// Checked in every build. The text is a string_view that says what was expected, with the values.
#define PUNA_CHECK(condition, text)          \
  do {                                       \
    if (!(condition)) {                      \
      ::puna::bug(__FILE__, __LINE__, text); \
    }                                        \
  } while (false)

// Names and outside statuses of errors, in one table, and the end of the line for bugs.
#include "puna/base/error.h"

#include <array>
#include <cstdio>
#include <cstdlib>

namespace puna {
namespace {

struct Row {
  std::string_view name;
  ErrorStatus status;
};

// In the order of ErrorCode. Exit statuses: 2 usage, 4 model or file missing or unloadable, 5 limit, 1 failed,
// 75 try again, 130 interrupted.
constexpr std::array<Row, 8> kRows{{
    {.name = "invalid_argument", .status = {.exit_status = 2, .http_status = 400}},
    {.name = "not_found", .status = {.exit_status = 4, .http_status = 404}},
    {.name = "unavailable", .status = {.exit_status = 75, .http_status = 503}},
    {.name = "limit", .status = {.exit_status = 5, .http_status = 400}},
    {.name = "cancelled", .status = {.exit_status = 130, .http_status = 499}},
    {.name = "corrupt", .status = {.exit_status = 4, .http_status = 422}},
    {.name = "io", .status = {.exit_status = 1, .http_status = 500}},
    {.name = "internal", .status = {.exit_status = 1, .http_status = 500}},
}};

const Row& row(ErrorCode code) noexcept { return kRows.at(static_cast<std::size_t>(code)); }

}  // namespace

std::string_view name_of(ErrorCode code) noexcept { return row(code).name; }

ErrorStatus status_of(ErrorCode code) noexcept { return row(code).status; }

void bug(const char* file, int line, std::string_view text) noexcept {
  std::fprintf(stderr, "puna: bug at %s:%d: %.*s\n", file, line, static_cast<int>(text.size()), text.data());
  std::abort();
}

}  // namespace puna

// A parsed Jinja template: variables in, text out. The only file that includes the Jinja engine is jinja.cpp, so
// another engine can take its place behind this header.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "puna/chat/template.h"

namespace puna {

// What one rendering may use.
struct RenderBounds {
  std::uint64_t lookups_max = 5'000'000;  // of variables
  std::size_t bytes_max = kPromptBytesMax;
};

class Jinja {
 public:
  // Errors  invalid_argument  does not parse, or uses what could stop the program; the message says where
  //         limit             larger or nested deeper than the bounds in jinja_guard.h
  [[nodiscard]] static Result<Jinja> parse(std::string_view source);

  // Renders with the members of `variables` as globals, raise_exception, and, when a date is given, strftime_now (at
  // midnight of that date, names in English) and the texts
  // `datetime` and `date_string`.
  //
  // Errors  invalid_argument  the template refused or failed; its words and the place are in the message
  //         limit             more than the bounds, or nested too deep
  // Thread  any; concurrent renders of one template do not affect each other.
  [[nodiscard]] Result<std::string> render(const Json& variables,
                                           const std::optional<std::chrono::year_month_day>& today,
                                           const RenderBounds& bounds = {}) const;

 private:
  struct Parsed;
  explicit Jinja(std::shared_ptr<const Parsed> parsed) : parsed_(std::move(parsed)) {}

  std::shared_ptr<const Parsed> parsed_;
};

}  // namespace puna

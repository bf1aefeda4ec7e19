// A request that is not answered as it was meant, and how each family of clients is told.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include "puna/base.h"
#include "server/front.h"

namespace puna::server {

struct Refusal {
  // From an error of a lower room, with its HTTP status.
  Refusal(Error error);  // NOLINT(google-explicit-constructor): PUNA_TRY passes errors on
  Refusal(int status_code, std::string text, std::string parameter = {}, std::string code_name = {});

  int status = 500;
  std::string message;
  std::string param;  // the field that is wrong; may be empty
  std::string code;   // a word for programs; may be empty
};

template <class T>
using Answer = std::expected<T, Refusal>;

[[nodiscard]] inline std::unexpected<Refusal> refuse(int status, std::string message, std::string param = {},
                                                     std::string code = {}) {
  return std::unexpected(Refusal(status, std::move(message), std::move(param), std::move(code)));
}
// 400, about one field.
[[nodiscard]] inline std::unexpected<Refusal> bad_field(std::string param, const std::string& message) {
  std::string text = "'" + param + "' " + message;
  return refuse(400, std::move(text), std::move(param));
}

enum class Family : std::uint8_t { openai, anthropic, ollama };
[[nodiscard]] Family family_of(std::string_view path);

// {"error": {...}} in the family's form.
[[nodiscard]] Json error_json(Family family, const Refusal& refusal);
[[nodiscard]] HttpOut error_out(Family family, const Refusal& refusal);

}  // namespace puna::server

// Any bytes as a grammar: tokens that it names, or a refusal that says why; the same each time.
#include "engine/gbnf_check.h"
#include "input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = puna::fuzz::text_of(data, size);
  const auto checked = puna::engine::check_gbnf(text, "root");
  if (!checked) {
    PUNA_CHECK(checked.error().code == puna::ErrorCode::invalid_argument,
               "a grammar is refused as the caller's mistake");
    PUNA_CHECK(puna::utf8::is_valid(checked.error().message), "the refusal is valid UTF-8");
  }
  const auto again = puna::engine::check_gbnf(text, "root");
  PUNA_CHECK(checked.has_value() == again.has_value(), "the verdict does not change");
  return 0;
}
